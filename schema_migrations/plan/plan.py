"""The plan: the statements that make the changes, in order.

``build_plan`` is the only way from a difference to SQL: rewrite the changes with the
engine's passes, put them in an order that a database accepts, render each one.
It knows no engine; a ``Planner`` holds what the engine does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from schema_migrations.plan.existing_rows import (
    FindRows,
    RowQueries,
    find_untimely_values,
    make_find_rows,
)
from schema_migrations.plan.fills import (
    ComputedDefault,
    FindConversion,
    with_fill_sources,
)
from schema_migrations.plan.losses import MayAlterValues, find_losses
from schema_migrations.plan.order import order_in_parts
from schema_migrations.plan.parts import Placement, merge_parts
from schema_migrations.plan.restricted_statements import with_statement_numbers
from schema_migrations.plan.restriction import Restriction
from schema_migrations.plan.restrictions import find_restrictions, omit_untimely_queries
from schema_migrations.plan.table_action import TableAlteration
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.content import CommentedSql, Content
from schema_migrations.schema.model import Schema

Changes = tuple[ddl.Change, ...]
Pass = Callable[[Changes, Schema, Schema], Changes]
"""Rewrites changes, knowing the schema before and after."""

FindSilentChanges = Callable[[Changes, Schema], tuple[Restriction, ...]]
"""(changes after the passes, desired schema) → what to look at afterwards."""

FindEngineRestrictions = Callable[
    [Changes, Schema, Schema, FindRows], tuple[Restriction, ...]
]
"""(changes after the passes, current and desired schema, rows before) → what existing
rows may stop of what only this engine has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL statement, without its final semicolon."""

    sql: str
    comment: str
    """What the statement does, for a reviewer; one line."""
    transactional: bool = True
    """False: it runs outside of a transaction: the server refuses it there, or it would
    hold its locks until the end."""
    batch_key: tuple[str, ...] = ()
    """The columns, quoted, in whose order it can run in batches; empty: all at once."""
    part: int = 0
    """The number of its part of the plan, which becomes a file; an odd one is outside of
    a transaction."""
    alteration: TableAlteration | None = None
    """What it does to one table, if it is one of those that can do several things."""


FoldStatements = Callable[
    [tuple[Statement, ...]], tuple[tuple[Statement, tuple[int, ...]], ...]
]
"""Makes one statement of several; each comes with the positions of those."""

Render = Callable[[ddl.Change], tuple[Statement, ...]]


RenderContent = Callable[[Schema, Content], tuple[CommentedSql, ...]]
"""(schema, content) → statements that give a database with this schema the content.

They run in one transaction.  Triggers of the tables do not fire, where the engine can
prevent that: what they did is part of the content.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineForm:
    """What makes a plan of changes that others can work beside."""

    passes: tuple[Pass, ...]
    """Run after those of every plan."""
    choose_placements: Callable[[Changes], tuple[Placement, ...]]
    """(changes after the passes) → where each of them is placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """The functions of an engine that turn changes into SQL."""

    passes: tuple[Pass, ...]
    render: Render
    render_content: RenderContent
    find_conversion: FindConversion
    may_alter_values: MayAlterValues
    computed_defaults: Mapping[ComputedDefault, str]
    """The SQL expressions that compute them for each row."""
    row_queries: RowQueries
    find_lost_privileges: (
        Callable[[Changes, Schema], tuple[Restriction, ...]] | None
    ) = None
    """(changes after passes, current) → what must be given again on what they make anew.
    None: nobody owns anything."""
    fold_statements: FoldStatements | None = None
    """None: a statement does one thing to a table."""
    find_silent_changes: FindSilentChanges | None = None
    """None: no change leaves stored values with another meaning."""
    find_engine_restrictions: FindEngineRestrictions | None = None
    """None: existing rows stop nothing that other engines do not have."""
    online: OnlineForm | None = None
    """None: a plan has one form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    changes: Changes
    """The changes after passes, in order."""
    statements: tuple[Statement, ...]
    losses: tuple[str, ...] = ()
    """Texts: the existing data that this plan deletes or may alter."""
    restrictions: tuple[Restriction, ...] = ()
    """What existing rows may violate, so that it fails on them."""

    @property
    def parts(self) -> tuple[tuple[Statement, ...], ...]:
        """The statements of each file, in order."""
        groups = groupby(self.statements, key=lambda each: each.part)
        return tuple(tuple(group) for _, group in groups)

    def with_earlier(self, changes: Changes, statements: tuple[Statement, ...]) -> Plan:
        """Return the plan with changes in front that were already carried out."""
        return replace(
            self,
            changes=(*changes, *self.changes),
            statements=_merge_parts((*statements, *self.statements)),
            restrictions=tuple(
                replace(each, statement=each.statement + len(statements))
                if each.statement
                else each
                for each in self.restrictions
            ),
        )


