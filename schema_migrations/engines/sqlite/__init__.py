"""SQLite 3.31 and newer, through Python's own driver."""

from __future__ import annotations

from schema_migrations.engines.engine import Engine
from schema_migrations.engines.sqlite.catalog.dangling import dangling
from schema_migrations.engines.sqlite.catalog.inspect import inspect
from schema_migrations.engines.sqlite.catalog.tokens import quote
from schema_migrations.engines.sqlite.ddl.conversion import (
    COMPUTED_DEFAULTS,
    find_conversion,
)
from schema_migrations.engines.sqlite.ddl.render import render
from schema_migrations.engines.sqlite.passes import PASSES
from schema_migrations.engines.sqlite.server.dev import scratch
from schema_migrations.engines.sqlite.server.url import (
    BACKEND,
    SCHEMES,
    masked,
    settings_from_url,
)
from schema_migrations.engines.sqlite.session.driver_error import failure
from schema_migrations.engines.sqlite.session.session import SESSION
from schema_migrations.engines.sqlite.syntax import SYNTAX

ENGINE = Engine(
    vendor="sqlite",
    backend=BACKEND,
    syntax=SYNTAX,
    by_hand="PRAGMA foreign_keys = OFF",
    quote=quote,
    schemes=SCHEMES,
    settings_from_url=settings_from_url,
    masked=masked,
    inspect=inspect,
    passes=PASSES,
    render=render,
    conversion=find_conversion,
    values=COMPUTED_DEFAULTS,
    settle=None,
    dangling=dangling,
    scratch=scratch,
    failure=failure,
    session=SESSION,
)
