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
from schema_migrations.workflows.planning.shortened_names import shorten_table_name
from schema_migrations.workflows.states.model_facts import ModelFacts, ModelOrigin


def split_model_renames(
    answers: Answers, facts: ModelFacts, current: Schema, desired: Schema
) -> tuple[ModelRenames, Answers]:
    """Return the renames that name models, and the answers without them.

    One that is a rename of tables by Django's names for them becomes an answer of tables.
    Raises ``ImpossibleRename``.
    """
    found: dict[str, ModelOrigin] = {}
    rest: list[tuple[str, str]] = []
    new_labels = {new.lower() for _, new in answers.renames}
    for old, new in answers.renames:
        origin = facts.models.get(new.lower())
        app, _, model = old.lower().partition(".")
        if origin is None or not model or _names_column(old, current, desired):
            rest.append((old, new))
            continue
        if old.lower() in facts.models.keys() - new_labels:
            raise ImpossibleRename(old=old, new=new, problem=f"{old} is still a model.")
        names = (f"{app}_{model}", shorten_table_name(f"{app}_{model}"))
        gone = [k for k in map(table_key, names) if _is_gone(k, current, desired)]
        after = _find_table(origin, facts)
        if gone and after not in (None, *current.by_key):
            assert after is not None
            before = gone[0]
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


def _names_column(name: str, *schemas: Schema) -> bool:
    """Tell whether ``a.b`` can be column b of table a, or table b of namespace a."""
    tables = [table.key for schema in schemas for table in schema.of(Table)]
    first = name.rpartition(".")[0]
    return any(name == key.path or first in (key.name, key.path) for key in tables)


def _find_table(origin: ModelOrigin, facts: ModelFacts) -> Key | None:
    return next((key for key, each in facts.origins.items() if each == origin), None)


def _is_gone(table: Key, current: Schema, desired: Schema) -> bool:
    return table in current.by_key and table not in desired.by_key


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
