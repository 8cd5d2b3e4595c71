"""The part of a schema that a change of the models can touch.  Pure.

It has the tables of the models that changed, and their neighbours: those that these refer
to, and those that refer to these.  Where the rest of the schema could matter, there is no
slice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from schema_migrations.schema.model import ForeignKey, Key, Object, Schema
from schema_migrations.workflows.states.known_schema import (
    KnownModel,
    KnownSchema,
    Name,
    find_owning_table,
    find_relation_names,
    with_tables,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some tables of a known schema, in place of all of them."""

    known: KnownSchema
    tables: frozenset[Key]
    """Of the known schema."""
    neighbours: frozenset[Key]
    """Those of ``tables`` that only stand beside those that change."""
    schema: Schema
    """The objects of ``tables``, and what belongs to no table.  Neighbours have no
    foreign keys to tables outside."""
    labels: frozenset[str]
    """The models that have tables in it, as the models are now."""
    table_count: int
    """The number of its tables, those that are new included."""

    def read_changed(
        self,
        reached: Schema,
        filled_tables: Collection[Key],
        models: Mapping[str, KnownModel],
    ) -> KnownSchema | None:
        """Return what is known when the slice has become ``reached``, which fits models."""
        beside = [o.key for o in _select(reached, self.neighbours)]
        return with_tables(
            self.known,
            self.tables - self.neighbours,
            reached.replace_objects(beside, ()),
            filled_tables,
            models=models,
        )

    def find_taken_names(self, desired: Schema) -> frozenset[Name]:
        """Return the names of relations in ``desired`` that others outside have."""
        outside = self.known.find_names_outside(self.tables)
        return find_relation_names(desired) & outside

    def has_same_neighbours(self, before: Schema, after: Schema) -> bool:
        """Tell whether the neighbours are in ``after`` as they were ``before``."""
        return _select(before, self.neighbours) == _select(after, self.neighbours)


def choose_slice(
    known: KnownSchema,
    models: Mapping[str, KnownModel],
    other_models: str,
    references: Mapping[str, Collection[Key]],
) -> Slice | None:
    """Return the slice that leads to the models as they are now; None: there is none.

    ``references`` are the tables that each model which changed refers to.
    """
    changed = find_changed_labels(known, models)
    if other_models != known.other_models:
        return None
    gone = _list_tables(known.models, changed)
    new = _list_tables(models, changed)
    own = _map_owners(known.models, known.models)
    if _may_rename(known.models, models, changed):
        return None
    if not gone <= known.tables.keys() or (new - gone) & known.tables.keys():
        return None  # a table that no model had, or that no file makes
    if any(known.tables[table].has_rows for table in gone):
        return None  # whether the new file suits its rows, only all files can tell
    targets = {t for label in changed & references.keys() for t in references[label]}
    targets |= {t for table in gone for t in known.tables[table].referenced}
    sources = {key for key, table in known.tables.items() if table.referenced & gone}
    beside = (targets | sources) - gone - new
    if not beside <= own.keys():
        return None
    labels = frozenset(own[table] for table in beside)
    neighbours = _list_tables(known.models, labels)
    tables = frozenset(gone | neighbours)
    if not tables <= known.tables.keys() or 2 * len(tables) > len(known.tables):
        return None
    return Slice(
        known=known,
        tables=tables,
        neighbours=frozenset(neighbours),
        schema=Schema(
            frozenset(
                obj
                for obj in known.read_objects(tables)
                if not _leads_outside(obj, tables)
            )
        ),
        labels=labels | (changed & models.keys()),
        table_count=len(tables | new),
    )


def find_changed_labels(
    known: KnownSchema, models: Mapping[str, KnownModel]
) -> frozenset[str]:
    """Return the labels of the models that are new, gone or otherwise made."""
    return frozenset(
        label
        for label in known.models.keys() | models.keys()
        if label not in models
        or label not in known.models
        or models[label].digest != known.models[label].digest
    )


def _may_rename(
    before: Mapping[str, KnownModel],
    now: Mapping[str, KnownModel],
    changed: Collection[str],
) -> bool:
    """Tell whether a table may have another name now, or another model.

    A rename looks beyond the slice: at content types, permissions, labels of apps, and
    names that are free.
    """
    old, new = _map_owners(before, changed), _map_owners(now, changed)
    if old.keys() - new.keys() and new.keys() - old.keys():
        return True
    return any(old[table] != new[table] for table in old.keys() & new.keys())


def _map_owners(
    models: Mapping[str, KnownModel], labels: Collection[str]
) -> dict[Key, str]:
    return {
        table: label
        for label in labels
        if label in models
        for table in models[label].tables
    }


def _list_tables(models: Mapping[str, KnownModel], labels: Collection[str]) -> set[Key]:
    return {t for label in labels if label in models for t in models[label].tables}


def _leads_outside(obj: Object, tables: Collection[Key]) -> bool:
    return isinstance(obj, ForeignKey) and obj.referenced_table not in tables


def _select(schema: Schema, tables: Collection[Key]) -> frozenset[Object]:
    return frozenset(obj for obj in schema if find_owning_table(obj) in tables)
