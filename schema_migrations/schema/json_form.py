"""Write objects of a schema as JSON, and read them back.

Invariant: what is read back is equal in every field, those included that no comparison
counts.  Objects that only SQL describes are not written: their traits belong to an engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, cast

from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Kind,
    Object,
    Opaque,
    Sequence,
    Table,
)

_Change = Callable[[Any], Any]


def object_as_json(obj: Object) -> list[Any]:
    """Return a list that JSON can hold; raises ``TypeError`` for an opaque object."""
    if isinstance(obj, Opaque):
        raise TypeError(f"{obj.key} has no form in JSON")
    return [type(obj).__name__, *_write_fields(obj)]


def object_from_json(value: list[Any]) -> Object:
    """Return the object of such a list; raises as whoever is given another one."""
    name, *given = value
    made: Object = _read_fields(_TYPES[name], given)
    return made


def key_from_json(value: list[str]) -> Key:
    """Return the key that JSON holds as a list."""
    kind, namespace, name, part = value
    return Key(cast(Kind, kind), namespace, name, part)


def _write_fields(obj: Any) -> list[Any]:
    return [
        write(getattr(obj, name)) if write else getattr(obj, name)
        for name, write, _ in _FIELDS[type(obj)]
    ]


def _read_fields(type_: Any, values: list[Any]) -> Any:
    each = zip(_FIELDS[type_], values, strict=True)
    return type_(
        **{name: read(value) if read else value for (name, _, read), value in each}
    )


def _write_keys(keys: frozenset[Key]) -> list[Key]:
    return sorted(keys)


def _read_keys(value: list[list[str]]) -> frozenset[Key]:
    return frozenset(map(key_from_json, value))


def _read_optional_key(value: list[str] | None) -> Key | None:
    return None if value is None else key_from_json(value)


def _write_columns(columns: tuple[Column, ...]) -> list[list[Any]]:
    return [_write_fields(column) for column in columns]


def _read_columns(value: list[list[Any]]) -> tuple[Column, ...]:
    return tuple(_read_fields(Column, each) for each in value)


_FORMS: dict[str, tuple[_Change | None, _Change | None]] = {
    "Key": (None, key_from_json),
    "Key | None": (None, _read_optional_key),
    "frozenset[Key]": (_write_keys, _read_keys),
    "tuple[Column, ...]": (_write_columns, _read_columns),
    "tuple[str, ...]": (None, tuple),
    "str": (None, None),
    "str | None": (None, None),
    "bool": (None, None),
    "int": (None, None),
}
"""Type of a field, as it is written → how its values become JSON and come back."""


def _form_of(annotation: str) -> tuple[_Change | None, _Change | None]:
    return _FORMS["str" if annotation.startswith("Literal[") else annotation]


_TYPES = {
    type_.__name__: type_
    for type_ in (Table, Constraint, ForeignKey, Index, Sequence, Definition)
}
_FIELDS = {
    type_: [(f.name, *_form_of(str(f.type))) for f in fields(type_)]
    for type_ in (Column, *_TYPES.values())
}
