"""Choose the values for existing rows that a step needs, as Django would give them.

A one-off default is what a person answered.  A field's own default is used by Django
without needed.  Without either, a data migration gave the values, and they are made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import NOT_PROVIDED

from schema_migrations.schema.model import Column, Constraint, Index, Key, Schema
from schema_migrations.workflows.states.state import State
from tools.histories.database import Database
from tools.histories.pairs import Pair, find_column
from tools.histories.renames import (
    Origins,
    RenderedState,
    map_fields_by_column,
    render_default,
)
from tools.histories.rows import find_target_column, make_value, map_foreign_keys

ColumnPlace = tuple[str, str]
"""(table, column), both by their new names."""


@dataclass(slots=True)
class RowValues:
    """The values for existing rows in one step."""

    defaults: dict[str, str] = field(default_factory=dict)
    """``table.column`` → SQL, as ``--default`` takes it."""
    filled: set[ColumnPlace] = field(default_factory=set)
    """Columns where existing rows get a value."""
    same_for_all: set[ColumnPlace] = field(default_factory=set)
    """Those of them where it is the same value for all rows."""
    expected: dict[ColumnPlace, tuple[Column, str]] = field(default_factory=dict)
    """What existing rows must hold in a new column."""
    made_up: list[str] = field(default_factory=list)
    """The values that are made up, in words."""
    replaced_columns: set[str] = field(default_factory=set)
    """``table.column`` that keeps its name, and whose old values no conversion keeps."""
    unfillable_tables: list[Key] = field(default_factory=list)
    """Current tables whose rows must go, since no value is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededValue:
    """A column where existing rows need a value."""

    pair: Pair
    column: Column
    is_new: bool
    """False: the column exists and becomes NOT NULL."""
    literal: str | None
    """The value that Django would give; None: it has none."""
    is_one_off: bool
    """The value is a one-off default."""
    varies: bool
    """Django would give another value a moment later."""

    @property
    def place(self) -> ColumnPlace:
        return self.pair.after.key.name, self.column.name


def choose_values(
    db: Database,
    desired: State,
    after: RenderedState,
    origins: Origins,
    pairs: Iterable[Pair],
    *,
    conversions: bool = False,
) -> RowValues:
    """Choose every value that existing rows need.

    With ``conversions`` values are also made up where no conversion leads from a column's
    old type to its new one.
    """
    pairs = tuple(pairs)
    result = RowValues()
    for pair, column in _find_unconvertible(db, pairs) if conversions else ():
        _replace_values(result, db, pairs, desired.schema, pair, column)
    for place in _find_own_defaults(pairs):
        result.filled.add(place)
        result.same_for_all.add(place)
    for needed in _find_needed_values(db, after, origins, pairs):
        if ".".join(needed.place) in result.replaced_columns:
            continue
        if needed.literal is not None and not _refers_to_nothing(
            db, pairs, desired.schema, needed, needed.literal
        ):
            _take_default(result, desired, needed, needed.literal)
        elif needed.literal is not None:
            _make_up_value(
                result, db, pairs, desired.schema, needed.pair, needed.column
            )
        elif not needed.is_new:
            result.defaults[".".join(needed.place)] = ""
        elif not needed.column.nullable:
            _make_up_value(
                result, db, pairs, desired.schema, needed.pair, needed.column
            )
    return result


def _find_own_defaults(pairs: Iterable[Pair]) -> Iterator[ColumnPlace]:
    """Yield the columns that give existing rows their own default."""
    for pair in pairs:
        tightened = [a for b, a in pair.columns if b.nullable > a.nullable]
        for column in (*pair.added_columns, *tightened):
            if column.default is not None:
                yield pair.after.key.name, column.name


def _find_unconvertible(
    db: Database, pairs: Iterable[Pair]
) -> Iterator[tuple[Pair, Column]]:
    for pair in pairs:
        for before, after in pair.columns:
            retyped = before.type != after.type and after.generated is None
            if retyped and db.engine.planner.find_conversion(before, after) is None:
                yield pair, after


def _replace_values(
    result: RowValues,
    db: Database,
    pairs: Iterable[Pair],
    desired: Schema,
    pair: Pair,
    column: Column,
) -> None:
    """Give existing rows another value, where no conversion keeps the old one."""
    name = f"{pair.after.key.name}.{column.name}"
    result.replaced_columns.add(name)
    if column.nullable:
        result.defaults[name] = f"CAST(NULL AS {column.type})"
    else:
        _make_up_value(result, db, pairs, desired, pair, column)
        if not result.defaults[name]:  # its rows go, but the type needs an expression
            table = pair.after.key
            result.defaults[name] = make_value(db, desired, table, column, 1) or "''"


