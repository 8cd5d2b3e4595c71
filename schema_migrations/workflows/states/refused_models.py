"""DDL of the models that the dev database refused → which field, and what to do.  Pure."""

from __future__ import annotations

import re

from schema_migrations.engines.engine import Engine, Failure, Lack
from schema_migrations.errors import ConfigError
from schema_migrations.schema.model import column_key, table_key
from schema_migrations.workflows.states.models_ddl import ModelsDdl

_NAME = re.compile(r'"((?:[^"]|"")+)"')
_TABLE = re.compile(r'\b(?:TABLE|ON) "((?:[^"]|"")+)"')


def models_refused(
    engine: Engine, alias: str, ddl: ModelsDdl, label: str, sql: str, failure: Failure
) -> ConfigError:
    """Return the error for one statement; ``label`` is that of its part of the DDL."""
    lack = engine.lacking(failure) if engine.lacking else None
    subject = behind(ddl, sql, failure.position) or label
    return ConfigError(
        f"{subject}: the dev database refused what Django makes of it: "
        f"{failure.message}\n{sql}",
        hint=_hint(lack, alias, missing=failure.missing),
    )


def behind(ddl: ModelsDdl, sql: str, position: int) -> str:
    """Return ``shop.Product.name`` for the field that a statement stumbled over.

    That is the last column before ``position`` (1-based; 0: the columns that are named
    at all, in parentheses where there are several); empty where no model is behind it.
    """
    found = _TABLE.search(sql)
    table = table_key(found[1]) if found else None
    if found is None or table is None or table not in ddl.named:
        return ""
    told = sql[found.end() : position - 1] if position else sql[found.end() :]
    if not position and sql.startswith("CREATE TABLE"):
        told = told.partition("EXCLUDE USING")[2]  # the one part that uses an index
    names = _NAME.findall(told)
    keys = dict.fromkeys(column_key(table, name) for name in names)
    fields = [ddl.named[key] for key in keys if key in ddl.named]
    if position:
        fields = fields[-1:]
    if len(fields) == 1 or not fields:
        return fields[0] if fields else ddl.named[table]
    listed = ", ".join(field.rpartition(".")[2] for field in fields)
    return f"{ddl.named[table]} ({listed})"


def _hint(lack: Lack | None, alias: str, *, missing: bool) -> str:
    setting = f'SCHEMA_MIGRATIONS["{alias}"]'
    if lack is not None and lack.extension:
        return (
            f"It comes with the extension {lack.extension}: add "
            f'"{lack.extension}" to {setting}["EXTENSIONS"].'
        )
    if lack is not None and lack.kind == "collation":
        return (
            f"Make the collation {lack.name} part of the desired state: CREATE COLLATION "
            f'in a file of {setting}["EXTRA"], or CreateCollation in a Django migration.'
        )
    if lack is not None:
        return (
            f'Does an extension bring it? Name that in {setting}["EXTENSIONS"]. Does SQL '
            f'of your own make it? Name the file in {setting}["EXTRA"].'
        )
    if missing:
        return (
            "Is the app it refers to among APPS, and its model managed and allowed on "
            "this alias by the routers? A table that is made elsewhere can be declared "
            f'in a file of {setting}["EXTRA"].'
        )
    return (
        "Change the model, or what EXTRA makes before it, or take another dev database "
        "with DEV or --dev."
    )
