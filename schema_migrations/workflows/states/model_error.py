"""Errors for models whose DDL the dev database refused: the field and a hint.  Pure."""

from __future__ import annotations

import re

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.missing_object import MissingObject
from schema_migrations.errors import InvalidModels
from schema_migrations.schema.model import table_key
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
) -> InvalidModels:
    """Return the error for a refused statement of the DDL part ``part_label``."""
    missing_object = (
        engine.dev_server.find_missing_object(driver_error)
        if engine.dev_server.find_missing_object
        else None
    )
    subject = find_refused_field(ddl, sql, driver_error.position) or part_label
    return InvalidModels(
        problem=f"{subject}: the dev database refused Django's SQL for it: "
        f"{driver_error.message}\n{sql}",
        advice=_choose_hint(
            missing_object, alias, missing=driver_error.names_missing_object
        ),
    )


def find_refused_field(ddl: ModelsDdl, sql: str, position: int) -> str:
    """Return the field at which a statement failed, like ``shop.Product.name``.

    It is the last column named before ``position`` (1-based), or every column named if
    ``position`` is 0 (several in parentheses); without one, the model; empty without a
    model.
    """
    match = _TABLE_NAME.search(sql)
    table = table_key(match[1]) if match else None
    if match is None or table is None or table not in ddl.dotted_names:
        return ""
    text = sql[match.end() : position - 1] if position else sql[match.end() :]
    if not position and sql.startswith("CREATE TABLE"):
        text = text.partition("EXCLUDE USING")[2]  # the only part that uses an index
    names = _QUOTED_NAME.findall(text)
    keys = dict.fromkeys(table.column(name) for name in names)
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
    if missing_object is not None and missing_object.way_out:
        return missing_object.way_out
    if missing_object is not None and missing_object.kind == "collation":
        return (
            f"Add the collation {missing_object.name} to the desired state with CREATE COLLATION "
            f'in a file of {setting}["EXTRA"], or CreateCollation in a Django migration.'
        )
    if missing_object is not None:
        return (
            f'If an extension provides it, add the extension to {setting}["EXTENSIONS"]. If '
            f'your own SQL creates it, add the file to {setting}["EXTRA"].'
        )
    if missing:
        return (
            "Check that the app it refers to is in APPS, and that its model is managed and "
            "allowed on this alias by the routers. Declare a table that is created "
            f'elsewhere in a file of {setting}["EXTRA"].'
        )
    return "Change the model or the SQL in EXTRA, or use another dev database with DEV."
