"""The truth table of what is pending, and what does not match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schema_migrations.history.comparison import (
    ExecOrder,
    HistoryComparison,
    compare_history,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.origin import Destination
from schema_migrations.history.revision import BASELINE, EXECUTE, RESOLVED, Revision
from schema_migrations.history.sums import compute_sums

START = datetime(2025, 6, 1, tzinfo=UTC)
HERE = Destination(name="here", engine="PostgreSQL")


def files(versions: str, **texts: str) -> list[MigrationFile]:
    """``"1 2 3c"`` is three files, the last one a checkpoint."""
    found = []
    for word in versions.split():
        text = texts.get(f"v{word[0]}", f"SELECT {word[0]};\n")
        head = "-- atlas:checkpoint\n\n" * word.endswith("c")
        name = f"{word[0]}_x.sql"
        found.append(MigrationFile(name=name, content=(head + text).encode()))
    return found


def rows(*words: str, of: Sequence[MigrationFile] = ()) -> list[Revision]:
    """``"2:1/3"`` is version 2 with 1 of 3 statements done; in the order of running."""
    found = []
    for minute, word in enumerate(words):
        version, _, progress = word.partition(":")
        applied, _, total = (progress or "1/1").partition("/")
        row = Revision(
            version=version[0],
            type=BASELINE
            if "b" in version
            else RESOLVED
            if "r" in version
            else EXECUTE,
            applied=int(applied),
            total=int(total),
            executed_at=START + timedelta(minutes=minute),
            hash=compute_sums(of).hash_of(f"{version[0]}_x.sql") if of else "",
        )
        found.append(row)
    return found


def shown(state: HistoryComparison) -> dict[str, str]:
    """Return what is not empty, as versions."""
    parts = {
        "run": [
            f"{each.file.version}@{each.done_count}"
            if each.done_count
            else each.file.version
            for each in state.pending
        ],
        "late": [file.version for file in state.out_of_order],
        "missing": [row.version for row in state.missing],
        "ahead": [row.version for row in state.ahead],
        "abandoned": [row.version for row in state.abandoned],
        "edited": [file.version for file in state.edited],
        "at": [state.current_version] if state.current_version else [],
    }
    return {name: " ".join(values) for name, values in parts.items() if values}


TABLE: list[tuple[str, str, ExecOrder, dict[str, str]]] = [
    # files, rows, order → what is to be done
    ("", "", "linear", {}),
    ("1 2", "", "linear", {"run": "1 2"}),
    ("1 2 3", "1", "linear", {"run": "2 3", "at": "1"}),
    ("1 2", "1 2", "linear", {"at": "2"}),
    # Late files: between the first row and the last.
    ("1 2 3 4", "1 3", "linear", {"run": "4", "late": "2", "at": "3"}),
    ("1 2 3 4", "1 3", "linear-skip", {"run": "4", "late": "2", "at": "3"}),
    ("1 2 3 4", "1 3", "non-linear", {"run": "2 4", "late": "2", "at": "3"}),
    # Older than the first row: late, but not before a baseline or a checkpoint.
    ("1 2 3", "2 3", "linear", {"late": "1", "at": "3"}),
    ("1 2 3", "2 3", "non-linear", {"run": "1", "late": "1", "at": "3"}),
    ("1 2 3", "2b:0/0 3", "linear", {"at": "3"}),
    ("1 2 3", "2r 3", "linear", {"at": "3"}),
    ("1 2c 3", "2 3", "linear", {"at": "3"}),
    ("1 3", "2 3", "linear", {"missing": "2", "at": "3"}),
    # Half applied, also where it is not the last row.
    ("1 2 3", "1 2:1/2", "linear", {"run": "2@1 3", "at": "2"}),
    ("1 2 3", "1:1/2", "linear", {"run": "1@1 2 3", "at": "1"}),
    ("1 2 3 4", "1 3 2:1/2", "non-linear", {"run": "2@1 4", "at": "3"}),
    ("1 2 3 4", "1 4 3:1/2", "non-linear", {"run": "2 3@1", "late": "2", "at": "4"}),
    # Failed without a trace: not history.
    ("1 2 3", "1 2:0/2", "linear", {"run": "2 3", "at": "1"}),
    ("1 2 3", "1 3:0/2", "linear", {"run": "2 3", "at": "1"}),
    ("1 2", "1:0/2", "linear", {"run": "1 2"}),
    ("1 3", "1 2:0/2", "linear", {"run": "3", "abandoned": "2", "at": "1"}),
    # Checkpoints: where a fresh database starts, and nothing to one with history.
    ("1 2c 3", "", "linear", {"run": "2 3"}),
    ("1 2c 3 4c 5", "", "linear", {"run": "4 5"}),
    ("1 2c 3 4c 5", "1", "linear", {"run": "3 5", "at": "1"}),
    ("1 2c 3 4c 5", "4", "linear", {"run": "5", "at": "4"}),
    ("1 2c 3 4c 5", "4:1/2", "linear", {"run": "4@1 5", "at": "4"}),
    ("1 2c 3 4c 5", "4:0/2", "linear", {"run": "4 5"}),
    ("4c 5", "1 2 3", "linear", {"run": "5", "at": "3"}),
    # Baseline and marked by hand.
    ("1 2 3", "2b:0/0", "linear", {"run": "3", "at": "2"}),
    ("1 3", "2b:0/0", "linear", {"run": "3", "at": "2"}),
    ("1 2 3", "1 2r:1/2", "linear", {"run": "3", "at": "2"}),
    # Files that are gone, and a directory of an older release.
    ("1 3", "1 2 3", "linear", {"missing": "2", "at": "3"}),
    ("1 3 4", "1 2:1/2", "linear", {"run": "3 4", "missing": "2", "at": "2"}),
    ("1 2", "1 2 3 4", "linear", {"ahead": "3 4", "at": "4"}),
    ("1 2", "1 3", "linear", {"late": "2", "ahead": "3", "at": "3"}),
    ("", "1 2", "linear", {"missing": "1 2", "at": "2"}),
]


@pytest.mark.parametrize(("versions", "done", "order", "expected"), TABLE)
def test_pending_files(
    versions: str, done: str, order: ExecOrder, expected: dict[str, str]
) -> None:
    """Every state of files and rows; nothing raises."""
    state = compare_history(files(versions), rows(*done.split()), exec_order=order)
    assert shown(state) == expected


def test_the_order_of_rows_does_not_matter() -> None:
    """They are sorted by version, as the table is read."""
    found = rows("1", "2", "3:1/2")
    assert compare_history(files("1 2 3 4"), found[::-1]) == compare_history(
        files("1 2 3 4"), found
    )


def test_partial_is_the_file_to_go_on_with() -> None:
    """It carries its row."""
    state = compare_history(files("1 2 3"), rows("1", "2:1/2"))
    assert state.partial is not None
    assert state.partial.file.version == "2"
    assert compare_history(files("1 2"), rows("1")).partial is None


EDITED = [
    # files when run, rows in the order of running, files now → edited
    ("1 2 3", "1 2 3", {}, "1 2 3", ""),
    ("1 2 3", "1 2 3", {"v2": "DROP"}, "1 2 3", "2"),
    ("1 2 3", "1 2 3", {"v2": "DROP", "v3": "DROP"}, "1 2 3", "2"),
    ("1 2 3", "1 2 3:1/2", {"v3": "DROP"}, "1 2 3", ""),
    ("1 3", "1 3", {}, "1 2 3", ""),  # a branch merged late
    ("1 3", "1 3", {"v3": "DROP"}, "1 2 3", "3"),
    ("1 3", "1 3", {}, "1 2c 3", ""),  # a checkpoint between
    ("1 2 3", "1 2 3", {}, "1 3", ""),  # deleted: named as missing
    ("1 2 3", "1 2 3", {"v1": "DROP"}, "1 3", "1"),
    ("1 2 3", "2b:0/0 3", {"v3": "DROP"}, "1 2 3", "3"),
    ("1 2c 3", "2 3", {}, "2c 3", ""),  # folded into the checkpoint, then deleted
]


@pytest.mark.parametrize(("then", "done", "texts", "now", "expected"), EDITED)
def test_files_edited_since_they_were_run(
    then: str, done: str, texts: dict[str, str], now: str, expected: str
) -> None:
    """Nothing is accused where a late file, a checkpoint or a deletion explains it."""
    found = rows(*done.split(), of=files(then))
    found = [replace(row, hash="") if row.type == BASELINE else row for row in found]
    state = compare_history(files(now, **texts), found)
    assert " ".join(file.version for file in state.edited) == expected


@pytest.mark.parametrize(
    ("misfits", "by_atlas", "expected"),
    [
        # rows that do not fit, rows that Atlas wrote → edited
        ("3", "", "3"),
        ("3", "1 2 3", ""),  # it may have failed half-way and been mended
        ("2", "1 2 3", ""),  # and a row that fits says that it was
        ("2", "1 2", ""),
        ("2", "1 3", "2"),
        ("2 3", "1 2 3", "2"),
        ("2 3", "1 2", "2"),
    ],
)
def test_a_row_of_atlas_that_does_not_fit_says_nothing_alone(
    misfits: str, by_atlas: str, expected: str
) -> None:
    found = [
        replace(
            row,
            hash="other" if row.version in misfits else row.hash,
            operator_version="Atlas CLI v1" if row.version in by_atlas else "ours",
        )
        for row in rows("1", "2", "3", of=files("1 2 3"))
    ]
    state = compare_history(files("1 2 3"), found)
    assert " ".join(file.version for file in state.edited) == expected


def test_a_row_that_was_there_before_a_late_file_is_no_proof_of_it() -> None:
    late = rows("1", "3", "2", of=files("1 2 3"))[2]
    first, last = rows("1", "3", of=files("1 3"))
    atlas = replace(late, operator_version="Atlas CLI v1", hash="other")
    newest = replace(
        rows("4", of=files("1 2 3 4", v2="DROP"))[0],
        hash="another",
        executed_at=START + timedelta(hours=1),
    )
    state = compare_history(files("1 2 3 4"), [first, last, atlas, newest])
    assert [file.version for file in state.edited] == ["2"]


def test_a_late_file_older_than_all_does_not_accuse_the_first() -> None:
    state = compare_history(files("1 2 3"), rows("2", "3", of=files("2 3")))
    assert shown(state) == {"late": "1", "at": "3"}
    state = compare_history(files("1 2 3", v3="DROP"), rows("2", "3", of=files("2 3")))
    assert shown(state) == {"late": "1", "edited": "3", "at": "3"}


def test_late_files_that_were_run_do_not_accuse_the_others() -> None:
    """1 and 3 were run, then 2 out of order, then 4: four hashes of three chains."""
    (one, three) = rows("1", "3", of=files("1 3"))
    (two, four) = rows("2", "4", of=files("1 2 3 4"))
    two = replace(two, executed_at=START + timedelta(hours=1))
    four = replace(four, executed_at=START + timedelta(hours=2))
    history = [one, two, three, four]
    assert shown(compare_history(files("1 2 3 4"), history)) == {"at": "4"}
    edited = compare_history(files("1 2 3 4", v4="DROP"), history).edited
    assert [file.version for file in edited] == ["4"]


def test_ignored_files_are_in_the_chain_by_name_only() -> None:
    """Editing one accuses nobody."""
    ignored = "-- atlas:sum ignore\nSELECT 1;\n"
    found = rows("1", "2", "3", of=files("1 2 3", v2=ignored))
    assert compare_history(files("1 2 3", v2=ignored + "-- more\n"), found).edited == ()


def test_too_many_explanations_are_no_proof() -> None:
    """With more than seven late files nothing is said, and no time is lost."""
    then, now = files("1 a"), files("1 2 3 4 5 6 7 8 9 a", va="DROP")
    assert compare_history(now, rows("1", "a", of=then)).edited == ()
