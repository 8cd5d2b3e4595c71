"""PostgreSQL 14 and newer, through psycopg 3."""

from __future__ import annotations

from schema_migrations.engines.engine import Engine
from schema_migrations.engines.postgresql.conversion import VALUES, conversion
from schema_migrations.engines.postgresql.dev import check_server, scratch
from schema_migrations.engines.postgresql.failure import failure
from schema_migrations.engines.postgresql.inspect import inspect
from schema_migrations.engines.postgresql.lacking import lacking, server_with
from schema_migrations.engines.postgresql.passes import PASSES
from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.engines.postgresql.render import render
from schema_migrations.engines.postgresql.session import SESSION
from schema_migrations.engines.postgresql.settle import settle
from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.engines.postgresql.template import template
from schema_migrations.engines.postgresql.url import (
    BACKEND,
    SCHEMES,
    masked,
    settings_from_url,
    within_schema,
)

ENGINE = Engine(
    vendor="postgresql",
    backend=BACKEND,
    syntax=SYNTAX,
    by_hand="SET lock_timeout = '5s'",
    quote=quote,
    schemes=SCHEMES,
    settings_from_url=settings_from_url,
    within_schema=within_schema,
    masked=masked,
    inspect=inspect,
    passes=PASSES,
    render=render,
    conversion=conversion,
    values=VALUES,
    settle=settle,
    scratch=scratch,
    check_server=check_server,
    failure=failure,
    lacking=lacking,
    server_with=server_with,
    session=SESSION,
    template=template,
)
