"""Statements that refuse transactions: what was left is seen in the catalog."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db.utils import ConnectionHandler

from schema_migrations.engines.executor import EarlierAttempt
from schema_migrations.engines.postgresql.executor import EXECUTOR
from schema_migrations.engines.postgresql.session import outside_transaction
from schema_migrations.engines.postgresql.session.execution import fetch_row
from schema_migrations.errors import StatementFailed
from tests.fixtures.children import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = pytest.mark.every_postgres

UNIQUE = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"


@pytest.fixture
def db(pg: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    pg.ensure_connection()
    for sql in (
        'CREATE TABLE t (gone text, a integer, b text COLLATE "C", c point, d text)',
        "ALTER TABLE t DROP COLUMN gone",
        "ALTER TABLE t ADD e integer GENERATED ALWAYS AS (a + 1) STORED",
        "INSERT INTO t (a) VALUES (1), (1)",
    ):
        EXECUTOR.execute(pg, sql)
    return pg


@pytest.fixture
def other(db: BaseDatabaseWrapper) -> Iterator[BaseDatabaseWrapper]:
    connection = ConnectionHandler({"default": dict(db.settings_dict)})["default"]
    connection.ensure_connection()
    yield connection
    connection.close()


def settled(
    db: BaseDatabaseWrapper, sql: str, *, interrupted: bool = False
) -> EarlierAttempt:
    found = outside_transaction.clear_leftovers(db, sql, interrupted)
    assert not EXECUTOR.in_transaction(db)
    return found


def indexes(db: BaseDatabaseWrapper) -> dict[str, bool]:
    """Return every index and whether it is valid."""
    with db.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_class t ON t.oid = i.indrelid"
            " WHERE t.relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        return dict(cursor.fetchall())


def refuse(db: BaseDatabaseWrapper, sql: str) -> None:
    with pytest.raises(psycopg.Error):
        EXECUTOR.execute(db, sql)


def test_the_row_of_an_index_has_a_field_for_each_column(
    db: BaseDatabaseWrapper,
) -> None:
    with db.cursor() as cursor:
        cursor.execute(outside_transaction.INDEX_QUERY, ["public", "i"])
        assert cursor.description is not None
        columns = tuple(column.name for column in cursor.description)
    assert columns == outside_transaction.CatalogIndex._fields


@pytest.mark.parametrize("how", ["", "IF NOT EXISTS "])
def test_an_invalid_index_of_ours_makes_room(db: BaseDatabaseWrapper, how: str) -> None:
    refuse(db, UNIQUE)  # over a duplicate
    assert indexes(db) == {"i": False}
    EXECUTOR.execute(db, "UPDATE t SET a = 2 WHERE ctid = '(0,2)'")
    sql = UNIQUE.replace("i ON", f"{how}i ON")
    found = settled(db, sql)
    assert (found.is_done, indexes(db)) == (False, {})
    assert found.message.startswith("dropped the INVALID index public.i ")
    EXECUTOR.execute(db, sql)
    outside_transaction.check_result(db, sql)
    assert indexes(db) == {"i": True}


@pytest.mark.parametrize(
    "rest",
    [
        "(a)",
        "USING hash (a)",
        "(a DESC NULLS LAST, b)",
        '(b COLLATE "POSIX", d text_pattern_ops)',
        "(lower(d), (a + 1)) INCLUDE (b) WHERE d IS NOT NULL AND t.a > 3",
        "USING gist (c)",
        "(e) WITH (fillfactor = 70)",
    ],
)
def test_a_valid_one_as_defined_counts_as_done(
    db: BaseDatabaseWrapper, rest: str
) -> None:
    EXECUTOR.execute(db, "CREATE TEMPORARY TABLE u (id integer PRIMARY KEY)")
    sql = f"CREATE INDEX CONCURRENTLY i ON public.t {rest}"
    assert settled(db, sql) == EarlierAttempt()
    EXECUTOR.execute(db, sql)
    for again in (sql, sql.replace("public.t", "t")):
        found = settled(db, again)
        assert found.is_done
        assert "public.i already exists" in found.message
    assert indexes(db) == {"i": True}


@pytest.mark.parametrize(
    "there",
    [
        "CREATE INDEX i ON t (b)",
        "CREATE INDEX i ON t (a)",  # not unique
        "CREATE TABLE u (a integer)",
        "CREATE UNIQUE INDEX i ON t (a) WHERE a < 0",
        "CREATE UNIQUE INDEX i ON t (a, b) WHERE a < 0",
    ],
)
def test_another_index_of_that_name_stops(db: BaseDatabaseWrapper, there: str) -> None:
    EXECUTOR.execute(db, there)
    if "TABLE" in there:  # the same definition, on another table
        EXECUTOR.execute(db, "CREATE UNIQUE INDEX i ON u (a)")
    before = indexes(db)
    for sql in (UNIQUE, UNIQUE.replace("i ON", "IF NOT EXISTS i ON")):
        with pytest.raises(StatementFailed) as caught:
            settled(db, sql)
        assert "an index public.i exists with another definition" in str(caught.value)
        assert "wanted   CREATE UNIQUE INDEX i ON public.t USING btree (a)" in str(
            caught.value
        )
        assert "DROP INDEX CONCURRENTLY public.i" in caught.value.hint
    assert indexes(db) == before


def test_what_cannot_be_compared_stops(db: BaseDatabaseWrapper) -> None:
    EXECUTOR.execute(db, "CREATE INDEX i ON t (a)")
    with pytest.raises(StatementFailed, match='cannot be compared: column "nope"'):
        settled(db, "CREATE INDEX CONCURRENTLY i ON t (nope)")


def test_names_are_read_as_the_server_reads_them(db: BaseDatabaseWrapper) -> None:
    EXECUTOR.execute(db, 'CREATE SCHEMA "S x"')
    EXECUTOR.execute(db, 'CREATE TABLE "S x"."T ""y" (id integer)')
    sql = 'CREATE INDEX CONCURRENTLY "I" ON "S x"."T ""y" (id)'
    EXECUTOR.execute(db, sql)
    assert settled(db, sql).is_done
    assert settled(db, sql.replace('"I"', "i")) == EarlierAttempt()
    assert (
        settled(db, "CREATE INDEX CONCURRENTLY I ON nowhere.t (id)") == EarlierAttempt()
    )


def test_an_index_without_a_name_is_found_by_the_one_it_gets(
    db: BaseDatabaseWrapper,
) -> None:
    sql = "CREATE UNIQUE INDEX CONCURRENTLY ON t (a)"
    refuse(db, sql)
    assert indexes(db) == {"t_a_idx": False}
    assert "dropped the INVALID index public.t_a_idx" in settled(db, sql).message
    EXECUTOR.execute(db, "CREATE INDEX t_a_idx ON t (b)")
    assert settled(db, sql) == EarlierAttempt()  # the server finds another name
    assert indexes(db) == {"t_a_idx": True}


@pytest.fixture
def stranger(db: BaseDatabaseWrapper) -> Iterator[str]:
    """A role that may not see what others run."""
    name = f"stranger_{secrets.token_hex(4)}"
    EXECUTOR.execute(db, f"CREATE ROLE {name}")
    EXECUTOR.execute(
        db, f"GRANT TEMPORARY ON DATABASE {db.settings_dict['NAME']} TO {name}"
    )
    yield name
    EXECUTOR.execute(db, f"DROP OWNED BY {name}")
    EXECUTOR.execute(db, f"DROP ROLE {name}")


@pytest.mark.parametrize("is_stranger", [False, True])
def test_one_that_is_built_just_now_is_left_alone(
    db: BaseDatabaseWrapper,
    other: BaseDatabaseWrapper,
    stranger: str,
    *,
    is_stranger: bool,
) -> None:
    EXECUTOR.execute(db, "UPDATE t SET a = 2 WHERE ctid = '(0,2)'")
    EXECUTOR.execute(db, "BEGIN")
    EXECUTOR.execute(db, "INSERT INTO t (a) VALUES (3)")
    builder = threading.Thread(target=EXECUTOR.execute, args=(other, UNIQUE))
    builder.start()
    third = ConnectionHandler({"default": dict(db.settings_dict)})["default"]
    assert wait_until(lambda: indexes(third) == {"i": False})
    if is_stranger:
        EXECUTOR.execute(third, f"SET ROLE {stranger}")
    with pytest.raises(
        StatementFailed, match=r"is building the index public\.i"
    ) as told:
        settled(third, UNIQUE)
    assert told.value.exit_code == 5
    EXECUTOR.execute(db, "COMMIT")
    builder.join()
    EXECUTOR.execute(third, "RESET ROLE")
    assert settled(third, UNIQUE).is_done
    third.close()


def test_an_index_is_not_taken_for_built_while_the_table_is_vacuumed(
    db: BaseDatabaseWrapper, other: BaseDatabaseWrapper, stranger: str
) -> None:
    """Both take the same lock of the table."""
    refuse(db, UNIQUE)
    EXECUTOR.execute(db, f"ALTER TABLE t OWNER TO {stranger}")
    EXECUTOR.execute(other, "BEGIN")
    EXECUTOR.execute(other, "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE")
    EXECUTOR.execute(db, f"SET ROLE {stranger}")
    assert not fetch_row(
        db,
        f"SELECT EXISTS (SELECT FROM pg_stat_progress_create_index p, pg_index i"
        f" WHERE {outside_transaction.BUILDER_CONDITION})",
    )[0]
    EXECUTOR.execute(db, "RESET ROLE")
    EXECUTOR.execute(other, "ROLLBACK")


def test_success_with_an_invalid_index_is_no_success(db: BaseDatabaseWrapper) -> None:
    refuse(db, UNIQUE)
    sql = UNIQUE.replace("i ON", "IF NOT EXISTS i ON")
    EXECUTOR.execute(db, sql)  # "already exists, skipping"
    with pytest.raises(StatementFailed, match=r"index public.i is INVALID") as caught:
        outside_transaction.check_result(db, sql)
    assert "DROP INDEX CONCURRENTLY public.i" in caught.value.hint


def test_a_dropped_index_counts_as_dropped_after_an_interruption_only(
    db: BaseDatabaseWrapper,
) -> None:
    sql = "DROP INDEX CONCURRENTLY public.i"
    assert settled(db, sql) == EarlierAttempt()  # the server says what is wrong
    assert settled(db, sql, interrupted=True).is_done
    EXECUTOR.execute(db, "CREATE INDEX i ON t (a)")
    assert not settled(db, sql, interrupted=True).is_done


@pytest.mark.parametrize(
    "sql",
    [
        "REINDEX INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY public.t",
        "REINDEX (CONCURRENTLY) SCHEMA public",
        "REINDEX DATABASE CONCURRENTLY d",
    ],
)
def test_what_a_reindex_left_is_swept(
    db: BaseDatabaseWrapper, other: BaseDatabaseWrapper, sql: str
) -> None:
    for index in ("i ON t (a)", "mine_ccnew ON t (b)"):
        EXECUTOR.execute(db, f"CREATE INDEX {index}")
    EXECUTOR.execute(db, "CREATE TABLE u (id integer PRIMARY KEY)")
    EXECUTOR.execute(other, "BEGIN")
    EXECUTOR.execute(other, "INSERT INTO t (a) VALUES (7)")
    EXECUTOR.execute(db, "SET statement_timeout = '200ms'")
    refuse(db, "REINDEX TABLE CONCURRENTLY t")  # it waits for the other one
    EXECUTOR.execute(db, "RESET statement_timeout")
    EXECUTOR.execute(other, "ROLLBACK")
    assert {"i_ccnew", "mine_ccnew", "mine_ccnew_ccnew"} <= indexes(db).keys()
    assert invalid(db) == 3  # with the one of long values, in pg_toast
    assert settled(db, "REINDEX TABLE CONCURRENTLY u") == EarlierAttempt()
    found = settled(db, sql)
    assert found.message.startswith(
        "dropped indexes that an earlier REINDEX left: pg_toast."
    )
    assert found.message.endswith(", public.i_ccnew, public.mine_ccnew_ccnew")
    assert invalid(db) == 0
    assert indexes(db) == {"i": True, "mine_ccnew": True, "u_pkey": True}
    assert settled(db, sql) == EarlierAttempt()


def invalid(db: BaseDatabaseWrapper) -> int:
    with db.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
        return int(cursor.fetchone()[0])


def test_an_index_that_a_reindex_leaves_invalid_is_told(
    db: BaseDatabaseWrapper,
) -> None:
    refuse(db, UNIQUE)
    for sql in ("REINDEX INDEX CONCURRENTLY i", "REINDEX INDEX CONCURRENTLY public.i"):
        with pytest.raises(StatementFailed, match="is INVALID"):
            outside_transaction.check_result(db, sql)
    EXECUTOR.execute(db, "UPDATE t SET a = 2 WHERE ctid = '(0,2)'")
    EXECUTOR.execute(db, "REINDEX INDEX CONCURRENTLY i")
    outside_transaction.check_result(db, "REINDEX INDEX CONCURRENTLY i")


def test_a_partition_that_is_half_detached_is_finished(
    db: BaseDatabaseWrapper, other: BaseDatabaseWrapper
) -> None:
    for sql in (
        "CREATE TABLE p (id integer) PARTITION BY LIST (id)",
        "CREATE TABLE c PARTITION OF p FOR VALUES IN (1)",
    ):
        EXECUTOR.execute(db, sql)
    sql = "ALTER TABLE p DETACH PARTITION public.c CONCURRENTLY"
    assert settled(db, sql) == settled(db, sql, interrupted=True) == EarlierAttempt()
    EXECUTOR.execute(other, "BEGIN ISOLATION LEVEL REPEATABLE READ")
    EXECUTOR.execute(other, "SELECT * FROM p")
    EXECUTOR.execute(db, "SET statement_timeout = '200ms'")
    refuse(db, sql)
    EXECUTOR.execute(db, "RESET statement_timeout")
    EXECUTOR.execute(other, "ROLLBACK")
    found = settled(db, sql)
    assert found.is_done
    assert "half detached" in found.message
    assert settled(db, sql) == EarlierAttempt()
    assert settled(db, sql, interrupted=True).is_done


def test_a_database_is_there_or_gone(db: BaseDatabaseWrapper) -> None:
    name = db.settings_dict["NAME"]
    create, drop = f'CREATE DATABASE "{name}"', f'DROP DATABASE "{name}"'
    assert settled(db, create) == settled(db, drop) == EarlierAttempt()
    assert settled(db, create, interrupted=True).is_done
    assert not settled(db, drop, interrupted=True).is_done
    for what in ("DATABASE", "TABLESPACE", "SUBSCRIPTION"):
        assert not settled(db, f"CREATE {what} nope", interrupted=True).is_done
        found = settled(db, f"DROP {what} nope", interrupted=True)
        assert found.is_done
        assert found.message == f"the {what.lower()} nope does not exist"


def test_of_a_procedure_that_commits_nothing_is_known(db: BaseDatabaseWrapper) -> None:
    assert settled(db, "CALL fill()", interrupted=True) == EarlierAttempt(
        is_known=False
    )
    assert settled(db, "VACUUM t", interrupted=True) == EarlierAttempt()
