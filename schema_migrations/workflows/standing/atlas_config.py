"""Compare an ``atlas.hcl`` of the project with the settings of the managed aliases.

Invariant: without the file one look at its path is all; an expression is not judged, and
what is left out is so only for an environment that is known to have the alias's folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_migrations.errors import InvalidUrl
from schema_migrations.history.atlas_config import (
    AtlasEnvironment,
    parse_environments,
)
from schema_migrations.history.glance import CONFIG_FILE
from schema_migrations.history.path_url import path_from_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from schema_migrations.conf import Settings

DEFAULT_DIRECTORY = "file://migrations"
"""What Atlas takes without ``dir``."""

DEFAULTS: Mapping[str, str] = {
    "revisions_schema": "",
    "exec_order": "linear",
    "tx_mode": "file",
}
"""What Atlas takes for an attribute that is left out; empty: what the URL names."""

USUAL_SCHEMA = "public"
"""Where Atlas and we keep the revisions, if nobody says otherwise and the URL names it."""

OWN_SCHEMA = "atlas_schema_revisions"
"""Where Atlas keeps them, if nobody says otherwise and the URL names no schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDifference:
    """Something that the file says otherwise than the settings of an alias."""

    alias: str
    attribute: str
    """As ``atlas.hcl`` calls it."""
    said: str
    """Its value there, or Atlas's default."""
    environment: str
    """Which ``env`` block says so; empty: it has no name."""
    setting: str
    """As ``SCHEMA_MIGRATIONS`` calls it."""
    value: str | None
    """Its value there."""
    is_left_out: bool = False
    """The file does not say it."""


def find_config_differences(
    base: Path, read_all: Callable[[], Mapping[str, Settings]]
) -> tuple[ConfigDifference, ...]:
    """Return what ``atlas.hcl`` in a folder says otherwise than the settings.

    ``read_all`` returns the settings by alias; it is called only if there is a file.
    """
    path = base / CONFIG_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):  # mostly: there is none
        return ()
    environments = parse_environments(text)
    return tuple(compare_with_settings(environments, read_all(), base))


def compare_with_settings(
    environments: Sequence[AtlasEnvironment],
    settings: Mapping[str, Settings],
    base: Path,
) -> Iterator[ConfigDifference]:
    """Yield each difference.

    An environment belongs to the alias with the same folder; where there is but one of
    each, they belong together.  Where one of several says what the settings say, the
    others may differ: they are for another database.
    """
    folders = [(each, _find_folder(each, base)) for each in environments]
    known = {alias: each.directory.resolve() for alias, each in settings.items()}
    is_any_known = any(folder in known.values() for _, folder in folders)
    for alias, each in settings.items():
        own = [
            (env, folder == known[alias])
            for env, folder in folders
            if folder == known[alias]
            or (len(settings) == 1 and (folder is None or not is_any_known))
        ]
        if not is_any_known:
            yield from _compare_folder(alias, folders, base, each)
        for attribute, setting, value in _list_values(each):
            yield from _compare_value(alias, own, attribute, setting, value)


def _find_folder(environment: AtlasEnvironment, base: Path) -> Path | None:
    """Return the folder of an environment; None: it is not a literal, or no folder."""
    said = environment.attributes.get("dir", DEFAULT_DIRECTORY)
    if said is None:
        return None
    try:
        return (base / path_from_text(said)).resolve()
    except InvalidUrl:  # in Atlas's registry, or in another format
        return None


def _list_values(settings: Settings) -> Iterator[tuple[str, str, str | None]]:
    """Yield (attribute, setting, value) for what both can say."""
    yield "revisions_schema", "REVISIONS_SCHEMA", settings.revisions_schema
    yield "exec_order", "EXEC_ORDER", settings.exec_order
    yield "tx_mode", "TX_MODE", settings.tx_mode


def _compare_value(
    alias: str,
    environments: Sequence[tuple[AtlasEnvironment, bool]],
    attribute: str,
    setting: str,
    value: str | None,
) -> Iterator[ConfigDifference]:
    """Yield the differences of an attribute; True: the folder is known to be the alias's."""
    said = [
        (env, text)
        for env, is_known in environments
        if is_known or attribute in env.attributes
        if (text := env.attributes.get(attribute, DEFAULTS[attribute])) is not None
    ]
    if any(_is_same(attribute, text, value) for _, text in said):
        return
    for env, text in said:
        yield ConfigDifference(
            alias=alias,
            attribute=attribute,
            said=text,
            environment=env.name,
            setting=setting,
            value=value,
            is_left_out=attribute not in env.attributes,
        )


def _is_same(attribute: str, said: str, value: str | None) -> bool:
    if attribute == "revisions_schema":
        if not said:
            return value in (None, USUAL_SCHEMA, OWN_SCHEMA)
        return said == (value or USUAL_SCHEMA)
    return said.lower().replace("_", "-") == value  # as Atlas reads them


def _compare_folder(
    alias: str,
    folders: Sequence[tuple[AtlasEnvironment, Path | None]],
    base: Path,
    settings: Settings,
) -> Iterator[ConfigDifference]:
    for env, folder in folders:
        if folder is not None:
            directory = settings.directory
            is_below = directory.is_relative_to(base)
            yield ConfigDifference(
                alias=alias,
                attribute="dir",
                said=env.attributes.get("dir") or DEFAULT_DIRECTORY,
                environment=env.name,
                setting="DIR",
                value=str(directory.relative_to(base) if is_below else directory),
            )
