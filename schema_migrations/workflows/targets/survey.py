"""A survey of many schemas of one database: their histories in a few queries.

Most tenants have the same history.  So the server sends one line for each schema, the
digest of its rows, and the rows themselves once for each digest.  Invariant: a schema is
left out unless its digest says all there is to say of it; then it is looked at alone.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import Error

from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.revision_store import RevisionStore, compute_digests
from schema_migrations.workflows.targets.connection import (
    ServerPart,
    connect_and_describe,
    open_target,
)
from schema_migrations.workflows.targets.target_standing import (
    TargetStanding,
    judge_target,
    with_target,
)

log = logging.getLogger("schema_migrations")

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Engine
    from schema_migrations.history.comparison import ExecOrder
    from schema_migrations.history.directory import Directory
    from schema_migrations.workflows.targets.addresses import Address

SURVEY_SIZE = 100
"""Schemas in one query: each takes locks of the server, of which it has some thousands
(``max_locks_per_transaction``)."""


def divide_for_survey(addresses: Sequence[Address]) -> Iterator[tuple[Address, ...]]:
    """Yield groups of addresses of schemas of the same database, of ``SURVEY_SIZE``."""
    by_url: dict[str | None, list[Address]] = {}
    for address in addresses:
        if address.part is not None and address.part.schema:
            by_url.setdefault(address.url, []).append(address)
    for group in by_url.values():
        for start in range(0, len(group), SURVEY_SIZE):
            yield tuple(group[start : start + SURVEY_SIZE])


def survey_schemas(
    alias: str,
    addresses: Sequence[Address],
    directory: Directory,
    *,
    exec_order: ExecOrder,
    wait: float,
) -> dict[Address, TargetStanding]:
    """Return where those of the schemas stand whose history is plain.

    Whatever goes wrong is left to the look at each target, which says it of that target.
    """
    try:
        with open_target(alias, addresses[0].url, ServerPart()) as (connection, engine):
            return _survey(
                connection, engine, addresses, directory, exec_order, wait=wait
            )
    except (SchemaMigrationsError, Error) as error:
        log.info("Each of %s targets is looked at alone: %s", len(addresses), error)
        return {}


def _survey(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    addresses: Sequence[Address],
    directory: Directory,
    exec_order: ExecOrder,
    *,
    wait: float,
) -> dict[Address, TargetStanding]:
    with_namespace = engine.addresses.with_namespace
    if with_namespace is None:
        return {}
    described = connect_and_describe(connection, engine, wait=wait)
    settings = connection.settings_dict
    judged: dict[str, TargetStanding] = {}
    found = {}
    with engine.executor.forbid_writes(connection):
        schemas = [address.part.schema for address in addresses if address.part]
        digests = compute_digests(connection, engine, schemas)
        for address, schema in zip(addresses, schemas, strict=True):
            if (digest := digests.get(schema)) is None:
                continue
            name = engine.addresses.format_masked_url(with_namespace(settings, schema))
            target = replace(described, name=name, schema=schema, is_schema_named=True)
            if digest not in judged:
                store = RevisionStore(
                    connection=connection, engine=engine, namespace=schema
                )
                judged[digest] = judge_target(
                    target, directory, store.query_rows(), engine, exec_order=exec_order
                )
            if judged[digest].is_plain:
                found[address] = with_target(judged[digest], target)
    return found
