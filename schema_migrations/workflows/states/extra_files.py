"""The files of ``EXTRA``, read and split into statements; nothing runs here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.errors import InvalidSettings, SyntaxProblem
from schema_migrations.history.directory import read_file
from schema_migrations.history.file import FILE_SUFFIX, MigrationFile

if TYPE_CHECKING:
    from schema_migrations.history.statements import SourceStatement, Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraStatement:
    """A statement of an ``EXTRA`` file."""

    file: str
    statement: SourceStatement


def read_extra(
    paths: Iterable[Path], syntax: Syntax, *, migration_directory: Path
) -> tuple[ExtraStatement, ...]:
    """Return the statements of all files, a folder's files in order of their paths.

    Raises ``ConfigError`` for a path that does not exist or holds files of
    ``migration_directory``, and ``SyntaxProblem``.
    """
    files = [file for path in paths for file in _list_files(path)]
    for file in files:
        if file.parent.resolve() == migration_directory.resolve():
            raise InvalidSettings(
                problem=f"EXTRA: {file} is a file of the migration directory.",
                advice="Keep the SQL files for EXTRA in a separate folder.",
            )
    return tuple(extra for file in files for extra in _read_statements(file, syntax))


def _list_files(path: Path) -> Sequence[Path]:
    """Return the file itself, or every ``.sql`` file below the folder."""
    if path.is_dir():
        return sorted(file for file in path.rglob(f"*{FILE_SUFFIX}") if file.is_file())
    if path.is_file():
        return [path]
    raise InvalidSettings(
        problem=f"EXTRA: {path} does not exist.",
        advice="List SQL files or folders of them; relative paths start at BASE_DIR.",
    )


def _read_statements(path: Path, syntax: Syntax) -> Iterator[ExtraStatement]:
    # Not at the top: a project need not have any.
    from schema_migrations.history.statements import find_transaction_control

    # Line endings are part of a function body; a checkout must not change them.
    content = read_file(path).replace(b"\r\n", b"\n")
    file = MigrationFile(name=_shorten_path(path), content=content)
    for statement in file.split_statements(syntax):
        if word := find_transaction_control(statement.sql):
            raise SyntaxProblem(
                problem=f"{word} is not allowed in EXTRA, whose statements run one by one",
                file=file.name,
                line=statement.line,
                advice="Remove it.",
            )
        yield ExtraStatement(file=file.name, statement=statement)


def _shorten_path(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
