"""``--output FILE``: what a command prints for programs, in a file.

What settings and packages print is not in it.  Invariant: the file is as before, or whole.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from schema_migrations.errors import FileNotAccessible, WrongUsage
from schema_migrations.history.file import FILE_SUFFIX
from schema_migrations.history.sums import SUM_FILE
from schema_migrations.history.whole_file import replace_file, write_temporary

_OPEN_FILE = re.compile(r"/dev/(fd/|std(out|err)$)|/proc/.+/fd/")
"""https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html"""


def find_output_file(name: str, migrations: Path, extra_paths: Sequence[Path]) -> Path:
    """Return the file to write; raise ``WrongUsage`` if it cannot be written.

    ``migrations`` is the migration directory, whose files this is not to become one of.
    A file with content below ``extra_paths`` stays: what it says is no difference any
    more, so the new text would lack it.
    """
    if not name:
        raise WrongUsage(
            problem="--output names no file.",
            advice="Give the name of a file, or - for standard output.",
        )
    path = Path(name)
    if path.is_dir() or name.endswith(os.sep):
        raise _make_refusal(name, "that is a folder.", "Give the name of a file in it.")
    if _is_special(path) and os.access(path, os.W_OK):
        return path  # /dev/stdout, a named pipe: no other file may take its place
    path = Path(os.path.realpath(path))  # what a link leads to is written, not the link
    if not path.parent.is_dir():
        raise _make_refusal(
            name,
            f"there is no folder {path.parent}.",
            "Create it, or correct the name.",
        )
    if path.parent == Path(os.path.realpath(migrations)) and _looks_migratory(path):
        raise _make_refusal(
            name,
            "a file in the migration directory is a migration file.",
            "Choose another folder. Without --dry-run, schemadiff writes migration files.",
        )
    if _is_below(path, extra_paths) and path.exists() and path.stat().st_size:
        raise _make_refusal(
            name,
            "EXTRA has this file, and its SQL would be lost.",
            "Choose another name, or delete the file first.",
        )
    try:
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(0, "it is read-only")
        with write_temporary(path, b""):
            pass
    except OSError as error:
        raise _make_refusal(
            name, f"{error.strerror}.", "Choose a file that this user may write."
        ) from error
    return path


def write_output_file(path: Path, text: str) -> None:
    """Write the text and a line end; raise ``FileNotAccessible``."""
    content = f"{text.rstrip()}\n".encode(errors="backslashreplace")
    try:
        if _is_special(path):
            with path.open(
                "ab"
            ) as stream:  # a log behind /dev/stdout keeps what it has
                stream.write(content)
            return
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
        replace_file(path, content)
        if mode is not None:
            path.chmod(mode)
    except OSError as error:
        raise FileNotAccessible(
            problem=f"--output {path} cannot be written: {error.strerror}",
            advice="All else that the command did is done.",
        ) from error


def _is_special(path: Path) -> bool:
    """Return whether a path stands for no file that another could take the place of."""
    return path.exists() and (not path.is_file() or _leads_to_open_file(path))


def _leads_to_open_file(path: Path) -> bool:
    """Return whether a path, or a link on its way, is an open file of a process."""
    path = path.absolute()
    while not _OPEN_FILE.match(str(path)):
        if not path.is_symlink():
            return False
        path = path.parent / path.readlink()
    return True


def _is_below(path: Path, places: Sequence[Path]) -> bool:
    """Return whether a path is one of some files or is in one of some folders."""
    found = (Path(os.path.realpath(place)) for place in places)
    return any(path.is_relative_to(place) for place in found)


def _looks_migratory(path: Path) -> bool:
    return path.name.lower().endswith(FILE_SUFFIX) or path.name == SUM_FILE


def _make_refusal(name: str, problem: str, advice: str) -> WrongUsage:
    return WrongUsage(problem=f"--output {name}: {problem}", advice=advice)
