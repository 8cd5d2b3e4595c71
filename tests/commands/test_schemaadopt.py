"""``schemaadopt``: folders of other tools, and the databases that those tools made."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from tests.fixtures.json_schemas import read_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.project import Project
    from tests.fixtures.targets import Place

A = "CREATE TABLE a (id integer PRIMARY KEY);\n"
B = "CREATE TABLE b (id integer PRIMARY KEY);\n"
VIEW = "CREATE VIEW v AS SELECT id FROM a;\n"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool's folder of two files, and the table that it keeps."""

    name: str
    files: dict[str, str]
    table: str
    first: str
    """Records the first file."""
    second: str
    made: tuple[str, str]


FLYWAY_ROW = (
    "INSERT INTO flyway_schema_history (installed_rank, version, description, type,"
    " script, checksum, installed_by, execution_time, success) VALUES"
    " ({rank}, {version}, 'x', '{kind}', '{script}', 1, 'me', 1, {success})"
)


def flyway_row(
    rank: int,
    version: str | None,
    script: str,
    kind: str = "SQL",
    success: str = "true",
) -> str:
    quoted = f"'{version}'" if version else "NULL"
    return FLYWAY_ROW.format(
        rank=rank, version=quoted, kind=kind, script=script, success=success
    )


TOOLS = [
    Tool(
        name="flyway",
        files={"V1__a.sql": A, "V1.1__b.sql": B, "U1.1__b.sql": "DROP TABLE b;"},
        table="CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL PRIMARY"
        " KEY, version VARCHAR(50), description VARCHAR(200) NOT NULL, type VARCHAR(20)"
        " NOT NULL, script VARCHAR(1000) NOT NULL, checksum INTEGER, installed_by"
        " VARCHAR(100) NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT"
        " CURRENT_TIMESTAMP, execution_time INTEGER NOT NULL, success BOOLEAN NOT NULL)",
        first=flyway_row(1, "1", "V1__a.sql"),
        second=flyway_row(2, "1.1", "V1.1__b.sql"),
        made=("1.0_a.sql", "1.1_b.sql"),
    ),
    Tool(
        name="dbmate",
        files={
            "20240101000000_a.sql": f"-- migrate:up\n{A}-- migrate:down\nDROP TABLE a;\n",
            "20240102000000_b.sql": f"-- migrate:up\n{B}-- migrate:down\n",
        },
        table="CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)",
        first="INSERT INTO schema_migrations VALUES ('20240101000000')",
        second="INSERT INTO schema_migrations VALUES ('20240102000000')",
        made=("20240101000000_a.sql", "20240102000000_b.sql"),
    ),
    Tool(
        name="goose",
        files={
            "00001_a.sql": f"-- +goose Up\n{A}-- +goose Down\nDROP TABLE a;\n",
            "00002_b.sql": f"-- +goose Up\n{B}",
        },
        table="CREATE TABLE goose_db_version (id integer PRIMARY KEY, version_id bigint"
        " NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT"
        " CURRENT_TIMESTAMP)",
        first="INSERT INTO goose_db_version (id, version_id, is_applied)"
        " VALUES (1, 0, true), (2, 1, true), (3, 1, false), (4, 1, true)",
        second="INSERT INTO goose_db_version (id, version_id, is_applied)"
        " VALUES (5, 2, true)",
        made=("00001_a.sql", "00002_b.sql"),
    ),
    Tool(
        name="golang-migrate",
        files={
            "1_a.up.sql": f"BEGIN;\n{A}COMMIT;\n",
            "1_a.down.sql": "DROP TABLE a;\n",
            "2_b.up.sql": B,
        },
        table="CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY,"
        " dirty boolean NOT NULL)",
        first="INSERT INTO schema_migrations VALUES (1, false)",
        second="UPDATE schema_migrations SET version = 2",
        made=("0001_a.sql", "0002_b.sql"),
    ),
    Tool(
        name="sqlx",
        files={"20240101000000_a.sql": A, "20240102000000_b.sql": B},
        table="CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description"
        " TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,"
        " success BOOLEAN NOT NULL, checksum TEXT NOT NULL, execution_time BIGINT NOT"
        " NULL)",
        first="INSERT INTO _sqlx_migrations VALUES"
        " (20240101000000, 'a', CURRENT_TIMESTAMP, true, 'x', 1)",
        second="INSERT INTO _sqlx_migrations VALUES"
        " (20240102000000, 'b', CURRENT_TIMESTAMP, true, 'x', 1)",
        made=("20240101000000_a.sql", "20240102000000_b.sql"),
    ),
]
FLYWAY, DBMATE, GOOSE, GOLANG_MIGRATE, SQLX = TOOLS
each_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def run(place: Place, *arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("schemaadopt", *arguments, dir=place.folder, stdout=out, **options)
    return out.getvalue()


def refused(place: Place, *arguments: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        run(place, *arguments, **options)
    return caught.value.returncode, str(caught.value)


def take_over(place: Place, tool: Tool, **more: str) -> str:
    """Write the tool's folder beside the directory, and take it over."""
    folder = place.folder.parent / "theirs"
    folder.mkdir(exist_ok=True)
    for name, text in {**tool.files, **more}.items():
        (folder / name).write_text(text)
    return run(place, str(folder), f"--from={tool.name}")


def make_database(place: Place, *statements: str) -> None:
    for statement in statements:
        place.execute(statement)


@each_tool
def test_a_new_database_gets_the_files(place: Place, tool: Tool) -> None:
    out = take_over(place, tool)
    assert f"Found    2 files of {tool.name} in " in out
    assert tuple(file.name for file in place.directory.files) == tool.made
    place.apply()
    assert place.list_tables() == ["a", "b"]


@each_tool
def test_a_database_that_the_tool_made_goes_on(place: Place, tool: Tool) -> None:
    take_over(place, tool)
    make_database(place, A, tool.table, tool.first)
    before = place.execute(f"SELECT * FROM {tool.table.split()[2]}")
    assert place.directory.files[0].version in run(place, "--history", dry_run=True)
    assert place.read_revisions() == {}
    out = run(place, "--history")
    assert "Done     1 revision written; no file was run, and " in out
    assert list(place.read_revisions()) == [place.directory.files[0].version]
    assert place.execute(f"SELECT * FROM {tool.table.split()[2]}") == before
    assert "Nothing to do: " in run(place, "--history")
    place.apply()
    assert place.done == [place.directory.files[1].version]


@each_tool
def test_a_database_that_has_all_files_is_in_step(place: Place, tool: Tool) -> None:
    take_over(place, tool)
    make_database(place, A, B, tool.table, tool.first, tool.second)
    run(place, "--history")
    call_command("schemastatus", "--check", dir=place.folder, stdout=StringIO())
    place.apply()
    assert place.done == []


def test_a_refused_apply_names_the_other_history(place: Place) -> None:
    take_over(place, GOOSE)
    make_database(place, A, GOOSE.table, GOOSE.first)
    with pytest.raises(CommandError) as caught:
        call_command("schemaapply", dir=place.folder, signals=False, stdout=StringIO())
    said = str(caught.value)
    assert "Its table goose_db_version says which of the files it has." in said
    assert f"  python manage.py schemaadopt --history --dir {place.folder}" in said


@pytest.mark.parametrize(
    ("tool", "statements", "said"),
    [
        (
            FLYWAY,
            (flyway_row(1, "1", "V1__a.sql", success="false"),),
            "flyway_schema_history: flyway failed in version 1,",
        ),
        (
            GOLANG_MIGRATE,
            ("INSERT INTO schema_migrations VALUES (2, true)",),
            "golang-migrate failed in version 2,",
        ),
        (
            SQLX,
            (SQLX.first.replace("true", "false"),),
            "sqlx failed in version 20240101",
        ),
        (FLYWAY, (FLYWAY.second,), "flyway did not run 1.0_a.sql, but later files."),
        (DBMATE, (DBMATE.second,), "dbmate did not run 20240101000000_a.sql"),
        (
            GOOSE,
            (GOOSE.first, GOOSE.second.replace(", 2, ", ", 3, ")),
            "goose ran version 3, of which the directory has no file.",
        ),
        (
            GOLANG_MIGRATE,
            ("INSERT INTO schema_migrations VALUES (7, false)",),
            "golang-migrate ran version 7, of which",
        ),
    ],
)
def test_a_history_that_files_cannot_continue_is_named(
    place: Place, tool: Tool, statements: tuple[str, ...], said: str
) -> None:
    take_over(place, tool)
    make_database(place, tool.table, *statements)
    code, message = refused(place, "--history")
    assert code == 4
    assert said in message
    assert "Nothing was changed." in message
    assert place.read_revisions() == {}


def test_an_empty_history_says_nothing(place: Place) -> None:
    take_over(place, DBMATE)
    make_database(place, DBMATE.table)
    assert "Nothing to do: schema_migrations has nothing" in run(place, "--history")


@pytest.mark.parametrize("kind", ["UNDO_SQL", "DELETE"])
def test_what_flyway_undid_is_pending_and_a_baseline_counts(
    place: Place, kind: str
) -> None:
    take_over(place, FLYWAY)
    make_database(
        place,
        FLYWAY.table,
        flyway_row(1, "1", "<< Flyway Baseline >>", kind="BASELINE"),
        flyway_row(2, "1.1", "V1.1__b.sql"),
        flyway_row(3, "1.1", "U1.1__b.sql", kind=kind),
    )
    run(place, "--history")
    assert list(place.read_revisions()) == ["1.0"]


def test_a_repeatable_migration_is_a_file_and_extra(place: Place) -> None:
    out = take_over(place, FLYWAY, **{"R__view.sql": VIEW})
    extra = place.folder.parent / "extra"
    assert (extra / "view.sql").read_text() == VIEW
    assert re.search(r"R__view.sql +-> \d{14}_view.sql  \(also .*extra/view.sql\)", out)
    assert "Now list the repeatable ones in EXTRA: " in out
    assert (place.folder / "down" / "1.1_b.sql").read_text() == "DROP TABLE b;"
    make_database(
        place, A, B, VIEW, FLYWAY.table, FLYWAY.first, FLYWAY.second,
        flyway_row(3, None, "R__view.sql"),
    )  # fmt: skip
    run(place, "--history")
    assert len(place.read_revisions()) == 3


def test_a_repeatable_migration_waits_for_a_pending_file(place: Place) -> None:
    take_over(place, FLYWAY, **{"R__view.sql": VIEW})
    make_database(
        place, A, VIEW, FLYWAY.table, FLYWAY.first, flyway_row(3, None, "R__view.sql")
    )
    run(place, "--history")
    assert list(place.read_revisions()) == ["1.0"]


def test_other_histories_are_refused(place: Place) -> None:
    place.write(_1_a=A)
    code, said = refused(place, "--history")
    assert (code, "comes from another tool" in said) == (2, True)
    (place.folder / "1_a.sql").unlink()
    (place.folder / "atlas.sum").unlink()
    take_over(place, GOLANG_MIGRATE)
    code, said = refused(place, "--history")
    assert code == 2
    assert "has no table schema_migrations, where golang-migrate records" in said
    make_database(place, DBMATE.table, DBMATE.first)
    code, said = refused(place, "--history")
    assert code == 2
    assert "schema_migrations cannot be read as a table of golang-migrate: " in said


def test_a_database_with_revisions_is_left_alone(place: Place) -> None:
    take_over(place, SQLX)
    place.apply()
    make_database(place, SQLX.table, SQLX.first)
    before = place.read_revisions()
    code, said = refused(place, "--history")
    assert code == 2
    assert "has a history of its own already: it is at 20240102000000." in said
    assert place.read_revisions() == before


def list_all(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_nothing_is_written_where_something_is(sqlite_place: Place) -> None:
    place = sqlite_place
    extra = place.folder.parent / "extra"
    extra.mkdir()
    (extra / "view.sql").write_text("mine")
    with pytest.raises(CommandError, match=r"extra/view.sql already exists"):
        take_over(place, FLYWAY, **{"R__view.sql": VIEW})
    assert not place.folder.exists()
    assert (extra / "view.sql").read_text() == "mine"
    place.write(_1_a=A)
    before = list_all(place.folder)
    with pytest.raises(CommandError, match=r"1_a.sql already exists"):
        take_over(place, DBMATE)
    assert list_all(place.folder) == before


@pytest.mark.skipif(os.name != "posix", reason="the lock is flock")
def test_a_folder_that_cannot_be_written_leaves_nothing(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr("schema_migrations.history.folder_lock.LONGEST_WAIT", 0.1)
    place = sqlite_place
    place.folder.mkdir()
    descriptor = os.open(place.folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="another process holds its lock"):
            take_over(place, FLYWAY, **{"R__view.sql": VIEW})
    finally:
        os.close(descriptor)
    assert list_all(place.folder) == []
    assert not (place.folder.parent / "extra").exists()
    take_over(place, FLYWAY)
    assert (place.folder / "down" / "1.1_b.sql").exists()


def test_a_dry_run_and_json(sqlite_place: Place) -> None:
    place = sqlite_place
    folder = place.folder.parent / "theirs"
    folder.mkdir()
    for name, text in FLYWAY.files.items():
        (folder / name).write_text(text)
    found = read_answer(
        "schemaadopt", run(place, str(folder), dry_run=True, format="json")
    )
    assert (found["tool"], found["changed"]) == ("flyway", False)
    assert [each["file"] for each in found["files"]] == ["1.0_a.sql", "1.1_b.sql"]
    assert not place.folder.exists()
    run(place, str(folder))
    make_database(place, FLYWAY.table, FLYWAY.first)
    found = read_answer("schemaadopt", run(place, "--history", format="json"))
    assert found["written"] == [{"version": "1.0", "reason": "not run"}]


def write_initial(project: Project, name: str) -> None:
    """Let what the models need be a file of another tool, and nothing else."""
    made = project.manage("schemadiff", "initial", "--acknowledge", "all")
    assert made.code == 0, made.err
    project.write(f"theirs/{name}", project.files[0].read_text())
    for path in project.migrations.iterdir():
        path.unlink()


def assert_in_step(project: Project) -> None:
    checked = project.manage("schemadiff", "--check")
    assert checked.code == 0, checked.out + checked.err


def test_the_models_and_the_files_are_in_step(project: Project) -> None:
    """The folder of a tool makes what the models describe: nothing is left to do."""
    write_initial(project, "1_initial.up.sql")
    refused = project.manage("schemaadopt", "theirs")
    assert refused.code == 2
    assert "its files may be of golang-migrate or sqlx." in refused.err
    assert "--from golang-migrate or --from sqlx" in refused.err
    taken = project.manage("schemaadopt", "theirs", "--from", "sqlx")
    assert taken.code == 0, taken.err
    assert taken.out.splitlines()[-1] == "Next     python manage.py schemadiff --check"
    assert_in_step(project)


def take_over_with_views(project: Project) -> None:
    write_initial(project, "V1__initial.sql")
    project.write("theirs/R__b.sql", "CREATE VIEW b AS SELECT * FROM a;\n")
    project.write(
        "theirs/R__a.sql", "CREATE VIEW a AS SELECT number FROM shop_order;\n"
    )


def test_repeatable_migrations_are_in_step_with_extra(project: Project) -> None:
    """They are part of the files and of EXTRA: a change in EXTRA makes the next file."""
    take_over_with_views(project)
    (project.base / "theirs" / "R__b.sql").unlink()
    taken = project.manage("schemaadopt", "theirs")
    assert taken.code == 0, taken.err
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(project.base.parent / "db"),
    }
    project.configure(database, EXTRA=["extra"])
    assert_in_step(project)
    project.write("extra/a.sql", "CREATE VIEW a AS SELECT total FROM shop_order;\n")
    assert project.manage("schemadiff", "--check").code == 1


def test_repeatable_migrations_on_postgresql(
    on_postgres: Callable[..., Project],
) -> None:
    project = on_postgres(EXTRA=[])
    take_over_with_views(project)
    project.write(
        "theirs/V2__index.sql",
        "CREATE INDEX CONCURRENTLY by_total ON shop_order (total);\n",
    )
    taken = project.manage("schemaadopt", "theirs")
    assert taken.code == 0, taken.err
    assert "V2__index.sql   -> 0002_index.sql  (no transaction)" in taken.out
    replayed = project.manage("schemahash", "--check", "--replay")
    assert replayed.code == 0, replayed.out + replayed.err
    on_postgres(EXTRA=["extra"])
    found = project.manage("schemadiff", "--check")
    assert found.code == 1, found.out + found.err
    assert "by_total" in found.out
    assert "view" not in found.out


def test_what_only_the_other_tool_needs_is_ignored(project: Project) -> None:
    write_initial(project, "V1__initial.sql")
    assert project.manage("schemaadopt", "theirs").code == 0
    assert project.manage("schemaapply", "--no-signals").code == 0
    path = project.base.parent / "db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(FLYWAY.table)
        database.execute("DROP TABLE atlas_schema_revisions")
        database.execute(FLYWAY.first)
    assert project.manage("schemaadopt", "--history").code == 0
    shown = project.manage("schemastatus", "--drift")
    assert "table flyway_schema_history" in shown.out
    name = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(project.base.parent / "db"),
    }
    project.configure(name, IGNORE=["flyway_schema_history"])
    checked = project.manage("schemastatus", "--drift", "--check")
    assert checked.code == 0, checked.out + checked.err
