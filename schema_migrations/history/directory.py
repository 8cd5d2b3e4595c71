"""A migration directory as a value; ``load`` and ``save`` are its only I/O.

Invariants: an existing file is never overwritten, and at any moment the folder either
matches ``atlas.sum`` or ``verify`` can explain the difference.  A file appears whole, and
only beside the files that it was planned for.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from schema_migrations.errors import (
    REHASH_COMMAND,
    DirectoryChanged,
    DirectoryLinkBroken,
    DirectoryMissing,
    DirectoryNotAFolder,
    DirectoryNotIntact,
    DirectoryNotWritable,
    FileNotAccessible,
    NoLaterVersion,
)
from schema_migrations.history.file import (
    FILE_SUFFIX,
    MigrationFile,
    numbers_of_version,
)
from schema_migrations.history.folder_lock import hold_folder_lock
from schema_migrations.history.integrity import (
    DirectoryProblem,
    find_directory_problems,
    find_directory_warnings,
)
from schema_migrations.history.sums import (
    SUM_FILE,
    SumFile,
    compute_sums,
    format_sum_file,
    sort_files,
)
from schema_migrations.history.whole_file import create_file, replace_file, save_folder

_VERSION_FORMAT = "%Y%m%d%H%M%S"

_TEMPORARY_NAME = re.compile(rf"\.(.+\.sql|{re.escape(SUM_FILE)})\.\d+\.tmp")
"""What ``write_temporary`` calls a file, and a command that was killed leaves."""


@dataclass(frozen=True, kw_only=True)
class Directory:
    path: str
    """For messages."""
    files: tuple[MigrationFile, ...] = ()
    """Bytewise by name: the order in which they run."""
    sum_file_text: str | None = None
    """The content of ``atlas.sum``; None when there is no such file."""
    overlooked: tuple[str, ...] = ()
    """Names in the folder that look like those of files, but are not run."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What deserves attention in the names of the files, but stops nothing."""
        return find_directory_warnings(self.files, self.overlooked)

    @cached_property
    def computed_sums(self) -> SumFile:
        """The hashes of the files as they are now (not those in ``atlas.sum``)."""
        return compute_sums(self.files)

    @cached_property
    def problems(self) -> tuple[DirectoryProblem, ...]:
        """What ``verify`` refuses."""
        return find_directory_problems(
            self.files, self.sum_file_text, self.computed_sums
        )

    def with_files(self, new: Sequence[MigrationFile]) -> Directory:
        """Return the directory with files added and ``atlas.sum`` updated."""
        files = sort_files((*self.files, *new))
        sum_text = format_sum_file(compute_sums(files))
        return replace(self, files=files, sum_file_text=sum_text)


def load(path: Path) -> Directory:
    """Read a directory; a missing folder is an empty directory.

    Only ``*.sql`` files directly in it count, as with Atlas; one whose name begins with a
    dot only if ``atlas.sum`` lists it.  Raises ``ConfigError`` for what cannot be read.
    ``verify`` checks the content.
    """
    if not _has_folder(path):
        return Directory(path=str(path))
    try:
        sums = path / SUM_FILE
        text = read_file(sums).decode(errors="replace") if sums.exists() else None
        with os.scandir(path) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.name.lower().endswith(FILE_SUFFIX) and not entry.is_dir()
            ]
        counted = _choose_counted(names, text or "")
        files = [
            MigrationFile(name=name, content=read_file(f"{path}{os.sep}{name}"))
            for name in counted
        ]
    except OSError as error:
        raise FileNotAccessible(
            problem=f"{error.filename or path} cannot be read: {error.strerror}",
            advice="Check its permissions and the user that runs this command.",
        ) from error
    return Directory(
        path=str(path),
        files=sort_files(files),
        sum_file_text=text,
        overlooked=tuple(sorted({*names} - {*counted})),
    )


_READ_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # Windows
)


def read_file(path: Path | str) -> bytes:
    """Return the content of a file; raise ``FileNotAccessible`` for a pipe or a device,
    which could keep the reader waiting for ever."""
    try:
        descriptor = os.open(path, _READ_FLAGS)  # directly: there may be thousands
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise _make_irregular_error(path) from error
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _make_irregular_error(path)
        parts = list[bytes]()
        while part := os.read(descriptor, status.st_size + 1):  # may return less
            parts.append(part)
    finally:
        os.close(descriptor)
    return b"".join(parts)


def _make_irregular_error(path: Path | str) -> FileNotAccessible:
    return FileNotAccessible(
        problem=f"{path} is not a regular file.", advice="Remove it from the folder."
    )


def _choose_counted(names: Sequence[str], sum_text: str) -> list[str]:
    """Return the files that are run, of those whose names look like it."""
    listed = {line.partition(" h1:")[0] for line in sum_text.split("\n")}
    return [
        name
        for name in names
        if name.endswith(FILE_SUFFIX) and (not name.startswith(".") or name in listed)
    ]


def verify(directory: Directory) -> None:
    """Raise ``IntegrityError`` that names every file with a problem."""
    if directory.problems:
        hints = (problem.hint for problem in directory.problems)
        raise DirectoryNotIntact(
            directory=directory.path,
            problems=tuple(problem.message for problem in directory.problems),
            advice="\n".join(dict.fromkeys(hints)),
        )


