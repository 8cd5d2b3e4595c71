"""``schemaapply``: what is printed, the JSON, and every exit code."""

from __future__ import annotations

import re
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db.utils import ConnectionHandler
from django.test import override_settings

from schema_migrations.engines.registry import engine_for
from tests.fixtures.json_schemas import read_answer, read_log

if TYPE_CHECKING:
    from tests.fixtures.project import Project
    from tests.fixtures.targets import Place

A = "CREATE TABLE a (id integer PRIMARY KEY);\n"
B = "CREATE TABLE b (id integer PRIMARY KEY);\n"
BAD = "CREATE TABLE c (id integer PRIMARY KEY);\n\nINSERT INTO nope VALUES (1);\n"
SECRET = "s3cr3t"


def run(place: Place, *args: object, **options: Any) -> tuple[str, str]:
    """Return standard output and standard error."""
    out, err = StringIO(), StringIO()
    options = {"signals": False, "dir": place.folder, "stdout": out, **options}
    call_command("schemaapply", *map(str, args), stderr=err, **options)
    return out.getvalue(), err.getvalue()


def refused(place: Place, *args: object, **options: Any) -> CommandError:
    with pytest.raises(CommandError) as caught:
        run(place, *args, **options)
    return caught.value


def test_a_run_names_the_target_then_the_files_then_what_is_next(place: Place) -> None:
    place.write(_1_first=A, _2=B, _3="SELECT 1;")
    out, err = run(place, "--to", "2")
    lines = out.splitlines()
    assert lines[0].startswith("Target   ")
    assert place.engine.executor.describe_target(place.connection).version in lines[0]
    assert lines[1] == "Pending  3 files, 2 of them now; no history yet"
    assert lines[2].startswith("1_first.sql  1 statement  ")
    assert lines[-2].startswith("Done     2 files, 2 statements, ")
    again = f"python manage.py schemaapply --dir {place.folder}"
    assert lines[-1] == f"Next     1 file pending: {again}"
    assert "post_migrate" not in err
    out, _ = run(place)
    assert (
        out.splitlines()[-1]
        == "Next     nothing: every file of the directory is applied."
    )
    out, _ = run(place)
    assert out.splitlines()[-1] == "Nothing to do; the database is at 3."


def test_verbosity_chooses_how_much_is_said(place: Place) -> None:
    place.write(_1=A, _2=B)
    assert run(place, "1", verbosity=0) == ("", "")
    out, _ = run(place, verbosity=1)
    assert "CREATE TABLE" not in out


SEVERAL = (
    "CREATE TABLE b (\r\n    id integer PRIMARY KEY,\n\tname text\n);\n"
    "CREATE TABLE c (\n"
    + "".join(f"    c{number} integer,\n" for number in range(20))
    + "    id integer\n);\n"
    f"INSERT INTO b VALUES (1, '{'long ' * 100}\x1b[2J');\n"
)


def show_statements(place: Place, **options: Any) -> list[str]:
    """Apply a file with several statements; return the lines between its first and last."""
    place.write(_1=SEVERAL)
    out, _ = run(place, **options)
    lines = [re.sub(r" +\d+ms  ", "  0ms  ", line) for line in out.splitlines()]
    return lines[lines.index("1.sql  one transaction") + 1 : -3]


def test_statements_are_shown_below_their_file(place: Place) -> None:
    assert show_statements(place, verbosity=2) == [
        "      1/3  0ms  CREATE TABLE b (",
        "                       id integer PRIMARY KEY,",
        "                       name text",
        "                   )",
        "      2/3  0ms  CREATE TABLE c (",
        *(f"                       c{number} integer," for number in range(4)),
        "                   … 18 more lines (-v 3 shows all)",
        f"      3/3  0ms  INSERT INTO b VALUES (1, '{('long ' * 7)[:31]}…",
    ]


def test_statements_are_whole_if_that_is_wanted(place: Place) -> None:
    shown = show_statements(place, verbosity=3)
    assert "                       c19 integer," in shown
    assert "more lines" not in "".join(shown)
    assert shown[-1].endswith(r"long \x1b[2J')")


