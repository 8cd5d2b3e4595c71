"""Find the renames of tables and columns, and the one-off defaults, of some operations.

Models and fields are traced by identity through the operations, so that a rename of a
model also renames the tables and columns of its many-to-many fields.
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

from tools.histories.history import (
    Labelled,
    find_database_only_operations,
    flatten_operations,
)

ModelKey = tuple[str, str]
"""App label and lower-case name."""
OldNames = dict[str, str | None]
"""Field → what it was called before; None: it is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """The renames that lead from one state to another."""

    tables: dict[str, str] = field(default_factory=dict)
    """Old name → new name."""
    columns: dict[tuple[str, str], str] = field(default_factory=dict)
    """(the table's new name, the column's old name) → the column's new name."""

    def list_pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the renames as ``schemadiff --rename`` takes them."""
        return (
            *self.tables.items(),
            *((f"{table}.{old}", new) for (table, old), new in self.columns.items()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedState:
    """A state, and the app registry that has its models."""

    state: ProjectState
    apps: Apps


@dataclass(slots=True)
class Origins:
    """What models and fields were before some operations, and the one-off defaults."""

    models: dict[ModelKey, ModelKey | None]
    fields: dict[ModelKey, OldNames]
    one_off_defaults: dict[tuple[ModelKey, str], Any] = field(default_factory=dict)
    """(model, field) → the default that holds for existing rows only."""


def trace_origins(operations: Iterable[Labelled], before: ProjectState) -> Origins:
    """Trace every model and field of a state through the operations that follow it."""
    found = Origins(
        models={key: key for key in before.models},
        fields={k: {f: f for f in m.fields} for k, m in before.models.items()},
    )
    tables = {_table_of(key, model): key for key, model in before.models.items()}
    for label, operation in flatten_operations(operations):
        _record_operation(found, label, operation)
        if isinstance(operation, migrations.CreateModel):
            key = (label, operation.name_lower)
            _record_move(found, key, tables.get(_table_of(key, operation)))
    return found


def _table_of(key: ModelKey, model: Any) -> str:
    """Return the table of a model state, or of a model that is created."""
    return str(model.options.get("db_table") or "_".join(key))


def _record_move(found: Origins, key: ModelKey, origin: ModelKey | None) -> None:
    """Record that a model created on another's table is that model in another app."""
    if origin is not None:
        found.models[key] = origin
        found.fields[key] = {name: name for name in found.fields[key]}


def _record_operation(found: Origins, label: str, operation: Any) -> None:
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
            found.one_off_defaults = {
                (new if key == old else key, name): default
                for (key, name), default in found.one_off_defaults.items()
            }
        case migrations.RenameField():
            key = (label, operation.model_name_lower)
            fields = found.fields.setdefault(key, {})
            fields[operation.new_name] = fields.pop(
                operation.old_name, operation.old_name
            )
            if (key, operation.old_name) in found.one_off_defaults:
                found.one_off_defaults[key, operation.new_name] = (
                    found.one_off_defaults.pop((key, operation.old_name))
                )
        case migrations.AddField() | migrations.AlterField() | migrations.RemoveField():
            _record_field_operation(
                found, (label, operation.model_name_lower), operation
            )
        case _:
            pass


def _record_field_operation(found: Origins, key: ModelKey, operation: Any) -> None:
    name = operation.name
    if not isinstance(operation, migrations.AlterField):
        found.fields.setdefault(key, {})[name] = None
        found.one_off_defaults.pop((key, name), None)
    if not isinstance(operation, migrations.RemoveField):
        default = operation.field.default
        if not operation.preserve_default and default is not NOT_PROVIDED:
            found.one_off_defaults[key, name] = default


def find_renames(
    operations: tuple[Labelled, ...], before: RenderedState, after: RenderedState
) -> Renames:
    """Find the tables and columns that have another name after the operations."""
    origins = trace_origins(operations, before.state)
    found = Renames()
    _find_renames_by_hand(found, operations, before, after)
    for key in after.state.models:
        origin = origins.models.get(key)
        if origin is not None and origin in before.state.models:
            old, new = before.apps.get_model(*origin), after.apps.get_model(*key)
            if old._meta.managed and new._meta.managed and not new._meta.proxy:
                _compare_models(found, old, new, origins.fields.get(key, {}))
    return found


