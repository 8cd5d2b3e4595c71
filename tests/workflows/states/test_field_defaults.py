"""Existing rows get what Django gives them, for every type of field and form of default."""

from __future__ import annotations

import datetime
import decimal
import enum
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.postgres import fields as postgres
from django.contrib.postgres.search import SearchVectorField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.postgresql.psycopg_any import (
    DateRange,
    DateTimeTZRange,
    NumericRange,
)
from django.db.migrations.state import ModelState, ProjectState
from django.test import override_settings

from schema_migrations.engines.registry import engine_for
from schema_migrations.workflows.planning.proposal import plan_change
from schema_migrations.workflows.states.loaded_models import (
    load_models,
)
from schema_migrations.workflows.states.models_ddl import collect_alias_ddl
from schema_migrations.workflows.states.state import (
    State,
    inspect_database,
)

if TYPE_CHECKING:
    from django.apps.registry import Apps

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.engine import Engine

AnyField = Any
"""A field: Django's class is generic only for the type checker."""
MakeField = Callable[..., AnyField]
Case = tuple[MakeField, Any]


def make(class_: Any, *arguments: Any, **given: Any) -> MakeField:
    return lambda **more: class_(*arguments, **given, **more)


class Size(models.TextChoices):
    SMALL = "s"


class Level(enum.IntEnum):
    LOW = 1


MOMENT = datetime.datetime(2024, 2, 29, 12, 30, 1, 5, tzinfo=datetime.UTC)
NESTED = {"a": ["x'%\\ö", 1.5, None, True], "b%": {"c": '"'}}
DJANGO_FIELDS: dict[str, Case] = {
    "BigIntegerField": (make(models.BigIntegerField), 2**60),
    "BinaryField": (make(models.BinaryField), b"\x00\xff'%"),
    "BinaryField of a memoryview": (make(models.BinaryField), memoryview(b"\x01")),
    "BooleanField": (make(models.BooleanField), True),
    "CharField": (make(models.CharField, max_length=50), "100 % 'of\\ %it\nö"),
    "CharField of a choice": (make(models.CharField, max_length=5), Size.SMALL),
    "DateField": (make(models.DateField), MOMENT.date()),
    "DateTimeField": (make(models.DateTimeField), MOMENT),
    "DecimalField": (
        make(models.DecimalField, max_digits=9, decimal_places=3),
        decimal.Decimal("-1.500"),
    ),
    "DurationField": (
        make(models.DurationField),
        datetime.timedelta(days=-3, seconds=5, microseconds=7),
    ),
    "EmailField": (make(models.EmailField), "a@b.org"),
    "FileField": (make(models.FileField), "some/file"),
    "FilePathField": (make(models.FilePathField), "/some/path"),
    "FloatField": (make(models.FloatField), 0.1),
    "GenericIPAddressField": (make(models.GenericIPAddressField), "2001:db8::1"),
    "IntegerField": (make(models.IntegerField), Level.LOW),
    "JSONField": (make(models.JSONField), NESTED),
    "JSONField of a list": (make(models.JSONField), [1, "2"]),
    "JSONField of a text": (make(models.JSONField), "x"),
    "JSONField with an encoder": (
        make(models.JSONField, encoder=DjangoJSONEncoder),
        {"at": MOMENT},
    ),
    "PositiveBigIntegerField": (make(models.PositiveBigIntegerField), 7),
    "PositiveIntegerField": (make(models.PositiveIntegerField), 0),
    "PositiveSmallIntegerField": (make(models.PositiveSmallIntegerField), 7),
    "SlugField": (make(models.SlugField), "a-b"),
    "SmallIntegerField": (make(models.SmallIntegerField), -7),
    "TextField": (make(models.TextField), ""),
    "TimeField": (make(models.TimeField), datetime.time(1, 2, 3, 4)),
    "URLField": (make(models.URLField), "https://example.org/?a=%20"),
    "UUIDField": (make(models.UUIDField), uuid.UUID(int=5)),
    "ForeignKey": (
        make(
            models.ForeignKey,
            "self",
            models.CASCADE,
            db_constraint=False,
        ),
        1,
    ),
}
ARRAY = postgres.ArrayField
POSTGRES_FIELDS: dict[str, Case] = {
    **DJANGO_FIELDS,
    "ArrayField": (make(ARRAY, models.IntegerField()), [1, None, 2]),
    "ArrayField, empty": (make(ARRAY, models.IntegerField()), []),
    "ArrayField of arrays": (
        make(ARRAY, ARRAY(models.CharField(max_length=9))),
        [["a'b", "%\\"], ["", '"']],
    ),
    "ArrayField of JSON": (make(ARRAY, models.JSONField()), [NESTED, [], "x"]),
    "ArrayField of bytes": (make(ARRAY, models.BinaryField()), [b"\x00", b"%"]),
    "ArrayField of decimals": (
        make(ARRAY, models.DecimalField(max_digits=5, decimal_places=2)),
        [decimal.Decimal("1.50")],
    ),
    "ArrayField of moments": (make(ARRAY, models.DateTimeField()), [MOMENT]),
    "ArrayField of UUIDs": (make(ARRAY, models.UUIDField()), [uuid.UUID(int=5)]),
    "ArrayField of hstores": (
        make(ARRAY, postgres.HStoreField()),
        [{"a": "b, c"}, {}],
    ),
    "HStoreField": (
        make(postgres.HStoreField),
        {"a": None, "b\"\\'%": "x => 'y', \"\\ö"},
    ),
    "HStoreField, empty": (make(postgres.HStoreField), {}),
    "IntegerRangeField": (make(postgres.IntegerRangeField), NumericRange(1, 5)),
    "IntegerRangeField of a pair": (make(postgres.IntegerRangeField), (1, None)),
    "BigIntegerRangeField": (make(postgres.BigIntegerRangeField), (1, 2**60)),
    "DecimalRangeField": (
        make(postgres.DecimalRangeField),
        NumericRange(decimal.Decimal("1.5"), None, "(]"),
    ),
    "DateRangeField": (
        make(postgres.DateRangeField),
        DateRange(MOMENT.date(), None),
    ),
    "DateTimeRangeField": (
        make(postgres.DateTimeRangeField),
        DateTimeTZRange(MOMENT, None, "[]"),
    ),
    "SearchVectorField": (make(SearchVectorField), "a:1 b:2"),
}
KEY: tuple[str, AnyField] = ("id", models.BigAutoField(primary_key=True))


