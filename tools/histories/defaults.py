"""The value for existing rows, wherever a step asks for one, as Django has it.

A one-off default is what a person answered; a field's own default Django uses without
asking; where neither is, a data migration stood between, and a value is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import NOT_PROVIDED

from schema_migrations.schema.model import Column, Constraint, Index, Key, Schema
from schema_migrations.workflows.states.state import State
from tools.histories.answers import Moment, Trail, django_value, fields_by_column
from tools.histories.database import Database
from tools.histories.mapping import Pair, origin
from tools.histories.rows import foreign_keys, target_column, value

Place = tuple[str, str]
"""(table, column), both by their new names."""


@dataclass(slots=True)
class Given:
    defaults: dict[str, str] = field(default_factory=dict)
    """``table.column`` → SQL, as ``--default`` takes it."""
    filled: set[Place] = field(default_factory=set)
    """Existing rows get a value, answered or from the field."""
    one_value: set[Place] = field(default_factory=set)
    """Of these, where it is the same for all rows."""
    expected: dict[Place, tuple[Column, str]] = field(default_factory=dict)
    """What existing rows must hold in a new column."""
    made_up: list[str] = field(default_factory=list)
    replaced: set[str] = field(default_factory=set)
    """``table.column`` that stays by name, and whose old values no conversion keeps."""
    hopeless: list[Key] = field(default_factory=list)
    """Current tables whose rows no value can help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A column that existing rows need a value for."""

    pair: Pair
    column: Column
    new: bool
    """False: it is there and becomes NOT NULL."""
    literal: str | None
    """What Django would put; None: nothing."""
    once: bool
    """It is a one-off default."""
    varies: bool
    """Django would have another one a moment later."""

    @property
    def place(self) -> Place:
        return self.pair.after.key.name, self.column.name


def given(
    db: Database,
    desired: State,
    after: Moment,
    found: Trail,
    pairs: Iterable[Pair],
    *,
    conversions: bool = False,
) -> Given:
    """Return every value that is needed for existing rows.

    With ``conversions`` values are made up also where there is no conversion from a
    column's old type to its new one; else that is left open.
    """
    pairs = tuple(pairs)
    result = Given()
    for pair, column in _unconvertible(db, pairs) if conversions else ():
        _replace(result, db, pairs, desired.schema, pair, column)
    for place in _served(pairs):
        result.filled.add(place)
        result.one_value.add(place)
    for asking in _asking(db, after, found, pairs):
        if ".".join(asking.place) in result.replaced:
            continue
        if asking.literal is not None:
            _answer(result, desired, asking, asking.literal)
        elif not asking.new:
            result.defaults[".".join(asking.place)] = "NULL"
        elif not asking.column.nullable:
            _make_up(result, db, pairs, desired.schema, asking.pair, asking.column)
    return result


def _served(pairs: Iterable[Pair]) -> Iterator[Place]:
    """Yield the columns whose own default existing rows get."""
    for pair in pairs:
        tightened = [a for b, a in pair.columns if b.nullable > a.nullable]
        for column in (*pair.added, *tightened):
            if column.default is not None:
                yield pair.after.key.name, column.name


def _unconvertible(
    db: Database, pairs: Iterable[Pair]
) -> Iterator[tuple[Pair, Column]]:
    for pair in pairs:
        for before, after in pair.columns:
            retyped = before.type != after.type and after.generated is None
            if retyped and db.engine.planner.find_conversion(before, after) is None:
                yield pair, after


def _replace(
    result: Given,
    db: Database,
    pairs: Iterable[Pair],
    desired: Schema,
    pair: Pair,
    column: Column,
) -> None:
    """Give what would be typed where there is no conversion from the old type."""
    name = f"{pair.after.key.name}.{column.name}"
    result.replaced.add(name)
    if column.nullable:
        result.defaults[name] = f"CAST(NULL AS {column.type})"
    else:
        _make_up(result, db, pairs, desired, pair, column)


def _asking(
    db: Database, after: Moment, found: Trail, pairs: Iterable[Pair]
) -> Iterator[Asking]:
    fields = fields_by_column(after.apps)
    with db.connection.schema_editor(collect_sql=True, atomic=False) as editor:
        for pair in pairs:
            columns = [(column, True) for column in pair.added]
            columns += [(a, False) for b, a in pair.columns if b.nullable > a.nullable]
            for column, new in columns:
                place = (pair.after.key.name, column.name)
                own = column.generated is not None or column.identity or column.default
                if own or place not in fields:
                    continue
                key, each = fields[place]
                once = found.once.get((key, each.name), NOT_PROVIDED)
                literal = django_value(editor, each, once)
                yield Asking(
                    pair=pair,
                    column=column,
                    new=new,
                    literal=literal,
                    once=once is not NOT_PROVIDED,
                    varies=literal != django_value(editor, each, once),
                )


def _answer(result: Given, desired: State, asking: Asking, literal: str) -> None:
    table, column = asking.place
    key = Key(kind="column", name=table, part=column)
    known = key in desired.facts.fills and not asking.once
    if not known:
        result.defaults[f"{table}.{column}"] = literal
    result.filled.add(asking.place)
    if not (known and asking.varies):
        result.one_value.add(asking.place)
        if asking.new:
            result.expected[asking.place] = (asking.column, literal)


def _make_up(
    result: Given,
    db: Database,
    pairs: Iterable[Pair],
    desired: Schema,
    pair: Pair,
    column: Column,
) -> None:
    """Give what a data migration between the operations would have given."""
    table, place = pair.after.key, (pair.after.key.name, column.name)
    reference = foreign_keys(desired, table).get(column.name)
    expression: str | None = None
    if reference is not None:
        target = target_column(desired, reference)
        found = origin(pairs, reference.referenced_table, target)
        if found is not None and found[1].type == found[2].type:
            known = db.literals(found[1].name, of=found[0].before.key)
            expression = known[0] if known else None
    elif _alone_unique(desired, table, column.name):
        expression = _of_each_row(db, column)
    if expression is None or reference is not None:
        result.one_value.add(place)
    if expression is None and reference is None:
        expression = value(db, desired, table, column, 1)
    if expression is None:
        result.hopeless.append(pair.before.key)
    name = f"{table.name}.{column.name}"
    result.defaults[name] = expression or "NULL"
    result.filled.add(place)
    result.made_up.append(f"{name} = {expression or 'no value, its rows are deleted'}")


def _alone_unique(schema: Schema, table: Key, column: str) -> bool:
    for obj in schema.by_table.get(table, ()):
        match obj:
            case Constraint(type="unique" | "primary key") | Index(unique=True):
                if obj.columns == (column,):
                    return True
            case _:
                pass
    return False


def _of_each_row(db: Database, column: Column) -> str | None:
    """Return an expression that differs from row to row."""
    base = column.type.partition("(")[0]
    if not db.on_postgresql:
        return "abs(random()) % 1000000" if "int" in base else "hex(randomblob(4))"
    return {
        "smallint": "(random() * 30000)::smallint",
        "integer": "(random() * 1000000000)::integer",
        "bigint": "(random() * 1000000000)::bigint",
        "uuid": "gen_random_uuid()",
        "text": "md5(random()::text)",
        "character varying": "left(md5(random()::text), 8)",
    }.get(base)
