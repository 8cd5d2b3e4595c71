"""Recall Ctrl-C or SIGTERM when what it interrupted fails to clean up.

A signal may come anywhere: between sending a statement and waiting for it, or where
``threading.Condition`` has given its lock up, so that ``with`` releases what is not held.
Python then raises what failed there, and keeps the interruption as its context.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def raise_interruption() -> Iterator[None]:
    """Raise the interruption itself instead of an exception that came while it unwound."""
    try:
        yield
    except Exception as error:  # all of it is raised again
        if interruption := find_interruption(error):
            raise interruption from None
        raise


def find_interruption(error: BaseException) -> KeyboardInterrupt | None:
    """Return the interruption that an exception came after, or replaced."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        if isinstance(each, KeyboardInterrupt):
            return each
        seen.add(id(each))
        # Who says "from" has seen the other one.
        each = each.__cause__ if each.__suppress_context__ else each.__context__
    return None
