"""SQLite 3.31 and newer, through Python's own driver."""

from __future__ import annotations

from schema_migrations.engines.engine import Engine
from schema_migrations.engines.sqlite.catalog.dangling import explain_dangling
from schema_migrations.engines.sqlite.catalog.inspect import inspect
from schema_migrations.engines.sqlite.catalog.tokens import quote
from schema_migrations.engines.sqlite.ddl.conversion import (
    COMPUTED_DEFAULTS,
    find_conversion,
)
from schema_migrations.engines.sqlite.ddl.render import render
from schema_migrations.engines.sqlite.passes import PASSES
from schema_migrations.engines.sqlite.server.scratch import (
    create_scratch_database,
    make_sibling,
)
from schema_migrations.engines.sqlite.server.url import (
    BACKEND,
    SCHEMES,
    format_masked_url,
    settings_from_url,
)
from schema_migrations.engines.sqlite.session.driver_error import read_driver_error
from schema_migrations.engines.sqlite.session.session import SESSION
from schema_migrations.engines.sqlite.syntax import SYNTAX

ENGINE = Engine(
    vendor="sqlite",
    backend=BACKEND,
    syntax=SYNTAX,
    script_preamble="PRAGMA foreign_keys = OFF",
    quote=quote,
    schemes=SCHEMES,
    settings_from_url=settings_from_url,
    format_masked_url=format_masked_url,
    inspect=inspect,
    passes=PASSES,
    render=render,
    find_conversion=find_conversion,
    computed_defaults=COMPUTED_DEFAULTS,
    canonicalize=None,
    explain_dangling=explain_dangling,
    make_sibling=make_sibling,
    create_scratch_database=create_scratch_database,
    read_driver_error=read_driver_error,
    session=SESSION,
)
