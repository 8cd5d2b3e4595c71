"""Plan the change between two sources: on all of their schemas, or on a slice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from schema_migrations.errors import (
    AnswerNeeded,
    QuestionsOpen,
    SchemaMigrationsError,
)
from schema_migrations.plan.answers import Answers
from schema_migrations.workflows.planning.one_round import complete_questions
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.slice import Slice
from schema_migrations.workflows.states.source_forms import FILES, MODELS
from schema_migrations.workflows.states.sources import (
    open_files_and_models,
    open_state,
)
from schema_migrations.workflows.states.state import State
from schema_migrations.workflows.states.workspace import (
    Workspace,
)


class _SliceTooSmall(Exception):
    """Something outside of the slice has a name that a model's table or index wants."""


def propose(
    workspace: Workspace,
    request: ChangeRequest,
    *,
    source: str = FILES,
    target: str = MODELS,
    within: Slice | None = None,
) -> Proposal:
    """Open the states of two sources and plan the change from one to the other.

    ``within`` limits both to a slice.  Raises what ``open_state`` and ``plan_change`` raise.
    """
    with _open_states(workspace, source, target, within) as (current, desired):
        if within is not None and within.find_taken_names(desired.schema):
            raise _SliceTooSmall

        def plan(request: ChangeRequest) -> Proposal:
            return plan_change(
                workspace.engine, current, desired, request, phases=workspace.phases
            )

        def try_plan(answers: Answers) -> None:
            plan(replace(request, answers=answers, prove=False))

        try:
            return plan(request)
        except QuestionsOpen as error:
            raise complete_questions(error, request.answers, try_plan) from None


@contextmanager
def _open_states(
    workspace: Workspace, source: str, target: str, within: Slice | None
) -> Iterator[tuple[State, State]]:
    if (source, target) == (FILES, MODELS):
        with open_files_and_models(workspace, within=within) as states:
            yield states
        return
    with (
        open_state(source, workspace) as current,
        open_state(target, workspace, beside=current.schema) as desired,
    ):
        yield current, desired


def propose_in_slice(
    workspace: Workspace, request: ChangeRequest, within: Slice
) -> Proposal | None:
    """Plan the change from the files to the models; None: all of the schema is needed.

    It is also after any error, which then says what it says without a slice.  Raises
    ``AnswerNeeded`` as ``propose`` does.
    """
    try:
        proposal = propose(workspace, request, within=within)
    except AnswerNeeded:
        raise
    except (SchemaMigrationsError, _SliceTooSmall):
        return None
    is_enough = within.has_same_neighbours(proposal.before, proposal.goal)
    return proposal if is_enough else None
