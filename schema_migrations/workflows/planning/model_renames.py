"""Renames of models that no table shows: a proxy, or one whose ``db_table`` stays.

Files hold no names of models, so only an answer can tell: ``app.Old`` is ``app.New``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from schema_migrations.errors import ImpossibleRename
from schema_migrations.plan.answers import Answers
from schema_migrations.plan.summary import SummaryLine
from schema_migrations.schema.model import Key, Schema, Table, table_key
from schema_migrations.workflows.planning.content_types import (
    CONTENT_TYPE_TABLE,
    ModelRenames,
)
from schema_migrations.workflows.planning.shortened_names import (
    ShortenName,
    list_default_table_names,
)
from schema_migrations.workflows.states.model_facts import ModelFacts, ModelOrigin


def split_model_renames(
    answers: Answers,
    facts: ModelFacts,
    current: Schema,
    desired: Schema,
    shorten_name: ShortenName,
) -> tuple[ModelRenames, Answers]:
    """Return the renames that name models, and the answers without them.

    One that is a rename of tables by Django's names for them becomes an answer of tables.
    Raises ``ImpossibleRename``.
    """
    models: dict[str, tuple[str, ModelOrigin]] = {}
    rest: list[tuple[str, str]] = []
    new_labels = {new.lower() for _, new in answers.renames}
    for old, new in answers.renames:
        origin = facts.models.get(new.lower())
        if (
            origin is None
            or not old.partition(".")[2]
            or _names_column(old, current, desired)
        ):
            rest.append((old, new))
            continue
        if old.lower() in facts.models.keys() - new_labels:
            raise ImpossibleRename(old=old, new=new, problem=f"{old} is still a model.")
        models[old] = new, origin
    tables = _pair_tables(
        {old: origin for old, (_, origin) in models.items()},
        facts,
        current,
        desired,
        shorten_name,
    )
    found: dict[str, ModelOrigin] = {}
    for old, (new, origin) in models.items():
        if old in tables:
            before, after = tables[old]
            rest.append((before.path, after.path))
        elif CONTENT_TYPE_TABLE not in current.by_key:
            raise ImpossibleRename(
                old=old,
                new=new,
                problem=f"the files make no table {CONTENT_TYPE_TABLE.name}, which holds"
                " the names of models.",
            )
        else:
            found[old.lower()] = origin
    return found, replace(answers, renames=tuple(rest))


def _pair_tables(
    models: Mapping[str, ModelOrigin],
    facts: ModelFacts,
    current: Schema,
    desired: Schema,
    shorten_name: ShortenName,
) -> Mapping[str, tuple[Key, Key]]:
    """Return the old labels of the models whose tables have new names, with old and new.

    A name is left if no model's table has it now, or that of another renamed model; in
    the same way a name is free.
    """
    pairs: dict[str, tuple[Key, Key]] = {}
    for label, origin in models.items():
        app, _, model = label.lower().partition(".")
        after = _find_table(origin, facts)
        for name in list_default_table_names(app, model, shorten_name):
            before = table_key(name)
            if before in current.by_key and after not in (None, before):
                assert after is not None
                pairs[label] = before, after
    while True:
        left = {before for before, _ in pairs.values()}
        taken = {after for _, after in pairs.values()}
        staying = [
            label
            for label, (before, after) in pairs.items()
            if before in desired.by_key.keys() - taken
            or after in current.by_key.keys() - left
        ]
        if not staying:
            return pairs
        for label in staying:
            del pairs[label]


def _names_column(name: str, *schemas: Schema) -> bool:
    """Tell whether ``a.b`` can be column b of table a, or table b of namespace a."""
    tables = [table.key for schema in schemas for table in schema.of(Table)]
    first = name.rpartition(".")[0]
    return any(name == key.path or first in (key.name, key.path) for key in tables)


def _find_table(origin: ModelOrigin, facts: ModelFacts) -> Key | None:
    return next((key for key, each in facts.origins.items() if each == origin), None)


def summarize_model_renames(renames: ModelRenames) -> tuple[SummaryLine, ...]:
    """Return a line for each renamed model."""
    return tuple(
        SummaryLine(sign=">", kind="model", table="", name=new, detail=f"from {old}")
        for old, new in _list_labels(renames)
    )


def describe_model_renames(renames: ModelRenames) -> tuple[str, ...]:
    """Return a header line for each renamed model."""
    return tuple(
        f"Renamed: model {old} to {new}." for old, new in _list_labels(renames)
    )


def _list_labels(renames: Mapping[str, ModelOrigin]) -> Iterator[tuple[str, str]]:
    for old, origin in sorted(renames.items()):
        yield old, f"{origin.app}.{origin.name}"
