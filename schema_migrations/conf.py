"""``SCHEMA_MIGRATIONS`` → one frozen ``Settings`` per alias.

Invariant: a ``Settings`` is made only from a dict without a single problem, and every
problem is reported at once.  ``problems`` is pure; only ``settings_for`` and
``current_problems`` read Django's settings.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from django.conf import settings as django_settings
from django.db import connections

from schema_migrations.errors import ConfigError

NAME = "SCHEMA_MIGRATIONS"
DEFAULT_ALIAS = "default"

ExecOrder = Literal["linear", "linear-skip", "non-linear"]
TxMode = Literal["file", "all", "none"]
EXEC_ORDERS = ("linear", "linear-skip", "non-linear")
TX_MODES = ("file", "all", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for one alias; durations in seconds, None: off."""

    directory: Path
    dev: str
    apps: tuple[str, ...] | None
    """None: every installed app that the routers allow on this alias."""
    extensions: tuple[str, ...]
    extra: tuple[Path, ...]
    """SQL files, and folders of them."""
    ignore: tuple[str, ...]
    """Patterns for what other tools own."""
    exec_order: ExecOrder
    tx_mode: TxMode
    revisions_schema: str | None
    lock_wait: float
    lock_timeout: float | None
    lock_retries: int
    statement_timeout: float | None
    idle_in_transaction_timeout: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    code: str
    """Of the system check: ``E001`` …"""
    message: str
    hint: str
    alias: str = ""


UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


