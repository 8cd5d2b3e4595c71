"""Unwind a command on Ctrl-C and SIGTERM, and end it with their exit codes."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from schema_migrations.errors import Interrupted
from schema_migrations.errors.interruption import raise_interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from django.core.management.base import OutputWrapper

GRACE_SECONDS = 8.0
"""Seconds after SIGTERM for rollback and cleanup; then the process exits, and the server
ends the sessions that are left.  Docker kills after 10."""

REPEAT_SECONDS = 0.01
"""Seconds until an interruption that was dropped comes again."""

EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """SIGTERM.

    By default Python exits at once and the server keeps running the statement; on a
    ``KeyboardInterrupt`` psycopg cancels it and the transaction rolls back.
    """


def error_from_interruption(interruption: KeyboardInterrupt) -> Interrupted:
    """Return the error that a program reads."""
    terminated = isinstance(interruption, Terminated)
    return Interrupted(
        problem="Terminated." if terminated else "Interrupted.",
        exit_code=EXIT_TERMINATED if terminated else EXIT_INTERRUPTED,
    )


def run_interruptible(
    run: Callable[[], None],
    stderr: OutputWrapper,
    choose_next_command: Callable[[], str],
) -> None:
    """Run a whole command, and unwind it on Ctrl-C and SIGTERM; say what it left and what
    to run next, then exit with their codes.

    No context manager: a signal that came between its parts and the block would end
    neither.
    """

    def exit_interrupted(interruption: KeyboardInterrupt) -> NoReturn:
        error = error_from_interruption(interruption)
        lines = [error.message, *getattr(interruption, "__notes__", ())]
        if command := choose_next_command():
            lines.append(f"Next     {command}")
        stderr.write("\n".join(lines))
        sys.exit(error.exit_code)

    try:
        with raise_on_sigterm():
            try:
                with raise_interruption():
                    run()
            except KeyboardInterrupt as interruption:
                exit_interrupted(interruption)
    # While the handler was set or taken back, or another signal after the first.
    except KeyboardInterrupt as interruption:
        exit_interrupted(interruption)


@contextmanager
def raise_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into ``Terminated``; only the main thread may set a handler."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    forced_exit = threading.Timer(GRACE_SECONDS, os._exit, [EXIT_TERMINATED])
    forced_exit.daemon = True
    seen: list[int] = []

    def terminate(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            return  # a second signal would only disturb the rollback
        if not forced_exit.is_alive():
            forced_exit.start()
        raise Terminated

    old_handler = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, terminate)
        with _repeat_lost_interruption(before=seen.clear):
            yield
    finally:
        forced_exit.cancel()
        signal.signal(signal.SIGTERM, old_handler)


def _send_signal(thread: int, number: signal.Signals) -> None:
    """Send a signal to the main thread, also while it waits."""
    if sys.platform == "win32":
        _thread.interrupt_main(number)
    else:
        signal.pthread_kill(thread, number)


@contextmanager
def _repeat_lost_interruption(*, before: Callable[[], None]) -> Iterator[None]:
    """Interrupt once more if Python drops what a signal raised: nothing can pass through a
    destructor or the callback of a weak reference.

    Call ``before`` first.
    """
    old_hook = sys.unraisablehook
    timers: list[threading.Timer] = []

    def repeat(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, KeyboardInterrupt):
            old_hook(lost)
            return
        before()
        is_terminated = isinstance(lost.exc_value, Terminated)
        number = signal.SIGTERM if is_terminated else signal.SIGINT
        # Later: here it would be dropped as well.
        main = threading.main_thread().ident
        timer = threading.Timer(REPEAT_SECONDS, _send_signal, [main, number])
        timer.daemon = True
        timers.append(timer)
        timer.start()

    sys.unraisablehook = repeat
    try:
        yield
    finally:
        sys.unraisablehook = old_hook
        for timer in timers:
            timer.cancel()
