"""What a database or a role sets for its sessions changes neither what files store nor
what is read.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.backends.signals import connection_created
from django.test import override_settings

from schema_migrations import health
from schema_migrations.dev.embedded import run_programs
from schema_migrations.errors import StatementFailed
from schema_migrations.workflows.states.state import inspect_database
from tests.fixtures.json_schemas import read_answer
from tests.fixtures.postgresql import (
    NO_POSTGRES,
    choose_default_major,
    connect_as_administrator,
    map_majors,
)
from tests.fixtures.skips import skip_missing
from tests.fixtures.targets import Place, use_as_default

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SETTINGS = {
    # What is fixed.
    "array_nulls": "off",
    "backslash_quote": "off",
    "bytea_output": "escape",
    "datestyle": "SQL, DMY",
    "extra_float_digits": "-10",
    "intervalstyle": "sql_standard",
    "quote_all_identifiers": "on",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "xmlbinary": "hex",
    "xmloption": "document",
    # What stays as it is, and must not matter.
    "check_function_bodies": "off",
    "client_encoding": "LATIN1",
    "client_min_messages": "error",
    "default_transaction_deferrable": "on",
    "default_transaction_isolation": "serializable",
    "escape_string_warning": "off",
    "lc_messages": "C",
    "row_security": "off",
    "session_replication_role": "replica",
    "timezone": "Asia/Tokyo",
}

FILE = r"""
CREATE TABLE t (
    id integer PRIMARY KEY,
    path text DEFAULT 'a\b',
    quoted text DEFAULT E'it\'s',
    raw bytea DEFAULT '\x5c00ff',
    day date DEFAULT '02/03/2024',
    gap interval DEFAULT '-1 2:03:04',
    tags text[] DEFAULT '{NULL}',
    ratio double precision DEFAULT 0.1234567890123456
);
INSERT INTO t (id) VALUES (1);
INSERT INTO t (id, path) VALUES (2, NULL);
UPDATE t SET path = 'found' WHERE path = NULL;
"""

STORED = (
    "a\\b",
    "it's",
    b"\\\x00\xff",
    date(2024, 2, 3),
    timedelta(days=-1, hours=2, minutes=3, seconds=4),
    [None],
    0.1234567890123456,
)


@pytest.fixture(params=["database", "role"])
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def role(pg_database: dict[str, Any]) -> Iterator[str]:
    """A role that may log in and create databases, and owns the database."""
    name = f"role_{secrets.token_hex(4)}"
    with connect_as_administrator(pg_database) as server:
        server.execute(f"CREATE ROLE {name} LOGIN CREATEDB")
        server.execute(f'ALTER DATABASE "{pg_database["NAME"]}" OWNER TO {name}')
        yield name
        server.execute(f'DROP DATABASE "{pg_database["NAME"]}" WITH (FORCE)')
        server.execute(f"DROP ROLE {name}")


@pytest.fixture
def database(pg_database: dict[str, Any], role: str) -> dict[str, Any]:
    return {**pg_database, "USER": role}


def change(database: Mapping[str, Any], level: str, values: Mapping[str, str]) -> None:
    """Set parameters for the sessions of the database or of its role."""
    name = database["NAME"] if level == "database" else database["USER"]
    with connect_as_administrator({**database, "USER": "postgres"}) as server:
        for parameter, value in values.items():
            wanted = value if parameter == "datestyle" else f"'{value}'"
            server.execute(f'ALTER {level} "{name}" SET {parameter} TO {wanted}')


@contextmanager
def open_place(database: dict[str, Any], folder: Path) -> Iterator[Place]:
    with use_as_default(database):
        yield Place(folder=folder, settings=database)


def read_rows(database: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Read the rows in a session that nobody has set anything for."""
    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user="postgres",
        password=database["PASSWORD"],
        dbname=database["NAME"],
        client_encoding="UTF8",
        options="-c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1"
        " -c bytea_output=hex",
    ) as session:
        columns = "path, quoted, raw, day, gap, tags, ratio"
        return session.execute(f"SELECT {columns} FROM t ORDER BY id").fetchall()


@pytest.mark.parametrize("mode", ["file", "none"])
@pytest.mark.parametrize("parameter", SETTINGS)
def test_a_file_stores_the_same(
    database: dict[str, Any], tmp_path: Path, level: str, parameter: str, mode: str
) -> None:
    change(database, level, {parameter: SETTINGS[parameter]})
    with open_place(database, tmp_path / "files") as place:
        place.write(_1_t=FILE)
        place.preview()
        place.apply(tx_mode=mode)
        assert read_rows(database) == [STORED, (None, *STORED[1:])]
        status = place.read_status()
        assert status.verdict == "ok"
        assert status.revisions[0].executed_at.year > 2000
        place.apply()  # with a history


