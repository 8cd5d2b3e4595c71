"""Our plan from one state to the other, asked for as a person would."""

from __future__ import annotations

from collections.abc import Mapping

from histories.answers import Renames
from schema_migrations.engines.engine import Engine
from schema_migrations.plan.answers import Answers
from schema_migrations.workflows.diff import between
from schema_migrations.workflows.states import State


def planned(
    engine: Engine,
    current: State,
    desired: State,
    renames: Renames,
    defaults: Mapping[str, str],
) -> str:
    """Return the file's text.  Nobody is there to be asked: what the answers leave open
    is refused, but for the data that a migration says may go."""
    answers = Answers(renames=renames.pairs(), defaults=defaults, allow_data_loss=True)
    return between(engine, current, desired, answers=answers, proved=False).text
