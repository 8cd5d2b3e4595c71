"""The facts of SQLite's SQL."""

from __future__ import annotations

from schema_migrations.engines.dialect import Dialect
from schema_migrations.engines.sqlite.quote import fold_case, quote
from schema_migrations.engines.sqlite.syntax import SYNTAX

DIALECT = Dialect(
    name="SQLite",
    syntax=SYNTAX,
    quote=quote,
    shorten_name=lambda name: name,
    home_namespace="main",
    format_time=lambda column: column,
    script_preamble="PRAGMA foreign_keys = OFF",
    fold_name=fold_case,
)