def test_status_drift_and_inspection_see_no_difference(
    database: dict[str, Any], tmp_path: Path, level: str
) -> None:
    with open_place(database, tmp_path / "files") as place:
        place.write(_1_t=FILE)
        place.apply()
        schema = inspect_database(place.engine, place.connection)
    change(database, level, SETTINGS)
    entry = {"DIR": str(tmp_path / "files")}
    with (
        open_place(database, tmp_path / "files") as place,
        override_settings(SCHEMA_MIGRATIONS={"default": entry}),
    ):
        out = StringIO()
        call_command("schemastatus", drift=True, format="json", stdout=out)
        answer = read_answer("schemastatus", out.getvalue())
        assert (answer["status"], answer["drift_checked"]) == ("ok", True)
        assert inspect_database(place.engine, place.connection) == schema
        assert health().ok
        with transaction.atomic():
            assert health().ok


def test_the_session_is_left_as_it_was(
    database: dict[str, Any], tmp_path: Path, level: str
) -> None:
    """The project's own connection goes on with what was chosen for it."""
    change(database, level, SETTINGS)
    query = "SELECT name, setting, source FROM pg_settings ORDER BY 1"
    with open_place(database, tmp_path / "files") as place:
        place.write(_1_t="CREATE TABLE t (id integer);")
        before = {name: value for name, value, _ in place.execute(query)}
        place.preview()
        place.apply()
        after = {name: value for name, value, _ in place.execute(query)}
    assert after == before
    assert before["DateStyle"] == "SQL, DMY"


def test_a_file_may_still_set_them_for_itself(pg_place: Place) -> None:
    pg_place.write(
        _1_t="SET standard_conforming_strings = off; SET datestyle = 'ISO, DMY';"
        r"CREATE TABLE t AS SELECT 'a\\b' AS path, '02/03/2024'::date AS day;",
        _2_more=r"INSERT INTO t VALUES ('a\\b', '02/03/2024');",
    )
    pg_place.apply()
    assert pg_place.execute("SELECT path, day::text FROM t ORDER BY day DESC") == [
        ("a\\b", "2024-03-02"),
        (r"a\\b", "2024-02-03"),
    ]


GERMAN = "de_DE.utf8"

LOCALES = ("lc_monetary", "lc_numeric", "lc_time")

LOCALE_FILE = """
CREATE TABLE t (
    id integer PRIMARY KEY,
    paid money DEFAULT '$1,234.50',
    CHECK (paid < '$9,999.50')
);
INSERT INTO t VALUES (1);
CREATE TABLE words AS
    SELECT to_number('1,234.5', '9G999D9') AS number,
        to_char(1234.5, 'FM9G999D9') AS printed,
        to_char(date '2024-03-01', 'TMMonth') AS month;
"""

STORED_WORDS = (Decimal("1234.50"), Decimal("1234.5"), "1,234.5", "March")