def test_a_failure_comes_after_the_statements_that_ran(place: Place) -> None:
    place.write(_1=BAD)
    out = StringIO()
    error = refused(place, verbosity=2, stdout=out)
    last = out.getvalue().splitlines()[-1]
    assert last.startswith("      1/2 ")
    assert last.endswith("  CREATE TABLE c (id integer PRIMARY KEY)")
    assert "INSERT INTO nope" in str(error)


def test_a_dry_run_prints_the_sql_and_writes_nothing(place: Place) -> None:
    place.write(_1=f"-- first table\n{A}", _2=f"-- atlas:txmode none\n\n{B}")
    out, _ = run(place, dry_run=True)
    assert "-- 1.sql  (one transaction)\n-- first table\nCREATE TABLE a" in out
    assert "-- 2.sql  (no transaction)" in out
    assert out.splitlines()[-2:] == [
        "Nothing was run.",
        "Next     run the same command without --check or --dry-run",
    ]
    assert place.list_tables() == []
    assert place.read_revisions() == {}


def test_an_empty_directory_is_doubted(place: Place) -> None:
    place.folder.mkdir(exist_ok=True)
    _, err = run(place)
    assert "has no migration files. Check DIR and --dir" in err
    place.write(_1=A)
    _, err = run(place)
    assert "no migration files" not in err


def test_check_exits_1_while_files_are_pending(place: Place) -> None:
    place.write(_1=A)
    with pytest.raises(SystemExit) as caught:
        run(place, check=True)
    assert caught.value.code == 1
    assert place.read_revisions() == {}
    run(place)
    run(place, check=True)


def test_json_is_one_object_and_nothing_else(place: Place) -> None:
    place.write(_1=A, _2=B)
    out, _ = run(place, "1", format="json", verbosity=3)
    answer = read_answer("schemaapply", out)
    assert answer["current"] == "1"
    assert answer["pending"] == ["2"]
    ((applied,), error) = (answer["applied"], answer["error"])
    assert (applied["version"], applied["statements"], error) == ("1", 1, None)
    assert applied["seconds"] > 0
    assert answer["target"].startswith(("sqlite:///", "postgresql://"))


def test_json_of_a_failure_has_the_place(place: Place) -> None:
    place.write(_1=A, _2_bad=BAD)
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(
            "schemaapply",
            dir=place.folder,
            format="json",
            signals=False,
            stdout=out,
            stderr=err,
        )
    assert caught.value.returncode == 2
    answer = read_answer("schemaapply", out.getvalue())
    assert [each["version"] for each in answer["applied"]] == ["1"]
    assert answer["pending"] == ["2"]
    error = answer["error"]
    assert (error["version"], error["line"]) == ("2", 3)
    assert error["statement"] == "INSERT INTO nope VALUES (1)"
    assert "nope" in error["message"]
    assert error["sqlstate"] in ("42P01", "SQLITE_ERROR")


def test_json_tells_what_went_wrong_before_the_database_was_reached(
    place: Place,
) -> None:
    place.write(_1=A)
    (place.folder / "1.sql").write_text(B)
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(
            "schemaapply", dir=place.folder, format="json", stdout=out, stderr=err
        )
    assert caught.value.returncode == 4
    answer = read_answer("schemaapply", out.getvalue())
    assert "1.sql was edited" in answer["error"]["message"]
    assert (answer["target"], answer["applied"]) == (None, [])


def test_json_has_a_log_of_one_object_a_line(place: Place) -> None:
    place.write(_1=A, _2=f"-- atlas:txmode none\n\n{B}")
    _, err = run(place, format="json")
    events = read_log(err)
    assert [each["event"] for each in events] == [
        *("reached", "planned"),
        *("file_started", "statement_done", "file_done") * 2,
    ]
    assert (
        events[0]["target"]["version"]
        == place.engine.executor.describe_target(place.connection).version
    )
    assert events[3]["sql"] == A.strip().removesuffix(";")
    assert all(each["time"] <= later["time"] for each, later in pairwise(events))
    assert run(place, format="json", verbosity=0)[1] == ""


