"""The facts of PostgreSQL's SQL."""

from __future__ import annotations

from schema_migrations.engines.dialect import Dialect
from schema_migrations.engines.postgresql.quote import format_time, quote, shorten_name
from schema_migrations.engines.postgresql.session_values import SCRATCH_VALUES
from schema_migrations.engines.postgresql.syntax import SYNTAX

DIALECT = Dialect(
    name="PostgreSQL",
    syntax=SYNTAX,
    quote=quote,
    shorten_name=shorten_name,
    home_namespace=SCRATCH_VALUES["search_path"],
    format_time=format_time,
    script_preamble="SET lock_timeout = '5s'",
    copy_preamble="SET check_function_bodies = off",
)
