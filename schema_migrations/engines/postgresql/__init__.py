"""PostgreSQL 14 and newer, through psycopg 3."""

from __future__ import annotations

from schema_migrations.engines.engine import Engine
from schema_migrations.engines.postgresql.catalog.inspect import inspect
from schema_migrations.engines.postgresql.ddl.conversion import (
    COMPUTED_DEFAULTS,
    find_conversion,
)
from schema_migrations.engines.postgresql.ddl.render import render
from schema_migrations.engines.postgresql.passes import PASSES
from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.engines.postgresql.server.canonicalize import canonicalize
from schema_migrations.engines.postgresql.server.dev import check_server, scratch
from schema_migrations.engines.postgresql.server.missing_objects import (
    find_missing_object,
    suggest_dev_server,
)
from schema_migrations.engines.postgresql.server.template import template
from schema_migrations.engines.postgresql.server.url import (
    BACKEND,
    SCHEMES,
    masked,
    settings_from_url,
    within_schema,
)
from schema_migrations.engines.postgresql.session.failure import failure
from schema_migrations.engines.postgresql.session.session import SESSION
from schema_migrations.engines.postgresql.syntax import SYNTAX

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
    conversion=find_conversion,
    values=COMPUTED_DEFAULTS,
    settle=canonicalize,
    scratch=scratch,
    check_server=check_server,
    failure=failure,
    lacking=find_missing_object,
    server_with=suggest_dev_server,
    session=SESSION,
    template=template,
)
