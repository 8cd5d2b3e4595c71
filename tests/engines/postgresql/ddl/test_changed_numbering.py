"""Every change of a sequence's options, with rows: numbers go on, or the plan says more."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from schema_migrations.errors import StatementFailed
from schema_migrations.workflows.states.replay import load_sql
from tests.changes.scratch_servers import ScratchServer
from tests.engines.breaking_rows import Case, apply_text, find, open_two, plan

OWNED = (
    "CREATE SEQUENCE s {}; CREATE TABLE t (id bigint PRIMARY KEY DEFAULT nextval('s'),"
    " n integer); ALTER SEQUENCE s OWNED BY t.id;"
)
IDENTITY = (
    "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME s {})"
    " PRIMARY KEY, n integer);"
)
OPTIONS = (
    "CACHE 1",
    "INCREMENT BY -1",
    "INCREMENT BY -1 MINVALUE -1000 MAXVALUE 1000 START WITH 1",
    "INCREMENT BY -3 MINVALUE 1 MAXVALUE 1000 START WITH 1000",
    "MINVALUE -1000 MAXVALUE 1000 START WITH 1",
    "INCREMENT BY 10 MINVALUE 100 START WITH 200",
    "MINVALUE -5 MAXVALUE 8 START WITH 1 CYCLE",
    "MAXVALUE 4 CACHE 2",
)
THREE = "INSERT INTO t (n) SELECT g FROM generate_series(1, 3) AS g;"


@pytest.mark.parametrize("before", OPTIONS)
@pytest.mark.parametrize("shape", [OWNED, IDENTITY], ids=["owned", "identity"])
def test_rows_get_numbers_or_the_plan_says_that_they_may_not(
    on_postgresql: ScratchServer, shape: str, before: str
) -> None:
    engine = on_postgresql.engine
    for after in OPTIONS:
        if after == before:
            continue
        case = Case(before=shape.format(before), after=shape.format(after))
        first, second = open_two(on_postgresql)
        with first as one, second as two:
            proposal = plan(on_postgresql, case, one, two)
            assert proposal.plan is not None
            restrictions = proposal.plan.restrictions
            load_sql(engine, one, THREE, file="rows")
            found = [each for each in restrictions if find(one, each.query)]
            applied = passes(partial(apply_text, on_postgresql, one, proposal.script))
            inserted = applied and passes(
                partial(load_sql, engine, one, THREE, file="rows")
            )
            if not applied:
                one.close()
        assert applied != any(each.code == "counted-too-far" for each in found)
        assert inserted or restrictions, f"{before} to {after}"


def passes(run: Callable[[], object]) -> bool:
    try:
        run()
    except StatementFailed:
        return False
    return True
