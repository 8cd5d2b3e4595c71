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
from schema_migrations.engines.postgresql.server.missing_objects import (
    find_missing_object,
    suggest_dev_server,
)
from schema_migrations.engines.postgresql.server.scratch import (
    check_server,
    create_scratch_database,
)
from schema_migrations.engines.postgresql.server.sibling import make_sibling
from schema_migrations.engines.postgresql.server.template import ensure_template
from schema_migrations.engines.postgresql.server.url import (
    BACKEND,
    SCHEMES,
    format_masked_url,
    settings_from_url,
    with_namespace,
)
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error
from schema_migrations.engines.postgresql.session.session import SESSION
from schema_migrations.engines.postgresql.syntax import SYNTAX

ENGINE = Engine(
    vendor="postgresql",
    backend=BACKEND,
    syntax=SYNTAX,
    script_preamble="SET lock_timeout = '5s'",
    quote=quote,
    schemes=SCHEMES,
    settings_from_url=settings_from_url,
    with_namespace=with_namespace,
    format_masked_url=format_masked_url,
    inspect=inspect,
    passes=PASSES,
    render=render,
    find_conversion=find_conversion,
    computed_defaults=COMPUTED_DEFAULTS,
    canonicalize=canonicalize,
    make_sibling=make_sibling,
    create_scratch_database=create_scratch_database,
    check_server=check_server,
    read_driver_error=read_driver_error,
    find_missing_object=find_missing_object,
    suggest_dev_server=suggest_dev_server,
    session=SESSION,
    ensure_template=ensure_template,
)
