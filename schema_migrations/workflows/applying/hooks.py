"""What other apps may do beside every run, whatever it sends of Django's own signals.

A receiver gets ``connection``; what it raises ends the run.  Invariant: nothing of a run
is imported here, so that an app's ``ready`` can connect to these signals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.dispatch import Signal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

run_begins = Signal()
"""Before anything is written to the target."""

all_files_applied = Signal()
"""When a run, or a correction of the revisions, ends on a target that has every file,
under its lock; not if there are no files or the target is ahead of them.  A receiver returns what the run is to warn of."""


def send_run_begins(connection: BaseDatabaseWrapper) -> None:
    run_begins.send(sender=None, connection=connection)


def send_all_files_applied(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Call the receivers; yield what they warn of."""
    for _, warnings in all_files_applied.send(sender=None, connection=connection):
        yield from warnings or ()
