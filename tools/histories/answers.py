"""What a person was asked when the migrations were made, read from the operations.

Models and fields are followed by identity through a stretch of operations, so that a
rename of a model renames the tables and columns of its many-to-many fields, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

from tools.histories.history import Labelled, flat, on_database_only

ModelKey = tuple[str, str]
"""App label and lower-case name."""
Origins = dict[str, str | None]
"""Field → what it was called before; None: it is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    tables: dict[str, str] = field(default_factory=dict)
    """Old name → new name."""
    columns: dict[tuple[str, str], str] = field(default_factory=dict)
    """(the table's new name, the column's old name) → the column's new name."""

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return them as ``schemadiff --rename`` takes them."""
        return (
            *self.tables.items(),
            *((f"{table}.{old}", new) for (table, old), new in self.columns.items()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A state with its models."""

    state: ProjectState
    apps: Apps


@dataclass(slots=True)
class Trail:
    """Where models and fields come from, and the one-off defaults on the way."""

    models: dict[ModelKey, ModelKey | None]
    fields: dict[ModelKey, Origins]
    once: dict[tuple[ModelKey, str], Any] = field(default_factory=dict)
    """(model, field) → the default that was given for existing rows only."""


def trail(operations: Iterable[Labelled], before: ProjectState) -> Trail:
    """Follow every model and field of ``before`` through the operations."""
    found = Trail(
        models={key: key for key in before.models},
        fields={k: {f: f for f in m.fields} for k, m in before.models.items()},
    )
    tables = {_table(key, model): key for key, model in before.models.items()}
    for label, operation in flat(operations):
        _follow(found, label, operation)
        if isinstance(operation, migrations.CreateModel):
            key = (label, operation.name_lower)
            _adopt(found, key, tables.get(_table(key, operation)))
    return found


def _table(key: ModelKey, model: Any) -> str:
    """Return the table of a model state, or of a model that is created."""
    return str(model.options.get("db_table") or "_".join(key))


def _adopt(found: Trail, key: ModelKey, origin: ModelKey | None) -> None:
    """A model made on another's table is that model, moved between apps."""
    if origin is not None:
        found.models[key] = origin
        found.fields[key] = {name: name for name in found.fields[key]}


def _follow(found: Trail, label: str, operation: Any) -> None:
    match operation:
        case migrations.CreateModel():
            key = (label, operation.name_lower)
            found.models[key] = None
            found.fields[key] = dict.fromkeys(
                (name for name, _ in operation.fields), None
            )
        case migrations.DeleteModel():
            found.models.pop((label, operation.name_lower), None)
        case migrations.RenameModel():
            old, new = (
                (label, operation.old_name_lower),
                (label, operation.new_name_lower),
            )
            found.models[new] = found.models.pop(old, None)
            found.fields[new] = found.fields.pop(old, {})
            found.once = {
                (new if key == old else key, name): default
                for (key, name), default in found.once.items()
            }
        case migrations.RenameField():
            key = (label, operation.model_name_lower)
            fields = found.fields.setdefault(key, {})
            fields[operation.new_name] = fields.pop(
                operation.old_name, operation.old_name
            )
            if (key, operation.old_name) in found.once:
                found.once[key, operation.new_name] = found.once.pop(
                    (key, operation.old_name)
                )
        case migrations.AddField() | migrations.AlterField() | migrations.RemoveField():
            _follow_field(found, (label, operation.model_name_lower), operation)
        case _:
            pass


def _follow_field(found: Trail, key: ModelKey, operation: Any) -> None:
    name = operation.name
    if not isinstance(operation, migrations.AlterField):
        found.fields.setdefault(key, {})[name] = None
        found.once.pop((key, name), None)
    if not isinstance(operation, migrations.RemoveField):
        given = operation.field.default
        if not operation.preserve_default and given is not NOT_PROVIDED:
            found.once[key, name] = given


def renames(operations: tuple[Labelled, ...], before: Moment, after: Moment) -> Renames:
    """Return the tables and columns that go by another name afterwards."""
    origins = trail(operations, before.state)
    found = Renames()
    _by_hand(found, operations, before, after)
    for key in after.state.models:
        origin = origins.models.get(key)
        if origin is not None and origin in before.state.models:
            old, new = before.apps.get_model(*origin), after.apps.get_model(*key)
            if old._meta.managed and new._meta.managed and not new._meta.proxy:
                _of_model(found, old, new, origins.fields.get(key, {}))
    return found


