"""Allow one run at a time on a database file: an OS lock on a file next to it.

Invariant: whoever is inside ``hold_lock`` holds the OS lock of the file that is at the
path *now*.  The OS releases the lock with its process, so a killed run leaves none.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.engines.lock_wait import wait_for_lock
from schema_migrations.errors import FileNotAccessible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.engine import Connection

LOCK_SUFFIX = ".schema-migrations.lock"

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
) -> Iterator[None]:
    """Hold the lock of the database file; call ``report_holder`` for each new holder.

    A database in memory needs no lock.  Raises ``LockNotAcquired``.
    """
    database = database_file_of(connection)
    if database is None:
        yield
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
    try:
        _write_holder(descriptor)
        yield
    finally:
        _release(path, descriptor)


def database_file_of(connection: Connection) -> Path | None:
    """Return the file behind an open connection; None: a database in memory."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        names = {name: file for _, name, file in cursor.fetchall()}
    return Path(names["main"]) if names["main"] else None


def _try_acquire(path: Path) -> int | None:
    """Return a descriptor that holds the lock, or None."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise FileNotAccessible(
            problem=f"Cannot create the lock file {path}: {error.strerror}.",
            advice="Make its folder writable: SQLite itself needs that too.",
        ) from error
    if _try_lock(descriptor) and _is_same_file(path, descriptor):
        return descriptor
    os.close(descriptor)
    return None


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


def _release(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":  # Windows cannot remove an open file
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
    else:  # removed while locked, so that no run removes the file of another
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)
