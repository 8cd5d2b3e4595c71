"""Write a file whole: at any moment it is as before, or complete and synced.

A command that is killed may leave a temporary file beside it, ``.NAME.NUMBER.tmp``.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def create_file(target: Path, content: bytes) -> None:
    """Let a complete, synced file appear under a name that nothing has."""
    with write_temporary(target, content) as temporary:
        try:
            target.hardlink_to(temporary)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            target.open("xb").close()
            try:
                temporary.replace(target)
            except BaseException:
                target.unlink()
                raise


def replace_file(target: Path, content: bytes) -> None:
    """Replace ``target`` with a complete, synced file, or change nothing."""
    with write_temporary(target, content) as temporary:
        temporary.replace(target)


@contextlib.contextmanager
def write_temporary(target: Path, content: bytes) -> Iterator[Path]:
    """Yield a complete, synced file beside ``target``; remove what is left of it."""
    temporary = target.with_name(f".{target.name}.{secrets.randbits(48)}.tmp")
    # Exclusively: it follows no link that somebody else put there.
    stream = temporary.open("xb")
    try:
        with stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def save_folder(path: Path) -> None:
    """Let the names in a folder outlast a loss of power."""
    # Windows cannot open a folder; there a rename is durable without this.
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
