"""One run at a time on a database file: an operating system's lock on a file beside it.

Invariant: who is inside ``lock`` holds the OS lock of the file that stands at the path
*now*; the OS ends the lock with its process, so a killed run leaves none.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.errors import ConfigError, LockNotAcquired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.engine import Connection

LOCK_SUFFIX = ".schema-migrations.lock"
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0

if sys.platform == "win32":
    import msvcrt

    LOCKED_OFFSET = 1 << 20
    """Windows keeps others from reading a locked byte: not one of the holder's number."""

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
        # flock, not lockf: POSIX locks are lost when any descriptor of the file closes.
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
    """Hold the lock of the database file; ``waiting`` is told of each new holder.

    A database in memory has no second run.  Raises ``LockNotAcquired``.
    """
    database = database_file_of(connection)
    if database is None:
        yield
        return
    path = Path(f"{database.resolve()}{LOCK_SUFFIX}")
    descriptor = _acquire(path, wait=wait, report_holder=report_holder)
    try:
        _write_holder(descriptor)
        yield
    finally:
        _release(path, descriptor)


def database_file_of(connection: Connection) -> Path | None:
    """Return the file behind an open connection; None: it has none."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        names = {name: file for _, name, file in cursor.fetchall()}
    return Path(names["main"]) if names["main"] else None


def _acquire(path: Path, *, wait: float, report_holder: Callable[[str], None]) -> int:
    end = time.monotonic() + wait
    pause, told = FIRST_PAUSE, ""
    while (descriptor := _try_acquire(path)) is None:
        holder = _read_holder(path)
        left = end - time.monotonic()
        if left <= 0:
            raise LockNotAcquired(
                f"Another run holds the lock of this database: {holder} ({path}).",
                hint=f"Waited {wait:g}s. Run again when it has ended, or wait longer:"
                " LOCK_WAIT, or --lock-wait of schemaapply.",
            )
        if holder != told:
            report_holder(holder)
            told = holder
        time.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)
    return descriptor


def _try_acquire(path: Path) -> int | None:
    """Return a descriptor that holds the lock, or None."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise ConfigError(
            f"The lock file {path} cannot be made: {error.strerror}.",
            hint="Its folder must be writable, as SQLite itself needs it to be.",
        ) from error
    if _try_lock(descriptor) and _is_same_file(path, descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _is_same_file(path: Path, descriptor: int) -> bool:
    """Whether the holder before did not remove the file between opening and locking."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int) -> None:
    # Only told to those who wait; on a full disk SQLite has the better words.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, str(os.getpid()).encode())


def _read_holder(path: Path) -> str:
    with suppress(OSError, ValueError):
        return f"process {int(path.read_bytes()[:20])}"
    return "a process that has just started or ended"


def _release(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":  # an open file cannot be removed there
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
    else:  # removed before the lock is given up, so that nobody removes another's
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)
