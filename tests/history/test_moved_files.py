"""Files that got another name after a database ran them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.errors import FileNotMoved, FileStillThere, UnknownRevision
from schema_migrations.history.comparison import compare_history
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.marking import Marking, plan_correction
from schema_migrations.history.moved_files import find_moved_files
from schema_migrations.history.revision import Revision
from schema_migrations.history.standing import judge_history
from tests.history.test_comparison import HERE, START, files, rows
from tests.history.test_marking import after, shown


def named(there: Sequence[MigrationFile], **names: str) -> list[MigrationFile]:
    """Return the files in order, some with other names: ``v3="5_x"``."""
    renamed = [
        replace(file, name=f"{names.get(f'v{file.version}', file.name[:-4])}.sql")
        for file in there
    ]
    return sorted(renamed, key=lambda file: file.name)


def run(of: str, *words: str) -> list[Revision]:
    """Return the rows of files that were run, with their names and hashes."""
    return [replace(row, description="x") for row in rows(*words, of=files(of))]


def found(
    there: Sequence[MigrationFile], history: Sequence[Revision]
) -> dict[str, str]:
    return {
        each.revision.version: each.file.name
        for each in find_moved_files(there, history)
    }


def correct(
    there: Sequence[MigrationFile],
    history: Sequence[Revision],
    *forgotten: str,
    **moves: str,
) -> Marking:
    pairs = [(old.removeprefix("v"), new) for old, new in moves.items()]
    return plan_correction(
        there, history, moves=pairs, forgotten=forgotten, operator="me"
    )


def test_a_file_that_got_a_later_version() -> None:
    assert found(named(files("1 2 3"), v3="5_x"), run("1 2 3", "1", "2", "3")) == {
        "3": "5_x.sql"
    }


def test_a_file_that_got_an_earlier_version() -> None:
    """The database is not ahead of a directory that has all it ran."""
    there, history = named(files("1 5"), v5="3_x"), run("1 5", "1", "5")
    assert found(there, history) == {"5": "3_x.sql"}
    state = compare_history(there, history)
    assert (state.ahead, [row.version for row in state.missing]) == ((), ["5"])
    assert judge_history(state, SYNTAX, HERE).verdict == "missing"


def test_after_a_merge_that_brought_an_older_file() -> None:
    there = named(files("1 2 3"), v3="5_mine")
    assert found(there, run("1 3", "1", "3")) == {"3": "5_mine.sql"}


def test_several_files_in_a_row() -> None:
    there = named(files("1 3 4"), v3="6_x", v4="7_x")
    history = run("1 3 4", "1", "3", "4")
    assert found(there, history) == {"3": "6_x.sql", "4": "7_x.sql"}


def test_other_content_is_another_file() -> None:
    assert found(files("1 5", v5="SELECT 33;"), run("1 3", "1", "3")) == {}
    assert found(files("1"), run("1 3", "1", "3")) == {}


def test_a_file_that_was_run_itself_is_not_the_one() -> None:
    there = named(files("1 3"), v3="5_x")
    history = [*run("1 3", "1", "3"), replace(rows("5")[0], description="x")]
    assert found(there, history) == {}


def test_too_many_new_files_prove_nothing() -> None:
    there = named(files("1 2 3 4 5 6 7 8 9"), v9="a_x")
    assert found(there, run("9", "9")) == {}


@pytest.mark.parametrize(("row", "lacking"), [("3", []), ("3:1/2", ["2_x.sql"])])
def test_a_file_is_not_lacking_if_all_of_it_ran_under_another_name(
    row: str, lacking: list[str]
) -> None:
    state = compare_history(named(files("1 3"), v3="2_x"), run("1 3", "1", row))
    found = judge_history(state, SYNTAX, HERE).unapplied_files
    assert [file.name for file in found] == lacking


def test_the_row_moves_and_the_database_is_in_order_again() -> None:
    there = named(files("1 2 3"), v3="5_mine")
    history = run("1 3", "1", "3")
    marking = correct(there, history, v3="5")
    assert shown(marking) == {"moved": "5 3"}
    assert marking.forgotten == ()
    (mark,) = marking.written
    assert (mark.revision.description, mark.revision.executed_at) == (
        "mine",
        history[1].executed_at,
    )
    state = compare_history(there, after(history, marking))
    assert judge_history(state, SYNTAX, HERE).verdict == "out-of-order"
    assert [file.version for file in state.out_of_order] == ["2"]


def test_rows_after_a_moved_one_are_not_taken_for_edited() -> None:
    """Their hashes cover its old name."""
    there = named(files("1 3 4"), v3="6_x")
    history = run("1 3 4", "1", "3", "4")
    marking = correct(there, history, v3="6")
    assert shown(marking) == {"moved": "6 3", "rehashed": "4"}
    state = compare_history(there, after(history, marking))
    assert judge_history(state, SYNTAX, HERE).verdict == "ok"


def test_an_edited_file_after_a_moved_one_is_still_found() -> None:
    there = named(files("1 3 4", v4="SELECT 44;"), v3="6_x")
    history = run("1 3 4", "1", "3", "4")
    marking = correct(there, history, v3="6")
    assert shown(marking) == {"moved": "6 3"}
    assert compare_history(there, after(history, marking)).edited


def test_a_forgotten_row_leaves_the_others_in_order() -> None:
    there, history = files("1 4"), run("1 3 4", "1", "3", "4")
    marking = correct(there, history, "3")
    assert shown(marking) == {"rehashed": "4", "file is gone": "3"}
    assert [each.revision.version for each in marking.forgotten] == ["3"]
    state = compare_history(there, after(history, marking))
    assert judge_history(state, SYNTAX, HERE).verdict == "ok"


def test_a_failed_row_without_a_file_is_forgotten_alone() -> None:
    there = files("1 4")
    history = [*run("1 4", "1", "4"), *rows("3:0/1")]
    assert shown(correct(there, history, "3")) == {"file is gone": "3"}


def test_a_half_applied_file_moves_and_resumes() -> None:
    there = named(files("1 3"), v3="5_x")
    history = run("1 3", "1", "3:1/2")
    (mark,) = correct(there, history, v3="5").written
    assert (mark.revision.version, mark.revision.applied) == ("5", 1)


@pytest.mark.parametrize(
    ("forgotten", "moves", "error"),
    [
        (("1",), {}, FileStillThere),
        ((), {"v7": "5"}, UnknownRevision),
        ((), {"v7": "9"}, UnknownRevision),
        (("5",), {}, FileStillThere),
        ((), {"v1": "5"}, FileStillThere),
        ((), {"v3": "1"}, FileNotMoved),
        ((), {"v3": "9"}, FileNotMoved),
    ],
)
def test_what_cannot_be_corrected_is_refused(
    forgotten: tuple[str, ...], moves: dict[str, str], error: type[Exception]
) -> None:
    there = named(files("1 3"), v3="5_x")
    with pytest.raises(error):
        correct(there, run("1 3", "1", "3"), *forgotten, **moves)


def test_what_is_done_already_is_left_out() -> None:
    there, history = named(files("1 3"), v3="5_x"), run("1 3 4", "1", "3", "4")
    marking = correct(there, history, "4", v3="5")
    again = correct(there, after(history, marking), "4", v3="5")
    assert (bool(marking), bool(again)) == (True, False)


def test_a_version_without_effect_is_no_move_that_is_done() -> None:
    there = named(files("1 3"), v3="5_x")
    with pytest.raises(UnknownRevision):
        correct(there, [*run("1", "1"), *rows("5:0/1")], v3="5")


def test_what_is_named_twice_is_corrected_once() -> None:
    there, history = files("1"), run("1 3", "1", "3")
    assert shown(correct(there, history, "3", "3")) == {"file is gone": "3"}


def test_a_late_row_before_the_moved_one_may_not_have_existed() -> None:
    """2 came with a merge and was run; 3, run before, moved to 5 at the same time."""
    there = named(files("1 2 3"), v3="5_x")
    late = replace(run("1 2", "2")[0], executed_at=START + timedelta(hours=1), hash="")
    assert found(there, [*run("1 3", "1", "3"), late]) == {"3": "5_x.sql"}