def make_registry(*fields: tuple[str, AnyField]) -> Apps:
    state = ProjectState()
    for name in ("Ours", "Theirs"):
        state.add_model(ModelState("shop", name, [KEY, *fields]))
    return state.apps


@contextmanager
def create_tables(
    engine: Engine, settings: dict[str, Any], registry: Apps
) -> Iterator[State]:
    with engine.dev_server.create_scratch_database(settings, "default") as connection:
        if engine.vendor == "postgresql":
            engine.executor.execute(connection, "CREATE EXTENSION hstore")
        ddl = collect_alias_ddl(
            connection,
            registry,
            "default",
            labels=None,
            computed_defaults=engine.planner.computed_defaults,
        )
        load_models(engine, connection, ddl, alias="default")
        yield State(
            schema=inspect_database(engine, connection),
            connection=connection,
            description="models",
            models_only=True,
            facts=ddl.facts,
        )


def read_row(connection: Connection, table: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM shop_{table} LIMIT 0")
        columns = [column[0] for column in cursor.description]
        cast = "::text" if connection.vendor == "postgresql" else ""
        values = ", ".join(f"{column}{cast}" for column in columns)
        cursor.execute(f"SELECT {values} FROM shop_{table}")
        return dict(zip(columns, cursor.fetchone(), strict=True))


def column_name_of(name: str) -> str:
    return re.sub(r"\W+", "_", f"{name}_").lower()


def make_fields(
    cases: dict[str, Case], *, is_callable: bool, null: bool
) -> list[tuple[str, AnyField]]:
    return [
        (
            column_name_of(name).strip("_"),
            make_field(
                default=(lambda value=value: value) if is_callable else value,
                null=null,
                db_column=column_name_of(name),
            ),
        )
        for name, (make_field, value) in cases.items()
    ]


def check(
    engine: Engine,
    settings: dict[str, Any],
    cases: dict[str, Case],
    *,
    is_callable: bool,
    null: bool,
) -> None:
    """Add the fields to two tables with a row: to one by our plan, to one as Django does."""
    after = make_registry(*make_fields(cases, is_callable=is_callable, null=null))
    with (
        create_tables(engine, settings, make_registry()) as current,
        create_tables(engine, settings, after) as desired,
    ):
        connection = current.connection
        for table in ("ours", "theirs"):
            engine.executor.execute(
                connection, f"INSERT INTO shop_{table} (id) VALUES (1)"
            )
        plan_change(engine, current, desired)  # the proof has run it
        engine.executor.execute(connection, "DROP TABLE shop_theirs")
        with connection.schema_editor(atomic=False) as editor:
            model = make_registry().get_model("shop", "theirs")
            editor.create_model(model)
            editor.execute("INSERT INTO shop_theirs (id) VALUES (1)")
            for field in after.get_model("shop", "theirs")._meta.local_fields[1:]:
                editor.add_field(model, field)
                model.add_to_class(field.name, field.clone())  # of what SQLite rebuilds
        ours, theirs = (read_row(connection, table) for table in ("ours", "theirs"))
        assert ours == theirs
        assert [name for name, value in ours.items() if value is None] == []
        assert len(ours) == len(cases) + 1


FORMS = [
    pytest.param({"is_callable": is_callable, "null": null}, id=f"{form}, {kind}")
    for form, is_callable in (("plain", False), ("callable", True))
    for kind, null in (("required", False), ("optional", True))
]


@pytest.mark.parametrize("form", FORMS)
def test_postgresql(postgres_settings: dict[str, Any], form: dict[str, bool]) -> None:
    with override_settings(TIME_ZONE="Asia/Tokyo", USE_TZ=True):
        check(engine_for("postgresql"), postgres_settings, POSTGRES_FIELDS, **form)


@pytest.mark.parametrize("form", FORMS)
def test_sqlite(form: dict[str, bool]) -> None:
    check(engine_for("sqlite"), {}, DJANGO_FIELDS, **form)


def test_every_field_of_django_is_here() -> None:
    """But those that number rows, have no column, or compute their values."""
    left_out = {"AutoField", "BigAutoField", "SmallAutoField", "ManyToManyField"}
    left_out |= {"CompositePrimaryKey", "GeneratedField", "ForeignObject", "Field"}
    left_out |= {"CommaSeparatedIntegerField", "IPAddressField", "NullBooleanField"}
    left_out |= {"OneToOneField", "ImageField", "OrderWrt"}  # as those they are made of
    found = {
        name
        for module in (models, postgres)
        for name, class_ in vars(module).items()
        if isinstance(class_, type)
        and issubclass(class_, models.Field)
        and not name.startswith(("CI", "ContinuousRange", "RangeField"))
    }
    covered = {name.partition(" ")[0].rstrip(",") for name in POSTGRES_FIELDS}
    assert found - left_out <= covered
