"""Everything but tables and columns, in PostgreSQL's words.  Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from schema_migrations.engines.postgresql.catalog.identity import followed
from schema_migrations.engines.postgresql.quote import literal, qualified, quote
from schema_migrations.errors import UnsupportedChange
from schema_migrations.plan.plan import Statement
from schema_migrations.schema.model import (
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Sequence,
    Table,
    column_key,
    table_key,
)

Statements = tuple[Statement, ...]
Other = Constraint | ForeignKey | Index | Sequence | Definition | Opaque


def _one(sql: str, comment: str) -> Statements:
    return (Statement(sql=sql, comment=comment),)


def create_object(obj: Other) -> Statements:
    match obj:
        case Constraint() | ForeignKey():
            table, name = qualified(obj.table), quote(obj.key.part)
            return _one(
                f"ALTER TABLE {table} ADD CONSTRAINT {name}\n    {obj.definition}",
                f"Add {_spoken(obj)} {name} to table {table}",
            )
        case Index():
            table, name = qualified(obj.table), quote(obj.key.name)
            unique = "UNIQUE " if obj.unique else ""
            return _one(
                f"CREATE {unique}INDEX {name} ON {table} {obj.definition}",
                f"Create {unique.lower()}index {name} on table {table}",
            )
        case Sequence():
            name = qualified(obj.key)
            owned = f"\n    OWNED BY {_column(obj.owned_by)}" if obj.owned_by else ""
            return _one(
                f"CREATE SEQUENCE {name} {obj.definition}{owned}",
                f"Create sequence {name}",
            )
        case Definition():
            return _create_definition(obj)
        case Opaque():
            if not _is_sql(obj):
                raise UnsupportedChange(
                    f"{obj.type} {obj.key.name} cannot be made from a description",
                    hint="Write its SQL by hand: manage.py schemadiff --empty NAME",
                )
            return _one(obj.definition.rstrip("; \n"), _made(obj))


def drop_object(obj: Other) -> Statements:
    match obj:
        case Constraint() | ForeignKey():
            table, name = qualified(obj.table), quote(obj.key.part)
            return _one(
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
                f"Drop {_spoken(obj)} {name} of table {table}",
            )
        case Index():
            name = qualified(obj.key)
            return _one(
                f"DROP INDEX {name}", f"Drop index {name} of {qualified(obj.table)}"
            )
        case Sequence():
            name = qualified(obj.key)
            return _one(f"DROP SEQUENCE {name}", f"Drop sequence {name}")
        case Definition():
            word, name = _WORDS[obj.key.kind], _definition_name(obj.key)
            return _one(f"DROP {word} {name}", f"Drop {word.lower()} {name}")
        case Opaque():
            if not obj.drop:
                raise UnsupportedChange(
                    f"{obj.type} {obj.key.name} cannot be dropped by itself",
                    hint="Write its SQL by hand: manage.py schemadiff --empty NAME",
                )
            return _one(obj.drop.rstrip("; \n"), f"Drop {_named(obj)}")


def alter_object(before: Other, after: Other, *, apart: bool = False) -> Statements:
    """``apart``: outside the transaction of what comes after it."""
    match before, after:
        case Sequence(), Sequence():
            return _alter_sequence(before, after)
        case Definition(), Definition() if after.key.kind == "enum":
            added = _add_labels(before, after)
            return tuple(replace(each, transactional=not apart) for each in added)
        case Definition(), Definition() if after.key.kind == "domain":
            return _alter_domain(before, after)
        case Opaque(), Opaque():
            return _replace(after)
        case _:
            raise UnsupportedChange(
                f"{after.key} differs: from ({_shown(before)}) to ({_shown(after)})",
                hint="Write this change by hand: manage.py schemadiff --empty NAME",
            )


def rename_object(before: Object, after: Object) -> Statements:
    match before, after:
        case (Constraint() | ForeignKey()) as old, (Constraint() | ForeignKey()) as new:
            table = qualified(old.table)
            a, b = quote(old.key.part), quote(new.key.part)
            return _one(
                f"ALTER TABLE {table} RENAME CONSTRAINT {a} TO {b}",
                f"Rename {_spoken(new)} {a} of table {table} to {b}",
            )
        case Index(), Index():
            a, b = qualified(before.key), quote(after.key.name)
            return _one(f"ALTER INDEX {a} RENAME TO {b}", f"Rename index {a} to {b}")
        case Table(), Table():
            a, b = qualified(before.key), quote(after.key.name)
            statements = _one(
                f"ALTER TABLE {a} RENAME TO {b}", f"Rename table {a} to {b}"
            )
            for column in before.in_order:
                keys = (column_key(t.key, column.name) for t in (before, after))
                statements += followed(column, *keys)
            return statements
        case Definition(), Definition():
            word, a, b = _WORDS[before.key.kind], qualified(before.key), after.key.name
            return _one(
                f"ALTER {word} {a} RENAME TO {quote(b)}",
                f"Put {word.lower()} {a} aside as {quote(b)}, to make it anew",
            )
        case _:
            raise UnsupportedChange(f"{before.key} cannot be renamed to {after.key}")


_WORDS = {
    "namespace": "SCHEMA",
    "extension": "EXTENSION",
    "collation": "COLLATION",
    "enum": "TYPE",
    "domain": "DOMAIN",
}


def _definition_name(key: Key) -> str:
    # Extensions and schemas have no schema of their own to be qualified with.
    bare = key.kind in ("extension", "namespace")
    return quote(key.name) if bare else qualified(key)


def _create_definition(obj: Definition) -> Statements:
    name = _definition_name(obj.key)
    word = _WORDS[obj.key.kind]
    comment = f"Create {word.lower()} {name}"
    match obj.key.kind:
        case "extension":
            # An administrator may have made it on the target already.
            sql = f"CREATE EXTENSION IF NOT EXISTS {name}"
        case "enum":
            labels = ",\n    ".join(literal(label) for label in obj.labels)
            sql = f"CREATE TYPE {name} AS ENUM (\n    {labels}\n)"
        case _:
            sql = f"CREATE {word} {name} {obj.definition}".rstrip()
    return _one(sql, comment)


def _alter_sequence(before: Sequence, after: Sequence) -> Statements:
    name = qualified(after.key)
    clauses = []
    if before.definition != after.definition:
        clauses.append(after.definition)
    if before.owned_by != after.owned_by:
        owner = _column(after.owned_by) if after.owned_by else "NONE"
        clauses.append(f"OWNED BY {owner}")
    return _one(f"ALTER SEQUENCE {name} {' '.join(clauses)}", f"Alter sequence {name}")


_CHECK = re.compile(r'CONSTRAINT ("(?:[^"]|"")+"|\S+) ')


def _alter_domain(before: Definition, after: Definition) -> Statements:
    """Change the clauses at the end of a domain's definition, one by one."""
    name = qualified(after.key)
    actions = [_dropping(c) for c in before.clauses if c not in after.clauses]
    actions += [_setting(c) for c in after.clauses if c not in before.clauses]
    return tuple(
        Statement(sql=f"ALTER DOMAIN {name} {action}", comment=f"Alter domain {name}")
        for action in actions
    )


