"""What existing rows may stop; the queries are tested in ``engines/test_row_queries.py``."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.planner import PLANNER
from schema_migrations.plan.existing_rows import make_find_rows
from schema_migrations.plan.fills import with_fills
from schema_migrations.plan.plan import build_plan
from schema_migrations.plan.restriction import Restriction, format_restriction
from schema_migrations.plan.restrictions import find_restrictions
from schema_migrations.schema.changes import (
    AddColumn,
    Alter,
    AlterColumn,
    Change,
    Create,
    SetComment,
)
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    Index,
    Key,
    Schema,
    Table,
    table_key,
)

T = table_key("t")
DOMAIN = Key(kind="domain", name="d")
COLUMNS = (
    Column(name="a", type="integer"),
    Column(name="held", type="d", needs=frozenset({DOMAIN})),
)
CURRENT = Schema(frozenset({Table(key=T, columns=COLUMNS)}))


def restrictions(*changes: Change) -> tuple[Restriction, ...]:
    find_rows = make_find_rows(
        changes,
        (),
        CURRENT,
        CURRENT,
        quote=PLANNER.row_queries.quote,
        find_conversion=PLANNER.find_conversion,
    )
    return find_restrictions(changes, CURRENT, CURRENT, find_rows, PLANNER.row_queries)


def test_finding_names_the_statement_that_several_changes_share() -> None:
    added = [Column(name=name, type="integer", position=9) for name in ("c", "d")]
    rule = Constraint(
        key=T.constraint("above"),
        table=T,
        type="check",
        definition="CHECK (a > 0)",
        needs=frozenset({T.column("a")}),
    )
    unique = Index(
        key=Key("index", "", "once"),
        table=T,
        definition="USING btree (a)",
        columns=("a",),
        unique=True,
        needs=frozenset({T.column("a")}),
    )
    changes: tuple[Change, ...] = (
        *(AddColumn(table=T, column=each) for each in added),
        Create(object=rule),
        Create(object=unique),
    )

    plan = build_plan(changes, CURRENT, CURRENT, planner=PLANNER)

    assert [each.sql.split()[0] for each in plan.statements] == ["ALTER", "CREATE"]
    assert {each.code: each.statement for each in plan.restrictions} == {
        "new-check": 1,
        "new-unique": 2,
    }


def test_a_column_without_a_value_for_existing_rows() -> None:
    bare = Column(name="c", type="integer", nullable=False)
    change = AddColumn(table=T, column=bare)

    (restriction,) = restrictions(change)

    assert restriction.code == "no-value"
    assert "t.c" in restriction.message
    assert restrictions(*with_fills((change,), {T.column("c"): "7"})) == ()


@pytest.mark.parametrize(
    "column",
    [
        Column(name="c", type="integer"),
        Column(name="c", type="integer", nullable=False, default="1"),
        Column(name="c", type="integer", nullable=False, identity="always"),
        Column(name="c", type="integer", nullable=False, generated="1"),
    ],
)
def test_a_column_with_a_value_of_its_own_is_no_obstacle(column: Column) -> None:
    assert restrictions(AddColumn(table=T, column=column)) == ()


def test_not_null_over_nulls_is_an_obstacle_until_they_are_filled() -> None:
    change = AlterColumn(
        table=T,
        before=Column(name="a", type="integer"),
        after=Column(name="a", type="integer", nullable=False),
    )

    (restriction,) = restrictions(change)

    assert restriction.code == "not-null"
    assert restriction.query == 'SELECT * FROM "t" WHERE "a" IS NULL'
    assert restrictions(*with_fills((change,), {T.column("a"): "7"})) == ()
    assert with_fills((change,), {}) == (change,)


def domain(*clauses: str) -> Definition:
    text = " ".join(("AS integer", *clauses))
    return Definition(key=DOMAIN, definition=text, clauses=clauses)


def test_a_domain_that_demands_more_is_an_obstacle() -> None:
    check = "CONSTRAINT low CHECK (VALUE > 0)"
    unchecked = "CONSTRAINT high CHECK (VALUE < 9) NOT VALID"
    more = Alter(before=domain(check), after=domain("NOT NULL", check, unchecked))
    less = Alter(before=domain(check), after=domain("DEFAULT 1"))

    (restriction,) = restrictions(more)

    assert "domain d: fails if a row of t.held" in restriction.message
    assert "NOT NULL" in restriction.message
    assert restrictions(less) == ()


def test_one_value_for_all_rows_of_a_unique_column() -> None:
    column = Column(name="c", type="integer", nullable=False)
    unique = Constraint(
        key=T.constraint("k"),
        table=T,
        type="unique",
        definition="UNIQUE (c)",
        columns=("c",),
    )
    added = AddColumn(table=T, column=column, fill="7")

    (restriction,) = restrictions(added, Create(object=unique))

    assert restriction.code == "equal-values"


def test_other_changes_touch_no_value() -> None:
    comment = SetComment(key=T, before="", after="words")

    assert restrictions(comment) == ()
    assert with_fills((comment,), {}) == (comment,)


def test_the_query_has_a_line_of_its_own() -> None:
    one = Restriction(code="new-check", message="adds it", query="SELECT\n1")

    assert format_restriction(one) == (
        "NEEDS A LOOK: adds it. This finds them:",
        "    SELECT 1;",
    )