def next_name(directory: Directory, name: str, now: datetime) -> str:
    """Return the name of a new file, with a version later than all in the directory."""
    words = unicodedata.normalize("NFKD", name.casefold())
    plain = words.encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", plain)[:100].strip("_")
    version = now.astimezone(UTC).strftime(_VERSION_FORMAT)
    last = max((file.version for file in directory.files), default="")
    is_later = last < version and numbers_of_version(last) < numbers_of_version(version)
    is_plain = last.isdecimal() and len(last) != len(version)  # 007: 008 comes next
    if last and (is_plain or not is_later):
        version = _increment_version(last)
    return f"{version}_{slug}{FILE_SUFFIX}" if slug else f"{version}{FILE_SUFFIX}"


def save(
    path: Path, directory: Directory, new_files: Sequence[MigrationFile]
) -> Directory:
    """Write new files, then ``atlas.sum``; return the resulting directory.

    A crash in between leaves a file that is not in ``atlas.sum``, which ``verify``
    explains.  Raises ``ConfigError``, and ``DirectoryChanged`` if the folder is not as
    ``directory`` any more; if a new file cannot be written, nothing changes.
    """
    after = directory.with_files(new_files)
    _has_folder(path)
    with _translate_write_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        with hold_folder_lock(path) as is_held:
            _refuse_changes(path, directory)
            if is_held:
                _sweep_temporaries(path)
            _write_files(path, new_files, after)
    return after


def _refuse_changes(path: Path, before: Directory) -> None:
    """Raise if another command or person changed the files since they were read."""
    now = load(path)
    if now.computed_sums == before.computed_sums:
        return
    was = {file.name: file.content for file in before.files}
    found = {file.name: file.content for file in now.files}
    names = sorted(n for n in was | found if was.get(n) != found.get(n))
    raise DirectoryChanged(files=tuple(names))


def _write_files(
    path: Path, new_files: Sequence[MigrationFile], after: Directory
) -> None:
    _create_files(path, new_files)
    try:
        replace_file(path / SUM_FILE, (after.sum_file_text or "").encode())
    except OSError as error:
        names = ", ".join(file.name for file in new_files)
        raise FileNotAccessible(
            problem=f"{path / SUM_FILE} cannot be written: {error.strerror}",
            advice=f"{names} was written and kept. Remove the obstacle,"
            f" then run: {REHASH_COMMAND}",
        ) from error
    save_folder(path)


def create_files_beside(path: Path, files: Sequence[MigrationFile]) -> None:
    """Create files in a folder that is no migration directory; all, or none.

    Raises ``ConfigError``, also for a name that is taken.
    """
    with _translate_write_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        _create_files(path, files)


def rehash(path: Path) -> Directory:
    """Write ``atlas.sum`` for the files as they are now; return the directory."""
    if not _has_folder(path):
        raise DirectoryMissing(directory=str(path))
    with _translate_write_errors(path), hold_folder_lock(path) as is_held:
        directory = load(path).with_files(())
        if is_held:
            _sweep_temporaries(path)
        replace_file(path / SUM_FILE, (directory.sum_file_text or "").encode())
        save_folder(path)
    return directory


def _sweep_temporaries(path: Path) -> None:
    """Remove what commands left that were killed while they wrote; nobody writes now."""
    for each in path.iterdir():
        if _TEMPORARY_NAME.fullmatch(each.name) and not each.is_dir():
            each.unlink()


def _has_folder(path: Path) -> bool:
    """Return whether the folder exists; raise ``ConfigError`` if it is not a folder."""
    if path.is_symlink() and not path.exists():
        raise DirectoryLinkBroken(directory=str(path), aim=str(path.readlink()))
    if path.exists() and not path.is_dir():
        raise DirectoryNotAFolder(directory=str(path))
    return path.exists()


def _increment_version(version: str) -> str:
    if len(version) == len("20250101000000"):
        with contextlib.suppress(ValueError):
            moment = datetime.strptime(version, _VERSION_FORMAT).replace(tzinfo=UTC)
            return (moment + timedelta(seconds=1)).strftime(_VERSION_FORMAT)
    number = "".join(takewhile(str.isdecimal, version))
    following = str(int(number) + 1).zfill(len(number)) if number else ""
    if not number or len(following) != len(number):
        raise NoLaterVersion(version=version)
    return following


@contextlib.contextmanager
def _translate_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise FileNotAccessible(
            problem=f"{error.filename2 or error.filename} already exists; existing files are never"
            " overwritten",
            advice="Another command may have just written it. Review it, then try again.",
        ) from error
    except OSError as error:
        raise DirectoryNotWritable(
            directory=str(path), reason=str(error.strerror)
        ) from error


def _create_files(path: Path, files: Sequence[MigrationFile]) -> None:
    """Create all files or none; raise ``FileExistsError`` for a name that is taken."""
    created: list[Path] = []
    try:
        for file in files:
            create_file(path / file.name, file.content)
            created.append(path / file.name)
    except BaseException:
        for target in created:
            target.unlink()
        raise
