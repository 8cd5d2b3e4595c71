"""What the keys and checks of a table say of its columns.  Pure."""

from __future__ import annotations

from schema_migrations.schema.model import Constraint, ForeignKey, Key, Schema, Table


def map_references(table: Table, schema: Schema) -> dict[str, Key]:
    """Return column → referenced table, for each foreign key of a single column."""
    return {
        obj.columns[0]: obj.referenced_table
        for obj in schema.by_table.get(table.key, ())
        if isinstance(obj, ForeignKey) and len(obj.columns) == 1
    }


def map_type_rules(table: Table, schema: Schema) -> dict[str, frozenset[str]]:
    """Return column → its checks without a name, which tell more than its type.

    On SQLite ``JSON_VALID`` tells a JSON field from a text: both are ``text``.
    """
    rules: dict[str, frozenset[str]] = {}
    for obj in schema.by_table.get(table.key, ()):
        match obj:
            case Constraint(type="check", columns=(name,)) if (
                obj.key.part == obj.definition
            ):
                rule = obj.definition.replace(f'"{name}"', "")
                rules[name] = rules.get(name, frozenset()) | {rule}
            case _:
                pass
    return rules


def find_primary_key(table: Table, schema: Schema) -> tuple[str, ...]:
    """Return the columns of the primary key; none: there is no such key."""
    for obj in schema.by_table.get(table.key, ()):
        if isinstance(obj, Constraint) and obj.type == "primary key":
            return obj.columns
    return ()
