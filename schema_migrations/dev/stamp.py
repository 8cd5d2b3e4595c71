"""Say what a dev server would be like, without starting one.

Invariant: it follows the same order as ``open_server``; what is started here already
runs, and is only asked.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import connections

from schema_migrations.dev.existing_server import CONNECT_SECONDS, describe_existing
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import (
    ConfigError,
    ConnectionRefused,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_migrations.dev.open_server import Sharing
    from schema_migrations.engines.connection import DatabaseSettings
    from schema_migrations.engines.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class DevStamp:
    """What is known of a dev server that was not opened: equal texts give equal results."""

    text: str
    description_parts: tuple[str, ...]
    """How the description of the server that it stands for begins and ends."""

    def is_for(self, description: str) -> bool:
        """Tell whether the server of a description is the one that it stands for."""
        first, last = self.description_parts
        return description.startswith(first) and description.endswith(last)


def find_dev_stamp(
    dev: str,
    alias: str,
    *,
    find_major: Callable[[], int | None],
    sharing: Sharing,
) -> DevStamp | None:
    """Return the stamp of the server that ``open_server`` would try first; None: it would
    fail, or what it has cannot be known before it runs.

    A server that runs is asked; raises ``ConfigError`` or ``Unreachable`` if it is the
    only one.
    """
    engine = engine_for(connections[alias].vendor)
    settings = connections[alias].settings_dict
    if engine.probe.check_server is None:
        library = engine.probe.read_server_stamp(settings, alias)
        return DevStamp(text=library.text, description_parts=("SQLite", ""))
    scheme, _, _ = dev.partition("://")
    if dev == "auto":
        return _stamp_first_available(engine, settings, alias, find_major, sharing)
    if dev == "embedded":
        return _stamp_embedded(find_major())
    # Here and below: not at the top, since most projects need only what runs already.
    from schema_migrations.dev.image import is_docker_url

    if is_docker_url(dev):
        found = _stamp_image(dev)
    elif scheme.lower() in engine.addresses.schemes:
        named = engine.addresses.settings_from_url(dev, settings)
        found = _stamp_existing(engine, named, alias)
    else:
        return None
    # A target of another major version deserves a warning.
    return found and replace(found, text=f"{find_major()} {found.text}")


def _stamp_first_available(
    engine: Engine,
    settings: DatabaseSettings,
    alias: str,
    find_major: Callable[[], int | None],
    sharing: Sharing,
) -> DevStamp | None:
    has_access = True
    if sharing == "first":
        options = {
            "connect_timeout": CONNECT_SECONDS,
            **(settings.get("OPTIONS") or {}),
        }
        try:
            return _stamp_existing(engine, {**settings, "OPTIONS": options}, alias)
        except (ConnectionRefused, Unreachable):
            has_access = False
        except ConfigError:
            pass
    from schema_migrations.dev.image import DEFAULT_IMAGE_URL

    major = find_major() if has_access else None
    image = f"docker://postgres/{major}" if major else DEFAULT_IMAGE_URL
    return _stamp_embedded(major) or _stamp_image(image)


def _stamp_existing(engine: Engine, settings: DatabaseSettings, alias: str) -> DevStamp:
    stamp = engine.probe.read_server_stamp(settings, alias)
    description = describe_existing(stamp.version, settings)
    return DevStamp(text=stamp.text, description_parts=(description, ""))


def _stamp_embedded(major: int | None) -> DevStamp | None:
    from schema_migrations.dev.programs import read_programs_stamp

    programs = "" if sys.platform == "win32" else read_programs_stamp()
    if not programs:
        return None
    return DevStamp(
        text=f"{major} {programs}", description_parts=("embedded PostgreSQL", "")
    )


def _stamp_image(url: str) -> DevStamp | None:
    from schema_migrations.dev.docker import find_image_id
    from schema_migrations.dev.image import parse_image_url

    image = parse_image_url(url)
    try:
        found = None if image.is_kept else find_image_id(image)
    except (ConfigError, Unreachable):
        return None
    ending = f"Docker container of {image.reference}"
    return DevStamp(text=found, description_parts=("", ending)) if found else None