def build_plan(
    changes: Changes,
    current: Schema,
    desired: Schema,
    *,
    planner: Planner,
    renames: Changes = (),
    online: bool = False,
) -> Plan:
    """Return the plan that makes ``changes`` to ``current``.

    ``renames`` led to ``current``: the existing rows still have the names before them.
    ``online``: others can read and write meanwhile, as far as the engine has a way.

    Raises ``UnsupportedChange`` for a change without a statement and ``PlanError``
    for changes that depend on one another in a circle.
    """
    changes = with_fill_sources(changes, current)
    losses = tuple(text for _, text in find_losses(changes, planner.may_alter_values))
    find_rows = make_find_rows(
        changes,
        renames,
        current,
        desired,
        quote=planner.row_queries.quote,
        find_conversion=planner.find_conversion,
    )
    restrictions = find_restrictions(
        changes,
        current,
        desired,
        find_rows,
        planner.row_queries,
    )
    untimely = find_untimely_values(changes, renames)
    form = planner.online if online else None
    for rewrite in (*planner.passes, *(form.passes if form else ())):
        changes = rewrite(changes, current, desired)
    if planner.find_lost_privileges is not None:
        restrictions += planner.find_lost_privileges(changes, current)
    if planner.find_silent_changes:
        restrictions += planner.find_silent_changes(changes, desired)
    if planner.find_engine_restrictions:
        restrictions += planner.find_engine_restrictions(
            changes, current, desired, find_rows
        )
    restrictions = omit_untimely_queries(restrictions, untimely)
    placements = form.choose_placements(changes) if form else None
    ordered = order_in_parts(changes, current, placements)
    rendered = tuple(
        (change, _set_part(planner.render(change), part)) for change, part in ordered
    )
    statements, numbers = _fold_statements(
        tuple(s for _, group in rendered for s in group), planner
    )
    return Plan(
        changes=tuple(change for change, _ in ordered),
        statements=_merge_parts(statements),
        losses=losses,
        restrictions=with_statement_numbers(
            restrictions,
            tuple(
                (change, tuple((next(numbers), s.sql) for s in group))
                for change, group in rendered
            ),
        ),
    )


def _set_part(statements: tuple[Statement, ...], part: int) -> tuple[Statement, ...]:
    return tuple(replace(each, part=part) for each in statements)


def _merge_parts(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Return the statements with the numbers of their files for parts."""
    files = merge_parts(Counter(each.part for each in statements))
    return tuple(
        replace(each, part=file, transactional=each.transactional and file % 2 == 0)
        for each in statements
        for file in (files[each.part],)
    )


def _fold_statements(
    statements: tuple[Statement, ...], planner: Planner
) -> tuple[tuple[Statement, ...], Iterator[int]]:
    """Return the statements of the plan, and for each one given the number of its own."""
    if planner.fold_statements is None:
        return statements, iter(range(1, len(statements) + 1))
    grouped = planner.fold_statements(statements)
    numbers = {
        position: number
        for number, (_, positions) in enumerate(grouped, 1)
        for position in positions
    }
    return tuple(s for s, _ in grouped), (numbers[i] for i in range(len(statements)))