def _find_needed_values(
    db: Database, after: RenderedState, origins: Origins, pairs: Iterable[Pair]
) -> Iterator[NeededValue]:
    fields = map_fields_by_column(after.apps)
    with db.connection.schema_editor(collect_sql=True, atomic=False) as editor:
        for pair in pairs:
            columns = [(column, True) for column in pair.added_columns]
            columns += [(a, False) for b, a in pair.columns if b.nullable > a.nullable]
            for column, new in columns:
                place = (pair.after.key.name, column.name)
                own = column.generated is not None or column.identity or column.default
                if own or place not in fields:
                    continue
                key, each = fields[place]
                one_off = origins.one_off_defaults.get((key, each.name), NOT_PROVIDED)
                literal = render_default(editor, each, one_off)
                yield NeededValue(
                    pair=pair,
                    column=column,
                    is_new=new,
                    literal=literal,
                    is_one_off=one_off is not NOT_PROVIDED,
                    varies=literal != render_default(editor, each, one_off),
                )


def _refers_to_nothing(
    db: Database,
    pairs: Iterable[Pair],
    desired: Schema,
    needed: NeededValue,
    literal: str,
) -> bool:
    """Tell whether a default refers to a row that only a data migration makes."""
    table = needed.pair.after.key
    reference = map_foreign_keys(desired, table).get(needed.column.name)
    if reference is None or literal.upper() == "NULL":
        return False
    target = find_target_column(desired, reference)
    found = find_column(pairs, reference.referenced_table, target)
    if found is None:
        return True  # the table is new, and so has no rows
    known = db.query_literals(found[1].name, of=found[0].before.key)
    return literal not in known


def _take_default(
    result: RowValues, desired: State, needed: NeededValue, literal: str
) -> None:
    table, column = needed.place
    key = Key(kind="column", name=table, part=column)
    known = key in desired.facts.fills and not needed.is_one_off
    if not known:
        result.defaults[f"{table}.{column}"] = literal
    result.filled.add(needed.place)
    if not (known and needed.varies):
        result.same_for_all.add(needed.place)
        if needed.is_new:
            result.expected[needed.place] = (needed.column, literal)


def _make_up_value(
    result: RowValues,
    db: Database,
    pairs: Iterable[Pair],
    desired: Schema,
    pair: Pair,
    column: Column,
) -> None:
    """Give existing rows a value as a data migration would have given one."""
    table, place = pair.after.key, (pair.after.key.name, column.name)
    reference = map_foreign_keys(desired, table).get(column.name)
    expression: str | None = None
    if reference is not None:
        target = find_target_column(desired, reference)
        found = find_column(pairs, reference.referenced_table, target)
        if found is not None and found[1].type == found[2].type:
            known = db.query_literals(found[1].name, of=found[0].before.key)
            expression = known[0] if known else None
    elif _is_unique_alone(desired, table, column.name):
        expression = _make_varying_expression(db, column)
    if expression is None or reference is not None:
        result.same_for_all.add(place)
    if expression is None and reference is None:
        expression = make_value(db, desired, table, column, 1)
    if expression is None:
        result.unfillable_tables.append(pair.before.key)
    name = f"{table.name}.{column.name}"
    result.defaults[name] = expression or ""
    result.filled.add(place)
    result.made_up.append(f"{name} = {expression or 'no value, its rows are deleted'}")


def _is_unique_alone(schema: Schema, table: Key, column: str) -> bool:
    for obj in schema.by_table.get(table, ()):
        match obj:
            case Constraint(type="unique" | "primary key") | Index(unique=True):
                if obj.columns == (column,):
                    return True
            case _:
                pass
    return False


def _make_varying_expression(db: Database, column: Column) -> str | None:
    """Return an expression that gives each row another value."""
    base = column.type.partition("(")[0]
    if not db.is_postgresql:
        return "abs(random()) % 1000000" if "int" in base else "hex(randomblob(4))"
    return {
        "smallint": "(random() * 30000)::smallint",
        "integer": "(random() * 1000000000)::integer",
        "bigint": "(random() * 1000000000)::bigint",
        "uuid": "gen_random_uuid()",
        "text": "md5(random()::text)",
        "character varying": "left(md5(random()::text), 8)",
    }.get(base)
