"""Prove a new file: run its own text after the files before it, and compare."""

from __future__ import annotations

from dataclasses import replace

from schema_migrations.engines.engine import Engine
from schema_migrations.errors import PlanError, ProofFailed
from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Schema
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
    replay,
)

BY_HAND_HINT = (
    "The dev database refused this statement of the plan; nothing was written.\n"
    "Make this change in a file by hand: manage.py schemadiff --empty NAME, then "
    "schemahash."
)


def prove(engine: Engine, current: State, goal: Schema, file_text: str) -> None:
    """Run the text on the database of ``current`` and look for a difference to ``goal``.

    The database holds the files before it already, so this is the same as replaying all
    of them, for the price of one.  Raises ``ProofFailed`` when a difference remains,
    ``StatementFailed`` for a statement that the dev database refuses, ``PlanError`` for
    a view or trigger that no longer works.
    """
    file = MigrationFile(name="the new file", content=file_text.encode())
    before = _find_dangling(engine, current)
    replay(engine, current.connection, [file], hint=BY_HAND_HINT)
    after = _find_dangling(engine, current)
    if after not in ("", before):
        raise PlanError(
            f"This change would leave a view or trigger that no longer works: {after}",
            hint="Change it or drop it in a file of its own first: manage.py schemadiff "
            "--empty NAME",
        )
    reached = replace(current, schema=inspect_database(engine, current.connection))
    uncertain = find_uncertain_definitions(reached.schema, goal)
    reached = canonicalize_state(engine, reached, uncertain)
    remaining = summarize(diff(reached.schema, goal))
    if remaining:
        lines = "\n".join(f"  {line} ({line.detail})" for line in remaining)
        raise ProofFailed(
            f"The plan ran on the dev database and left a difference:\n{lines}",
            hint="Nothing was written. Make this change by hand (manage.py schemadiff "
            "--empty NAME), and please report it with the model that causes it.",
        )


def _find_dangling(engine: Engine, state: State) -> str:
    if engine.reader.explain_dangling is None:
        return ""
    return engine.reader.explain_dangling(state.connection.connection.cursor())
