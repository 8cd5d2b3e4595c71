"""What a line of a summary shows of an object: its definition, or both.  Pure."""

from __future__ import annotations

from collections.abc import Mapping

from schema_migrations.plan.shown_definitions import (
    MAX_RULE_SHOWN,
    MAX_SHOWN,
    describe_redefinition,
    shorten_definition,
    shorten_pair,
)
from schema_migrations.schema import changes as ddl
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
)

Redefinitions = Mapping[Key, tuple[str, str]]
"""What is dropped and created again under one name: the old definition and the new.
One that is only dropped or only created has the same as both."""


def show_redefinitions(changes: tuple[ddl.Change, ...]) -> Redefinitions:
    """Return both definitions of each object that is dropped and created again."""
    dropped = {c.object.key: c.object for c in changes if isinstance(c, ddl.Drop)}
    return {
        c.object.key: shorten_pair(
            _definition_of(dropped[c.object.key]),
            _definition_of(c.object),
            _find_room(c.object),
        )
        for c in changes
        if isinstance(c, ddl.Create) and c.object.key in dropped
    }


def show_definitions(changes: tuple[ddl.Change, ...]) -> Redefinitions:
    """Return the definition of each object that is dropped or created."""
    return {
        c.object.key: (shown, shown)
        for c in changes
        if isinstance(c, ddl.Create | ddl.Drop)
        for shown in [
            shorten_definition(_definition_of(c.object), _find_room(c.object))
        ]
    }


def _find_room(obj: Object) -> int:
    """Return how many characters of an object's definition a line shows."""
    is_rule = isinstance(obj, Constraint | ForeignKey | Index)
    return MAX_RULE_SHOWN if is_rule else MAX_SHOWN


def compare_definitions(before: Object, after: Object) -> str:
    """Return how the definition of an object changes; empty: it has none."""
    old, new = _definition_of(before), _definition_of(after)
    return describe_redefinition(old, new, _find_room(after)) if old != new else ""


def _definition_of(obj: Object) -> str:
    """Return what defines an object, without the word for its kind."""
    match obj:
        case Definition(labels=labels) if labels:
            return f"({', '.join(labels)})"
        case Definition(version=version) if version:
            return f"{obj.definition} VERSION {version}".strip()
        case Constraint() | ForeignKey():
            kind = obj.type if isinstance(obj, Constraint) else "foreign key"
            text = obj.definition
            return text[len(kind) + 1 :] if text.lower().startswith(kind) else text
        case Index(unique=True):
            return f"UNIQUE {obj.definition}"
        case Sequence(owned_by=Key() as column):
            return f"{obj.definition} OWNED BY {column.path}"
        case Table():
            return ""
        case _:
            return obj.definition


def show_privilege(obj: Object) -> str:
    """Return what a privilege allows, since it has the name of its object."""
    is_privilege = isinstance(obj, Opaque) and obj.trait.is_privilege
    return show_definition(obj) if is_privilege else ""


def show_definition(obj: Object) -> str:
    """Return the definition of a new constraint or index."""
    match obj:
        case Constraint(type="primary key" | "unique") | ForeignKey():
            return f"({', '.join(obj.columns)})" if obj.columns else ""
        case Opaque(trait=trait) if trait.is_privilege:
            return shorten_definition(obj.definition)
        case Constraint() | Index():
            return shorten_definition(_definition_of(obj))
        case _:
            return ""
