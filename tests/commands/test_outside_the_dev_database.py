"""Files that act on more than a database: refused on a shared server, run on our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.postgresql import connect_as_administrator
from tests.fixtures.project import MODELS, Project

OnPostgres = Callable[..., Project]

CREATE_ROLE = "CREATE TABLE a (id int);\n\nCREATE ROLE made_by_a_file;\n"
IN_DO = "DO $$ BEGIN CREATE ROLE made_by_a_file; END $$;\n"
MOVED = "This would change more than the dev database."


@pytest.fixture
def shared_server(postgres_settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A server on which no role may be left behind."""
    yield postgres_settings
    with connect_as_administrator(postgres_settings) as server:
        query = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'made_by%'"
        left = server.execute(query).fetchall()
        for (role,) in left:
            server.execute(f"DROP ROLE {role}")
    assert left == []


@pytest.fixture
def place(on_postgres: OnPostgres, shared_server: dict[str, Any]) -> OnPostgres:
    def configure(*, dev: str = "", **entry: Any) -> Project:
        if dev:
            entry["DEV"] = dev
        project = on_postgres(DIR="migrations", **entry)
        project.write("shop/models.py", "")
        return project

    return configure


def url_of(settings: dict[str, Any]) -> str:
    host = settings["HOST"].replace("/", "%2F")
    return f"postgres://{settings['USER']}@{host}:{settings['PORT']}/postgres"


def write_file(project: Project, text: str) -> None:
    project.write("migrations/20260101000000_a.sql", text)
    assert project.manage("schemahash").code == 0


@pytest.mark.parametrize("text", [CREATE_ROLE, IN_DO])
@pytest.mark.parametrize("txmode", ["", "-- atlas:txmode none\n\n"])
def test_on_a_shared_server_such_a_file_is_named(
    place: OnPostgres, shared_server: dict[str, Any], text: str, txmode: str
) -> None:
    project = place(dev=url_of(shared_server))
    write_file(project, txmode + text)
    line = (txmode + text).splitlines().index(text.splitlines()[-1]) + 1

    done = project.manage("schemadiff", "--check")

    assert done.code == 2
    assert f"20260101000000_a.sql:{line}" in done.err
    assert "permission denied to create role (42501)" in done.err
    assert "may change nothing outside of it" in done.err
    assert "--dev embedded" in done.err


HARMLESS = """-- atlas:txmode none

CREATE TABLE a (id int);
CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO a VALUES (1);
  COMMIT;
  CREATE TABLE made_by_fill (id int);
END $$;
CALL fill();
SELECT id INTO b FROM a;
ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER GRANT SELECT ON TABLES TO PUBLIC;
REINDEX (VERBOSE) DATABASE production;
DISCARD ALL;
"""


def test_on_a_shared_server_what_is_harmless_runs(
    place: OnPostgres, shared_server: dict[str, Any]
) -> None:
    project = place(dev=url_of(shared_server))
    write_file(project, HARMLESS)
    project.write("b.sql", "CREATE TABLE c (id int);")

    done = project.manage("schemadiff", "--from", "b.sql", "--to", "files")

    assert done.code == 0, done.err
    for table in ("a", "b", "made_by_fill"):
        assert f'CREATE TABLE "{table}"' in done.out


def test_a_commit_in_a_transaction_is_no_attempt_to_leave(
    place: OnPostgres, shared_server: dict[str, Any]
) -> None:
    project = place(dev=url_of(shared_server))
    write_file(project, "DO $$ BEGIN COMMIT; END $$;\n")

    done = project.manage("schemadiff", "--check")

    assert done.code == 2
    assert "invalid transaction termination (2D000)" in done.err
    assert "-- atlas:txmode none" in done.err
    assert "outside of it" not in done.err


@pytest.mark.parametrize("text", [CREATE_ROLE, IN_DO])
def test_auto_takes_a_server_of_its_own(place: OnPostgres, text: str) -> None:
    project = place()
    write_file(project, text)

    done = project.manage("schemadiff", "--check")

    assert done.code in {0, 1}, done.err
    assert "embedded PostgreSQL" in done.out
    assert (MOVED in done.out) == (text == IN_DO)


def test_extra_may_not_act_outside_either(
    place: OnPostgres, shared_server: dict[str, Any]
) -> None:
    project = place(dev=url_of(shared_server), EXTRA=["extra.sql"])
    project.write("extra.sql", "CREATE VIEW v AS SELECT 1;\nCREATE ROLE made_by_extra;")

    done = project.manage("schemadiff", "--check")

    assert done.code == 2
    assert "extra.sql:2" in done.err
    assert "may change nothing outside of it" in done.err


def test_an_answer_may_not_act_outside_either(
    place: OnPostgres, shared_server: dict[str, Any]
) -> None:
    project = place(dev=url_of(shared_server))
    project.write("shop/models.py", MODELS)
    assert project.manage("schemadiff").code == 0
    project.write(
        "shop/models.py", MODELS + "    note = models.CharField(max_length=9)\n"
    )
    answer = "(SELECT pg_reload_conf()::text)"

    done = project.manage(
        "schemadiff", "--no-input", "--default", f"shop_order.note={answer}"
    )

    assert done.code == 2
    assert "permission denied for function pg_reload_conf" in done.err
    assert len(project.files) == 1