def test_a_warning_is_a_line_of_the_log(place: Place) -> None:
    place.write(_1=A, _2=B)
    run(place)
    (place.folder / "2.sql").unlink()
    place.write()
    _, err = run(place, format="json")
    (warned,) = [each for each in read_log(err) if each["event"] == "warned"]
    assert "ahead of the directory" in warned["message"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_passwords_of_a_statement_are_neither_shown_nor_recorded(
    pg_place: Place, form: str
) -> None:
    role = f"CREATE ROLE never PASSWORD '{SECRET}'"
    none = "-- atlas:txmode none\n\n"
    for text in (f"{role} {SECRET};", f"{none}{A}{role};\nSELECT 1/0;"):
        pg_place.write(_1=text)
        try:
            out, err = StringIO(), StringIO()
            with pytest.raises(CommandError) as caught:
                call_command(
                    "schemaapply",
                    *("--no-signals", f"--format={form}", "-v3"),
                    dir=pg_place.folder,
                    stdout=out,
                    stderr=err,
                )
        finally:
            pg_place.execute("DROP ROLE IF EXISTS never")
        row = pg_place.read_revisions()["1"]
        assert "***" in (out if form == "text" else err).getvalue()
        told = (out.getvalue(), err.getvalue(), str(caught.value), row.error)
        assert SECRET not in "".join((*told, row.error_stmt))


def test_a_baseline_is_told(place: Place) -> None:
    place.write(_1=A, _2=B)
    out, _ = run(place, baseline="2", dry_run=True)
    begin = "Baseline 2: this file and those before it count as applied"
    assert out.splitlines()[1] == begin
    assert out.splitlines()[-1].endswith("without --check or --dry-run")
    out, _ = run(place, baseline="2")
    assert out.splitlines()[1] == begin
    assert "Done     nothing was run; the database is at 2." in out.splitlines()


def test_nothing_to_run_up_to_a_version_that_is_applied(place: Place) -> None:
    place.write(_1=A, _2=B)
    run(place, "1")
    out, _ = run(place, "--to", "1")
    assert "Done     nothing was run; the database is at 1." in out.splitlines()
    assert out.splitlines()[-1].startswith("Next     1 file pending")


def test_a_failure_shows_the_place_and_says_what_remains(place: Place) -> None:
    place.write(_1=A, _2_bad=BAD)
    error = refused(place)
    assert error.returncode == 2
    lines = str(error).splitlines()
    assert lines[0].startswith("2_bad.sql:3")
    assert "    3 | INSERT INTO nope VALUES (1)" in lines
    assert "Rolled back" in lines[-3]
    assert "schemahash" in lines[-2]
    assert "schemaapply" in lines[-1]


class TestSettings:
    def test_options_come_before_settings(self, place: Place) -> None:
        place.write(_1=A, _2=BAD)
        all_at_once = {"default": {"TX_MODE": "all", "DIR": place.folder}}
        with override_settings(SCHEMA_MIGRATIONS=all_at_once):
            with pytest.raises(CommandError):
                call_command(
                    "schemaapply", "--no-signals", "--tx-mode=file", stdout=StringIO()
                )
            assert place.list_tables() == ["a"]

    def test_settings_hold_where_no_option_is_given(self, place: Place) -> None:
        place.write(_1=A, _2=BAD)
        all_at_once = {"default": {"TX_MODE": "all", "DIR": place.folder}}
        with override_settings(SCHEMA_MIGRATIONS=all_at_once):
            with pytest.raises(CommandError):
                call_command("schemaapply", "--no-signals", stdout=StringIO())
            assert place.list_tables() == []

    @override_settings(SCHEMA_MIGRATIONS={"default": {"DRI": "x", "LOCK_WAIT": "x"}})
    def test_every_wrong_setting_is_told_at_once(self, sqlite_place: Place) -> None:
        error = refused(sqlite_place)
        assert error.returncode == 2
        assert "'DRI'" in str(error)
        assert "Did you mean DIR" in str(error)
        assert "'LOCK_WAIT'" in str(error)

    def test_an_unknown_alias_is_told(self, sqlite_place: Place) -> None:
        error = refused(sqlite_place, database="defualt")
        assert error.returncode == 2
        assert "Did you mean default" in str(error)


class TestTarget:
    def test_a_url_repoints_the_alias(self, sqlite_place: Place, tmp_path: Any) -> None:
        sqlite_place.write(_1=A)
        out, _ = run(sqlite_place, url=f"sqlite:///{tmp_path}/elsewhere.db")
        assert "elsewhere.db" in out
        assert (tmp_path / "elsewhere.db").exists()
        assert sqlite_place.list_tables() == []

    def test_the_url_may_stand_in_the_environment(
        self, sqlite_place: Place, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCHEMA_MIGRATIONS_URL", f"sqlite:///{tmp_path}/env.db")
        sqlite_place.write(_1=A)
        out, _ = run(sqlite_place)
        assert "env.db" in out
        out, _ = run(sqlite_place, url=f"sqlite:///{tmp_path}/option.db")
        assert "option.db" in out

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            (f"postgres://u:{SECRET}@127.0.0.1:1/d", 5),
            (f"postgres://u:{SECRET}@nowhere.invalid/d", 5),
            (f"postgres://u:{SECRET}/x@h/d", 2),
            (f"postgres://u:{SECRET}@x@h/d", 2),
            (f"postgres://u:{SECRET}@h:port/d", 2),
            (f"mysql://u:{SECRET}@h/d", 2),
            (f"docker://u:{SECRET}@h/d", 2),
            (f"{SECRET}", 2),
        ],
    )
    def test_a_wrong_url_has_its_exit_code_and_shows_no_password(
        self, sqlite_place: Place, url: str, code: int
    ) -> None:
        sqlite_place.write(_1=A)
        error = refused(sqlite_place, url=url)
        assert error.returncode == code
        assert SECRET not in str(error)
        assert sqlite_place.list_tables() == []

    def test_a_streaming_standby_is_refused_and_told(
        self, sqlite_place: Place, standby: dict[str, Any]
    ) -> None:
        sqlite_place.write(_1=A)
        url = f"postgres://postgres@/postgres?host={standby['HOST']}"
        error = refused(sqlite_place, url=url)
        assert error.returncode == 2
        assert "a standby server" in str(error)
        assert "URL of the primary" in str(error)

    def test_a_streaming_standby_may_be_read(
        self, sqlite_place: Place, standby: dict[str, Any]
    ) -> None:
        sqlite_place.write(_1=A)
        url = f"postgres://postgres@/postgres?host={standby['HOST']}"
        out, err = run(sqlite_place, url=url, dry_run=True)
        assert "CREATE TABLE a" in out
        assert err == ""
        with pytest.raises(SystemExit) as caught:
            run(sqlite_place, url=url, check=True)
        assert caught.value.code == 1

    def test_the_target_is_shown_without_its_password(self, pg_place: Place) -> None:
        pg_place.write(_1=A)
        settings = pg_place.settings
        url = (
            f"postgres://postgres:{SECRET}@/{settings['NAME']}?host={settings['HOST']}"
        )
        out, err = run(pg_place, url=url)
        assert "postgres:***@" in out
        assert SECRET not in out + err

    def test_a_read_only_target_is_refused_before_anything(
        self, pg_place: Place
    ) -> None:
        pg_place.write(_1=A)
        name = pg_place.settings["NAME"]
        pg_place.execute(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'
        )
        pg_place.connection.close()
        error = refused(pg_place)
        assert error.returncode == 2
        assert "is not writable: default_transaction_read_only is on" in str(error)
        out, _ = run(pg_place, dry_run=True)  # reading is no problem
        assert "CREATE TABLE a" in out

    def test_another_run_that_holds_the_lock(self, place: Place) -> None:
        place.write(_1=A)
        place.connection.ensure_connection()
        other = ConnectionHandler({"default": dict(place.settings)})["default"]
        other.ensure_connection()
        session = engine_for(other.vendor).executor
        schema = session.describe_target(other).schema
        with session.hold_lock(other, schema, wait=0, report_holder=pytest.fail):
            error = refused(place, lock_wait=0.1)
        other.close()
        assert error.returncode == 5
        assert "process" in str(error)
        assert "--lock-wait" in str(error)
        assert place.read_revisions() == {}


