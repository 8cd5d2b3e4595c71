"""Let one command at a time write into a migration directory.

The folder itself is locked, so nothing is left in it, and the lock ends with its process.
Windows cannot lock a folder, nor can some network file systems: there only the names of
files that exist are safe.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":

    @contextmanager
    def hold_folder_lock(path: Path) -> Iterator[bool]:
        """Return that there is no lock."""
        yield False

else:
    import fcntl

    @contextmanager
    def hold_folder_lock(path: Path) -> Iterator[bool]:
        """Wait for the lock of a folder and hold it; False: it cannot be locked."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        is_held = False
        try:
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                is_held = True
            yield is_held
        finally:
            os.close(descriptor)
