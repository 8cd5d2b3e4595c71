"""The names of models' tables and columns as the server stores them.

The one place where a name in ``models.py`` and the server's name of the same thing meet.
Invariant: no database is read or written here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import models

from schema_migrations.schema.key import Key, table_key

if TYPE_CHECKING:
    from schema_migrations.engines.dialect import Dialect

_QUOTED_NAME = re.compile(r'"((?:[^"]|"")*)"')
_QUOTED_PATH = re.compile(rf"(?:{_QUOTED_NAME.pattern}\.)?{_QUOTED_NAME.pattern}")


def table_key_of(model: type[models.Model], dialect: Dialect) -> Key:
    """Return the key of a model's table."""
    return key_of_table_name(model._meta.db_table, dialect)


def column_key_of(field: Any, table: Key, dialect: Dialect) -> Key:
    """Return the key of a field's column in a table."""
    return table.column(dialect.shorten_name(str(field.column)))


def key_of_table_name(name: str, dialect: Dialect) -> Key:
    """Return the key of the table that Django's ``db_table`` names.

    Django puts quotes around a name that has none, so ``archive"."order`` is a table in
    another namespace.
    """
    is_quoted = name.startswith('"') and name.endswith('"')
    path = _QUOTED_PATH.fullmatch(name if is_quoted else f'"{name}"')
    names = [path[1], path[2]] if path else ["", name]
    namespace, table = (
        dialect.shorten_name((each or "").replace('""', '"')) for each in names
    )
    if namespace == dialect.home_namespace:
        namespace = ""
    return table_key(table, namespace)
