"""Wait for a lock that another run holds: try, say who holds it, pause, try again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from schema_migrations.errors import LockNotAcquired

T = TypeVar("T")

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0

RetakeLock = Callable[[], bool]
"""Take the lock again if the session no longer holds it; return whether it did not.
Raises ``LockNotAcquired`` when another run holds it now."""


def wait_for_lock(
    try_acquire: Callable[[], T | None],
    read_holder: Callable[[], str],
    *,
    wait: float,
    deadline: float,
    message: str,
    report_holder: Callable[[str], None],
) -> T:
    """Return what ``try_acquire`` returns once that is not None.

    ``wait`` is in seconds, ``deadline`` a time of ``time.monotonic``; ``message`` begins
    the error, and ``report_holder`` gets each new holder.  Raises ``LockNotAcquired``.
    """
    pause, reported = FIRST_PAUSE, ""
    while (acquired := try_acquire()) is None:
        holder = read_holder()
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise LockNotAcquired(problem=message, holder=holder, waited=wait)
        if holder != reported:
            report_holder(holder)
            reported = holder
        time.sleep(min(pause, remaining))
        pause = min(pause * 2, LONGEST_PAUSE)
    return acquired
