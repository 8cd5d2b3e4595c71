"""The facts of PostgreSQL's SQL."""

from __future__ import annotations

from schema_migrations.engines.engine import Dialect
from schema_migrations.engines.postgresql.quote import format_time, quote
from schema_migrations.engines.postgresql.syntax import SYNTAX

DIALECT = Dialect(
    name="PostgreSQL",
    syntax=SYNTAX,
    quote=quote,
    format_time=format_time,
    script_preamble="SET lock_timeout = '5s'",
)
