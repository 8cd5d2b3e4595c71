"""The classes of rows are held against the columns of their queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import pytest

from schema_migrations.engines.postgresql.catalog.inspect import read_catalog_queries
from schema_migrations.engines.postgresql.catalog.rows import ROW_CLASSES
from tests.engines.postgresql.databases import Database, database, make_everything

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.dev.server import DevServer

pytestmark = pytest.mark.every_postgres


@pytest.fixture(scope="module")
def full(pg_server: DevServer) -> Iterator[Database]:
    """A database with every kind of object; tests only read it."""
    with database(pg_server.settings) as connection:
        make_everything(connection)
        yield connection


def test_each_query_belongs_to_a_class(full: Database) -> None:
    assert {name for name, _ in read_catalog_queries()} == set(ROW_CLASSES)


def test_the_columns_are_the_fields_in_order(full: Database) -> None:
    """Some queries leave out the last fields, if these have defaults; not all do."""
    given: defaultdict[str, set[str]] = defaultdict(set)
    for name, sql in read_catalog_queries():
        row_class = ROW_CLASSES[name]
        columns = tuple(column.name for column in full.execute(sql).description or ())
        missing = row_class._fields[len(columns) :]
        assert columns + missing == row_class._fields, sql
        assert set(missing) <= set(row_class._field_defaults), sql
        given[name].update(columns)
    assert given == {name: set(cls._fields) for name, cls in ROW_CLASSES.items()}


def test_the_values_are_of_the_declared_types(full: Database) -> None:
    """Fields may be None exactly where the queries give NULL."""
    values: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for name, sql in read_catalog_queries():
        for row in full.execute(sql):
            for field, value in ROW_CLASSES[name](*row)._asdict().items():
                values[name, field].append(value)
    declared = {
        (name, field): hint
        for name, row_class in ROW_CLASSES.items()
        for field, hint in get_type_hints(row_class).items()
    }
    assert declared.keys() == values.keys()
    for field, hint in declared.items():
        assert all(is_of(value, hint) for value in values[field]), field
        assert (None in values[field]) == (NoneType in get_args(hint)), field


def is_of(value: Any, hint: Any) -> bool:
    """Return whether a value is of the type that a hint of a field describes."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return any(is_of(value, each) for each in inner)
    if origin is Literal:
        return value in inner
    if origin is Sequence:
        return isinstance(value, list | tuple) and all(is_of(v, *inner) for v in value)
    return type(value) is hint
