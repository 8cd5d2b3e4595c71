"""What Django's schema editor makes of models is read in full, and made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.apps.registry import Apps
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower, Now

from schema_migrations.engines.sqlite.catalog.inspect import inspect
from schema_migrations.engines.sqlite.server.scratch import create_scratch_database
from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Index,
    Schema,
    table_key,
)
from tests.engines.sqlite.databases import recreated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.connection import Connection

Models = type[models.Model]


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_scratch_database({}, "default") as opened:
        yield opened


def loaded(connection: Connection, *created: Models) -> Schema:
    with connection.schema_editor(atomic=False) as editor:
        for model in created:
            editor.create_model(model)
    with connection.cursor() as cursor:
        return inspect(cursor)


def every_field() -> tuple[Models, ...]:
    class Meta:
        apps = Apps()
        app_label = "fields"
        db_table = "every"

    fields: dict[str, models.Field[Any, Any]] = {
        "auto": models.AutoField(primary_key=True),
        "big": models.BigIntegerField(null=True),
        "binary": models.BinaryField(),
        "yes": models.BooleanField(default=True),
        "char": models.CharField(max_length=30, db_collation="nocase", unique=True),
        "date": models.DateField(db_index=True),
        "at": models.DateTimeField(db_default=Now()),
        "price": models.DecimalField(max_digits=8, decimal_places=2),
        "took": models.DurationField(),
        "file": models.FileField(max_length=50),
        "path": models.FilePathField(),
        "real": models.FloatField(db_default=0.5),
        "ip": models.GenericIPAddressField(),
        "integer": models.IntegerField(db_default=-7),
        "json": models.JSONField(default=dict),
        "positive_big": models.PositiveBigIntegerField(),
        "positive": models.PositiveIntegerField(null=True),
        "positive_small": models.PositiveSmallIntegerField(),
        "slug": models.SlugField(),
        "small": models.SmallIntegerField(),
        "text": models.TextField(db_default="it's", db_column="Größe %"),
        "time": models.TimeField(),
        "url": models.URLField(),
        "uuid": models.UUIDField(unique=True),
    }
    model = type("Every", (models.Model,), {"__module__": "t", "Meta": Meta, **fields})
    return (model,)


def relations() -> tuple[Models, ...]:
    registry = Apps()

    class Author(models.Model):
        name = models.CharField(max_length=10)
        mentor = models.ForeignKey("self", models.SET_NULL, null=True)
        best = models.OneToOneField("relations.Book", models.CASCADE, related_name="+")
        friends = models.ManyToManyField("self")

        class Meta:
            apps = registry
            app_label = "relations"

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE)
        part_of = models.ForeignKey("self", models.DO_NOTHING, db_constraint=False)
        readers = models.ManyToManyField(Author, related_name="read")

        class Meta:
            apps = registry
            app_label = "relations"
            order_with_respect_to = "author"
            unique_together = [("author", "part_of")]

    class Special(Book):
        class Meta:
            apps = registry
            app_label = "relations"

    return Author, Book, Special


def constraints() -> tuple[Models, ...]:
    class Item(models.Model):
        name = models.CharField(max_length=20)
        order = models.IntegerField()
        key = models.IntegerField(null=True)
        status = models.CharField(max_length=5)

        class Meta:
            apps = Apps()
            app_label = "constraints"
            constraints = [
                models.UniqueConstraint(fields=["name", "key"], name="plain"),
                models.UniqueConstraint(
                    fields=["name"], condition=Q(key__gt=1), name="conditional"
                ),
                models.UniqueConstraint(Lower("name").desc(), "key", name="computed"),
                models.CheckConstraint(
                    condition=Q(order__gte=F("key")) | Q(key=None), name="ordered"
                ),
                models.CheckConstraint(
                    condition=Q(name__startswith="50%_\\'"), name="escaped"
                ),
                models.CheckConstraint(
                    condition=Q(status__in=["a", "b"]) & ~Q(name=""), name="one_of"
                ),
            ]
            indexes = [
                models.Index("key", F("order").desc(), name="two"),
                models.Index(fields=["name"], condition=Q(order=1), name="part"),
            ]

    return (Item,)


def generated() -> tuple[Models, ...]:
    class Box(models.Model):
        side = models.IntegerField()
        name = models.TextField(null=True)
        area = models.GeneratedField(
            expression=F("side") * F("side"),
            output_field=models.BigIntegerField(),
            db_persist=True,
        )
        label = models.GeneratedField(
            expression=Concat(Value("box ("), "name", Value(", 'x')")),
            output_field=models.TextField(unique=True),
            db_persist=False,
        )

        class Meta:
            apps = Apps()
            app_label = "generated"

    return (Box,)


def composite_key() -> tuple[Models, ...]:
    class Seat(models.Model):
        pk = models.CompositePrimaryKey("row", "number")
        row = models.CharField(max_length=2)
        number = models.IntegerField()

        class Meta:
            apps = Apps()
            app_label = "composite"

    return (Seat,)


FAMILIES = [every_field, relations, constraints, generated, composite_key]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_read_can_be_made_again(
    connection: Connection, family: Callable[[], tuple[Models, ...]]
) -> None:
    schema = loaded(connection, *family())
    assert recreated(schema).by_key == schema.by_key


def test_every_field_is_a_column_with_its_facts(connection: Connection) -> None:
    schema = loaded(connection, *every_field())
    table = schema.get_table(table_key("every"))
    assert {column.name: column.type for column in table.columns} == {
        "auto": "integer",
        "big": "bigint",
        "binary": "blob",
        "yes": "bool",
        "char": "varchar(30)",
        "date": "date",
        "at": "datetime",
        "price": "decimal",
        "took": "bigint",
        "file": "varchar(50)",
        "path": "varchar(100)",
        "real": "real",
        "ip": "char(39)",
        "integer": "integer",
        "json": "text",
        "positive_big": "bigint unsigned",
        "positive": "integer unsigned",
        "positive_small": "smallint unsigned",
        "slug": "varchar(50)",
        "small": "smallint",
        "Größe %": "text",
        "time": "time",
        "url": "varchar(200)",
        "uuid": "char(32)",
    }
    assert table.get_column("auto") == Column(
        name="auto", type="integer", nullable=False, identity="autoincrement"
    )
    assert table.get_column("char").collation == "NOCASE"
    assert table.get_column("Größe %").default == "'it''s'"
    assert table.get_column("integer").default == "-7"
    assert {c.name for c in table.columns if c.nullable} == {"big", "positive"}
    assert {c.definition for c in schema.of(Constraint)} == {
        'PRIMARY KEY ("auto")',
        'UNIQUE ("char")',
        'UNIQUE ("uuid")',
        'CHECK (json_valid("json") OR "json" IS NULL)',
        'CHECK ("positive_big" >= 0)',
        'CHECK ("positive" >= 0)',
        'CHECK ("positive_small" >= 0)',
    }
    assert {index.definition for index in schema.of(Index)} == {'("date")', '("slug")'}


def test_relations_are_foreign_keys_with_their_targets(connection: Connection) -> None:
    schema = loaded(connection, *relations())
    assert {
        (fk.table.name, fk.columns, fk.referenced_table.name)
        for fk in schema.of(ForeignKey)
    } == {
        ("relations_author", ("mentor_id",), "relations_author"),
        ("relations_author", ("best_id",), "relations_book"),
        ("relations_author_friends", ("from_author_id",), "relations_author"),
        ("relations_author_friends", ("to_author_id",), "relations_author"),
        ("relations_book", ("author_id",), "relations_author"),
        ("relations_book_readers", ("book_id",), "relations_book"),
        ("relations_book_readers", ("author_id",), "relations_author"),
        ("relations_special", ("book_ptr_id",), "relations_book"),
    }
    assert all(
        fk.definition.endswith('("id") DEFERRABLE INITIALLY DEFERRED')
        for fk in schema.of(ForeignKey)
    )


def test_named_constraints_and_indexes_keep_names(connection: Connection) -> None:
    schema = loaded(connection, *constraints())
    named = {c.key.part: c.definition for c in schema.of(Constraint)}
    assert named.keys() == {
        *("plain", "ordered", "escaped", "one_of", 'PRIMARY KEY ("id")')
    }
    assert named["plain"] == 'UNIQUE ("name", "key")'
    assert named["escaped"] == r"""CHECK ("name" LIKE '50\%\_\\''%' ESCAPE '\')"""
    indexes = {index.key.name: index for index in schema.of(Index)}
    assert indexes.keys() == {"conditional", "computed", "two", "part"}
    assert indexes["computed"].unique
    assert indexes["computed"].definition == '(lower("name") DESC, "key")'
    assert indexes["part"].definition == '("name") WHERE "order" = 1'


def test_generated_columns_keep_their_expressions(connection: Connection) -> None:
    table = loaded(connection, *generated()).get_table(table_key("generated_box"))
    area, label = table.get_column("area"), table.get_column("label")
    assert (area.generated, area.generated_kind) == ('"side" * "side"', "stored")
    assert label.generated_kind == "virtual"
    assert label.generated is not None
    assert "', ''x'')'" in label.generated
