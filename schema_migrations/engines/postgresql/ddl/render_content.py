"""Write content as SQL for PostgreSQL.  Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping

from schema_migrations.engines.postgresql.quote import qualify, quote, quote_literal
from schema_migrations.schema.content import (
    CommentedSql,
    Content,
    CounterPosition,
    TableRows,
    describe_counter,
    describe_rows,
    order_by_need,
    split_rows,
)
from schema_migrations.schema.model import (
    Constraint,
    ForeignKey,
    Key,
    Opaque,
    Schema,
    Sequence,
    Table,
)


def render_content(schema: Schema, content: Content) -> tuple[CommentedSql, ...]:
    """Return the statements that give a database with this schema the content.

    Triggers do not fire: what they would do is part of the content already.
    """
    triggers = _list_triggers(schema, content)
    owned = {each.owned_by: each.key for each in schema.of(Sequence)}
    return (
        *(_disable_trigger(each) for each in triggers),
        *(
            statement
            for rows in content.tables
            for statement in _render_rows(schema, rows)
        ),
        *_enable_triggers(schema, triggers),
        *_recompute_results(schema, content),
        *(
            _render_counter(
                key,
                owned.get(key) or _find_sequence(schema, key),
                content.counters[key],
            )
            for key in sorted(content.counters)
        ),
    )


def _render_rows(schema: Schema, rows: TableRows) -> Iterator[CommentedSql]:
    table = schema.get(rows.table)
    names = ", ".join(map(quote, rows.columns))
    has_own_numbers = isinstance(table, Table) and any(
        column.identity == "always" and column.name in rows.columns
        for column in table.columns
    )
    overriding = " OVERRIDING SYSTEM VALUE" if has_own_numbers else ""
    for chunk in split_rows(rows):
        values = ",\n".join(f"  ({', '.join(row)})" for row in chunk)
        yield (
            describe_rows(chunk, rows.table),
            f"INSERT INTO {qualify(rows.table)} ({names}){overriding} VALUES\n{values}",
        )


def _render_counter(
    key: Key, sequence_key: Key, count: CounterPosition
) -> CommentedSql:
    """Return what sets a counter forward; back never: a database in use may be ahead.

    https://www.postgresql.org/docs/current/functions-sequence.html
    """
    sequence = qualify(sequence_key)
    is_given = str(count.is_given).lower()
    here, there = f"{count.number}", "last_value"
    if not count.is_descending:
        here, there = there, here
    return (
        describe_counter(key, count),
        f"SELECT pg_catalog.setval({quote_literal(sequence)}::regclass, {count.number},"
        f" {is_given}) FROM {sequence}\n"
        f"WHERE ({here}, is_called) < ({there}, {is_given})",
    )


def _find_sequence(schema: Schema, key: Key) -> Key:
    """Return the sequence of an identity, which is in the table's schema, or a free one."""
    if key.kind == "sequence":
        return key
    column = schema.get_table(key.table).get_column(key.part)
    return Key("sequence", key.namespace, column.identity_sequence)


def _list_triggers(schema: Schema, content: Content) -> Mapping[Opaque, str]:
    """Return the triggers of the tables → the SQL that gives each its state again."""
    tables = {rows.table for rows in content.tables}
    states: dict[tuple[Key | None, str], str] = {}
    triggers: dict[Opaque, str] = {}
    for obj in schema.of(Opaque):
        if obj.owner not in tables:
            continue
        if obj.trait.sets_firing:
            states[obj.owner, obj.key.name] = obj.definition
        elif obj.trait.fires_on_rows:
            triggers[obj] = _alter_trigger("ENABLE", obj)
    return {
        obj: states.get((obj.owner, obj.key.name), enable)
        for obj, enable in triggers.items()
    }


def _alter_trigger(verb: str, trigger: Opaque) -> str:
    assert trigger.owner is not None
    return (
        f"ALTER TABLE {qualify(trigger.owner)} {verb} TRIGGER {quote(trigger.key.name)}"
    )


def _disable_trigger(trigger: Opaque) -> CommentedSql:
    assert trigger.owner is not None
    return (
        f"Keep trigger {trigger.key.name} on {trigger.owner.path} from firing: what it did"
        " is below.",
        _alter_trigger("DISABLE", trigger),
    )


def _enable_triggers(
    schema: Schema, triggers: Mapping[Opaque, str]
) -> Iterator[CommentedSql]:
    by_table: dict[Key | None, list[str]] = defaultdict(list)
    for trigger, sql in triggers.items():
        by_table[trigger.owner].append(sql)
    deferred = _list_deferred(schema, by_table)
    if deferred:
        yield (
            "Check foreign keys now: a table with open checks cannot be altered.",
            f"SET CONSTRAINTS {deferred} IMMEDIATE",
        )
    for owner, statements in by_table.items():
        assert owner is not None
        for sql in statements:
            yield f"Let the trigger on {owner.path} fire as before.", sql
    if deferred:
        yield (
            "Check them at the end of a transaction as before.",
            f"SET CONSTRAINTS {deferred} DEFERRED",
        )


def _list_deferred(schema: Schema, tables: Container[Key | None]) -> str:
    """Return the names of the tables' constraints that wait for the end of a transaction.

    The transaction may go on with another file, which relies on those of all others.
    https://www.postgresql.org/docs/current/sql-set-constraints.html
    """
    names = {
        qualify(Key("constraint", each.key.namespace, each.key.part))
        for each in schema
        if isinstance(each, Constraint | ForeignKey)
        and each.table in tables
        and each.definition.endswith(" INITIALLY DEFERRED")
    }
    return ", ".join(sorted(names))


def _recompute_results(schema: Schema, content: Content) -> Iterator[CommentedSql]:
    """Yield what computes again what keeps a result of the rows, each after the others
    that it reads."""
    readers: dict[Key, list[Opaque]] = defaultdict(list)
    for obj in schema.of(Opaque):
        for need in _list_relations(obj):
            readers[need].append(obj)
    found: dict[Key, Opaque] = {}
    waiting = [rows.table for rows in content.tables]
    while waiting:
        for obj in readers.get(waiting.pop(), ()):
            if obj.key not in found:
                found[obj.key] = obj
                waiting.append(obj.key)
    order = order_by_need(
        sorted(found),
        lambda key: sorted(n for n in _list_relations(found[key]) if n in found),
    )
    for obj in map(found.__getitem__, order):
        if obj.trait.stores_result and obj.trait.recompute_sql:
            yield (
                f"Compute {obj.noun} {obj.key.name} again, which reads such rows: it is"
                " locked meanwhile.",
                obj.trait.recompute_sql.format(name=qualify(obj.key)),
            )


def _list_relations(obj: Opaque) -> set[Key]:
    """Return what an object reads, where it needs a column its table."""
    return {
        need.table if need.kind in ("column", "constraint") else need
        for need in obj.needs
    }
