"""The schema that a directory is known to make, and which models it agreed with.  Pure.

Its tables are kept as text: a command reads those few that it needs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from schema_migrations.schema.json_form import (
    key_from_json,
    object_as_json,
    object_from_json,
)
from schema_migrations.schema.model import (
    Constraint,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    Table,
    owner_of,
)

Name = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model whose tables are managed."""

    digest: str
    """Of the SQL that makes its tables."""
    tables: tuple[Key, ...]
    """Its own, and those of its many-to-many fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTable:
    key: Key
    referenced: frozenset[Key]
    """The other tables that its foreign keys lead to."""
    names: frozenset[Name]
    """Those of the relations that it is and has: no other can have them."""
    has_rows: bool
    """The files add rows to it."""
    text: str
    """Its objects, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSchema:
    """What the files of a directory make, and the models that agree with it."""

    models: Mapping[str, KnownModel]
    """Label of a managed model → what is known of it."""
    other_models: str
    """Digest of all that is said of other models."""
    tables: Mapping[Key, KnownTable]
    rest: str
    """What belongs to no table, as JSON: types, extensions, sequences."""

    def read_objects(self, tables: Iterable[Key]) -> Iterable[Object]:
        """Return the objects of some tables, and what belongs to no table."""
        texts = [self.rest, *(self.tables[key].text for key in tables)]
        return [object_from_json(each) for text in texts for each in json.loads(text)]

    def find_names_outside(self, tables: Collection[Key]) -> frozenset[Name]:
        """Return the names of the relations of all tables but some."""
        others = (t.names for key, t in self.tables.items() if key not in tables)
        return frozenset().union(*others)


def make_known_schema(
    schema: Schema,
    *,
    models: Mapping[str, KnownModel],
    other_models: str,
    filled_tables: Collection[Key],
) -> KnownSchema | None:
    """Return what is to be known of a schema; None: it has what is not kept.

    That is what models cannot describe (views, functions, triggers), what other tools own
    and privileges.  ``filled_tables`` have rows.
    """
    if schema.of(Opaque) or schema.ignored or schema.privileges:
        return None
    return KnownSchema(
        models=models,
        other_models=other_models,
        tables=_describe_tables(schema, filled_tables),
        rest=_write(obj for obj in schema if find_owning_table(obj) is None),
    )


def with_tables(
    known: KnownSchema,
    replaced: Collection[Key],
    changed: Schema,
    filled_tables: Collection[Key],
    *,
    models: Mapping[str, KnownModel],
) -> KnownSchema | None:
    """Return what is known with the tables of ``changed`` instead of those ``replaced``.

    All that belongs to no table is in ``changed``.
    """
    new = make_known_schema(
        changed,
        models=models,
        other_models=known.other_models,
        filled_tables=filled_tables,
    )
    if new is None:
        return None
    kept = {key: table for key, table in known.tables.items() if key not in replaced}
    return replace(new, tables={**kept, **new.tables})


def find_relation_names(objects: Iterable[Object]) -> frozenset[Name]:
    """Return the names that no other table, index or sequence of a schema can have."""
    names: set[Name] = set()
    for obj in objects:
        match obj:
            case Table():
                names.add((obj.key.namespace, obj.key.name))
                sequences = (c.identity_sequence for c in obj.columns)
                names.update((obj.key.namespace, s) for s in sequences if s)
            case Index() | Sequence():
                names.add((obj.key.namespace, obj.key.name))
            case Constraint(reserves_relation_name=True):
                names.add((obj.key.namespace, obj.key.part))
            case _:
                pass
    return frozenset(names)


def known_schema_as_json(known: KnownSchema) -> dict[str, Any]:
    """Return what JSON can hold."""
    return {
        "models": {
            label: [model.digest, *model.tables]
            for label, model in known.models.items()
        },
        "other_models": known.other_models,
        "tables": [
            [t.key, sorted(t.referenced), sorted(t.names), t.has_rows, t.text]
            for t in known.tables.values()
        ],
        "rest": known.rest,
    }


def known_schema_from_json(value: Mapping[str, Any]) -> KnownSchema:
    """Return what ``known_schema_as_json`` was given."""
    tables = [
        KnownTable(
            key=key_from_json(key),
            referenced=frozenset(map(key_from_json, referenced)),
            names=frozenset((namespace, name) for namespace, name in names),
            has_rows=has_rows,
            text=text,
        )
        for key, referenced, names, has_rows, text in value["tables"]
    ]
    return KnownSchema(
        models={
            label: KnownModel(digest=digest, tables=tuple(map(key_from_json, keys)))
            for label, (digest, *keys) in value["models"].items()
        },
        other_models=value["other_models"],
        tables={table.key: table for table in tables},
        rest=value["rest"],
    )


def _describe_tables(
    schema: Schema, filled_tables: Collection[Key]
) -> dict[Key, KnownTable]:
    objects: dict[Key, list[Object]] = {table.key: [] for table in schema.of(Table)}
    for obj in schema:
        table = find_owning_table(obj)
        if table is not None:
            objects[table].append(obj)
    return {
        key: KnownTable(
            key=key,
            referenced=_find_referenced(each),
            names=find_relation_names(each),
            has_rows=key in filled_tables,
            text=_write(each),
        )
        for key, each in objects.items()
    }


def _find_referenced(objects: Iterable[Object]) -> frozenset[Key]:
    """Return the tables that foreign keys among the objects lead to, but for their own."""
    return frozenset(
        obj.referenced_table
        for obj in objects
        if isinstance(obj, ForeignKey) and obj.referenced_table != obj.table
    )


def find_owning_table(obj: Object) -> Key | None:
    """Return the table that an object is, belongs to or goes with."""
    match obj:
        case Table():
            return obj.key
        case Sequence(owned_by=Key() as column):
            return column.table
        case _:
            return owner_of(obj)


def _write(objects: Iterable[Object]) -> str:
    return json.dumps([object_as_json(obj) for obj in objects], separators=(",", ":"))
