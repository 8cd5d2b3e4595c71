"""Plans that others can work beside: they lead to the same, and hold nobody up for long.

A sample of the cases, every one with ``ONLINE_CASES=all``, as ``python -m tools
online-plans`` sets it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from schema_migrations.engines.executor import SessionOptions
from schema_migrations.workflows.planning.proposal import ChangeRequest, plan_change
from tests.changes.case import Case, answers_from_flags
from tests.changes.observation import Observation, observe_plan
from tests.changes.proof import (
    create_state,
    fill_empty_tables,
    prove_case,
    set_values,
)
from tests.changes.scratch_servers import ScratchServer
from tests.changes.test_cases import list_parameters
from tools.online_plans import (
    ALL_CASES,
    CASES_VARIABLE,
    EXCEPTIONS_VARIABLE,
    read_exceptions,
)

STRIDE = 1 if os.environ.get(CASES_VARIABLE) == ALL_CASES else 8


def choose_cases() -> list[Any]:
    """Return every case, or a sample of those that have a plan on PostgreSQL."""
    planned = [
        each
        for each in list_parameters("postgresql")
        if not each.values[0].find_refusal("postgresql")
    ]
    return planned[::STRIDE]


@pytest.mark.parametrize("case", choose_cases())
def test_the_end_is_the_same(case: Case, on_postgresql: ScratchServer) -> None:
    """It leads to the same catalog with the same rows, there and back."""
    prove_case(on_postgresql, case, online=True)


@pytest.mark.parametrize("case", choose_cases())
def test_nobody_waits_for_what_takes_long(
    case: Case, on_postgresql: ScratchServer
) -> None:
    """No table is read or written as a whole while others are locked out, but as listed."""
    stopping = [each for each in observe_case(on_postgresql, case) if each.stops_others]
    rows = {each: find_exception(each) for each in stopping}
    note_exceptions(filter(None, rows.values()))
    assert [
        f"{', '.join(each.work)} under {sorted(each.locked)}: {each.statement}"
        for each, row in rows.items()
        if not row
    ] == []


def observe_case(server: ScratchServer, case: Case) -> list[Observation]:
    session = server.engine.executor
    with (
        create_state(server, case.before, by_hand=case.earlier_sql) as start,
        create_state(server, case.after) as goal,
    ):
        fill_empty_tables(server, start)
        set_values(server, start, case.values)
        answers = answers_from_flags(case.flags)
        request = ChangeRequest(answers=answers, prove=False, online=True)
        plan = plan_change(server.engine, start, goal, request).plan
        if plan is None:
            return []
        with session.prepare_session(start.connection, SessionOptions()):
            return list(observe_plan(start.connection.connection, plan))


def find_exception(observation: Observation) -> str:
    """Return the row of the page that a statement is an exception by; empty: none."""
    sql = " ".join(observation.statement.split())
    for shown in read_exceptions():
        pattern = ".*".join(map(re.escape, shown.split("…")))
        if re.search(pattern, sql):
            return shown
    return ""


def note_exceptions(rows: Iterable[str]) -> None:
    """Write down which rows were needed, for ``python -m tools online-plans``."""
    if path := os.environ.get(EXCEPTIONS_VARIABLE):
        with Path(path).open("a") as file:
            file.writelines(f"{row}\n" for row in rows)


def test_the_exceptions_are_those_of_their_section() -> None:
    assert "EXCLUDE USING" in read_exceptions()
    assert "NOT NULL" not in read_exceptions()