def seconds(value: object) -> float:
    """Return a duration: a number of seconds, or text such as ``500ms``, ``5s``, ``2min``.

    Raises ``ValueError``.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|)\s*", value)
        if found:
            return float(found[1]) * UNITS[found[2] or "s"]
    raise ValueError(f"{value!r} is not a duration")


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _names(value: object) -> bool:
    return isinstance(value, list | tuple) and all(_text(item) for item in value)


def _path(value: object) -> bool:
    return _text(value) or isinstance(value, Path)


def _paths(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_path, value))


def _patterns(value: object) -> bool:
    return _names(value) and all(
        _PATTERN.fullmatch(item) for item in cast("list[str]", value)
    )


# One dot at most; a pattern without a letter would hide the whole database.
_PATTERN = re.compile(r"(?=.*\w)[^.\s]+(\.[^.\s]+)?")


def _duration(value: object) -> bool:
    try:
        seconds(value)
    except ValueError:
        return False
    return True


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _or_none(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or accepts(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    default: Any
    accepts: Callable[[object], bool]
    wanted: str
    """What the value must be, for the hint."""
    idle: bool = False
    """Nothing reads it yet, so anything but the default is refused."""


KEYS: Mapping[str, _Key] = {
    "DIR": _Key(
        default=None,
        accepts=_path,
        wanted="a path",
    ),
    "DEV": _Key(
        default="auto",
        accepts=_text,
        wanted='"auto", "embedded", "sqlite" or a URL',
    ),
    "APPS": _Key(
        default=None, accepts=_or_none(_names), wanted="None or a list of app labels"
    ),
    "EXTENSIONS": _Key(
        default=(), accepts=_names, wanted='a list of names, such as ["pg_trgm"]'
    ),
    "EXTRA": _Key(
        default=(),
        accepts=_paths,
        wanted='a list of SQL files or folders, such as [BASE_DIR / "sql"]',
    ),
    "IGNORE": _Key(
        default=(),
        accepts=_patterns,
        wanted='a list of names or patterns, such as ["spatial_ref_sys", "pgboss.*"]',
    ),
    "PLAN": _Key(
        default="online",
        accepts=lambda v: v in ("online", "simple"),
        wanted='"online"',
        idle=True,
    ),
    "EXEC_ORDER": _Key(
        default="linear",
        accepts=lambda v: v in EXEC_ORDERS,
        wanted='"linear", "linear-skip" or "non-linear"',
    ),
    "TX_MODE": _Key(
        default="file",
        accepts=lambda v: v in TX_MODES,
        wanted='"file", "all" or "none"',
    ),
    "REVISIONS_SCHEMA": _Key(
        default=None, accepts=_or_none(_text), wanted="None or the name of a schema"
    ),
    "LOCK_WAIT": _Key(
        default="60s", accepts=_duration, wanted='a duration, such as "60s"'
    ),
    "LOCK_TIMEOUT": _Key(
        default="5s",
        accepts=_or_none(_duration),
        wanted='None or a duration, such as "5s"',
    ),
    "LOCK_RETRIES": _Key(default=30, accepts=_count, wanted="a number, 0 or more"),
    "STATEMENT_TIMEOUT": _Key(
        default=None,
        accepts=_or_none(_duration),
        wanted='None or a duration, such as "10min"',
    ),
    "IDLE_IN_TRANSACTION_TIMEOUT": _Key(
        default="1min",
        accepts=_or_none(_duration),
        wanted='None or a duration, such as "1min"',
    ),
    "LINT": _Key(
        default={},
        accepts=lambda v: isinstance(v, Mapping),
        wanted="an empty dict",
        idle=True,
    ),
}


def nearest(word: object, words: Iterable[str]) -> str:
    """Return ``Did you mean X? `` for a word that is close to one of ``words``."""
    known = {known.lower(): known for known in words}
    close = difflib.get_close_matches(str(word).lower(), known, n=1)
    return f"Did you mean {known[close[0]]!r}? " if close else ""


def problems(raw: object, aliases: Iterable[str]) -> tuple[Problem, ...]:
    """Return everything that is wrong with the value of ``SCHEMA_MIGRATIONS``."""
    if not isinstance(raw, Mapping):
        return (
            Problem(
                code="E001",
                message=f"{NAME} is a {type(raw).__name__}, not a dict.",
                hint=f'Write {NAME} = {{"default": {{}}}}.',
            ),
        )
    aliases = tuple(aliases)
    found: list[Problem] = []
    for alias, entry in raw.items():
        if alias not in aliases:
            found.append(_unknown_alias(alias, aliases))
        if isinstance(entry, Mapping):
            found += _entry_problems(str(alias), entry)
        else:
            found.append(
                Problem(
                    code="E001",
                    message=f"{NAME}[{alias!r}] is a {type(entry).__name__}, not a dict.",
                    hint="An empty dict takes every default.",
                    alias=str(alias),
                )
            )
    return tuple(found)


def _unknown_alias(alias: object, aliases: tuple[str, ...]) -> Problem:
    return Problem(
        code="E002",
        message=f"{NAME} has an entry {alias!r}, which is not in DATABASES.",
        hint=f"{nearest(alias, aliases)}Known: {', '.join(sorted(aliases))}.",
        alias=str(alias),
    )


def _entry_problems(alias: str, entry: Mapping[object, object]) -> Iterable[Problem]:
    for name, value in entry.items():
        place = f"{NAME}[{alias!r}][{name!r}]"
        key = KEYS.get(name) if isinstance(name, str) else None
        if key is None:
            yield Problem(
                code="E003",
                message=f"{place} is not a setting.",
                hint=f"{nearest(name, KEYS)}Known: {', '.join(KEYS)}.",
                alias=alias,
            )
        elif not key.accepts(value):
            yield Problem(
                code="E004",
                message=f"{place} is {value!r}.",
                hint=f"It must be {key.wanted}.",
                alias=alias,
            )
        elif key.idle and value != key.default and value not in ([], ()):
            yield Problem(
                code="E005",
                message=f"{place} = {value!r} has no effect yet.",
                hint="Remove it: this version does not read it.",
                alias=alias,
            )


def resolve(
    entry: Mapping[str, Any], *, base: Path, directory: Path | None = None
) -> Settings:
    """Return the settings of an entry without problems; relative paths are under ``base``."""
    value = {name: entry.get(name, key.default) for name, key in KEYS.items()}

    def duration(name: str) -> float | None:
        return None if value[name] is None else seconds(value[name])

    return Settings(
        directory=directory or base / (value["DIR"] or "migrations"),
        dev=value["DEV"],
        apps=None if value["APPS"] is None else tuple(value["APPS"]),
        extensions=tuple(value["EXTENSIONS"]),
        extra=tuple(base / path for path in value["EXTRA"]),
        ignore=tuple(value["IGNORE"]),
        exec_order=cast("ExecOrder", value["EXEC_ORDER"]),
        tx_mode=cast("TxMode", value["TX_MODE"]),
        revisions_schema=value["REVISIONS_SCHEMA"],
        lock_wait=seconds(value["LOCK_WAIT"]),
        lock_timeout=duration("LOCK_TIMEOUT") or None,
        lock_retries=value["LOCK_RETRIES"],
        statement_timeout=duration("STATEMENT_TIMEOUT") or None,
        idle_in_transaction_timeout=duration("IDLE_IN_TRANSACTION_TIMEOUT") or None,
    )


def managed_aliases() -> tuple[str, ...]:
    """Return the aliases that ``SCHEMA_MIGRATIONS`` names; ``default`` if it names none."""
    raw = getattr(django_settings, NAME, {})
    return (tuple(raw) if isinstance(raw, Mapping) else ()) or (DEFAULT_ALIAS,)


def current_problems() -> tuple[Problem, ...]:
    """Return what is wrong with the project's setting."""
    raw = getattr(django_settings, NAME, {})
    return problems(raw, tuple(connections))


def settings_for(alias: str, *, directory: Path | None = None) -> Settings:
    """Return the settings of an alias; ``directory`` is used instead of ``DIR``.

    Raises ``ConfigError`` for an unknown alias, for one that has no directory, and for
    anything wrong with ``SCHEMA_MIGRATIONS``.
    """
    aliases = tuple(connections)
    if alias not in aliases:
        raise ConfigError(
            f"There is no database {alias!r} in DATABASES.",
            hint=f"{nearest(alias, aliases)}Known: {', '.join(sorted(aliases))}.",
        )
    found = current_problems()
    if found:
        raise ConfigError("\n".join(f"{p.message}  {p.hint}" for p in found))
    entry = getattr(django_settings, NAME, {}).get(alias, {})
    if directory is None and alias != DEFAULT_ALIAS and "DIR" not in entry:
        raise ConfigError(
            f"No migration directory is known for the database {alias!r}.",
            hint=f'Set {NAME}[{alias!r}] = {{"DIR": …}}, or give --dir.',
        )
    base = Path(getattr(django_settings, "BASE_DIR", None) or Path.cwd())
    return resolve(entry, base=base, directory=directory)
