"""Allow one run at a time on a database file: an OS lock on a file next to it.

Invariants: whoever is inside ``hold_lock`` holds the OS lock of the file that is at the
path *now*.  The OS releases the lock with its process, so a killed run leaves none.
Nothing is written into a file that is not such a lock file.

A second name of the database (a hard link, a bind mount) has a lock file of its own; there
the rows of the revisions keep two runs apart.  The database itself cannot be locked: to
close any descriptor of it gives up SQLite's locks.  https://sqlite.org/howtocorrupt.html
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.engines.lock_wait import wait_for_lock
from schema_migrations.errors import FileNotAccessible, LockNotAcquired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.lock_wait import RetakeLock

LOCK_SUFFIX = ".schema-migrations.lock"

OPEN_OWN_FILE_ONLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Follow no symbolic link to a file of others, and wait for no reader of a pipe."""

if sys.platform == "win32":
    import msvcrt

    LOCKED_OFFSET = 1 << 20
    """Windows lets nobody read a locked byte, so none of the holder's number is locked."""

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, LOCKED_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        # flock, not lockf: a POSIX lock is lost when any descriptor of the file closes.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def hold_lock(
    connection: Connection,
    name: str,
    *,
    wait: float,
    report_holder: Callable[[str], None],
) -> Iterator[RetakeLock]:
    """Hold the lock of the database file; call ``report_holder`` for each new holder.

    A database in memory needs no lock.  Raises ``LockNotAcquired``.
    """
    database = database_file_of(connection)
    if database is None:
        yield lambda: False
        return
    path = Path(f"{database.resolve()}{LOCK_SUFFIX}")
    descriptor = wait_for_lock(
        partial(_try_acquire, path),
        partial(_read_holder, path),
        wait=wait,
        deadline=time.monotonic() + wait,
        message=f"Another run holds the lock of this database ({path})",
        report_holder=report_holder,
    )
    held = [descriptor]

    def retake_lock() -> bool:
        """Take the lock again if somebody removed its file."""
        if _is_same_file(path, held[-1]):
            return False
        descriptor = _try_acquire(path)
        if descriptor is None:
            raise LockNotAcquired(
                problem=f"Another run holds the lock of this database ({path})",
                holder=_read_holder(path),
                waited=0,
            )
        held.append(descriptor)
        _write_holder(descriptor)
        return True

    try:
        _write_holder(descriptor)
        yield retake_lock
    finally:
        _release(path, held)


def database_file_of(connection: Connection) -> Path | None:
    """Return the file behind an open connection; None: a database in memory."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        names = {name: file for _, name, file in cursor.fetchall()}
    return Path(names["main"]) if names["main"] else None


def _try_acquire(path: Path) -> int | None:
    """Return a descriptor that holds the lock, or None."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | OPEN_OWN_FILE_ONLY, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP or path.is_symlink() or _is_strange(path):
            raise _make_strange_file_error(path) from error
        raise _make_access_error(path, error.strerror) from error
    try:
        if _try_lock(descriptor) and _is_same_file(path, descriptor):
            if not _is_lock_file(descriptor):
                raise _make_strange_file_error(path)
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_strange(path: Path) -> bool:
    """Tell whether something else than a file is at the path: a folder, a socket."""
    return path.exists() and not path.is_file()


def _make_access_error(path: Path, reason: str | None) -> FileNotAccessible:
    if path.exists():
        return FileNotAccessible(
            problem=f"The lock file {path} cannot be opened: {reason}.",
            advice="A run of another user left it, or is still at work. If no such run is"
            f" there, remove the file: {path}",
        )
    return FileNotAccessible(
        problem=f"Cannot create the lock file {path}: {reason}.",
        advice="Make its folder writable: SQLite itself needs that too.",
    )


def _is_lock_file(descriptor: int) -> bool:
    """Tell whether a file holds what a lock file may hold: nothing, or a number."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return False
    os.lseek(descriptor, 0, os.SEEK_SET)
    content = os.read(descriptor, 64).strip(b"\0 \t\r\n")  # a crash may leave NULs
    return not content or (content.isdigit() and len(content) < 32)


def _make_strange_file_error(path: Path) -> FileNotAccessible:
    return FileNotAccessible(
        problem=f"{path} is not a lock file of schemaapply; nothing was written to it.",
        advice="Look at what it is, and remove it.",
    )


def _is_same_file(path: Path, descriptor: int) -> bool:
    """Tell whether the file is still at the path: the previous holder may remove it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int) -> None:
    # Only shown to runs that wait; on a full disk SQLite's own error says more.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, str(os.getpid()).encode())


def _read_holder(path: Path) -> str:
    with suppress(OSError, ValueError):
        return f"process {int(path.read_bytes()[:20])}"
    return "a process that has just started or ended"


def _release(path: Path, descriptors: Sequence[int]) -> None:
    if sys.platform == "win32":  # Windows cannot remove an open file
        for descriptor in descriptors:
            os.close(descriptor)
        with suppress(OSError):
            path.unlink()
    else:  # removed while locked, so that no run removes the file of another
        if _is_same_file(path, descriptors[-1]):
            with suppress(OSError):
                path.unlink()
        for descriptor in descriptors:
            os.close(descriptor)