def _dropping(clause: str) -> str:
    if found := _CHECK.match(clause):
        return f"DROP CONSTRAINT {found[1]}"
    return "DROP DEFAULT" if clause.startswith("DEFAULT ") else "DROP NOT NULL"


def _setting(clause: str) -> str:
    return f"{'ADD' if _CHECK.match(clause) else 'SET'} {clause}"


def _replace(obj: Opaque) -> Statements:
    """Replace a view or function in place: what stands on it and its grants stay."""
    made = obj.definition.rstrip("; \n")
    made = made.removeprefix("CREATE OR REPLACE ").removeprefix("CREATE ")
    return _one(f"CREATE OR REPLACE {made}", f"Replace {_named(obj)}")


def _add_labels(before: Definition, after: Definition) -> Statements:
    """New labels of an enum, each put in its place; removing or sorting is refused."""
    kept = [label for label in after.labels if label in before.labels]
    if kept != list(before.labels):
        raise UnsupportedChange(
            f"{after.key}: PostgreSQL cannot remove or reorder labels of an enum",
            hint="Write this change by hand: manage.py schemadiff --empty NAME",
        )
    name = qualified(after.key)
    statements: Statements = ()
    for i, label in enumerate(after.labels):
        if label in before.labels:
            continue
        place = f" AFTER {literal(after.labels[i - 1])}" if i else ""
        if not i and before.labels:
            place = f" BEFORE {literal(before.labels[0])}"
        statements += _one(
            f"ALTER TYPE {name} ADD VALUE {literal(label)}{place}",
            f"Add label {literal(label)} to type {name}",
        )
    return statements


def _column(key: Key | None) -> str:
    assert key is not None
    return f"{qualified(table_key(key.name, key.namespace))}.{quote(key.part)}"


def _spoken(obj: Constraint | ForeignKey) -> str:
    if isinstance(obj, ForeignKey):
        return "foreign key"
    words = {"primary key": "primary key", "check": "check constraint"}
    return words.get(obj.type, f"{obj.type} constraint")


def _made(obj: Opaque) -> str:
    if obj.type != "comment" and obj.type not in _SETTINGS:
        return f"Create {_named(obj)}"
    words = obj.key.part if obj.type == "comment" else obj.type
    if obj.owner and obj.owner.name == obj.key.name:
        return f"Set the {words} of table {qualified(obj.owner)}"
    return f"Set the {words} {quote(obj.key.name)}"


_SETTINGS = (
    *("tablespace", "storage parameters", "toast storage parameters"),
    *("access method", "replica identity", "row security", "forced row security"),
    *("clustering index", "statistics target"),
)


def _named(obj: Opaque) -> str:
    owner = f" of table {qualified(obj.owner)}" if obj.owner else ""
    return f"{obj.type} {quote(obj.key.name)}{owner}"


def _is_sql(obj: Opaque) -> bool:
    """Tell whether the definition can be run; what cannot be dropped was not printed."""
    return bool(obj.drop)


def _shown(obj: Other) -> str:
    labels = obj.labels if isinstance(obj, Definition) else ()
    return ", ".join(labels) or obj.definition
