"""Let one command at a time write into a migration directory.

The folder itself is locked, so nothing is left in it, and the lock ends with its process.
Windows cannot lock a folder, nor can some network file systems: there only the names of
files that exist are safe.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.errors import DirectoryLocked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_WAIT, PAUSE = 10.0, 0.05
"""Seconds; a command writes for a few milliseconds."""

if sys.platform == "win32":

    @contextmanager
    def hold_folder_lock(path: Path) -> Iterator[bool]:
        """Return that there is no lock."""
        yield False

else:
    import fcntl

    @contextmanager
    def hold_folder_lock(path: Path) -> Iterator[bool]:
        """Wait for the lock of a folder and hold it; False: it cannot be locked.

        Raises ``DirectoryLocked`` after ``LONGEST_WAIT`` seconds.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield _wait_for_lock(descriptor, path)
        finally:
            os.close(descriptor)

    def _wait_for_lock(descriptor: int, path: Path) -> bool:
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise DirectoryLocked(directory=str(path)) from error
                time.sleep(PAUSE)
            except OSError:
                return False
            else:
                return True
