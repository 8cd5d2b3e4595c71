"""The folder of another tool becomes the migration directory: read, plan, write.

Invariant: all files are written, or none; no file that exists is touched.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import connections

from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import (
    DirectoryInUse,
    FileNotAccessible,
    OtherFolderMissing,
)
from schema_migrations.history.directory import (
    create_files_beside,
    load,
    read_file,
    save,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.other_tools.adoption import Adoption, plan_adoption
from schema_migrations.history.other_tools.migration import OtherFile
from schema_migrations.history.other_tools.tools import find_tool
from schema_migrations.history.sums import SUM_FILE

DOWN_FOLDER = "down"
"""Below the directory, where no file counts as a migration."""
EXTRA_FOLDER = "extra"
"""Beside the directory."""
READ_SUFFIXES = (".sql", ".conf")
"""Of all other files only the names count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptFolderRequest:
    """Which folder to take over, and where to."""

    folder: Path
    tool: str | None = None
    """None: by the names and markers of its files."""
    alias: str
    """Whose database the files are for."""
    directory: Path
    extra_folder: Path | None = None
    """Where repeatable migrations go; None: ``extra`` beside the directory."""
    writes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedFolder:
    """What became of a folder."""

    folder: Path
    adoption: Adoption
    directory: Path
    down_folder: Path
    extra_folder: Path
    is_written: bool


def adopt_folder(request: AdoptFolderRequest) -> AdoptedFolder:
    """Write the files of another tool's folder into the directory; raise
    ``SchemaMigrationsError`` and change nothing."""
    files = tuple(_read_folder(request.folder))
    tool = request.tool or find_tool(files, folder=str(request.folder))
    syntax = engine_for(connections[request.alias].vendor).dialect.syntax
    adoption = plan_adoption(tool, files, syntax, now=datetime.now(UTC))
    result = AdoptedFolder(
        folder=request.folder,
        adoption=adoption,
        directory=request.directory,
        down_folder=request.directory / DOWN_FOLDER,
        extra_folder=request.extra_folder or request.directory.parent / EXTRA_FOLDER,
        is_written=request.writes,
    )
    _refuse_existing(result)
    if request.writes:
        _write_all(result)
    return result


def _read_folder(folder: Path) -> Iterator[OtherFile]:
    """Yield the files of a folder and of those below it, which Flyway reads as well."""
    if not folder.is_dir():
        raise OtherFolderMissing(folder=str(folder))
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                name = path.relative_to(folder).as_posix()
                is_read = path.suffix in READ_SUFFIXES
                yield OtherFile(name=name, content=read_file(path) if is_read else b"")
    except OSError as error:
        raise FileNotAccessible(
            problem=f"{error.filename or folder} cannot be read: {error.strerror}",
            advice="Check its permissions and the user that runs this command.",
        ) from error


def _refuse_existing(result: AdoptedFolder) -> None:
    """Raise ``DirectoryInUse`` if the directory has files, or a new file's name is taken."""
    before = load(result.directory)
    found = [result.directory / file.name for file in before.files]
    if before.problems and not found:
        found = [result.directory / SUM_FILE]
    for folder, files in _list_beside(result):
        found += [folder / each.name for each in files if (folder / each.name).exists()]
    if found:
        raise DirectoryInUse(files=tuple(str(each) for each in found[:3]))


def _list_beside(
    result: AdoptedFolder,
) -> tuple[tuple[Path, Sequence[MigrationFile]], ...]:
    adoption = result.adoption
    return (
        (result.down_folder, adoption.downs),
        (result.extra_folder, adoption.extras),
    )


def _write_all(result: AdoptedFolder) -> None:
    """Write what goes beside the directory, then its files; if these fail, neither."""
    made = [each.file for each in result.adoption.files]
    beside = list[tuple[Path, Sequence[MigrationFile]]]()
    try:
        for folder, files in _list_beside(result):
            if files:
                create_files_beside(folder, files)
                beside.append((folder, files))
        save(result.directory, load(result.directory), made)
    except BaseException:
        # Without atlas.sum the files stay, and with them what belongs to them.
        if not any((result.directory / each.name).exists() for each in made):
            for folder, files in beside:
                _remove_files(folder, files)
        raise


def _remove_files(folder: Path, files: Sequence[MigrationFile]) -> None:
    for each in files:
        (folder / each.name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # it holds other files
        folder.rmdir()
