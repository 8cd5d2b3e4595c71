"""Functions whose text names a table or column that is renamed or dropped.  Pure.

The server does not track what the text of a function names: the function fails only
when it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key, Opaque, Schema, Table

_WORD_PATTERN = re.compile(r'"((?:[^"]|"")+)"|([^\W\d]\w*)')


def find_words(text: str) -> frozenset[str]:
    """Return every word of an SQL text that may be a name, as the server reads it."""
    return frozenset(
        quoted.replace('""', '"') if quoted else bare.lower()
        for quoted, bare in _WORD_PATTERN.findall(text)
    )


def find_mentions(
    changes: Iterable[ddl.Change], current: Schema, goal: Schema
) -> tuple[str, ...]:
    """Return a text for each unchanged function that names a changed table or column.

    A column counts only if the function names its table or is a trigger of it.
    """
    changed = tuple(_find_changed_names(changes))
    return tuple(
        f"{function.noun} {function.key.name} names {key}, which is {verb}: check "
        f"whether the {function.noun} must change too"
        for function in goal.of(Opaque)
        if function.trait.is_routine and function == current.get(function.key)
        for text in [find_words(function.definition)]
        for key, tables, verb in changed
        if _mentions_key(key, tables, text, function, goal)
    )


def _find_changed_names(
    changes: Iterable[ddl.Change],
) -> Iterator[tuple[Key, tuple[Key, ...], str]]:
    """Yield (old key, old and new key of a column's table, verb) of each change."""
    old: dict[Key, Key] = {}
    for change in changes:
        match change:
            case ddl.Rename(before=Table() as before, after=after):
                old[after.key] = before.key
                yield before.key, (), "renamed"
            case ddl.DropTable(table=table):
                yield table.key, (), "dropped"
            case ddl.RenameColumn(table=table, before=column):
                named = old.get(table, table)
                yield named.column(column.name), (named, table), "renamed"
            case ddl.DropColumn(table=table, column=column):
                named = old.get(table, table)
                yield named.column(column.name), (named, table), "dropped"
            case _:
                pass


def _mentions_key(
    key: Key,
    tables: tuple[Key, ...],
    words: frozenset[str],
    function: Opaque,
    goal: Schema,
) -> bool:
    if key.kind == "table":
        return key.name in words
    return key.part in words and any(
        table.name in words or _is_called_by_trigger_of(function, table, goal)
        for table in tables
    )


def _is_called_by_trigger_of(function: Opaque, table: Key, goal: Schema) -> bool:
    parts = goal.by_table.get(table, ())
    return any(function.key in o.needs for o in parts if isinstance(o, Opaque))
