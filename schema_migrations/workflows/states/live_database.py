"""A live database as a source, read through a separate connection that cannot write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

from django.db import connections

from schema_migrations.engines.registry import (
    engine_for,
    engine_for_url,
)
from schema_migrations.errors import SchemaMigrationsError, UnknownDatabase
from schema_migrations.workflows.states.source_forms import ALIAS_PREFIX

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.engine import Engine
    from schema_migrations.engines.executor import Target

ANSWER_TIMEOUT_SECONDS = 2


@contextmanager
def open_live_database(source: str) -> Iterator[tuple[Connection, Engine]]:
    """Hold a connection that refuses to write; yield it with its engine.

    Raises ``ConfigError`` and ``Unreachable``.
    """
    if source.startswith(ALIAS_PREFIX):
        alias = source.removeprefix(ALIAS_PREFIX)
        check_alias(alias)
        engine = engine_for(connections[alias].vendor)
        settings = connections[alias].settings_dict
    else:
        alias, engine = "", engine_for_url(source)
        settings = engine.addresses.settings_from_url(source, {})
    connection = engine.executor.make_sibling(settings, alias)
    try:
        engine.executor.describe_target(connection)
        with engine.executor.forbid_writes(connection):
            yield connection, engine
    finally:
        connection.close()


def prepare_target_lookup(alias: str, engine: Engine) -> Callable[[], Target | None]:
    """Return a function that describes the alias's server; None: it does not answer.

    It asks once and then knows the answer: a server that is down is waited for.
    """
    return cache(partial(_ask_target, alias, engine))


def _ask_target(alias: str, engine: Engine) -> Target | None:
    if engine.probe.check_server is None:
        return None
    settings = connections[alias].settings_dict
    options = {
        "connect_timeout": ANSWER_TIMEOUT_SECONDS,
        **(settings.get("OPTIONS") or {}),
    }
    connection = engine.executor.make_sibling({**settings, "OPTIONS": options}, alias)
    try:
        return engine.executor.describe_target(connection)
    except SchemaMigrationsError:
        return None
    finally:
        connection.close()


def major_of(target: Target | None) -> int | None:
    """Return the major version in an answer."""
    return target.major if target else None


def check_alias(alias: str) -> None:
    """Raise ``UnknownDatabase`` if ``DATABASES`` has no such alias."""
    if alias not in connections:
        raise UnknownDatabase(alias=alias, known=tuple(connections))
