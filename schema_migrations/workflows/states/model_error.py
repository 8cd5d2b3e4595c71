"""DDL of the models that the dev database refused → which field, and what to do.  Pure."""

from __future__ import annotations

import re

from schema_migrations.engines.engine import DriverError, Engine, MissingObject
from schema_migrations.errors import ConfigError
from schema_migrations.schema.model import column_key, table_key
from schema_migrations.workflows.states.models_ddl import ModelsDdl

_QUOTED_NAME = re.compile(r'"((?:[^"]|"")+)"')
_TABLE_NAME = re.compile(r'\b(?:TABLE|ON) "((?:[^"]|"")+)"')


def make_model_error(
    engine: Engine,
    alias: str,
    ddl: ModelsDdl,
    part_label: str,
    sql: str,
    driver_error: DriverError,
) -> ConfigError:
    """Return the error for one statement; ``label`` is that of its part of the DDL."""
    lack = (
        engine.find_missing_object(driver_error) if engine.find_missing_object else None
    )
    subject = find_refused_field(ddl, sql, driver_error.position) or part_label
    return ConfigError(
        f"{subject}: the dev database refused what Django makes of it: "
        f"{driver_error.message}\n{sql}",
        hint=_choose_hint(lack, alias, missing=driver_error.names_missing_object),
    )


def find_refused_field(ddl: ModelsDdl, sql: str, position: int) -> str:
    """Return ``shop.Product.name`` for the field that a statement stumbled over.

    That is the last column before ``position`` (1-based; 0: the columns that are named
    at all, in parentheses where there are several); empty where no model is behind it.
    """
    found = _TABLE_NAME.search(sql)
    table = table_key(found[1]) if found else None
    if found is None or table is None or table not in ddl.dotted_names:
        return ""
    told = sql[found.end() : position - 1] if position else sql[found.end() :]
    if not position and sql.startswith("CREATE TABLE"):
        told = told.partition("EXCLUDE USING")[2]  # the one part that uses an index
    names = _QUOTED_NAME.findall(told)
    keys = dict.fromkeys(column_key(table, name) for name in names)
    fields = [ddl.dotted_names[key] for key in keys if key in ddl.dotted_names]
    if position:
        fields = fields[-1:]
    if len(fields) == 1 or not fields:
        return fields[0] if fields else ddl.dotted_names[table]
    listed = ", ".join(field.rpartition(".")[2] for field in fields)
    return f"{ddl.dotted_names[table]} ({listed})"


def _choose_hint(
    missing_object: MissingObject | None, alias: str, *, missing: bool
) -> str:
    setting = f'SCHEMA_MIGRATIONS["{alias}"]'
    if missing_object is not None and missing_object.extension:
        return (
            f"It comes with the extension {missing_object.extension}: add "
            f'"{missing_object.extension}" to {setting}["EXTENSIONS"].'
        )
    if missing_object is not None and missing_object.kind == "collation":
        return (
            f"Make the collation {missing_object.name} part of the desired state: CREATE COLLATION "
            f'in a file of {setting}["EXTRA"], or CreateCollation in a Django migration.'
        )
    if missing_object is not None:
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
