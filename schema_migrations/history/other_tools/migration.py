"""What a folder of another tool holds, and what one of its migrations is.

Invariant: ``up`` and ``down`` are bytes of the tool's own file, without its markers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from schema_migrations.errors import OtherFileRefused

REPEATABLE = "R"
"""Stands for the version of a migration that has none: it runs whenever it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFile:
    """A file of another tool's folder."""

    name: str
    """Its path from the folder, with slashes."""
    content: bytes

    @property
    def base(self) -> str:
        """The name without its folders."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherMigration:
    """A migration of another tool."""

    version: str
    """As the tool writes it; or ``REPEATABLE``."""
    name: str
    """What the file's name says besides the version."""
    file: str
    up: bytes
    down: bytes = b""
    """What undoes it; empty: nothing does."""
    transactional: bool = True
    """The tool runs it in a transaction."""

    @property
    def is_repeatable(self) -> bool:
        return self.version == REPEATABLE

    @property
    def key(self) -> VersionKey:
        return read_version(self.version)


VersionKey = tuple[int, ...]
"""A version as numbers; two that compare equal are one version to the tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file of the folder that is not taken, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFolder:
    """All of a folder, in the order in which its tool runs it, repeatable ones last."""

    migrations: tuple[OtherMigration, ...]
    left_out: tuple[LeftOut, ...] = ()


def read_version(version: str) -> VersionKey:
    """Return the numbers of ``1.10`` or ``0001``: zeros at the end say nothing."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def order_migrations(
    migrations: Iterable[OtherMigration], left_out: Iterable[LeftOut]
) -> OtherFolder:
    """Return a folder by versions; raise ``OtherFileRefused`` for a version given twice."""
    every = list(migrations)
    same = defaultdict[VersionKey | str, list[OtherMigration]](list)
    for each in every:
        same[each.name if each.is_repeatable else each.key].append(each)
    for group in same.values():
        if len(group) > 1:
            what = "name" if group[0].is_repeatable else f"version {group[1].version}"
            raise OtherFileRefused(
                file=group[1].file,
                line=1,
                problem=f"its {what} is also that of {group[0].file}",
                advice="Give one of them another.",
            )
    return OtherFolder(
        migrations=tuple(
            sorted(every, key=lambda each: (each.is_repeatable, each.key, each.name))
        ),
        left_out=tuple(sorted(left_out, key=lambda each: each.file)),
    )


def find_line(content: bytes, position: int) -> int:
    """Return the 1-based line of a position."""
    return content.count(b"\n", 0, position) + 1


def remove_mark(content: bytes) -> bytes:
    """Return the content without a byte order mark, which may stand only at its start."""
    return content.removeprefix(b"\xef\xbb\xbf")


def make_left_out(file: OtherFile, reason: str) -> LeftOut:
    return LeftOut(file=file.name, reason=reason)


NO_VERSION = "its name is none of a migration"
CODE_SUFFIXES = (".go", ".java", ".kt", ".class", ".py", ".js", ".ts", ".rs")


def is_worth_naming(file: OtherFile) -> bool:
    """Tell whether somebody may think that a file is run: SQL, or a program."""
    return file.base.lower().endswith((".sql", *CODE_SUFFIXES))


def explain_left_out(file: OtherFile) -> LeftOut:
    is_code = file.base.lower().endswith(CODE_SUFFIXES)
    return make_left_out(
        file, "a program, not SQL: write what it does as SQL" if is_code else NO_VERSION
    )
