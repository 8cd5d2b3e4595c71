"""``NOT NULL`` that tables which inherit do not take over, of PostgreSQL 18."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.schema.model import Opaque
from schema_migrations.workflows.planning.proposal import ChangeRequest, plan_change
from schema_migrations.workflows.states.replay import load_sql
from schema_migrations.workflows.states.state import State, inspect_database
from tests.fixtures.scratch import Scratch

if TYPE_CHECKING:
    from schema_migrations.dev.server import DevServer

POSTGRESQL = engine_for("postgresql")
pytestmark = pytest.mark.every_postgres

FORMS = {
    "nullable": "a integer",
    "plain": "a integer NOT NULL",
    "of its own": "a integer NOT NULL NO INHERIT",
    "named": 'a integer CONSTRAINT "own" NOT NULL NO INHERIT',
    "another type": "a bigint NOT NULL NO INHERIT",
}


@pytest.fixture
def knows_no_inherit(pg_server: DevServer) -> bool:
    return (pg_server.major or 0) >= 18


@pytest.mark.parametrize("before", FORMS)
@pytest.mark.parametrize("after", FORMS)
def test_it_comes_and_goes(
    scratch: Scratch,
    knows_no_inherit: bool,
    before: str,
    after: str,
) -> None:
    """Each form becomes each other one; older versions have none of them."""
    if not knows_no_inherit or before == after:
        return
    with (
        scratch() as one,
        scratch() as other,
    ):
        states: list[State] = []
        for connection, form in ((one, before), (other, after)):
            sql = f'CREATE TABLE "t t" ({FORMS[form]}, b integer NOT NULL);'
            load_sql(POSTGRESQL, connection, sql, file="script")
            schema = inspect_database(POSTGRESQL, connection)
            states.append(State(schema=schema, connection=connection, description=""))
        current, desired = states
        request = ChangeRequest(strict=False)
        proposal = plan_change(POSTGRESQL, current, desired, request)
        assert proposal.proved
        assert inspect_database(POSTGRESQL, one) == desired.schema
        found = [each.noun for each in desired.schema.of(Opaque)]
        assert found == ["no inherit"] * (after not in ("nullable", "plain"))
        if (before, after) == ("plain", "named"):
            assert (
                '-- Keep NOT NULL of column "a" of table "t t" from tables that inherit\n'
                'ALTER TABLE "t t" ALTER COLUMN a DROP NOT NULL, ADD CONSTRAINT own'
                " NOT NULL a NO INHERIT;" in proposal.script
            )