def test_drift_replays_in_the_room_too(
    place: OnPostgres, shared_server: dict[str, Any], pg_database: dict[str, Any]
) -> None:
    project = place(dev=url_of(shared_server))
    write_file(project, CREATE_ROLE)
    url = f"{url_of(shared_server).removesuffix('/postgres')}/{pg_database['NAME']}"
    marked = project.manage("schemaset", "20260101000000", "--url", url)
    assert marked.code == 0, marked.err

    done = project.manage("schemastatus", "--drift", "--url", url)

    assert done.code == 2
    assert "20260101000000_a.sql:3" in done.err


def test_a_server_of_our_own_has_every_role_and_database(place: OnPostgres) -> None:
    project = place(dev="embedded")
    write_file(
        project,
        "CREATE TABLE a (id int);\n"
        "GRANT SELECT ON a TO made_by_hand;\n"
        "ALTER TABLE a OWNER TO made_by_hand;\n"
        "ALTER ROLE made_by_hand SET statement_timeout = '1min';\n"
        "ALTER DATABASE production SET timezone = 'UTC';\n"
        "CREATE ROLE made_by_a_file;\n"
        "GRANT made_by_hand TO made_by_a_file;\n",
    )

    done = project.manage("schemadiff", "--check")

    assert "does not exist" not in done.err
    assert done.code in {0, 1}, done.err


MADE_TWICE = [
    "CREATE ROLE made_by_a_file;",
    IN_DO,
    "CREATE ROLE made_by_a_file;\nDROP ROLE made_by_a_file;",
    "GRANT SELECT ON a TO made_by_a_file;\nCREATE ROLE made_by_b;",
]


@pytest.mark.parametrize(
    "made", [*MADE_TWICE, "-- atlas:txmode none\n\nCREATE DATABASE made_by_a_file;"]
)
def test_two_sources_may_make_the_same(place: OnPostgres, made: str) -> None:
    project = place(dev="embedded")
    *directive, statements = made.split("\n\n")
    text = "\n\n".join([*directive, f"CREATE TABLE a (id int);\n{statements}\n"])
    for folder, more in (("a", ""), ("b", "CREATE TABLE b (id int);\n")):
        project.write(f"{folder}/20260101000000_a.sql", text + more)
        assert project.manage("schemahash", "--dir", folder).code == 0

    done = project.manage("schemadiff", "--from", "a", "--to", "b")

    assert done.code == 0, done.err
    assert 'CREATE TABLE "b"' in done.out


def test_what_one_source_made_is_unknown_to_the_other(place: OnPostgres) -> None:
    project = place(dev="embedded")
    table = "CREATE TABLE a (id int);\n"
    project.write("a.sql", f"{table}CREATE ROLE made_by_a_file;\n")
    project.write(
        "b.sql",
        f"{table}DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles"
        " WHERE rolname = 'made_by_a_file') THEN CREATE TABLE b (id int);"
        " END IF; END $$;\n",
    )

    done = project.manage("schemadiff", "--from", "a.sql", "--to", "b.sql")

    assert done.code == 0, done.err
    assert "No changes" in done.out


@pytest.mark.parametrize("made", MADE_TWICE)
def test_extra_may_make_what_a_file_made(place: OnPostgres, made: str) -> None:
    project = place(dev="embedded", EXTRA=["extra.sql"])
    text = f"CREATE TABLE a (id int);\n{made}\n"
    write_file(project, text)
    project.write("extra.sql", f"{text}CREATE TABLE b (id int);\n")

    done = project.manage("schemadiff", "--check")

    assert done.code == 1, done.err
    assert "+ table b " in done.out


def test_json_tells_the_code(place: OnPostgres, shared_server: dict[str, Any]) -> None:
    project = place(dev=url_of(shared_server))
    write_file(project, CREATE_ROLE)

    done = project.manage("schemadiff", "--check", "--format", "json")

    assert done.code == 2
    assert done.json["error"]["code"] == "leaves-dev-database"
    assert done.json["error"]["line"] == 3


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH '{file}' AS other",
        "ATTACH '{folder}' || '/other' AS other",
        "VACUUM INTO '{file}'",
        "PRAGMA temp_store_directory = '{folder}'",
    ],
)
@pytest.mark.parametrize("txmode", ["", "-- atlas:txmode none\n\n"])
def test_on_sqlite_no_other_file_is_reached(
    project: Project, tmp_path: Path, statement: str, txmode: str
) -> None:
    folder = tmp_path / "outside"
    folder.mkdir()
    sql = statement.format(file=folder / "other", folder=folder)
    write_file(project, f"{txmode}CREATE TABLE a (id integer);\n{sql};\n")

    done = project.manage("schemadiff", "--check")

    assert done.code == 2
    if "VACUUM" in statement and not txmode:
        assert "cannot VACUUM from within a transaction" in done.err
        return
    assert "20260101000000_a.sql:" in done.err
    assert "may not open or write other database files" in done.err
    assert list(folder.iterdir()) == []


def test_on_sqlite_a_plain_vacuum_runs(project: Project) -> None:
    project.write("shop/models.py", "")
    write_file(project, "-- atlas:txmode none\n\nVACUUM;\n")

    assert project.manage("schemadiff", "--check").code in {0, 1}