def _of_model(found: Renames, old: Any, new: Any, origins: Origins) -> None:
    table = _bare(new._meta.db_table)
    _note(found.tables, _bare(old._meta.db_table), table)
    for each in new._meta.local_concrete_fields:
        before = _field(old, origins.get(each.name, each.name))
        column = before is not None and not before.many_to_many and before.column
        if column and each.column:
            _note_column(found, table, column, each.column)
    for each in new._meta.local_many_to_many:
        before = _field(old, origins.get(each.name, each.name))
        if before is not None and before.many_to_many and _automatic(before, each):
            _of_many(found, before, each)


def _of_many(found: Renames, before: Any, after: Any) -> None:
    table = _bare(after.m2m_db_table())
    _note(found.tables, _bare(before.m2m_db_table()), table)
    for name in ("m2m_column_name", "m2m_reverse_name"):
        _note_column(found, table, getattr(before, name)(), getattr(after, name)())


def _note(found: dict[str, str], old: str, new: str) -> None:
    if old != new:
        found[old] = new


def _note_column(found: Renames, table: str, old: str, new: str) -> None:
    if old != new:
        found.columns[table, old] = new


def _automatic(*fields: Any) -> bool:
    throughs = [each.remote_field.through for each in fields]  # None: it is swapped out
    return all(through and through._meta.auto_created for through in throughs)


def _field(model: Any, name: str | None) -> Any:
    local = (*model._meta.local_fields, *model._meta.local_many_to_many)
    return next((each for each in local if each.name == name), None)


def _bare(name: str) -> str:
    return name.strip('"')


_RENAMED = re.compile(
    r'ALTER\s+TABLE\s+"?(\w+)"?\s+RENAME\s+'
    r'(?:TO\s+"?(\w+)"?|(?:COLUMN\s+)?"?(\w+)"?\s+TO\s+"?(\w+)"?)',
    re.IGNORECASE,
)


def _by_hand(
    found: Renames, operations: tuple[Labelled, ...], before: Moment, after: Moment
) -> None:
    """Note the renames made on the database only, beside what the state says.

    Not those to a name that some model has before and after: the state of its app made
    that table anew, where the database got it by this rename.
    """
    old, new = _tables(before), _tables(after)

    def note(table: str, name: str) -> None:
        if table in old and name in new and old.get(name) != new[name]:
            _note(found.tables, table, name)

    for label, operation in on_database_only(operations):
        match operation:
            case migrations.AlterModelTable():
                key = (label, operation.name_lower)
                tables = {key: table for table, key in old.items()}
                if key in tables:
                    note(tables[key], str(operation.table or "_".join(key)))
            case migrations.RunSQL():
                for table, name, column, renamed in _RENAMED.findall(
                    str(operation.sql)
                ):
                    if name:
                        note(table, name)
                    elif table in new:
                        _note_column(found, table, column, renamed)
            case _:
                pass


def _tables(moment: Moment) -> dict[str, ModelKey]:
    """Return table → the model that has it, with automatic ones."""
    return {
        _bare(model._meta.db_table): (
            model._meta.app_label,
            str(model._meta.model_name),
        )
        for model in moment.apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


def fields_by_column(apps: Apps) -> dict[tuple[str, str], tuple[ModelKey, Any]]:
    """Return (table, column) → the field that has it, and its model's key."""
    return {
        (_bare(model._meta.db_table), each.column): (
            (model._meta.app_label, str(model._meta.model_name)),
            each,
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
        for each in model._meta.local_concrete_fields
        if each.column
    }


def django_value(editor: Any, each: Any, given: Any = NOT_PROVIDED) -> str | None:
    """Return the literal that Django would give to existing rows; None: it has none.

    ``given`` is the one-off default, where there was one.
    """
    kept = each.default
    each.default = kept if given is NOT_PROVIDED else given
    try:
        value = editor.effective_default(each)
        return None if value is None else str(editor.quote_value(value))
    except Exception:  # a project's own callable may ask its database, or anything
        return None
    finally:
        each.default = kept
