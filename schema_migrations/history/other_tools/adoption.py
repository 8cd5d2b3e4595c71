"""The files of the directory that another tool's folder becomes.

Invariant: the SQL of a file stays byte for byte; only markers go, and a head comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from schema_migrations.errors import OtherFileRefused, SyntaxProblem
from schema_migrations.history.directory import Directory, next_name
from schema_migrations.history.encoding import read_text
from schema_migrations.history.file import FILE_SUFFIX, MigrationFile
from schema_migrations.history.other_tools.migration import (
    LeftOut,
    OtherFile,
    OtherFolder,
    OtherMigration,
)
from schema_migrations.history.other_tools.origin import (
    OtherOrigin,
    format_other_origin,
)
from schema_migrations.history.other_tools.tools import read_folder_of
from schema_migrations.history.other_tools.versions import format_versions
from schema_migrations.history.sql_purpose import is_refused_in_transaction
from schema_migrations.history.statements import find_transaction_control, split
from schema_migrations.history.syntax import Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedFile:
    """A new file, and what it comes from."""

    source: str
    """The name of the other tool's file."""
    file: MigrationFile
    transactional: bool
    down: MigrationFile | None = None
    """What undoes it, under the same name."""
    extra: MigrationFile | None = None
    """A repeatable migration, for ``EXTRA``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """All that a folder becomes."""

    tool: str
    files: tuple[AdoptedFile, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def downs(self) -> tuple[MigrationFile, ...]:
        return tuple(each.down for each in self.files if each.down)

    @property
    def extras(self) -> tuple[MigrationFile, ...]:
        return tuple(each.extra for each in self.files if each.extra)


def plan_adoption(
    tool: str, files: Sequence[OtherFile], syntax: Syntax, *, now: datetime
) -> Adoption:
    """Return what the files of a tool's folder become; raise ``OtherFileRefused`` and
    ``SyntaxProblem``."""
    folder = read_folder_of(tool, files)
    if not folder.migrations:
        raise OtherFileRefused(
            file=files[0].name if files else "the folder",
            line=1,
            problem=f"no file here is one of {tool}",
            advice="Check the folder and the tool.",
        )
    contents = {each.name: each.content for each in files}
    for migration in folder.migrations:
        _check_text(migration, contents[migration.file], syntax)
    adopted = tuple(_adopt_all(tool, folder, syntax, now))
    _refuse_one_name_for_two(adopted)
    return Adoption(tool=tool, files=adopted, left_out=folder.left_out)


def _refuse_one_name_for_two(adopted: Sequence[AdoptedFile]) -> None:
    """Raise ``OtherFileRefused`` where two repeatable migrations become one file."""
    sources: dict[str, str] = {}
    for each in adopted:
        if each.extra is None:
            continue
        first = sources.setdefault(each.extra.name, each.source)
        if first != each.source:
            raise OtherFileRefused(
                file=each.source,
                line=1,
                problem=f"it becomes {each.extra.name} of EXTRA, and so does {first}",
                advice="Give one of them another name.",
            )


def _adopt_all(
    tool: str, folder: OtherFolder, syntax: Syntax, now: datetime
) -> Iterator[AdoptedFile]:
    counted = [each for each in folder.migrations if not each.is_repeatable]
    versions = format_versions([each.version for each in counted])
    # Repeatable ones come after all others, so only the file before gives the version.
    newest: tuple[MigrationFile, ...] = ()
    remaining = iter(versions)
    for migration in folder.migrations:
        if migration.is_repeatable:
            name = next_name(Directory(path="", files=newest), migration.name, now)
        else:
            name = format_file_name(next(remaining), migration.name)
        adopted = _adopt_migration(tool, migration, name, syntax)
        newest = (adopted.file,)
        yield adopted


def _adopt_migration(
    tool: str, migration: OtherMigration, name: str, syntax: Syntax
) -> AdoptedFile:
    outside = not migration.transactional or is_run_outside_transaction(
        migration.up.decode(), syntax, file=migration.file
    )
    origin = OtherOrigin(tool=tool, version=migration.version, file=migration.file)
    head = [format_other_origin(origin), ""]
    if outside:
        # A block of its own, at the top: Atlas reads it nowhere else.
        head = ["-- atlas:txmode none", "", *head]
    extra_name = f"{_shorten_name(migration.name) or 'repeatable'}{FILE_SUFFIX}"
    return AdoptedFile(
        source=migration.file,
        file=MigrationFile(
            name=name,
            content="".join(f"{line}\n" for line in head).encode() + migration.up,
        ),
        transactional=not outside,
        down=MigrationFile(name=name, content=migration.down)
        if migration.down
        else None,
        extra=MigrationFile(name=extra_name, content=migration.up)
        if migration.is_repeatable
        else None,
    )


def is_run_outside_transaction(sql: str, syntax: Syntax, *, file: str) -> bool:
    """Tell whether the SQL itself begins or refuses a transaction.

    Flyway finds that by itself, and golang-migrate runs it alone, without transaction.
    """
    statements = split(sql, syntax, file=file)
    return any(
        find_transaction_control(each.sql)
        or is_refused_in_transaction(each.sql, syntax)
        for each in statements
    )


def _check_text(migration: OtherMigration, content: bytes, syntax: Syntax) -> None:
    """Raise ``SyntaxProblem``, with the line in the tool's own file, for text that is no
    UTF-8 or cannot be split."""
    text = read_text(content, file=migration.file)
    try:
        split(migration.up.decode(), syntax, file=migration.file)
    except SyntaxProblem as error:
        raise SyntaxProblem(
            problem=error.problem,
            file=migration.file,
            line=_find_source_line(text, migration.up.decode(), error.line),
            advice=error.advice,
        ) from error


def _find_source_line(source: str, up: str, line: int) -> int:
    """Return the line of a file for a line of its part: all lines of the part are lines
    of the file, in their order."""
    rest = enumerate(source.splitlines(), 1)
    found = 0
    for wanted in up.splitlines()[:line]:
        found = next((number for number, text in rest if text == wanted), found)
    return found or line


def format_file_name(version: str, name: str) -> str:
    short = _shorten_name(name)
    return f"{version}_{short}{FILE_SUFFIX}" if short else f"{version}{FILE_SUFFIX}"


def _shorten_name(name: str) -> str:
    """Return a name as part of a file's name: without spaces and control characters."""
    return re.sub(r"[^\w.-]+", "_", name).strip("_.")
