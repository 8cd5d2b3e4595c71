"""``schemastatus`` and ``schemahash``: what they say, and their exit codes."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.fixtures.json_schemas import read_answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.targets import Place

A = "CREATE TABLE a (id integer PRIMARY KEY);\n"
BAD = "INSERT INTO nope VALUES (1);\n"


def run(place: Place, command: str = "schemastatus", **options: Any) -> str:
    out = StringIO()
    call_command(command, dir=place.folder, stdout=out, **options)
    return out.getvalue()


def answer(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = read_answer("schemastatus", run(place, format="json"))
    return found


def checked(place: Place) -> int:
    try:
        run(place, check=True)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_a_duration_may_have_a_unit_from_python_as_well(place: Place) -> None:
    place.write(_1_first=A)
    place.connection.close()
    assert run(place, wait="500ms") == run(place, wait=0.5)


def test_nothing_applied_yet(place: Place) -> None:
    place.write(_1_first=A)
    lines = run(place).splitlines()
    assert lines[1:] == [
        "Status   pending: 0 files applied, 1 pending",
        "  [ ] 1_first.sql",
        f"Next     python manage.py schemaapply --dir {place.folder}",
    ]
    assert answer(place) | {"target": ""} == {
        "target": "",
        "status": "pending",
        "current": None,
        "applied": [],
        "pending": ["1"],
        "out_of_order": [],
        "edited": [],
        "missing": [],
        "moved": [],
        "abandoned": [],
        "ahead": [],
        "drift": [],
        "drift_checked": False,
        "mend": [],
        "keep": [],
        "way_back": None,
        "error": None,
    }
    assert checked(place) == 1
    assert place.read_revisions() == {}


def test_a_missing_database_file_is_not_made(sqlite_place: Place) -> None:
    sqlite_place.write(_1=A)
    lines = run(sqlite_place).splitlines()
    assert lines[0].startswith(f"Target   sqlite:///{sqlite_place.settings['NAME']}  ")
    assert [each.name for each in sqlite_place.folder.parent.iterdir()] == [
        "migrations"
    ]


def test_everything_applied(place: Place) -> None:
    place.write(_1_first=A)
    place.apply()
    lines = run(place).splitlines()
    assert lines[1] == "Status   ok: 1 file applied, 0 pending"
    assert lines[2].startswith("  [x] 1_first  20")
    assert lines[-1] == "Next     nothing: every file of the directory is applied"
    assert checked(place) == 0


def test_a_failed_file(place: Place) -> None:
    place.write(_1=A, _2_bad=BAD)
    with pytest.raises(Exception, match="nope"):
        place.apply()
    out = run(place)
    assert "Status   failed: 1 file applied, 1 pending" in out
    assert "Failed   2_bad.sql:1: " in out
    assert "INSERT INTO nope VALUES (1)" in out
    assert " ".join(out.partition("\nNext     ")[2].split()) == (
        f"Correct the file, run python manage.py schemahash --dir {place.folder}, then"
        f" python manage.py schemaapply --dir {place.folder} again."
    )
    error = answer(place)["error"]
    assert (error["version"], error["statement"]) == (
        "2",
        "INSERT INTO nope VALUES (1)",
    )
    assert "nope" in error["message"]
    assert failure(place, "schemaapply") == (2, error)
    assert checked(place) == 1


def test_a_statement_that_nobody_saw_ending_is_no_failure(place: Place) -> None:
    place.write(_1=f"-- atlas:txmode none\n\n{A}VACUUM;\n")
    place.apply()
    place.execute(
        "UPDATE atlas_schema_revisions SET applied = 1, error_stmt = 'VACUUM', error ="
        " 'started outside a transaction; whether it ended is not known'"
    )
    lines = run(place).splitlines()
    assert lines[-3].startswith("Stopped  1: started outside a transaction")
    again = f"python manage.py schemaapply --dir {place.folder}"
    assert lines[-1].startswith(f"Next     {again}: it checks")


def test_a_failure_without_a_statement_shows_no_empty_line(
    sqlite_place: Place,
) -> None:
    sqlite_place.write(
        _1="CREATE TABLE p (id integer PRIMARY KEY);\n"
        "CREATE TABLE c (p integer REFERENCES p);\nINSERT INTO c VALUES (7);"
    )
    with pytest.raises(Exception, match="foreign keys"):
        sqlite_place.apply()
    lines = run(sqlite_place).splitlines()
    assert any(
        line.startswith("Failed   1: 1.sql: The file leaves rows") for line in lines
    )
    assert all(line.strip() for line in lines)


def test_a_half_applied_file(place: Place) -> None:
    place.write(_1=f"-- atlas:txmode none\n\n{A}{BAD}")
    with pytest.raises(Exception, match="nope"):
        place.apply()
    assert "  [ ] 1.sql  1 statement done" in run(place)


def test_a_database_with_tables_and_no_history(place: Place) -> None:
    place.execute("CREATE TABLE theirs (id integer)")
    place.write(_1=A)
    assert "--baseline VERSION" in run(place).splitlines()[-1]


def test_out_of_order_edited_gone_and_ahead(place: Place) -> None:
    place.write(_1=A, _3="SELECT 3;", _4="SELECT 4;")
    place.apply()
    place.write(_2="SELECT 2;")
    assert "  [!] 2.sql  out of order" in run(place)
    assert (answer(place)["status"], checked(place)) == ("out-of-order", 4)
    (place.folder / "2.sql").unlink()
    (place.folder / "4.sql").unlink()
    place.write()
    assert "NEWER THAN THE DIRECTORY" in run(place)
    assert (answer(place)["ahead"], checked(place)) == (["4"], 0)
    place.write(_1=f"{A}SELECT 1;")
    assert "EDITED SINCE" in run(place)
    assert (answer(place)["edited"], checked(place)) == (["1"], 4)
    (place.folder / "1.sql").unlink()
    place.write()
    out = run(place)
    assert "Status   missing: " in out
    assert "FILE IS GONE" in out
    found = answer(place)
    assert (found["status"], found["missing"], checked(place)) == ("edited", ["1"], 4)


class TestManyFiles:
    """What is applied and needs nothing is counted; all else is listed."""

    VERSIONS = range(1000, 2000, 2)
    PLAIN = "  [x] "

    @pytest.fixture
    def place_of_many(self, place: Place) -> Place:
        place.write(**{f"_{version}": "SELECT 1;" for version in self.VERSIONS})
        place.apply()
        return place

    def list_applied(self, place: Place, **options: Any) -> list[str]:
        lines = run(place, **options).splitlines()
        return [line.split()[1] for line in lines if line.startswith(self.PLAIN)]

    def test_the_last_ones_are_listed(self, place_of_many: Place) -> None:
        lines = run(place_of_many).splitlines()
        assert lines[1:3] == [
            "Status   ok: 500 files applied, 0 pending",
            "  … and 495 applied earlier (--all lists each)",
        ]
        assert [line[:10] for line in lines[3:-1]] == [
            f"{self.PLAIN}{version}" for version in self.VERSIONS[-5:]
        ]
        everything = list(map(str, self.VERSIONS))
        assert self.list_applied(place_of_many, all=True) == everything
        assert "applied earlier" not in run(place_of_many, all=True)
        assert answer(place_of_many)["applied"] == everything

    def test_what_needs_a_look_is_listed_wherever_it_is(
        self, place_of_many: Place
    ) -> None:
        place = place_of_many
        place.write(_3000=BAD, _3001="SELECT 1;")
        with pytest.raises(Exception, match="nope"):
            place.apply()
        place.write(_1006="SELECT 3;", _1009="SELECT 4;")
        (place.folder / "1996.sql").unlink()
        place.write()
        shown = re.sub(r"  20[\d:\- ]{14}", "", run(place)).splitlines()
        assert shown[1:13] == [
            "Status   edited: 500 files applied, 2 pending",
            "  … and 493 applied earlier (--all lists each)",
            "  [x] 1006  EDITED SINCE",
            *(f"  [x] {version}" for version in (1988, 1990, 1992, 1994)),
            "  [x] 1996  FILE IS GONE",
            "  [x] 1998",
            "  [!] 1009.sql  out of order",
            "  [ ] 3000.sql",
            "  [ ] 3001.sql",
        ]
        assert shown[13].startswith("Failed   3000.sql:1: ")

    def test_the_last_are_those_that_ran_last(self, place: Place) -> None:
        place.write(**{f"_{2000 + each}": "SELECT 1;" for each in range(12)})
        place.apply()
        place.write(_1500_late="SELECT 2;")
        place.apply(exec_order="non-linear")
        assert self.list_applied(place) == [
            "1500_late",
            *map(str, range(2008, 2012)),
        ]

    def test_a_few_are_all_listed(self, place: Place) -> None:
        place.write(**{f"_{1000 + each}": "SELECT 1;" for each in range(10)})
        place.apply()
        assert len(self.list_applied(place)) == 10


def test_an_unsound_directory_is_refused(place: Place) -> None:
    place.write(_1=A)
    (place.folder / "2.sql").write_text(A)
    with pytest.raises(CommandError, match=r"2\.sql is not in") as caught:
        run(place)
    assert caught.value.returncode == 4


def failure(place: Place, command: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the JSON object of a command that fails."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(command, dir=place.folder, format="json", stdout=out, **options)
    told: dict[str, Any] = read_answer(command, out.getvalue())
    return caught.value.returncode, told["error"]


NOWHERE = dict.fromkeys(("version", "statement", "line", "sqlstate"))


@pytest.mark.parametrize(
    ("command", "options"),
    [("schemastatus", {}), ("schemahash", {"check": True}), ("schemadiff", {})],
)
def test_json_of_an_error_is_one_object(
    sqlite_place: Place, command: str, options: dict[str, Any]
) -> None:
    sqlite_place.write(_1=A)
    (sqlite_place.folder / "1.sql").write_text(BAD)
    code, error = failure(sqlite_place, command, **options)
    assert code == 4
    assert "1.sql was edited" in error.pop("message")
    assert error == {**NOWHERE, "code": "directory-not-intact"}


def test_json_of_text_that_cannot_be_split_has_its_line(sqlite_place: Place) -> None:
    sqlite_place.write(_1_quote=f"{A}SELECT 'never ends;")
    code, error = failure(sqlite_place, "schemadiff")
    assert code == 2
    assert (error["version"], error["line"]) == ("1", 2)


def test_json_of_a_sum_that_was_written_and_is_not_enough(sqlite_place: Place) -> None:
    sqlite_place.folder.mkdir()
    for name in ("1_a.sql", "1_b.sql"):
        (sqlite_place.folder / name).write_text(A)
    code, error = failure(sqlite_place, "schemahash")
    assert code == 4
    assert "1_b.sql" in error["message"]


class TestRevisionsSchema:
    def test_one_that_is_missing_is_told(self, pg_place: Place) -> None:
        pg_place.write(_1=A)
        call_command(
            "schemaapply",
            dir=pg_place.folder,
            revisions_schema="history",
            signals=False,
            stdout=StringIO(),
        )
        assert "ok: 1 file" in run(pg_place, revisions_schema="history")
        for command, options in (
            ("schemastatus", {}),
            ("schemaapply", {}),
            ("schemaapply", {"dry_run": True}),
        ):
            code, error = failure(
                pg_place, command, revisions_schema="histroy", **options
            )
            assert code == 2
            assert "has tables but no schema 'histroy'" in error["message"]
        with pytest.raises(CommandError, match="Did you mean history"):
            run(pg_place, revisions_schema="histroy")

    def test_before_the_first_run_there_is_none(self, pg_place: Place) -> None:
        pg_place.write(_1=A)
        assert "1 pending" in run(pg_place, revisions_schema="history")

    @pytest.mark.parametrize("start", [{"baseline": "1"}, {"allow_dirty": True}])
    def test_a_start_on_a_database_in_use_makes_it(
        self, pg_place: Place, start: dict[str, Any]
    ) -> None:
        pg_place.execute("CREATE TABLE used (id integer)")
        pg_place.write(_1=A)
        options = {"revisions_schema": "history", "signals": False, **start}
        for dry_run in (True, False):
            run(pg_place, "schemaapply", dry_run=dry_run, **options)
        assert "ok: 1 file" in run(pg_place, revisions_schema="history")

    def test_sqlite_has_none_but_its_own(self, sqlite_place: Place) -> None:
        sqlite_place.write(_1=A)
        for command in ("schemastatus", "schemaapply"):
            code, error = failure(sqlite_place, command, revisions_schema="history")
            assert code == 2
            assert (
                error["message"] == "SQLite has no schema 'history' for the revisions."
            )


class TestHash:
    def test_it_writes_the_sum_and_then_has_nothing_to_do(
        self, sqlite_place: Place
    ) -> None:
        sqlite_place.folder.mkdir()
        (sqlite_place.folder / "1.sql").write_text(A)
        assert "Wrote " in run(sqlite_place, "schemahash")
        assert "Nothing to do" in run(sqlite_place, "schemahash")
        assert "Nothing to do" in run(sqlite_place, "schemahash", check=True)
        found = read_answer(
            "schemahash", run(sqlite_place, "schemahash", format="json")
        )
        assert (found["files"], found["changed"]) == (1, False)
        assert found["file"].endswith("atlas.sum")

    @pytest.mark.parametrize("check", [False, True])
    @pytest.mark.parametrize("format_name", ["text", "json"])
    def test_what_atlas_reads_otherwise_is_told_if_wanted(
        self, place: Place, format_name: str, check: bool
    ) -> None:
        text = f"-- atlas:txmode none\n\nBEGIN TRANSACTION;\n{A}END;\n"
        place.write(_1=text, _2=f"\ufeff{A}", _3=A, _4="SELECT 'open")
        options = {"format": format_name, "check": check}
        unasked, told = StringIO(), StringIO()
        run(place, "schemahash", **options, stderr=unasked)
        with override_settings(SCHEMA_MIGRATIONS={"default": {"ATLAS": "warn"}}):
            run(place, "schemahash", **options, stderr=told)
        assert unasked.getvalue() == ""
        assert told.getvalue().splitlines() == [
            "warning: 1.sql:3: Atlas takes all from this BEGIN to END for one statement."
            " Write COMMIT instead of END.",
            "warning: 2.sql:1: Atlas sends the byte order mark to the server, and reads no"
            " directive behind it. Save the file without the mark.",
        ]

    def test_check_writes_nothing_and_exits_4(self, sqlite_place: Place) -> None:
        sqlite_place.write(_1=A)
        before = (sqlite_place.folder / "atlas.sum").read_text()
        (sqlite_place.folder / "2.sql").write_text(A)
        with pytest.raises(CommandError) as caught:
            run(sqlite_place, "schemahash", check=True)
        assert caught.value.returncode == 4
        assert (sqlite_place.folder / "atlas.sum").read_text() == before

    def test_a_merge_conflict_is_resolved_by_writing_the_sum_anew(
        self, sqlite_place: Place
    ) -> None:
        sqlite_place.write(_1=A)
        (sqlite_place.folder / "atlas.sum").write_text("<<<<<<< ours\n")
        run(sqlite_place, "schemahash")
        run(sqlite_place, "schemahash", check=True)

    def test_what_hashing_does_not_mend_is_told(self, sqlite_place: Place) -> None:
        sqlite_place.folder.mkdir()
        for name in ("1_a.sql", "1_b.sql"):
            (sqlite_place.folder / name).write_text(A)
        with pytest.raises(CommandError, match=r"1_a\.sql, 1_b\.sql") as caught:
            run(sqlite_place, "schemahash")
        assert caught.value.returncode == 4

    def test_a_folder_that_is_not_there_is_told(
        self, sqlite_place: Place, tmp_path: Path
    ) -> None:
        with pytest.raises(CommandError, match="does not exist") as caught:
            call_command("schemahash", dir=tmp_path / "nowhere", stdout=StringIO())
        assert caught.value.returncode == 2
