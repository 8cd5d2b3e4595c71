"""Addresses of many targets: databases by URL, databases of a server, schemas.

Pure except ``query_target_names``.  Invariant: each named target has one address.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.registry import engine_for_url, is_database_url
from schema_migrations.errors import RevisionsShared, TargetQueryFailed, WrongTargets
from schema_migrations.history.encoding import NUL
from schema_migrations.workflows.targets.connection import (
    ServerPart,
    connect_and_describe,
    open_target,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_migrations.engines.driver_error import DriverError

TargetKind = Literal["schema", "database"]
"""The meaning of a name that is not a URL, on the server of the alias or the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The way to reach one of many targets."""

    label: str
    """Shown to people: a name, or a URL without its password."""
    url: str | None
    """None: the server of the alias."""
    part: ServerPart | None = None


def parse_target_names(text: str) -> tuple[str, ...]:
    """Return the lines of a list of targets, without blank lines and ``#`` comments.

    Raises ``WrongTargets`` for a NUL character: a driver would read a name up to there.
    """
    if NUL in text:
        raise WrongTargets(problem="The list of targets holds a NUL character.")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def resolve_addresses(
    names: Iterable[str], *, kind: TargetKind, url: str | None
) -> tuple[Address, ...]:
    """Return the address of each name; raise ``ConfigError`` for none or a duplicate."""
    addresses = tuple(_resolve_address(name, kind=kind, url=url) for name in names)
    if not addresses:
        raise WrongTargets(problem="No targets are given.")
    duplicates = sorted(_find_duplicates(addresses))
    if duplicates:
        raise WrongTargets(
            problem=f"Targets given more than once: {', '.join(duplicates)}."
        )
    return addresses


def _resolve_address(name: str, *, kind: TargetKind, url: str | None) -> Address:
    if is_database_url(name):
        engine = engine_for_url(name)
        return Address(
            label=engine.addresses.format_masked_url(
                engine.addresses.settings_from_url(name, {})
            ),
            url=name,
        )
    part = ServerPart(database=name) if kind == "database" else ServerPart(schema=name)
    return Address(label=name, url=url, part=part)


def refuse_shared_revisions(
    addresses: Sequence[Address], revisions_schema: str | None
) -> None:
    """Raise ``ConfigError`` where several schemas would share one revisions table:
    what is applied to the first would count as applied to all.
    """
    if not revisions_schema:
        return
    counts = Counter(map(_identify_database, addresses))
    for address in addresses:
        is_schema = bool(address.part and address.part.schema)
        if is_schema or counts[_identify_database(address)] > 1:
            raise RevisionsShared(target=address.label, schema=revisions_schema)


def _identify_database(address: Address) -> tuple[object, ...]:
    """Return a value that is equal for addresses of the same database."""
    if address.url is None or address.part:
        return address.url, address.part and address.part.database
    settings = engine_for_url(address.url).addresses.settings_from_url(address.url, {})
    return tuple(settings.get(name) for name in ("HOST", "PORT", "NAME"))


def _find_duplicates(addresses: Iterable[Address]) -> Iterator[str]:
    seen = set()
    for address in addresses:
        target = (address.url, address.part)
        if target in seen:
            yield address.label
        seen.add(target)


def query_target_names(
    alias: str, url: str | None, sql: str, *, wait: float
) -> tuple[str, ...]:
    """Return the first column of a query's rows; the server refuses every write."""

    def error_of(driver_error: DriverError) -> TargetQueryFailed:
        return TargetQueryFailed(reason=driver_error.message)

    with open_target(alias, url) as (connection, engine):
        connect_and_describe(connection, engine, wait=wait)
        with (
            translate_driver_errors(engine, error_of),
            engine.executor.forbid_writes(connection),
            connection.cursor() as cursor,
        ):
            # In parentheses it is one query: a second statement could end the
            # transaction that forbids writes.
            query = sql.strip().removesuffix(";")
            cursor.execute(f"SELECT * FROM (\n{query}\n) AS targets")
            rows = cursor.fetchall()
        connection.close()
    return tuple(str(row[0]) for row in rows if row[0] not in (None, ""))
