"""Standard streams that outlast their reader: ``manage.py schemaapply | head -1``.

Invariant: a reader that went away stops no command and changes no exit code; what is
written afterwards, by anybody in this process, goes nowhere.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import BaseCommand

GONE = {errno.EPIPE, errno.EIO} | ({errno.EINVAL} if sys.platform == "win32" else set())
"""What writing fails with where no reader is left: a pipe's, or a closed terminal's."""


class _LastingFile(io.FileIO):
    """A descriptor that leads nowhere once its reader is gone."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in GONE:
                raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        return len(memoryview(data))


@contextmanager
def keep_output_writable(
    command: BaseCommand, *, errors: str | None = None
) -> Iterator[None]:
    """Keep the process's and the command's standard streams writable until the block ends.

    Each line is flushed, also into a pipe: a killed process flushes nothing.  ``errors``
    is the handler for what the encoding lacks.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_make_lasting(stream, errors) for stream in before)
    wrappers: tuple[Any, ...] = (command.stdout, command.stderr)
    for wrapper in wrappers:
        for old, new in zip(before, (sys.stdout, sys.stderr), strict=True):
            if wrapper._out is old:
                wrapper._out = new
                break
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def _make_lasting(stream: TextIO | None, errors: str | None) -> TextIO:
    if stream is None:  # closed before Python started
        return Path(os.devnull).open("w", encoding="utf-8")
    with suppress(OSError):
        stream.flush()
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError):  # not a file: a test's
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_LastingFile(descriptor, "w", closefd=False)),
        encoding=stream.encoding,
        errors=errors or stream.errors,
        line_buffering=True,
    )
