"""What a real server says when something is missing, and what it came from."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import Error

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.postgresql.server.missing_objects import (
    find_missing_object,
    suggest_dev_server,
)
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error


def refused(connection: Any, sql: str) -> DriverError:
    with connection.cursor() as cursor, pytest.raises(Error) as caught:
        cursor.execute(sql)
    found = read_driver_error(caught.value)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("sql", "kind", "extension"),
    [
        ("CREATE TABLE n (a citext)", "object", "citext"),
        ("CREATE TABLE n (a hstore[])", "object", "hstore"),
        ("CREATE TABLE n (a geometry(POINT, 4326))", "object", "postgis"),
        ("CREATE TABLE n (a vector(3))", "object", "vector"),
        ("CREATE TABLE n (a ltree)", "object", "ltree"),
        ("CREATE TABLE n (a isbn13)", "object", "isn"),
        ("CREATE TABLE n (a cube)", "object", "cube"),
        ("CREATE TABLE n (a public.mood)", "object", ""),
        ("CREATE INDEX ON t USING gin (x gin_trgm_ops)", "object", "pg_trgm"),
        ("CREATE INDEX ON t USING gist (x gist_trgm_ops)", "object", "pg_trgm"),
        ("CREATE INDEX ON t USING gin (x own_ops)", "object", ""),
        ("CREATE INDEX ON t USING bloom (y)", "object", "bloom"),
        ("CREATE INDEX ON t USING gin (y)", "operator class", "btree_gin"),
        (
            "ALTER TABLE t ADD EXCLUDE USING gist (y WITH =)",
            "operator class",
            "btree_gist",
        ),
        ("CREATE INDEX ON t (unaccent(x))", "function", "unaccent"),
        (
            "CREATE TABLE n (a uuid DEFAULT uuid_generate_v4())",
            "function",
            "uuid-ossp",
        ),
        ("CREATE INDEX ON t (st_area(x))", "function", "postgis"),
        ("CREATE INDEX ON t (mine(x))", "function", ""),
        ('CREATE TABLE n (a text COLLATE "german")', "collation", ""),
    ],
)
def test_the_likely_extension(pg: Any, sql: str, kind: str, extension: str) -> None:
    pg.ensure_connection()
    with pg.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x text, y integer)")

    found = find_missing_object(refused(pg, sql))

    assert found is not None
    assert (found.kind, found.extension) == (kind, extension)
    assert found.name == ("german" if kind == "collation" else found.name)


def test_another_reason_is_none(pg: Any) -> None:
    pg.ensure_connection()

    assert find_missing_object(refused(pg, "SELECT * FROM nowhere")) is None


def test_the_words_may_be_in_another_language() -> None:
    """Of ``lc_messages = de_DE``."""

    def said(message: str) -> str:
        found = find_missing_object(DriverError(message=message, sqlstate="42704"))
        assert found is not None
        return found.extension

    assert said("Typ »citext« existiert nicht") == "citext"
    assert (
        said("Datentyp integer hat keine Standardoperatorklasse für »gist«")
        == "btree_gist"
    )


@pytest.mark.parametrize(
    ("extension", "url"),
    [
        ("hstore", "docker://postgres/17"),
        ("uuid-ossp", "docker://postgres/17"),
        ("vector", "docker://pgvector/pg17"),
        ("postgis", "docker://postgis/17-3.5"),
        ("something_rare", ""),
    ],
)
def test_where_an_extension_is_to_be_had(extension: str, url: str) -> None:
    assert suggest_dev_server(extension) == url
