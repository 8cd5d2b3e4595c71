"""A sketch as Django has it: the state of its models, and what a person says of two."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.postgres.fields import ArrayField, IntegerRangeField
from django.contrib.postgres.indexes import BrinIndex, GinIndex, HashIndex
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import F, Q
from django.db.models.constraints import Deferrable
from django.db.models.functions import Lower, Now

from tests.laws.sketch import (
    NUMBERS,
    TEXTS,
    Field,
    Model,
    Part,
    Sketch,
    links_of,
    model,
    pointer,
)
from tools.histories.history import Labelled, render_apps

LABEL = "shop"

Kind = tuple[Callable[..., Any], dict[str, Any], Any]
"""Class, its arguments, a value."""

KINDS: dict[str, Kind] = {
    "auto": (models.AutoField, {}, None),
    "big auto": (models.BigAutoField, {}, None),
    "small": (models.SmallIntegerField, {}, 7),
    "integer": (models.IntegerField, {}, 7),
    "big": (models.BigIntegerField, {}, 7),
    "positive": (models.PositiveIntegerField, {}, 7),
    "decimal": (
        models.DecimalField,
        {"max_digits": 8, "decimal_places": 2},
        decimal.Decimal("7.25"),
    ),
    "wide": (
        models.DecimalField,
        {"max_digits": 12, "decimal_places": 3},
        decimal.Decimal("7.125"),
    ),
    "float": (models.FloatField, {}, 7.5),
    "boolean": (models.BooleanField, {}, True),
    "char": (models.CharField, {"max_length": 40}, "o'é"),
    "short": (models.CharField, {"max_length": 15}, "o'é"),
    "text": (models.TextField, {}, "o'é"),
    "slug": (models.SlugField, {}, "o-e"),
    "email": (models.EmailField, {}, "o@example.com"),
    "url": (models.URLField, {}, "https://example.com"),
    "file": (models.FileField, {}, "o"),
    "address": (models.GenericIPAddressField, {}, "10.0.0.7"),
    "date": (models.DateField, {}, datetime.date(2020, 2, 29)),
    "moment": (models.DateTimeField, {}, Now()),
    "time": (models.TimeField, {}, datetime.time(3, 4, 5)),
    "duration": (models.DurationField, {}, datetime.timedelta(days=1, seconds=2)),
    "uuid": (models.UUIDField, {}, uuid.UUID(int=7)),
    "json": (models.JSONField, {}, {"a": [1, "o'é"]}),
    "binary": (models.BinaryField, {}, b"\x00\xff"),
}
POSTGRESQL_ONLY: dict[str, Kind] = {
    "array": (
        lambda **kwargs: ArrayField(models.IntegerField(), **kwargs),
        {},
        [1, 2],
    ),
    "range": (IntegerRangeField, {}, None),
    "collated": (models.CharField, {"max_length": 40, "db_collation": "C"}, "o'é"),
}
ALL_KINDS = KINDS | POSTGRESQL_ONLY


def project(sketch: Sketch) -> ProjectState:
    state = ProjectState()
    for each in sketch:
        state.add_model(_model(sketch, each))
    return state


def _model(sketch: Sketch, each: Model) -> ModelState:
    fields = [(f.name, _field(sketch, each, f)) for f in each.fields]
    bases: tuple[Any, ...] = (models.Model,)
    parent = model(sketch, each.parent)
    if parent is not None:
        link: Any = models.OneToOneField(
            f"{LABEL}.{parent.name}",
            models.CASCADE,
            auto_created=True,
            parent_link=True,
            primary_key=True,
            serialize=False,
        )
        fields.insert(0, (pointer(parent).name, link))
        bases = (f"{LABEL}.{parent.name.lower()}",)
    if each.composite:
        key = models.CompositePrimaryKey(*each.named(each.composite))
        fields.insert(0, ("pk", key))
    return ModelState(LABEL, each.name, fields, _options(each), bases)


def _options(each: Model) -> dict[str, Any]:
    parts = [(part.kind == "index", _part(each, part)) for part in each.parts]
    return {
        "indexes": [part for index, part in parts if index],
        "constraints": [part for index, part in parts if not index],
        **({"unique_together": {each.named(each.together)}} if each.together else {}),
        **({"db_table": each.table} if each.table else {}),
        **({"db_table_comment": each.comment} if each.comment else {}),
    }


def _field(sketch: Sketch, owner: Model, field: Field) -> Any:
    if field.kind == "generated":
        return _generated(owner, field)
    own = {"db_column": field.column or None, "db_comment": field.comment or None}
    if field.kind in ("fk", "one", "many"):
        return _relation(sketch, owner, field, own)
    make, arguments, value = ALL_KINDS[field.kind]
    if field.primary:
        return make(primary_key=True, **arguments, **own)
    return make(
        **arguments,
        **own,
        **({"default": _given(field, value)} if field.default else {}),
        **({"db_default": value} if field.db_default else {}),
        **({"choices": [(value, "one")]} if field.choices else {}),
        null=field.null,
        unique=field.unique,
        db_index=field.index,
    )


def _given(field: Field, value: Any) -> Any:
    if field.kind == "moment":
        return datetime.datetime(2020, 2, 29, 3, 4, 5, tzinfo=datetime.UTC)
    return value


def _relation(
    sketch: Sketch, owner: Model, field: Field, own: dict[str, Any]
) -> models.Field[Any, Any]:
    target = model(sketch, field.target)
    assert target is not None
    to = f"{LABEL}.{target.name}"
    if field.kind == "many":
        through = model(sketch, field.through)
        if through is None:
            return models.ManyToManyField(to, related_name="+")
        links: Any = links_of(field, owner, through)
        return models.ManyToManyField(
            to,
            related_name="+",
            through=f"{LABEL}.{through.name}",
            through_fields=links,
        )
    if field.kind == "one":
        return models.OneToOneField(
            to, models.CASCADE, related_name="+", null=field.null, **own
        )
    return models.ForeignKey(
        to,
        models.CASCADE,
        related_name="+",
        null=field.null,
        unique=field.unique,
        db_index=not field.index,
        **own,
    )


def _generated(owner: Model, field: Field) -> Any:
    source = owner.field(field.target)
    assert source is not None
    text = source.kind in TEXTS
    return models.GeneratedField(
        expression=Lower(source.name) if text else F(source.name) + 1,
        output_field=models.CharField(max_length=90)
        if text
        else models.BigIntegerField(),
        db_persist=True,
        null=True,
        db_column=field.column or None,
    )


def _part(each: Model, part: Part) -> Any:
    names = each.named(part.fields)
    first = each.field(part.fields[0])
    assert first is not None
    there: dict[str, Any] = {"condition": Q(**{f"{names[0]}__isnull": False})}
    match part.kind, part.variant:
        case "index", "desc":
            return models.Index(fields=[f"-{names[0]}", *names[1:]], name=part.name)
        case "index", "lower":
            return models.Index(Lower(names[0]), *names[1:], name=part.name)
        case "index", "partial":
            return models.Index(fields=names, name=part.name, **there)
        case "index", "covering":
            return models.Index(fields=names[:1], include=names, name=part.name)
        case "index", "gin":
            return GinIndex(fields=names[:1], name=part.name)
        case "index", "hash":
            return HashIndex(fields=names[:1], name=part.name)
        case "index", "brin":
            return BrinIndex(fields=names[:1], name=part.name)
        case "index", _:
            return models.Index(fields=names, name=part.name)
        case "check", "plain" if first.kind in NUMBERS:
            return models.CheckConstraint(
                condition=Q(**{f"{names[0]}__gte": 0}), name=part.name
            )
        case "check", "plain":
            return models.CheckConstraint(
                condition=~Q(**{names[0]: "o'é"}), name=part.name
            )
        case "check", _:
            return models.CheckConstraint(
                condition=Q(*(Q(**{f"{n}__isnull": False}) for n in names)),
                name=part.name,
            )
        case _, "lower":
            return models.UniqueConstraint(Lower(names[0]), *names[1:], name=part.name)
        case _, "partial":
            return models.UniqueConstraint(fields=names, name=part.name, **there)
        case _, "covering":
            return models.UniqueConstraint(
                fields=names[:1], include=names, name=part.name
            )
        case _, "deferrable":
            return models.UniqueConstraint(
                fields=names, name=part.name, deferrable=Deferrable.DEFERRED
            )
        case _:
            return models.UniqueConstraint(fields=names, name=part.name)


def said_of(before: Sketch, after: Sketch) -> tuple[Labelled, ...]:
    """Return what a person says of two sketches: what came, what went, what is renamed.

    Names are free when they are taken: everything steps aside first.
    """
    return tuple((LABEL, each) for each in _said(before, after))


def _said(before: Sketch, after: Sketch) -> Iterator[Any]:
    stay = [(old, new) for old in before if (new := model(after, old.uid))]
    for old in before:
        if model(after, old.uid) is None:
            yield migrations.DeleteModel(old.name)
    for old, _ in stay:
        yield migrations.RenameModel(old.name, f"Aside{old.uid}")
    for old, new in stay:
        yield migrations.RenameModel(f"Aside{old.uid}", new.name)
    for new in after:
        if model(before, new.uid) is None:
            yield migrations.CreateModel(new.name, fields=[])
    for new in after:
        was = model(before, new.uid)
        yield from _said_of_fields(
            new.name,
            dict(_names(before, was)) if was else {},
            dict(_names(after, new)),
        )


def _names(sketch: Sketch, each: Model) -> Iterator[tuple[int, str]]:
    parent = model(sketch, each.parent)
    for field in (*([pointer(parent)] if parent else []), *each.fields):
        yield field.uid, field.name


def _said_of_fields(
    name: str, old: dict[int, str], new: dict[int, str]
) -> Iterator[Any]:
    for uid in old.keys() - new.keys():
        yield migrations.RemoveField(name, old[uid])
    for uid in old.keys() & new.keys():
        yield migrations.RenameField(name, old[uid], f"aside{uid}")
    for uid in old.keys() & new.keys():
        yield migrations.RenameField(name, f"aside{uid}", new[uid])
    for uid in new.keys() - old.keys():
        yield migrations.AddField(name, new[uid], models.IntegerField())


def source(sketch: Sketch) -> str:
    """Return the models as a person would write them."""
    registry = render_apps(project(sketch))
    found = [registry.get_model(LABEL, each.name) for each in sketch]
    return "\n".join(line for model_ in found for line in _lines(model_))


def _lines(model_: Any) -> Iterator[str]:
    meta = model_._meta
    base = next(iter(meta.parents), models.Model)
    yield f"class {meta.object_name}({base.__name__}):"
    for field in (*meta.local_fields, *meta.local_many_to_many):
        _, path, args, kwargs = field.deconstruct()
        said = [*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())]
        yield f"    {field.name} = {path.rpartition('.')[2]}({', '.join(said)})"
    names = (
        "db_table",
        "db_table_comment",
        "indexes",
        "constraints",
        "unique_together",
    )
    options = {name: getattr(meta, name) for name in names}
    for name, value in options.items():
        if value and value != f"{LABEL}_{meta.model_name}":
            yield f"    Meta.{name} = {value!r}"