def _compare_models(found: Renames, old: Any, new: Any, origins: OldNames) -> None:
    table = _strip_quotes(new._meta.db_table)
    _record_rename(found.tables, _strip_quotes(old._meta.db_table), table)
    for each in new._meta.local_concrete_fields:
        before = _find_field(old, origins.get(each.name, each.name))
        column = before is not None and not before.many_to_many and before.column
        if column and each.column:
            _record_column_rename(found, table, column, each.column)
    for each in new._meta.local_many_to_many:
        before = _find_field(old, origins.get(each.name, each.name))
        if before is not None and before.many_to_many and _are_automatic(before, each):
            _compare_many_to_many(found, before, each)


def _compare_many_to_many(found: Renames, before: Any, after: Any) -> None:
    table = _strip_quotes(after.m2m_db_table())
    _record_rename(found.tables, _strip_quotes(before.m2m_db_table()), table)
    for name in ("m2m_column_name", "m2m_reverse_name"):
        _record_column_rename(
            found, table, getattr(before, name)(), getattr(after, name)()
        )


def _record_rename(found: dict[str, str], old: str, new: str) -> None:
    if old != new:
        found[old] = new


def _record_column_rename(found: Renames, table: str, old: str, new: str) -> None:
    if old != new:
        found.columns[table, old] = new


def _are_automatic(*fields: Any) -> bool:
    throughs = [each.remote_field.through for each in fields]  # None: swapped out
    return all(through and through._meta.auto_created for through in throughs)


def _find_field(model: Any, name: str | None) -> Any:
    local = (*model._meta.local_fields, *model._meta.local_many_to_many)
    return next((each for each in local if each.name == name), None)


def _strip_quotes(name: str) -> str:
    return name.strip('"')


_RENAME_SQL = re.compile(
    r'ALTER\s+TABLE\s+"?(\w+)"?\s+RENAME\s+'
    r'(?:TO\s+"?(\w+)"?|(?:COLUMN\s+)?"?(\w+)"?\s+TO\s+"?(\w+)"?)',
    re.IGNORECASE,
)


def _find_renames_by_hand(
    found: Renames,
    operations: tuple[Labelled, ...],
    before: RenderedState,
    after: RenderedState,
) -> None:
    """Record renames that operations make in the database only, not in the state.

    A rename to a name that the same model has before and after is none: the state of its
    app created that table, and the database got it by this rename.
    """
    old, new = _map_tables(before), _map_tables(after)

    def record(table: str, name: str) -> None:
        if table in old and name in new and old.get(name) != new[name]:
            _record_rename(found.tables, table, name)

    for label, operation in find_database_only_operations(operations):
        match operation:
            case migrations.AlterModelTable():
                key = (label, operation.name_lower)
                tables = {key: table for table, key in old.items()}
                if key in tables:
                    record(tables[key], str(operation.table or "_".join(key)))
            case migrations.RunSQL():
                for table, name, column, renamed in _RENAME_SQL.findall(
                    str(operation.sql)
                ):
                    if name:
                        record(table, name)
                    elif table in new:
                        _record_column_rename(found, table, column, renamed)
            case _:
                pass


def _map_tables(moment: RenderedState) -> dict[str, ModelKey]:
    """Return table → the key of its model, for automatic models as well."""
    return {
        _strip_quotes(model._meta.db_table): (
            model._meta.app_label,
            str(model._meta.model_name),
        )
        for model in moment.apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


def map_fields_by_column(apps: Apps) -> dict[tuple[str, str], tuple[ModelKey, Any]]:
    """Return (table, column) → its field, and the key of the field's model."""
    return {
        (_strip_quotes(model._meta.db_table), each.column): (
            (model._meta.app_label, str(model._meta.model_name)),
            each,
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
        for each in model._meta.local_concrete_fields
        if each.column
    }


def render_default(editor: Any, field: Any, one_off: Any = NOT_PROVIDED) -> str | None:
    """Return the literal that Django would give to existing rows; None without a default.

    ``one_off`` is a one-off default, if there is one.
    """
    kept = field.default
    field.default = kept if one_off is NOT_PROVIDED else one_off
    try:
        value = editor.effective_default(field)
        return None if value is None else str(editor.quote_value(value))
    except Exception:  # a project's own callable may ask its database, or anything
        return None
    finally:
        field.default = kept
