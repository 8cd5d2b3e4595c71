"""Facts of the models that their DDL lacks: the origin of tables, fields' defaults.

Invariant: no database is read or written here.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import NOT_PROVIDED
from django.db.models.fields.proxy import OrderWrt
from django.utils import timezone

from schema_migrations.schema.key import NO_KEYS, Key
from schema_migrations.workflows.states.fixed_order import (
    with_fixed_order,
    with_ordered_default,
)
from schema_migrations.workflows.states.model_names import (
    column_key_of,
    table_key_of,
)

if TYPE_CHECKING:
    from schema_migrations.engines.dialect import Dialect
    from schema_migrations.plan.fills import ComputedDefault


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOrigin:
    """The model or field behind a table or column."""

    app: str
    name: str
    """``Order`` for a table, ``order.amount`` for a column or a many-to-many table."""
    kind: str
    """``model``, or the field's class: ``DecimalField``, ``ManyToManyField``."""
    verbose_name: str = ""
    permissions: tuple[str, ...] = ()
    """The default permissions of a model: ``add``, ``change`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    fills: Mapping[Key, str] = field(default_factory=dict)
    """Column → SQL of the field's default, for existing rows."""
    varying_defaults: Mapping[Key, str] = field(default_factory=dict)
    """Column → the callable that is its field's default and differs from call to call."""
    unreadable_defaults: Mapping[Key, str] = field(default_factory=dict)
    """Column → why its field's default cannot be read."""
    server_values: Mapping[Key, str] = field(default_factory=dict)
    """Column → SQL with which the server computes a value of its type for each row."""
    origins: Mapping[Key, ModelOrigin] = field(default_factory=dict)
    """Table or column → the model or field behind it."""
    models: Mapping[str, ModelOrigin] = field(default_factory=dict)
    """``shop.order`` → the model, proxies and unmanaged ones included."""
    unmanaged_tables: frozenset[Key] = NO_KEYS
    """The tables of unmanaged models (``managed = False``), which must not change."""
    apps: Mapping[Key, str] = field(default_factory=dict)
    """Table of either side → label of the app that it belongs to."""
    warnings: tuple[str, ...] = ()
    """What in the models is probably a mistake."""

    @property
    def auto_created_tables(self) -> frozenset[Key]:
        """The tables that Django creates for many-to-many fields."""
        return frozenset(
            key
            for key, origin in self.origins.items()
            if key.kind == "table" and origin.kind != "model"
        )


NO_FACTS = ModelFacts()


def model_origin_of(model: type[models.Model]) -> ModelOrigin:
    """Return a model as the origin of its table."""
    meta = model._meta
    return ModelOrigin(
        app=meta.app_label,
        name=str(meta.object_name),
        kind="model",
        verbose_name=str(meta.verbose_name_raw),
        permissions=tuple(with_fixed_order(meta.default_permissions)),
    )


def origins_of(model: type[models.Model], dialect: Dialect) -> dict[Key, ModelOrigin]:
    """Return the origins of a model's table and columns."""
    meta = model._meta
    table, title = table_key_of(model, dialect), str(meta.object_name)
    name = str(meta.model_name)
    # Typed as bool, but it is the model that has the many-to-many field, or False.
    owner: Any = meta.auto_created
    if owner:
        # The through model is called Order_tags, for order.tags.
        tail = title.removeprefix(f"{owner._meta.object_name}_")
        name = f"{owner._meta.model_name}.{tail}"
        table_origin = ModelOrigin(
            app=meta.app_label, name=name, kind="ManyToManyField"
        )
    else:
        table_origin = model_origin_of(model)
    origins = {table: table_origin}
    for field_ in meta.local_concrete_fields:
        origins[column_key_of(field_, table, dialect)] = ModelOrigin(
            app=meta.app_label,
            name=f"{name}.{field_.name}",
            kind=type(field_).__name__,
        )
    return origins


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValues:
    """What the fields of a model give to existing rows; each maps columns to text."""

    fills: dict[Key, str] = field(default_factory=dict)
    varying_defaults: dict[Key, str] = field(default_factory=dict)
    unreadable_defaults: dict[Key, str] = field(default_factory=dict)
    server_values: dict[Key, str] = field(default_factory=dict)

    def add_model(
        self,
        editor: Any,
        model: type[models.Model],
        dialect: Dialect,
        computed_defaults: Mapping[ComputedDefault, str],
    ) -> None:
        """Add the fields of a model.

        ``editor`` is Django's schema editor; ``computed_defaults`` has the engine's SQL
        for defaults that the server can compute.  A field has no fill if it has no
        default, or a varying one that the server cannot compute; but one that may be
        NULL and repeat gets what one call gives, as Django gives it to every row.
        """
        table = table_key_of(model, dialect)
        unique = _find_unique_fields(model)
        for field_ in model._meta.local_concrete_fields:
            if not field_.column:
                continue
            column = column_key_of(field_, table, dialect)
            field_ = with_ordered_default(field_)
            default = _read_default(editor, field_, computed_defaults)
            if default.problem:
                self.unreadable_defaults[column] = default.problem
            if default.varies:
                self.varying_defaults[column] = _name_default(field_)
            if default.sql is not None and not (
                default.varies and (field_.name in unique or not field_.null)
            ):
                self.fills[column] = default.sql
            computed = _COMPUTED_BY_FIELD_TYPE.get(field_.get_internal_type())
            if computed is not None:
                self.server_values[column] = computed_defaults[computed]


