"""The work on one target, or the survey of many, within a worker.

Invariant: what goes wrong on a target is part of its result.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from schema_migrations.errors import (
    SchemaMigrationsError,
    SchemaMissing,
    Unexpected,
)
from schema_migrations.errors.interruption import raise_interruption
from schema_migrations.history.directory import Directory
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.applying.apply import ApplyRequest, apply, preview_run
from schema_migrations.workflows.applying.events import (
    Event,
    MessageReceived,
    Planned,
    Reached,
    StatementDone,
)
from schema_migrations.workflows.applying.hooks import all_files_applied, run_begins
from schema_migrations.workflows.targets.addresses import (
    Address,
)
from schema_migrations.workflows.targets.connection import (
    connect_and_describe,
    open_target,
)
from schema_migrations.workflows.targets.survey import (
    survey_schemas,
)
from schema_migrations.workflows.targets.target_standing import (
    TargetStanding,
    read_target_standing,
)

if TYPE_CHECKING:
    pass


log = logging.getLogger("schema_migrations")

Job = Literal["apply", "preview", "status"]
"""What is done with each target: files are applied, a run reports what it would do, or
the target is judged."""


busy_lock = threading.Lock()
"""Held by a worker while it works on a target, and in the end by what ends the worker."""

is_working = threading.Event()
"""Set while a worker works on a target: only then a signal has something to interrupt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The work on each target; every worker has it from its start."""

    alias: str
    directory: Directory
    request: ApplyRequest
    job: Job = "apply"

    @property
    def read_only(self) -> bool:
        """Nothing is written to any target."""
        return self.job != "apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """The result of the work on one target."""

    address: Address
    events: tuple[Event, ...]
    pending_count: int = 0
    """Files that stay pending; with ``Work.read_only`` those that would run."""
    standing: TargetStanding | None = None
    """None: not asked for, or not known."""
    error: SchemaMigrationsError | None = None
    seconds: float = 0.0


def work_on_target(work: Work, address: Address) -> TargetResult:
    """Do the work on one target; return an error as part of the result."""
    started_at, events = time.monotonic(), list[Event]()
    found, error = _Found(), None
    try:
        is_working.set()
        with busy_lock, raise_interruption():
            found = _work_on_connection(work, address, events)
    except SchemaMigrationsError as caught:
        error = caught
    except Exception as caught:  # a bug of ours: the other targets are still reported
        log.exception("%s", address.label)
        error = Unexpected(problem=mask_secrets(f"{type(caught).__name__}: {caught}"))
    finally:
        is_working.clear()
    return TargetResult(
        address=address,
        events=tuple(events),
        pending_count=found.pending_count,
        standing=found.standing,
        error=error,
        seconds=time.monotonic() - started_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    pending_count: int = 0
    standing: TargetStanding | None = None


def _work_on_connection(work: Work, address: Address, events: list[Event]) -> _Found:
    def report(event: Event) -> None:
        match event:
            case StatementDone() | MessageReceived(is_warning=False):
                pass  # too many to keep for all targets
            case _:
                events.append(event)

    request = work.request
    with open_target(work.alias, address.url, address.part) as (connection, engine):
        schema = address.part.schema if address.part else ""
        if schema:
            try:
                connect_and_describe(connection, engine, wait=request.connect_wait)
            except SchemaMissing as error:
                raise SchemaMissing(
                    problem=f"There is no schema {schema!r} that this user may use.",
                    advice="Create it, or remove it from the list of targets.",
                    is_target=True,
                ) from error
        match work.job:
            case "apply":
                outcome = apply(connection, engine, work.directory, request, report)
                return _Found(pending_count=outcome.selected.remaining_count)
            case "preview":
                outcome = preview_run(
                    connection, engine, work.directory, request, report
                )
                return _Found(pending_count=len(outcome.selected.runs))
            case "status":
                standing = read_target_standing(
                    connection,
                    engine,
                    work.directory,
                    exec_order=request.selection.exec_order,
                    revisions_schema=request.revisions_schema,
                    wait=request.connect_wait,
                )
                return _Found(pending_count=len(standing.pending), standing=standing)


def may_survey(work: Work) -> bool:
    """Return whether a target with nothing to do may be told from its history alone.

    Not if a run does more there than look: receivers of signals are called on each.
    """
    selection = work.request.selection
    if selection.baseline is not None or selection.to is not None:
        return False  # each target says whether that fits
    if work.read_only:
        return True
    called = run_begins.has_listeners() or all_files_applied.has_listeners()
    return not (work.request.sends_signals or (work.request.tells_apps and called))


def survey_targets(work: Work, addresses: Sequence[Address]) -> list[TargetResult]:
    """Return the results of those targets that need no connection of their own."""
    started_at = time.monotonic()
    try:
        is_working.set()
        with busy_lock, raise_interruption():
            found = survey_schemas(
                work.alias,
                addresses,
                work.directory,
                exec_order=work.request.selection.exec_order,
                wait=work.request.connect_wait,
            )
    finally:
        is_working.clear()
    seconds = (time.monotonic() - started_at) / len(addresses)
    return [
        _make_surveyed_result(work, address, standing, seconds)
        for address, standing in found.items()
        if work.job == "status" or not standing.pending
    ]


def _make_surveyed_result(
    work: Work, address: Address, standing: TargetStanding, seconds: float
) -> TargetResult:
    if work.job == "status":
        return TargetResult(
            address=address,
            events=(),
            pending_count=len(standing.pending),
            standing=standing,
            seconds=seconds,
        )
    planned = Planned(current=standing.current_version, versions=(), chosen=0)
    return TargetResult(
        address=address,
        events=(Reached(target=standing.target), planned),
        seconds=seconds,
    )
