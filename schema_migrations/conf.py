"""``SCHEMA_MIGRATIONS``: its problems, and one frozen ``Settings`` per alias.

Invariant: ``Settings`` are made only from a value without any problem, and all problems
are reported at once.  ``find_setting_problems`` is pure; only ``read_settings``,
``find_project_problems`` and ``list_managed_aliases`` read Django's settings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from django.conf import settings as django_settings
from django.db import connections

from schema_migrations.durations import parse_duration
from schema_migrations.errors import (
    DirectoryNotSet,
    InvalidSettings,
    InvalidUrl,
    UnknownDatabase,
    suggest_nearest,
)
from schema_migrations.history.path_url import is_path_url, is_url, path_from_text

if TYPE_CHECKING:
    from schema_migrations.history.comparison import ExecOrder

SETTING_NAME = "SCHEMA_MIGRATIONS"
DEFAULT_ALIAS = "default"

PlanForm = Literal["simple", "online"]
"""``online``: others can read and write while the files are applied."""
TxMode = Literal["file", "all", "none"]
"""``file``: one transaction per file; ``all``: one for all files; ``none``: none."""
EXEC_ORDERS = ("linear", "linear-skip", "non-linear")
TX_MODES = ("file", "all", "none")
PLANS = ("simple", "online")
PRIVILEGES = ("ignore", "compare")
ATLAS = ("ignore", "warn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one alias; durations in seconds, None: off."""

    directory: Path
    dev: str
    apps: tuple[str, ...] | None
    """None: all installed apps that the routers allow on this alias."""
    extensions: tuple[str, ...]
    extra_paths: tuple[Path, ...]
    """SQL files, and folders of SQL files."""
    ignore_patterns: tuple[str, ...]
    """Patterns of the objects that other tools own."""
    compares_privileges: bool
    """Owners and grants belong to the schema."""
    plan: PlanForm
    exec_order: ExecOrder
    tx_mode: TxMode
    revisions_schema: str | None
    warns_of_atlas: bool
    """Atlas runs the files as well: what it reads in another way is told."""
    lock_wait: float
    lock_timeout: float | None
    lock_retries: int
    statement_timeout: float | None
    idle_in_transaction_timeout: float | None
    batch_size: int
    """Rows of a batch."""
    batch_pause: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingProblem:
    code: str
    """The code of the system check: ``E001`` …"""
    message: str
    hint: str
    alias: str = ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_name_list(value: object) -> bool:
    return isinstance(value, list | tuple) and all(_is_text(item) for item in value)


def _is_path(value: object) -> bool:
    is_text = isinstance(value, str) and value != "" and not is_url(value)
    return is_text or isinstance(value, Path)


def _is_path_list(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_path, value))


def _is_pattern_list(value: object) -> bool:
    return _is_name_list(value) and all(
        _PATTERN.fullmatch(item) for item in cast("list[str]", value)
    )


# At most one dot; a pattern without a letter would hide the whole database.
_PATTERN = re.compile(r"(?=.*\w)[^.\s]+(\.[^.\s]+)?")