@pytest.fixture(scope="module")
def german_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server that knows a German locale, made for it alone where the machine has none."""
    if not choose_default_major():
        skip_missing(NO_POSTGRES)
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)  # another user may run the server
    program = shutil.which("localedef")
    words = [str(program), "-i", "de_DE", "-f", "UTF-8", str(folder / GERMAN)]
    made = program and not subprocess.run(words, capture_output=True).returncode
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        if made:
            patch.setenv("LOCPATH", str(folder))
        programs = map_majors()[choose_default_major()]
        server = stack.enter_context(run_programs(programs, asks_for_password=False))
        with connect_as_administrator(server.settings) as session:
            try:
                session.execute(f"SET lc_time = '{GERMAN}'")
            except psycopg.errors.InvalidParameterValue:
                skip_missing(f"the locale {GERMAN}")
        yield server.settings


@pytest.mark.slow("processes")
class TestLocales:
    """The same for the locales, on a server that knows a German one."""

    @pytest.fixture
    def postgres_settings(self, german_server: dict[str, Any]) -> dict[str, Any]:
        return {**german_server, "OPTIONS": {}}

    @pytest.mark.parametrize("mode", ["file", "none"])
    @pytest.mark.parametrize("parameter", LOCALES)
    def test_a_file_stores_the_same(
        self,
        database: dict[str, Any],
        tmp_path: Path,
        level: str,
        parameter: str,
        mode: str,
    ) -> None:
        change(database, level, {parameter: GERMAN})
        with open_place(database, tmp_path / "files") as place:
            place.write(_1_t=LOCALE_FILE)
            place.preview()
            place.apply(tx_mode=mode)
            assert place.execute(f"SHOW {parameter}") == [(GERMAN,)]
            query = "SELECT paid::numeric, number, printed, month FROM t, words"
            assert place.execute(query) == [STORED_WORDS]
            schema = inspect_database(place.engine, place.connection)
        change(database, level, {parameter: "C"})
        with open_place(database, tmp_path / "files") as place:
            assert inspect_database(place.engine, place.connection) == schema

    def test_drift_sees_no_difference(
        self, database: dict[str, Any], tmp_path: Path, level: str
    ) -> None:
        change(database, level, dict.fromkeys(LOCALES, GERMAN))
        entry = {"DIR": str(tmp_path / "files")}
        with (
            open_place(database, tmp_path / "files") as place,
            override_settings(SCHEMA_MIGRATIONS={"default": entry}),
        ):
            place.write(_1_t=LOCALE_FILE)
            place.apply()
            out = StringIO()
            call_command("schemastatus", drift=True, format="json", stdout=out)
        answer = read_answer("schemastatus", out.getvalue())
        assert (answer["status"], answer["drift_checked"]) == ("ok", True)


PRAGMAS = ("legacy_alter_table", "ignore_check_constraints", "writable_schema")

SQLITE_TABLES = """
CREATE TABLE parent (id integer PRIMARY KEY, n integer);
CREATE TABLE child (id integer PRIMARY KEY, parent_id integer REFERENCES parent (id));
CREATE VIEW v AS SELECT id FROM parent;
INSERT INTO parent VALUES (1, -1);
"""


@pytest.fixture
def odd_place(tmp_path: Path) -> Iterator[Place]:
    """A SQLite database whose project sets PRAGMAs for each connection."""
    settings = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "db.sqlite3"),
    }
    with open_place(settings, tmp_path / "files") as place:
        place.connection.ensure_connection()
        for name in PRAGMAS:
            place.execute(f"PRAGMA {name} = 1")
        yield place


@pytest.mark.parametrize("mode", ["file", "none"])
def test_sqlite_renames_everywhere(odd_place: Place, mode: str) -> None:
    """As it does on a dev database; ``legacy_alter_table`` would leave the references."""
    odd_place.write(
        _1_tables=SQLITE_TABLES, _2_rename="ALTER TABLE parent RENAME TO elder;"
    )
    odd_place.apply(tx_mode=mode)
    query = "SELECT group_concat(sql) FROM sqlite_master WHERE name IN ('v', 'child')"
    ((sql,),) = odd_place.execute(query)
    assert "elder" in sql
    assert "parent " not in sql.replace("parent_id", "")


@pytest.mark.parametrize("mode", ["file", "none"])
def test_sqlite_checks_the_rows_of_a_rebuilt_table(odd_place: Place, mode: str) -> None:
    odd_place.write(
        _1_tables=SQLITE_TABLES,
        _2_check="CREATE TABLE new (id integer PRIMARY KEY, n integer CHECK (n > 0));\n"
        "INSERT INTO new SELECT id, n FROM parent;",
    )
    with pytest.raises(StatementFailed, match="CHECK constraint failed"):
        odd_place.apply(tx_mode=mode)


@pytest.fixture
def odd_project(tmp_path: Path) -> Iterator[Place]:
    def set_pragmas(connection: Any, **_: Any) -> None:
        for name in PRAGMAS:
            connection.cursor().execute(f"PRAGMA {name} = 1")

    connection_created.connect(set_pragmas)
    # Not in memory, where Django's close() closes nothing.
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db")}
    with open_place(settings, tmp_path / "files") as place:
        yield place
    connection_created.disconnect(set_pragmas)


def test_a_dev_database_of_sqlite_is_like_every_other(odd_project: Place) -> None:
    engine = odd_project.engine
    with engine.dev_server.create_scratch_database({}, "default") as scratch:
        for name in PRAGMAS:
            query = f"PRAGMA {name}"
            assert scratch.connection.execute(query).fetchone() == (0,)
            assert odd_project.execute(query) == [(1,)]


def test_sqlite_leaves_the_session_as_it_was(odd_place: Place) -> None:
    odd_place.write(_1_tables=SQLITE_TABLES)
    odd_place.apply()
    for name in PRAGMAS:
        assert odd_place.execute(f"PRAGMA {name}") == [(1,)]
