"""What Django's schema editor makes of models is read in full, and made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest
from django.apps.registry import Apps
from django.contrib.postgres import fields as postgres
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.indexes import (
    BloomIndex,
    BrinIndex,
    BTreeIndex,
    GinIndex,
    GistIndex,
    HashIndex,
    SpGistIndex,
)
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Deferrable, F, Q, Value
from django.db.models.functions import Concat, Lower, Now

from schema_migrations.engines.postgresql.planner import PLANNER
from schema_migrations.engines.postgresql.server.canonicalize import canonicalize
from schema_migrations.plan.plan import build_plan
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import (
    EMPTY,
    Column,
    Constraint,
    ForeignKey,
    Index,
    Schema,
    Sequence,
    Table,
    table_key,
)
from tests.engines.postgresql.databases import Database, database, schema_of
from tests.fixtures.skips import skip_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

Models = tuple[type[models.Model], ...]

EXTENSIONS = ("btree_gist", "bloom", "citext", "hstore", "pg_trgm")


@pytest.fixture
def contrib(pg: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    with pg.cursor() as cursor:
        for name in EXTENSIONS:
            try:
                cursor.execute(f"CREATE EXTENSION {name}")
            except Exception as error:
                if isinstance(error.__cause__, psycopg.errors.FeatureNotSupported):
                    skip_missing("PostgreSQL with contrib")
                raise
    return pg


@pytest.fixture
def other(postgres_settings: dict[str, Any]) -> Iterator[Database]:
    with database(postgres_settings) as connection:
        yield connection


def fields() -> Models:
    class Meta:
        apps = Apps()
        app_label = "fields"
        db_table = "every"
        db_table_comment = "Every field's column"

    every: dict[str, models.Field[Any, Any]] = {
        "auto": models.BigAutoField(primary_key=True),
        "array": postgres.ArrayField(
            models.CharField(max_length=5), size=3, default=list
        ),
        "big": models.BigIntegerField(null=True),
        "binary": models.BinaryField(db_default=b"\x00\xff"),
        "boolean": models.BooleanField(default=True, db_default=False),
        "char": models.CharField(max_length=30, unique=True, db_collation="C"),
        "date": models.DateField(db_index=True),
        "dates": postgres.DateRangeField(),
        "datetime": models.DateTimeField(db_default=Now()),
        "decimal": models.DecimalField(max_digits=8, decimal_places=2),
        "decimals": postgres.DecimalRangeField(),
        "duration": models.DurationField(),
        "email": models.EmailField(db_comment="it's an address"),
        "file": models.FileField(max_length=50),
        "real": models.FloatField(db_default=0.5),
        "hstore": postgres.HStoreField(),
        "ip": models.GenericIPAddressField(),
        "integer": models.IntegerField(db_default=-7),
        "json": models.JSONField(db_default=Value({"a": [1]}, models.JSONField())),
        "nested": postgres.ArrayField(postgres.ArrayField(models.IntegerField())),
        "positive": models.PositiveIntegerField(null=True),
        "search": SearchVectorField(null=True),
        "slug": models.SlugField(),
        "small": models.PositiveSmallIntegerField(),
        "text": models.TextField(db_default="it's", db_column="Größe of it"),
        "time": models.TimeField(),
        "unlimited": models.CharField(),
        "uuid": models.UUIDField(unique=True),
        "ranges": postgres.DateTimeRangeField(),
    }
    return (type("Every", (models.Model,), {"__module__": "t", "Meta": Meta, **every}),)


def relations() -> Models:
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
        id = models.UUIDField(primary_key=True)
        author = models.ForeignKey(Author, models.CASCADE)
        loose = models.ForeignKey("self", models.DO_NOTHING, db_constraint=False)
        readers = models.ManyToManyField(Author, related_name="read")

        class Meta:
            apps = registry
            app_label = "relations"
            order_with_respect_to = "author"
            unique_together = [("author", "loose")]

    class Special(Book):
        class Meta:
            apps = registry
            app_label = "relations"

    return Author, Book, Special


def constraints() -> Models:
    class Item(models.Model):
        name = models.CharField(max_length=20)
        order = models.IntegerField()
        key = models.IntegerField(null=True)
        status = models.CharField(max_length=5)
        during = postgres.DateTimeRangeField(null=True)

        class Meta:
            apps = Apps()
            app_label = "constraints"
            constraints = [
                models.UniqueConstraint(
                    fields=["name", "key"],
                    name="late",
                    deferrable=Deferrable.DEFERRED,
                ),
                models.UniqueConstraint(
                    fields=["name"], condition=Q(key__gt=1), name="conditional"
                ),
                models.UniqueConstraint(
                    fields=["key"], include=["order"], name="covering"
                ),
                models.UniqueConstraint(
                    fields=["order"], name="one_null", nulls_distinct=False
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
                ExclusionConstraint(
                    name="apart",
                    expressions=[("during", "&&"), ("key", "=")],
                    condition=Q(status="a"),
                    include=["order"],
                    deferrable=Deferrable.IMMEDIATE,
                ),
            ]

    return (Item,)


def indexes() -> Models:
    class Page(models.Model):
        title = models.CharField(max_length=20)
        number = models.IntegerField()
        tags = postgres.ArrayField(models.TextField())
        body = models.JSONField()
        during = postgres.DateTimeRangeField()

        class Meta:
            apps = Apps()
            app_label = "indexes"
            indexes = [
                models.Index("number", F("title").desc(nulls_last=True), name="two"),
                models.Index(fields=["title"], condition=Q(number=1), name="part"),
                models.Index(
                    fields=["title"], opclasses=["varchar_pattern_ops"], name="like"
                ),
                models.Index(fields=["number"], include=["title"], name="with_title"),
                models.Index(Concat(Value("x"), "title"), name="expression"),
                GinIndex(fields=["tags"], fastupdate=False, name="tagged"),
                GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="trigram"),
                GinIndex(fields=["body"], opclasses=["jsonb_path_ops"], name="path"),
                GistIndex(fields=["during"], fillfactor=80, name="gist"),
                SpGistIndex(fields=["during"], name="spgist"),
                BrinIndex(fields=["number"], pages_per_range=4, name="brin"),
                HashIndex(fields=["title"], name="hashed"),
                BTreeIndex(fields=["number"], fillfactor=60, name="btree"),
                BloomIndex(fields=["number"], length=96, columns=[4], name="bloomy"),
            ]

    return (Page,)


def generated() -> Models:
    class Box(models.Model):
        side = models.IntegerField()
        status = models.CharField(max_length=3)
        area = models.GeneratedField(
            expression=F("side") * F("side"),
            output_field=models.BigIntegerField(),
            db_persist=True,
        )
        known = models.GeneratedField(
            expression=cast("Any", Q(status__in=["a", "b"])),
            output_field=models.BooleanField(),
            db_persist=True,
        )

        class Meta:
            apps = Apps()
            app_label = "generated"

    return (Box,)


def composite_key() -> Models:
    class Seat(models.Model):
        pk = models.CompositePrimaryKey("row", "number")
        row = models.CharField(max_length=2)
        number = models.IntegerField()

        class Meta:
            apps = Apps()
            app_label = "composite"

    return (Seat,)


EVERY_SET = (fields, relations, constraints, indexes, generated, composite_key)


def loaded(connection: BaseDatabaseWrapper, created: Models) -> Schema:
    with connection.schema_editor() as editor:
        for model in created:
            editor.create_model(model)
    return schema_of(connection.connection)


@pytest.mark.parametrize("model_set", EVERY_SET)
def test_what_is_read_can_be_made_again(
    contrib: BaseDatabaseWrapper, other: Database, model_set: Callable[[], Models]
) -> None:
    """A copy made from what was read reads as settling foretold."""
    schema = loaded(contrib, model_set())
    settled = canonicalize(
        contrib.connection.cursor(), schema, frozenset(schema.by_key)
    )
    plan = build_plan(diff(EMPTY, schema), EMPTY, schema, planner=PLANNER)
    for statement in plan.statements:
        other.execute(statement.sql)
    assert schema_of(other).by_key == settled.by_key


def test_fields(contrib: BaseDatabaseWrapper) -> None:
    """Types with modifiers, database defaults, collations, comments, odd names."""
    table = loaded(contrib, fields()).get_table(table_key("every"))
    assert table.comment == "Every field's column"
    found = {column.name: column for column in table.columns}
    assert found["auto"] == Column(
        name="auto", type="bigint", nullable=False, identity="by default"
    )
    assert found["array"].type == "character varying(5)[]"
    assert found["nested"].type == "integer[]"
    assert found["binary"].default == "'\\x00ff'::bytea"
    assert found["boolean"].default == "false"
    assert found["char"].collation == '"C"'
    assert found["datetime"].default == "statement_timestamp()"
    assert found["decimal"].type == "numeric(8,2)"
    assert found["email"].comment == "it's an address"
    assert found["integer"].default == "'-7'::integer"
    assert found["json"].default == "'{\"a\": [1]}'::jsonb"
    assert found["Größe of it"].default == "'it''s'::text"
    assert found["unlimited"].type == "character varying"
    assert found["hstore"].type == "hstore"
    assert {need.name for need in table.needs} == {"hstore"}


def test_relations(contrib: BaseDatabaseWrapper) -> None:
    """Keys in a circle, many-to-many tables, inheritance; all keys are deferred."""
    schema = loaded(contrib, relations())
    names = {table.key.name for table in schema.of(Table)}
    assert names == {
        "relations_author",
        "relations_author_friends",
        "relations_book",
        "relations_book_readers",
        "relations_special",
    }
    keys = schema.of(ForeignKey)
    assert len(keys) == 8
    assert all(each.definition.endswith("INITIALLY DEFERRED") for each in keys)
    assert all(each.referenced_table.name in names for each in keys)
    assert schema.of(Sequence) == ()


def test_constraints(contrib: BaseDatabaseWrapper) -> None:
    """As constraints where the server has them as such, else as unique indexes."""
    schema = loaded(contrib, constraints())
    table = table_key("constraints_item")
    objects: tuple[Constraint | Index, ...] = (
        *schema.of(Constraint),
        *schema.of(Index),
    )
    definitions = {
        each.key.part or each.key.name: each.definition
        for each in objects
        if each.table == table
    }
    del definitions["constraints_item_pkey"]
    assert definitions == {
        "late": "UNIQUE (name, key) DEFERRABLE INITIALLY DEFERRED",
        "one_null": 'UNIQUE NULLS NOT DISTINCT ("order")',
        "ordered": 'CHECK ("order" >= key OR key IS NULL)',
        "escaped": "CHECK (name::text ~~ '50\\%\\_\\\\''%'::text)",
        "one_of": "CHECK ((status::text = ANY (ARRAY['a'::character varying,"
        " 'b'::character varying]::text[])) AND NOT name::text = ''::text)",
        "apart": 'EXCLUDE USING gist (during WITH &&, key WITH =) INCLUDE ("order")'
        " WHERE (status::text = 'a'::text) DEFERRABLE",
        "covering": 'USING btree (key) INCLUDE ("order")',
        "conditional": "USING btree (name) WHERE key > 1",
        "computed": "USING btree (lower(name::text) DESC, key)",
    }
    apart = schema.by_key[table.constraint("apart")]
    assert "btree_gist" in {need.name for need in apart.needs}


def test_indexes(contrib: BaseDatabaseWrapper) -> None:
    """Method, operator class, order, included columns, parameters, predicate."""
    schema = loaded(contrib, indexes())
    found = {index.key.name: index.definition for index in schema.of(Index)}
    assert found == {
        "two": "USING btree (number, title DESC NULLS LAST)",
        "part": "USING btree (title) WHERE number = 1",
        "like": "USING btree (title varchar_pattern_ops)",
        "with_title": "USING btree (number) INCLUDE (title)",
        "expression": "USING btree ((COALESCE('x'::text, ''::text)"
        " || COALESCE(title, ''::character varying)::text))",
        "tagged": "USING gin (tags) WITH (fastupdate=off)",
        "trigram": "USING gin (title gin_trgm_ops)",
        "path": "USING gin (body jsonb_path_ops)",
        "gist": "USING gist (during) WITH (fillfactor='80')",
        "spgist": "USING spgist (during)",
        "brin": "USING brin (number) WITH (pages_per_range='4')",
        "hashed": "USING hash (title)",
        "btree": "USING btree (number) WITH (fillfactor='60')",
        "bloomy": "USING bloom (number) WITH (length='96', col1='4')",
    }


def test_django_s_own_tables_of_history_are_not_seen(
    contrib: BaseDatabaseWrapper,
) -> None:
    before = schema_of(contrib.connection)
    MigrationRecorder(contrib).ensure_schema()
    assert "django_migrations" in contrib.introspection.table_names()
    assert schema_of(contrib.connection) == before