def _is_duration(value: object) -> bool:
    try:
        parse_duration(value)
    except ValueError:
        return False
    return True


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _allow_none(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or accepts(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SettingKey:
    default: Any
    accepts: Callable[[object], bool]
    expected: str
    """The description of a valid value, for the hint."""
    is_unused: bool = False
    """The key has no effect yet, so only the default is accepted."""


def _make_choice(values: tuple[str, ...]) -> _SettingKey:
    """Return a key that takes one of the values; the first is the default."""
    *others, last = (f'"{value}"' for value in values)
    return _SettingKey(
        default=values[0],
        accepts=lambda value: value in values,
        expected=f"{', '.join(others)} or {last}",
    )


SETTING_KEYS: Mapping[str, _SettingKey] = {
    "DIR": _SettingKey(default="migrations", accepts=_is_path, expected="a path"),
    "DEV": _SettingKey(
        default="auto",
        accepts=_is_text,
        expected='"auto", "embedded", "sqlite" or a URL',
    ),
    "APPS": _SettingKey(
        default=None,
        accepts=_allow_none(_is_name_list),
        expected="None or a list of app labels",
    ),
    "EXTENSIONS": _SettingKey(
        default=(),
        accepts=_is_name_list,
        expected='a list of names, such as ["pg_trgm"]',
    ),
    "EXTRA": _SettingKey(
        default=(),
        accepts=_is_path_list,
        expected='a list of SQL files or folders, such as [BASE_DIR / "sql"]',
    ),
    "IGNORE": _SettingKey(
        default=(),
        accepts=_is_pattern_list,
        expected='a list of names or patterns, such as ["spatial_ref_sys", "pgboss.*"]',
    ),
    "PRIVILEGES": _make_choice(PRIVILEGES),
    "PLAN": _make_choice(PLANS),
    "EXEC_ORDER": _make_choice(EXEC_ORDERS),
    "TX_MODE": _make_choice(TX_MODES),
    "REVISIONS_SCHEMA": _SettingKey(
        default=None,
        accepts=_allow_none(_is_text),
        expected="None or the name of a schema",
    ),
    "ATLAS": _make_choice(ATLAS),
    "LOCK_WAIT": _SettingKey(
        default="60s", accepts=_is_duration, expected='a duration, such as "60s"'
    ),
    "LOCK_TIMEOUT": _SettingKey(
        default="5s",
        accepts=_allow_none(_is_duration),
        expected='None or a duration, such as "5s"',
    ),
    "LOCK_RETRIES": _SettingKey(
        default=30, accepts=_is_count, expected="a number, 0 or more"
    ),
    "STATEMENT_TIMEOUT": _SettingKey(
        default=None,
        accepts=_allow_none(_is_duration),
        expected='None or a duration, such as "10min"',
    ),
    "IDLE_IN_TRANSACTION_TIMEOUT": _SettingKey(
        default="1min",
        accepts=_allow_none(_is_duration),
        expected='None or a duration, such as "1min"',
    ),
    "BACKFILL_BATCH": _SettingKey(
        default=5000,
        accepts=lambda value: _is_count(value) and value != 0,
        expected="a number of rows, 1 or more",
    ),
    "BACKFILL_PAUSE": _SettingKey(
        default="0s", accepts=_is_duration, expected='a duration, such as "100ms"'
    ),
    "LINT": _SettingKey(
        default={},
        accepts=lambda v: isinstance(v, Mapping),
        expected="an empty dict",
        is_unused=True,
    ),
}


def find_setting_problems(
    setting: object, aliases: Iterable[str]
) -> tuple[SettingProblem, ...]:
    """Return all problems of a value of ``SCHEMA_MIGRATIONS``."""
    if not isinstance(setting, Mapping):
        return (
            SettingProblem(
                code="E001",
                message=f"{SETTING_NAME} is a {type(setting).__name__}, not a dict.",
                hint=f'Write {SETTING_NAME} = {{"default": {{}}}}.',
            ),
        )
    aliases = tuple(aliases)
    problems: list[SettingProblem] = []
    for alias, entry in setting.items():
        if alias not in aliases:
            problems.append(_make_alias_problem(alias, aliases))
        if isinstance(entry, Mapping):
            problems += _find_entry_problems(str(alias), entry)
        else:
            problems.append(
                SettingProblem(
                    code="E001",
                    message=f"{SETTING_NAME}[{alias!r}] is a {type(entry).__name__}, not a dict.",
                    hint="Use an empty dict for the defaults.",
                    alias=str(alias),
                )
            )
    return tuple(problems)


def _make_alias_problem(alias: object, aliases: tuple[str, ...]) -> SettingProblem:
    return SettingProblem(
        code="E002",
        message=f"{SETTING_NAME} has an entry {alias!r}, which is not in DATABASES.",
        hint=f"{suggest_nearest(str(alias), aliases)}Known: {', '.join(sorted(aliases))}.",
        alias=str(alias),
    )


def _find_entry_problems(
    alias: str, entry: Mapping[object, object]
) -> Iterable[SettingProblem]:
    for name, value in entry.items():
        place = f"{SETTING_NAME}[{alias!r}][{name!r}]"
        key = SETTING_KEYS.get(name) if isinstance(name, str) else None
        if key is None:
            yield SettingProblem(
                code="E003",
                message=f"{place} is not a setting.",
                hint=f"{suggest_nearest(str(name), SETTING_KEYS)}Known: {', '.join(SETTING_KEYS)}.",
                alias=alias,
            )
        elif not key.accepts(value):
            yield SettingProblem(
                code="E004",
                message=f"{place} has the invalid value {value!r}.",
                hint=" ".join(
                    (f"It must be {key.expected}.", *_advise_paths(key, value))
                ),
                alias=alias,
            )
        elif key.is_unused and value != key.default and value not in ([], ()):
            yield SettingProblem(
                code="E005",
                message=f"{place} = {value!r} has no effect yet.",
                hint="Remove it: this version does not use it.",
                alias=alias,
            )


def _advise_paths(key: _SettingKey, value: object) -> Iterator[str]:
    """Yield what to write instead of each ``file://`` URL, which options take."""
    if key.accepts not in (_is_path, _is_path_list):
        return
    for each in value if isinstance(value, list | tuple) else (value,):
        if isinstance(each, str) and is_path_url(each):
            with suppress(InvalidUrl):
                yield f"Write {path_from_text(each)}, without file://."


def settings_from_entry(
    entry: Mapping[str, Any], *, base: Path, directory: Path | None = None
) -> Settings:
    """Return the settings of a valid entry; relative paths are relative to ``base``."""
    value = {name: entry.get(name, key.default) for name, key in SETTING_KEYS.items()}

    def duration(name: str) -> float | None:
        return None if value[name] is None else parse_duration(value[name])

    return Settings(
        directory=directory or base / value["DIR"],
        dev=value["DEV"],
        apps=None if value["APPS"] is None else tuple(value["APPS"]),
        extensions=tuple(value["EXTENSIONS"]),
        extra_paths=tuple(base / path for path in value["EXTRA"]),
        ignore_patterns=tuple(value["IGNORE"]),
        compares_privileges=value["PRIVILEGES"] == "compare",
        plan=cast("PlanForm", value["PLAN"]),
        exec_order=cast("ExecOrder", value["EXEC_ORDER"]),
        tx_mode=cast("TxMode", value["TX_MODE"]),
        revisions_schema=value["REVISIONS_SCHEMA"],
        warns_of_atlas=value["ATLAS"] == "warn",
        lock_wait=parse_duration(value["LOCK_WAIT"]),
        lock_timeout=duration("LOCK_TIMEOUT") or None,
        lock_retries=value["LOCK_RETRIES"],
        statement_timeout=duration("STATEMENT_TIMEOUT") or None,
        idle_in_transaction_timeout=duration("IDLE_IN_TRANSACTION_TIMEOUT") or None,
        batch_size=value["BACKFILL_BATCH"],
        batch_pause=parse_duration(value["BACKFILL_PAUSE"]),
    )


def list_managed_aliases() -> tuple[str, ...]:
    """Return the aliases in ``SCHEMA_MIGRATIONS``; ``default`` if it has none."""
    raw = getattr(django_settings, SETTING_NAME, {})
    return (tuple(raw) if isinstance(raw, Mapping) else ()) or (DEFAULT_ALIAS,)


def find_revisions_schema(alias: str) -> str | None:
    """Return ``REVISIONS_SCHEMA`` of an alias; None where it is not set or not usable."""
    raw = getattr(django_settings, SETTING_NAME, {})
    entry = raw.get(alias) if isinstance(raw, Mapping) else None
    name = entry.get("REVISIONS_SCHEMA") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else None


def find_project_problems() -> tuple[SettingProblem, ...]:
    """Return all problems of the project's ``SCHEMA_MIGRATIONS``."""
    raw = getattr(django_settings, SETTING_NAME, {})
    return find_setting_problems(raw, tuple(connections))


def read_settings(alias: str, *, directory: Path | None = None) -> Settings:
    """Return the settings of an alias; ``directory`` overrides ``DIR``.

    Raises ``ConfigError`` for an unknown alias, for one without a directory, and for
    any problem of ``SCHEMA_MIGRATIONS``.
    """
    aliases = tuple(connections)
    if alias not in aliases:
        raise UnknownDatabase(alias=alias, known=tuple(sorted(aliases)))
    problems = find_project_problems()
    if problems:
        raise InvalidSettings(
            problem="\n".join(f"{p.message}  {p.hint}" for p in problems)
        )
    entry = getattr(django_settings, SETTING_NAME, {}).get(alias, {})
    if directory is None and alias != DEFAULT_ALIAS and "DIR" not in entry:
        raise DirectoryNotSet(alias=alias)
    return settings_from_entry(entry, base=find_base(), directory=directory)


def find_base() -> Path:
    """Return the folder below which relative paths of the settings are."""
    return Path(getattr(django_settings, "BASE_DIR", None) or Path.cwd())