class TestIntegrity:
    """Files that are not as they should be: exit 4, and nothing runs."""

    def test_an_edited_file(self, place: Place) -> None:
        place.write(_1=A)
        (place.folder / "1.sql").write_text(B)
        error = refused(place)
        assert error.returncode == 4
        assert "1.sql was edited" in str(error)

    def test_a_missing_file(self, place: Place) -> None:
        place.write(_1=A, _2=B)
        (place.folder / "1.sql").unlink()
        error = refused(place)
        assert (error.returncode, "1.sql was removed" in str(error)) == (4, True)

    def test_two_files_of_one_version(self, place: Place) -> None:
        place.write(_1_a=A, _1_b=B)
        error = refused(place)
        assert error.returncode == 4
        assert "1_a.sql, 1_b.sql" in str(error)

    def test_a_merge_conflict_in_the_sum(self, place: Place) -> None:
        place.write(_1=A)
        sums = place.folder / "atlas.sum"
        sums.write_text(f"<<<<<<< ours\n{sums.read_text()}=======\n>>>>>>> theirs\n")
        error = refused(place)
        assert error.returncode == 4
        assert "merge conflict" in str(error)

    def test_out_of_order_edited_and_deleted_since(self, place: Place) -> None:
        place.write(_1=A, _3=B)
        run(place)
        place.write(_2="SELECT 2;")
        error = refused(place)
        assert (error.returncode, "out of order: 2.sql" in str(error)) == (4, True)
        (place.folder / "2.sql").unlink()
        place.write(_1=A + "SELECT 1;")
        error = refused(place)
        assert (error.returncode, "1.sql" in str(error)) == (4, True)
        (place.folder / "1.sql").unlink()
        place.write(_0="SELECT 0;")
        error = refused(place)
        assert (error.returncode, "missing: 1" in str(error)) == (4, True)

    def test_a_database_ahead_warns_and_with_strict_stops(self, place: Place) -> None:
        place.write(_1=A, _2=B)
        run(place)
        (place.folder / "2.sql").unlink()
        place.write()
        _, err = run(place)
        assert "ahead of the directory: 2" in err
        assert refused(place, strict=True).returncode == 4


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["0"],
            ["-1"],
            ["--lock-wait", "soon"],
            ["--tx-mode", "some"],
            ["--baseline", "1", "--allow-dirty"],
        ],
    )
    def test_a_wrong_option_is_refused(
        self, sqlite_place: Place, arguments: list[str]
    ) -> None:
        with pytest.raises(CommandError):
            run(sqlite_place, *arguments)

    def test_an_unclosed_quote_is_told_with_its_line(self, place: Place) -> None:
        place.write(_1=A, _2="SELECT 1;\nSELECT 'open;\n")
        error = refused(place)
        assert error.returncode == 2
        assert str(error).startswith("2.sql:2: ")
        assert place.read_revisions() == {}

    def test_a_directory_that_is_not_there_is_told(self, sqlite_place: Place) -> None:
        """An image built without the folder must not say that all is done."""
        error = refused(sqlite_place, dir=str(sqlite_place.folder))
        assert error.returncode == 2
        assert "does not exist" in str(error)

    def test_a_database_that_is_not_empty_is_refused(self, place: Place) -> None:
        place.execute("CREATE TABLE theirs (id integer)")
        place.write(_1=A)
        error = refused(place)
        assert error.returncode == 2
        assert "theirs" in str(error)
        assert "--baseline VERSION" in str(error)
        assert "--allow-dirty" in str(error)


HANDLER = """
from django.db.models.signals import post_migrate


def heard(app_config, **kwargs):
    if app_config.label == "shop":
        print("heard of shop")


post_migrate.connect(heard)
"""


def test_handlers_are_found_where_migrate_finds_them(project: Project) -> None:
    """Django imports the ``management`` package of every app before its signals."""
    project.write("shop/management/__init__.py", HANDLER)
    assert project.manage("schemadiff", "initial").code == 0
    ran = project.manage("schemaapply")
    assert ran.code == 0, ran.err
    assert "heard of shop" in ran.out


def test_what_handlers_of_signals_say_has_lines_of_its_own(project: Project) -> None:
    assert project.manage("schemadiff", "initial").code == 0
    done = project.manage("schemaapply", "-v", "2")
    assert "Running pre-migrate handlers for application shop\n" in done.out
    assert "Running post-migrate handlers for application auth\n" in done.out
