"""Plan the change between two sources: on all of their schemas, or on a slice."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from schema_migrations.errors import QuestionsOpen, SchemaMigrationsError
from schema_migrations.plan.answers import Answers
from schema_migrations.workflows.planning.one_round import complete_questions
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.slice import Slice
from schema_migrations.workflows.states.source_forms import FILES, MODELS
from schema_migrations.workflows.states.sources import Workspace, open_state


def propose(
    workspace: Workspace,
    request: ChangeRequest,
    *,
    source: str = FILES,
    target: str = MODELS,
    part: Slice | None = None,
) -> Proposal:
    """Open the states of two sources and plan the change from one to the other.

    ``part`` limits both to a slice.  Raises what ``open_state`` and ``plan_change`` raise.
    """
    with ExitStack() as stack:
        current = stack.enter_context(open_state(source, workspace, part=part))
        desired = stack.enter_context(
            open_state(target, workspace, beside=current.schema, part=part)
        )

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


def propose_in_slice(
    workspace: Workspace, request: ChangeRequest, part: Slice
) -> Proposal | None:
    """Plan the change from the files to the models; None: the whole schema must tell.

    It must after any error, too, which comes again if it is one.  Raises
    ``QuestionsOpen`` as ``propose`` does.
    """
    try:
        proposal = propose(workspace, request, part=part)
    except QuestionsOpen:
        raise
    except SchemaMigrationsError:
        return None
    return proposal if part.is_enough_for(proposal.before, proposal.goal) else None