def _find_unique_fields(model: type[models.Model]) -> frozenset[str]:
    """Return the names of the fields whose values differ from row to row."""
    meta = model._meta
    groups = (*meta.unique_together, *(c.fields for c in meta.total_unique_constraints))
    alone = {group[0] for group in groups if len(group) == 1}
    return frozenset(alone | {f.name for f in meta.local_fields if f.unique})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Default:
    """A field's default, for existing rows."""

    sql: str | None = None
    """None: it has none."""
    varies: bool = False
    """Another call gives another value."""
    problem: str = ""
    """Why it cannot be read."""


_NOW_FUNCTIONS = (timezone.now, datetime.datetime.now, datetime.datetime.utcnow)
_TODAY_FUNCTIONS = (datetime.date.today, timezone.localdate)
_MOMENT_BY_FIELD_TYPE: Mapping[str, ComputedDefault] = {
    "DateTimeField": "now",
    "DateField": "today",
    "TimeField": "time",
}
_COMPUTED_BY_FIELD_TYPE: Mapping[str, ComputedDefault] = {
    **_MOMENT_BY_FIELD_TYPE,
    "UUIDField": "uuid4",
}
CALLS = 10
"""How often a default is called to see whether it differs: one of few values may repeat."""


def _read_default(
    editor: Any, field_: Any, computed_defaults: Mapping[ComputedDefault, str]
) -> _Default:
    if isinstance(field_, OrderWrt):
        return _Default(sql="0")  # as makemigrations does
    if getattr(field_, "generated", False) or _is_auto_field(field_):
        return _Default()
    computed = _find_computed_default(field_)
    if computed is not None:
        return _Default(sql=computed_defaults[computed])
    try:
        return _call_default(editor, field_)
    except Exception as error:  # a default is the project's code and can raise anything
        if field_.default is NOT_PROVIDED:
            return _Default()  # the field refuses the lack of a value
        lines = f"{type(error).__name__}: {error}".splitlines()
        return _Default(problem=lines[0])


def _call_default(editor: Any, field_: Any) -> _Default:
    """Call a field's default, more than once to see whether its value varies.

    The SQL is compared: a driver's wrappers of equal values (``Jsonb``) are not equal.
    """
    first = _quote_default(editor, field_)
    varies = callable(field_.default) and any(
        _quote_default(editor, field_) != first for _ in range(CALLS)
    )
    return _Default(sql=first, varies=varies)


def _quote_default(editor: Any, field_: Any) -> str | None:
    """Return the SQL of a field's default as Django computes it now; None: it has none."""
    value = editor.effective_default(field_)
    return None if value is None else str(editor.quote_value(value))


def _name_default(field_: Any) -> str:
    """Return ``make_code()``, the name of a callable default."""
    default = field_.default
    return f"{getattr(default, '__qualname__', type(default).__name__)}()"


def _is_auto_field(field_: Any) -> bool:
    return isinstance(field_, models.AutoField)


def _find_computed_default(field_: Any) -> ComputedDefault | None:
    """Return the name of the field's default if the server can compute it per row."""
    kind, default = field_.get_internal_type(), field_.default
    moment = _MOMENT_BY_FIELD_TYPE.get(kind)
    if default is NOT_PROVIDED:
        is_automatic = getattr(field_, "auto_now", False) or getattr(
            field_, "auto_now_add", False
        )
        return moment if is_automatic else None
    if kind == "UUIDField" and default in (uuid.uuid4, uuid.uuid1):
        return "uuid4"
    if default in _NOW_FUNCTIONS or (
        default in _TODAY_FUNCTIONS and kind == "DateField"
    ):
        return moment
    return None
