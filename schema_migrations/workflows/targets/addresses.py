"""Names of targets → addresses: databases by URL, databases of a server, schemas.

Pure but for ``selected``.  Invariant: no target is named twice, and none is left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.registry import engine_for_url
from schema_migrations.errors import ConfigError
from schema_migrations.workflows.targets.connection import (
    ServerPart,
    connect_and_describe,
    open_target,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_migrations.engines.engine import DriverError

TargetKind = Literal["schema", "database"]
"""What a name that is no URL means: a part of the server of the alias, or of ``--url``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One of many targets."""

    label: str
    """For people: a name, or a URL without its password."""
    url: str | None
    """None: the alias's own server."""
    part: ServerPart | None = None


def parse_target_names(text: str) -> tuple[str, ...]:
    """Return the lines of a file of targets, without blank ones and ``#`` comments."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def resolve_addresses(
    names: Iterable[str], *, kind: TargetKind, url: str | None
) -> tuple[Address, ...]:
    """Return where each name leads; raises ``ConfigError`` for none and for a double."""
    found = tuple(_resolve_address(name, kind=kind, url=url) for name in names)
    if not found:
        raise ConfigError(
            "No target is named.",
            hint="--targets wants one name or URL a line, --targets-sql one a row.",
        )
    twice = sorted(_find_duplicates(found))
    if twice:
        raise ConfigError(
            f"Named more than once: {', '.join(twice)}.",
            hint="Name each target once; --targets-sql: SELECT DISTINCT.",
        )
    return found


def _resolve_address(name: str, *, kind: TargetKind, url: str | None) -> Address:
    if "://" in name:
        engine = engine_for_url(name)
        return Address(
            label=engine.format_masked_url(engine.settings_from_url(name, {})), url=name
        )
    part = ServerPart(database=name) if kind == "database" else ServerPart(schema=name)
    return Address(label=name, url=url, part=part)


def refuse_shared_revisions(
    addresses: Sequence[Address], revisions_schema: str | None
) -> None:
    """Raise ``ConfigError`` where one table would be the history of several schemas:
    what the first of them has would count as applied in all.
    """
    if not revisions_schema:
        return
    places = Counter(map(_identify_database, addresses))
    for address, count in (
        (each, places[_identify_database(each)]) for each in addresses
    ):
        if count > 1 or (address.part and address.part.schema):
            raise ConfigError(
                f"{address.label} would share its revisions with other targets: those"
                f" of all would be in schema {revisions_schema!r}.",
                hint="Each schema keeps its own: remove REVISIONS_SCHEMA, or give"
                " --revisions-schema '' with this command.",
            )


def _identify_database(address: Address) -> tuple[object, ...]:
    """Return what tells one database from another."""
    if address.url is None or address.part:
        return address.url, address.part and address.part.database
    settings = engine_for_url(address.url).settings_from_url(address.url, {})
    return tuple(settings.get(name) for name in ("HOST", "PORT", "NAME"))


def _find_duplicates(addresses: Iterable[Address]) -> Iterator[str]:
    seen = set()
    for address in addresses:
        place = (address.url, address.part)
        if place in seen:
            yield address.label
        seen.add(place)


def query_target_names(
    alias: str, url: str | None, sql: str, *, wait: float
) -> tuple[str, ...]:
    """Return the first column of a query's rows; the server refuses it any write."""

    def error_of(failure: DriverError) -> ConfigError:
        return ConfigError(
            f"--targets-sql: {failure.message}",
            hint="It is run on the database of the alias, or of --url, and returns one"
            " name or URL a row.",
        )

    with open_target(alias, url) as (connection, engine):
        connect_and_describe(connection, engine, wait=wait)
        with (
            translate_driver_errors(engine, error_of),
            engine.session.forbid_writes(connection),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
    return tuple(str(row[0]) for row in rows if row[0] not in (None, ""))
