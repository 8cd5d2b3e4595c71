"""The databases that tests empty and use again are like new ones."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError

from tests.fixtures.scratch import Scratch


def use(scratch: Scratch, sql: str) -> str:
    """Run a statement in a database; return the database's name."""
    with scratch() as connection:
        with connection.cursor() as cursor:
            cursor.execute(sql)
        return str(connection.settings_dict["NAME"])


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (id serial); CREATE VIEW v AS SELECT id FROM t",
        "CREATE SCHEMA other; CREATE TYPE other.mood AS ENUM ('a')",
        "SET search_path = pg_catalog; SET statement_timeout = 1",
        "CREATE TEMP TABLE t (id integer)",
    ],
)
def test_what_can_be_emptied_is_used_again(scratch: Scratch, sql: str) -> None:
    name = use(scratch, sql)
    query = """
        SELECT current_setting('search_path'), current_setting('statement_timeout'),
            to_regclass('t') IS NULL, to_regtype('other.mood') IS NULL
    """
    with scratch() as connection, connection.cursor() as cursor:
        assert connection.settings_dict["NAME"] == name
        cursor.execute(query)
        assert cursor.fetchone() == ("public", "0", True, True)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE CAST (integer AS cidr) WITH INOUT",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE PUBLICATION p",
        "BEGIN",
    ],
)
def test_what_something_is_left_of_is_not(scratch: Scratch, sql: str) -> None:
    name = use(scratch, sql)
    with scratch() as connection:
        assert connection.settings_dict["NAME"] != name


def test_where_a_test_failed_is_not(scratch: Scratch) -> None:
    name = use(scratch, "SELECT 1")
    with pytest.raises(ProgrammingError):
        use(scratch, "SELECT FROM nowhere")
    assert use(scratch, "SELECT 1") != name
