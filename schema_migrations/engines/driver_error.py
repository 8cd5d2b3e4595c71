"""A driver's exception as a value: the parts that a person or a pipeline needs.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "rights",
    "no room",
    "cancelled",
    "rows",
    "pending events",
    "in use",
    "no schema",
    "not on this server",
    "no role",
    "in transaction",
    "exists",
    "raised",
]
"""What kept a statement from running, where more than the statement may be wrong."""

Obstacle = Cause | Literal["retry"]
"""A cause, or that the same statement may run later with nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverError:
    """The parts of a driver's exception that a person or a pipeline needs."""

    message: str
    """The server's primary message: one line, no password."""
    sqlstate: str = ""
    position: int = 0
    """1-based character in the statement; 0: unknown."""
    detail: str = ""
    hint: str = ""
    retryable: bool = False
    """A retry may succeed: server unreachable or starting up, lock timeout."""
    gave_up_on_lock: bool = False
    """The statement gave up waiting for a lock; its transaction may be retried."""
    cause: Cause | None = None
    """None: the statement itself, or unknown."""
    names_missing_object: bool = False
    """The statement names something that does not exist."""
    leaves_dev_database: bool = False
    """The statement would act on more than its sealed scratch database."""

    @property
    def obstacle(self) -> Obstacle | None:
        """What decides the next step; None: the statement itself is wrong, or unknown."""
        return "retry" if self.retryable else self.cause

    @property
    def refused_in_transaction(self) -> bool:
        """Whether the server refused to run the statement inside a transaction block."""
        return self.cause == "in transaction"
