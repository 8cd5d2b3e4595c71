"""Keep a signal that comes while psycopg handles a message of the server.

libpq calls psycopg for each message, and what a signal handler raises there cannot pass
through libpq: Python prints it and goes on.  The statement would run on, and commit.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

CANCEL_TIMEOUT = 5.0
"""Seconds to wait for the server to take the request; psycopg itself waits as long."""


@contextmanager
def keep_interruption(session: psycopg.Connection[Any]) -> Iterator[None]:
    """Cancel the statement inside when a signal was lost, and raise it at the end.

    The signal may come in psycopg's code around a handler of messages as well, so that
    only Python's own hooks see every one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread only
        return
    kept: list[KeyboardInterrupt] = []
    old_hooks = sys.excepthook, sys.unraisablehook

    def hide(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Hide what psycopg's C code prints before it gives the exception up."""
        if not isinstance(error, KeyboardInterrupt):
            old_hooks[0](kind, error, trace)

    def keep(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, KeyboardInterrupt):
            old_hooks[1](lost)
            return
        kept.append(lost.exc_value)
        with suppress(psycopg.Error):
            session.cancel_safe(timeout=CANCEL_TIMEOUT)

    sys.excepthook, sys.unraisablehook = hide, keep
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook = old_hooks
        if kept:
            raise kept[0]
