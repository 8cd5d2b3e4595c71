"""Keep values between commands, under keys that cover all they depend on.

A file for each key, in one folder that is safe to delete.  Invariants: whatever happens to
the folder, an answer is right or not there; what is read from it is a value, never code;
no failure leaves this module, only a warning.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SETTING = "SCHEMA_MIGRATIONS_CACHE"
"""The environment variable that names the folder; ``off``: there is none."""
OFF = "off"
FORMAT = 1
"""Of the files: another number is as good as no file."""

_FOLDER = "django-schema-migrations/answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSection:
    """What is kept for one purpose."""

    suffix: str
    """Of its files."""
    kept_files: int
    """More of them than this are removed, oldest use first."""
    max_bytes: int
    """No file is larger."""


ANSWERS = CacheSection(suffix=".json", kept_files=1000, max_bytes=4096)
SCHEMAS = CacheSection(suffix=".schema", kept_files=20, max_bytes=64 * 1024**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A folder of answers; ``warnings`` grows by what kept an answer from being kept."""

    folder: Path
    section: CacheSection = ANSWERS
    is_named: bool = False
    """Somebody named the folder, and with it whom to trust."""
    warnings: list[str] = field(default_factory=list)

    def read(self, key: str) -> Mapping[str, Any] | None:
        """Return the answer for a key, and note its use; None: it is not known."""
        path = self._path_of(key)
        try:
            if self._find_distrust():
                return None  # a warning comes when an answer is to be kept
            with path.open("rb") as file:
                content = file.read(self.section.max_bytes + 1)
        except OSError:
            return None
        value = _parse(content, key)
        if value is None:
            self.warnings.append(f"{path} is damaged and was ignored. Delete it.")
            return None
        with suppress(OSError):
            os.utime(path)
        return value

    def write(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep an answer; what is kept already is replaced."""
        content = _format(key, value)
        if len(content) > self.section.max_bytes:
            return
        path = self._path_of(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if distrust := self._find_distrust():
                self.warnings.append(
                    f"Nothing is kept in {self.folder}, since {distrust}. Correct that, or"
                    f" let {SETTING} name another folder, or {OFF}."
                )
                return
            try:
                temporary.write_bytes(content)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            _remove_unused(self.folder, self.section)
        except OSError as error:
            self.warnings.append(
                f"Nothing is kept in {self.folder}: {error.strerror}. {SETTING} names"
                f" another folder, or {OFF}."
            )

    def _path_of(self, key: str) -> Path:
        return self.folder / f"{key}{self.section.suffix}"

    def _find_distrust(self) -> str:
        """Return why others could have put answers there; empty: nobody could."""
        if os.name != "posix":
            return ""
        facts = self.folder.lstat() if not self.is_named else self.folder.stat()
        if not stat.S_ISDIR(facts.st_mode):
            return "it is not a folder"
        if facts.st_mode & stat.S_IWOTH:
            return "everybody may write there"
        if self.is_named:
            return ""
        if facts.st_uid != os.geteuid():
            return "it belongs to another user"
        if facts.st_mode & stat.S_IWGRP:
            return "its group may write there"
        return ""


def find_cache(
    environment: Mapping[str, str], section: CacheSection = ANSWERS
) -> Cache | None:
    """Return the cache that the environment names; None: there is none.

    Where ``CI`` is set, only a folder that is named counts: a check there is to look.
    """
    named = environment.get(SETTING, "")
    if named == OFF:
        return None
    if named:
        folder = Path(named).expanduser().absolute()
        return Cache(folder=folder, section=section, is_named=True)
    if environment.get("CI", "").lower() not in {"", "0", "false"}:
        return None
    home = environment.get("XDG_CACHE_HOME", "")
    try:
        base = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # nobody knows a home
        return None
    return Cache(folder=base / _FOLDER, section=section)


def make_key(parts: Iterable[object]) -> str:
    """Return a key for parts, whose ``repr`` says all that matters of them."""
    key = hashlib.sha256()
    for part in (FORMAT, *parts):
        text = part if isinstance(part, bytes) else repr(part).encode()
        key.update(b"%d:" % len(text))
        key.update(text)
    return key.hexdigest()


def _format(key: str, value: Mapping[str, Any]) -> bytes:
    content = json.dumps({"format": FORMAT, "key": key, "value": value}).encode()
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content + b"\n"


def _parse(content: bytes, key: str) -> Mapping[str, Any] | None:
    digest, _, rest = content.partition(b"\n")
    body = rest.removesuffix(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        return None
    try:
        found = json.loads(body)
        is_ours = found["format"] == FORMAT and found["key"] == key
        value = found["value"]
    except (ValueError, KeyError, TypeError):
        return None
    return value if is_ours and isinstance(value, dict) else None


def _remove_unused(folder: Path, section: CacheSection) -> None:
    """Remove the files that were used longest ago, if there are too many."""
    paths = [path for path in folder.iterdir() if section.suffix in path.name]
    if len(paths) <= section.kept_files:
        return
    used: dict[Path, float] = {}
    for path in paths:
        with suppress(FileNotFoundError):  # another command was faster
            used[path] = path.stat().st_mtime
    for path in sorted(used, key=used.__getitem__)[: -section.kept_files]:
        path.unlink(missing_ok=True)
