"""Several statements in one message: all of them happen, or none."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schema_migrations.engines.postgresql.session import execution
from schema_migrations.engines.postgresql.session.joined_statements import may_join
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import StatementFailed
from schema_migrations.history.file import MigrationFile
from schema_migrations.workflows.states.replay import replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.engine import Engine
    from schema_migrations.engines.executor import JoinedStatements

A, B = "CREATE TABLE a (id integer)", "CREATE TABLE b (id integer, n text DEFAULT '%')"


@pytest.fixture(params=["open", "sealed"])
def engine(request: pytest.FixtureRequest) -> Engine:
    engine = engine_for("postgresql")
    if request.param == "open":
        return engine
    assert engine.dev_server.seal is not None
    return engine.dev_server.seal(engine)


@pytest.fixture
def joined(engine: Engine) -> JoinedStatements:
    assert engine.executor.joined_statements is not None
    return engine.executor.joined_statements


@pytest.fixture
def scratch(engine: Engine, postgres_settings: dict[str, Any]) -> Iterator[Connection]:
    with engine.dev_server.create_scratch_database(postgres_settings, "x") as scratch:
        yield scratch


def list_tables(engine: Engine, connection: Connection) -> list[str]:
    return sorted(engine.executor.list_tables(connection, "public"))


def test_all_happen(
    engine: Engine, scratch: Connection, joined: JoinedStatements
) -> None:
    with engine.executor.open_transaction(scratch):
        assert joined.try_to_run(scratch, [A, f"{B} -- not the end"])
        assert joined.try_to_run(scratch, ["ALTER TABLE a RENAME TO c"])
    assert list_tables(engine, scratch) == ["b", "c"]


@pytest.mark.parametrize(
    "setting",
    ["client_encoding = 'LATIN1'", "standard_conforming_strings = off"],
)
def test_none_is_joined_where_text_may_mean_something_else(
    engine: Engine, scratch: Connection, joined: JoinedStatements, setting: str
) -> None:
    with engine.executor.open_transaction(scratch):
        engine.executor.execute(scratch, f"SET LOCAL {setting}")
        assert not joined.try_to_run(scratch, [A, "COMMENT ON TABLE a IS '\u00e9'"])
        engine.executor.execute(scratch, A)  # nothing is aborted
    assert list_tables(engine, scratch) == ["a"]


def test_no_event_trigger_sees_a_message_of_many(scratch: Connection) -> None:
    engine = engine_for("postgresql")
    assert engine.executor.joined_statements is not None
    with engine.executor.open_transaction(scratch):
        for sql in (
            "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql"
            " AS 'BEGIN RAISE NOTICE ''%'', current_query(); END'",
            "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()",
        ):
            engine.executor.execute(scratch, sql)
        assert not engine.executor.joined_statements.try_to_run(scratch, [A, B])


def test_a_statement_without_sense_takes_nothing_with_it(
    engine: Engine, scratch: Connection, joined: JoinedStatements
) -> None:
    """The server reads a message whole before it runs any of it."""
    with engine.executor.open_transaction(scratch):
        assert not joined.try_to_run(
            scratch, [A, "CREATE TABLE b (id integer integer)"]
        )
        assert joined.try_to_run(scratch, [A, B])
    assert list_tables(engine, scratch) == ["a", "b"]


ESCAPE = "CREATE TABLE b (id integer) --\u3041\\'); CREATE ROLE escaped; COMMIT; --\n"


def test_no_encoding_lets_a_file_out_of_its_room(
    scratch: Connection,
) -> None:
    """In SJIS the last byte of a letter and a backslash are one more letter."""
    seal = engine_for("postgresql").dev_server.seal
    assert seal is not None
    engine = seal(engine_for("postgresql"))
    tables = ["CREATE TABLE a (id integer)", ESCAPE, "CREATE TABLE c (id integer)"]
    text = ";\n".join(
        ["SET backslash_quote = on", "SET client_encoding = 'SJIS'", *tables, ""]
    )
    file = MigrationFile(name="1.sql", content=text.encode())
    with suppress(StatementFailed, UnicodeEncodeError):
        replay(engine, scratch, [file])
    count = "SELECT count(*) FROM pg_roles WHERE rolname = 'escaped'"
    assert execution.fetch_row(scratch, count) == (0,)


def test_one_is_refused_and_none_happens(
    engine: Engine, scratch: Connection, joined: JoinedStatements
) -> None:
    with engine.executor.open_transaction(scratch):
        engine.executor.execute(scratch, "CREATE TABLE before (id integer)")
        assert not joined.try_to_run(scratch, [A, "CREATE TABLE before (n text)", B])
        engine.executor.execute(scratch, B)
    assert list_tables(engine, scratch) == ["b", "before"]


def test_what_the_server_reads_as_another_number_does_not_happen(
    scratch: Connection,
) -> None:
    engine = engine_for("postgresql")
    assert engine.executor.joined_statements is not None
    with engine.executor.open_transaction(scratch):
        assert not engine.executor.joined_statements.try_to_run(
            scratch, [f"{A}; {B}", "CREATE TABLE c (id integer)"]
        )
    assert list_tables(engine, scratch) == []


def test_a_lost_connection_is_said_by_the_next_statement(scratch: Connection) -> None:
    engine = engine_for("postgresql")
    with pytest.raises(psycopg.OperationalError, match="connection is closed"):
        _lose_connection(engine, scratch)


def _lose_connection(engine: Engine, scratch: Connection) -> None:
    joined = engine.executor.joined_statements
    assert joined is not None
    with engine.executor.open_transaction(scratch):
        end = "SELECT pg_terminate_backend(pg_backend_pid())"
        assert not joined.try_to_run(scratch, [A, end])
        engine.executor.execute(scratch, A)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY i ON a (id)",
        "drop index concurrently i",
        "CREATE TABLE a (id integer); -- \0",
        "INSERT INTO a VALUES (1)",
        "",
    ],
)
def test_what_may_not_be_joined(sql: str) -> None:
    assert may_join(A)
    assert not may_join(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a OWNER TO somebody",
        "ALTER TABLE a DISABLE TRIGGER ALL",
        "COMMENT ON EXTENSION plpgsql IS 'x'",
    ],
)
def test_what_runs_otherwise_in_a_sealed_room_is_not_joined(sql: str) -> None:
    engine = engine_for("postgresql")
    assert engine.dev_server.seal is not None
    sealed = engine.dev_server.seal(engine).executor.joined_statements
    assert sealed is not None
    assert sealed.may_join(A)
    assert not sealed.may_join(sql)
