"""Models of other packages, and their database backends, with the real packages."""

from __future__ import annotations

from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import django
import psycopg
import pytest

from schema_migrations.dev.programs import has_extension
from schema_migrations.dev.server import DevServer
from tests.fixtures.postgresql import (
    choose_default_major,
    connect_as_administrator,
    map_majors,
)
from tests.fixtures.project import Project
from tests.fixtures.skips import skip_missing, skip_unsupported

PLAIN = """
from django.db import models


class Customer(models.Model):
    email = models.EmailField(unique=True)


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    number = models.CharField(max_length=20, db_index=True)
    total = models.IntegerField(default=0)

    class Meta:
        unique_together = [("customer", "number")]
        indexes = [models.Index(fields=["total"], name="by_total")]
        constraints = [
            models.CheckConstraint(condition=models.Q(total__gte=0), name="not_negative"),
            models.UniqueConstraint(
                fields=["number"], condition=models.Q(total=0), name="one_empty"
            ),
        ]
"""
PLAIN_AFTER = PLAIN.replace("max_length=20", "max_length=30").replace(
    "total = models.IntegerField(default=0)",
    "total = models.IntegerField(default=0)\n"
    "    paid = models.BooleanField(default=False, db_index=True)",
)

TENANTS = """
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Client(TenantMixin):
    name = models.CharField(max_length=20)


class Domain(DomainMixin):
    pass
"""

TRIGGERS = """
import pgtrigger
from django.contrib.auth.models import User
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20)
    total = models.IntegerField(default=0)
    staff = models.ManyToManyField(User)

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="keep_paid",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__total__gt=0),
            ),
        ]


class Watched(User):
    class Meta:
        proxy = True
        triggers = [pgtrigger.Protect(name="keep_users", operation=pgtrigger.Delete)]


class Staffing(Order.staff.through):
    class Meta:
        proxy = True
        triggers = [pgtrigger.ReadOnly(name="fixed", fields=["user"])]
"""

UNMANAGED = """

class Old(models.Model):
    class Meta:
        managed = False


class OldWatched(Old):
    class Meta:
        proxy = True
        triggers = [pgtrigger.Protect(name="keep_old", operation=pgtrigger.Delete)]
"""

HISTORY = """
import pghistory
from django.contrib.auth.models import User
from django.db import models


@pghistory.track()
class Order(models.Model):
    number = models.CharField(max_length=20)
    total = models.IntegerField(default=0)


@pghistory.track(fields=["email"])
class Person(User):
    class Meta:
        proxy = True
"""

RELATIONS = """
import uuid

from django.db import models
from psqlextra.fields import HStoreField
from psqlextra.models import (
    PostgresMaterializedViewModel,
    PostgresPartitionedModel,
    PostgresViewModel,
)
from psqlextra.types import PostgresPartitioningMethod


class Premium(PostgresViewModel):
    total = models.IntegerField()

    class ViewMeta:
        query = "SELECT id, total FROM shop_order WHERE total > 100"


class Order(models.Model):
    number = models.CharField(max_length=20)
    total = models.IntegerField(default=0)
    labels = HStoreField(default=dict, required=["colour"], uniqueness=["code"])


class Sum(PostgresMaterializedViewModel):
    total = models.BigIntegerField()

    class ViewMeta:
        query = ("SELECT 1 AS id, sum(total) AS total FROM shop_order WHERE number <> %s", ("x",))


class Event(PostgresPartitionedModel):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    at = models.DateTimeField()
    note = models.TextField(db_index=True)

    class PartitioningMeta:
        method = PostgresPartitioningMethod.RANGE
        key = ["at"]


class Part(PostgresPartitionedModel):
    note = models.TextField()

    class PartitioningMeta:
        method = PostgresPartitioningMethod.HASH
        key = ["id"]
"""

PLACES = """
from django.contrib.gis.db import models


class Place(models.Model):
    name = models.CharField(max_length=20)
    point = models.PointField()
    area = models.PolygonField(geography=True, null=True)
"""

HYPERTABLE = """
from django.db import models
from timescale.db.models.models import TimescaleModel


class Reading(TimescaleModel):
    degrees = models.FloatField()
"""

Check = Callable[[Project, "psycopg.Connection[Any]"], None]


def run(project: Project, *arguments: str) -> str:
    ran = project.manage(*arguments)
    assert ran.code == 0, f"{ran.out}{ran.err}"
    return ran.out


def check_triggers(project: Project, database: psycopg.Connection[Any]) -> None:
    """Nothing is left for ``pgtrigger install``, and a trigger does its work."""
    listed = run(project, "pgtrigger", "ls")
    assert listed.count("INSTALLED") == 3
    assert not any(state in listed for state in ("UNINSTALLED", "OUTDATED"))
    database.execute("INSERT INTO shop_order (number, total) VALUES ('a', 1), ('b', 2)")
    database.execute("DELETE FROM shop_order WHERE total = 1")
    with pytest.raises(psycopg.errors.RaiseException, match="Cannot delete rows"):
        database.execute("DELETE FROM shop_order WHERE total = 2")


def check_history(project: Project, database: psycopg.Connection[Any]) -> None:
    database.execute(
        "INSERT INTO shop_order (number, total, note) VALUES ('a', 1, 'new')"
    )
    assert database.execute("SELECT number, note FROM shop_orderevent").fetchall() == [
        ("a", "new")
    ]


def check_relations(project: Project, database: psycopg.Connection[Any]) -> None:
    database.execute(
        "INSERT INTO shop_order (number, total, labels)"
        " VALUES ('a', 2000, 'colour => red')"
    )
    database.execute("REFRESH MATERIALIZED VIEW shop_sum")
    (row,) = database.execute("SELECT total FROM shop_sum NATURAL JOIN shop_premium")
    assert row == (2000,)
    with pytest.raises(psycopg.errors.CheckViolation):
        database.execute("UPDATE shop_order SET labels = ''")


def check_nothing(project: Project, database: psycopg.Connection[Any]) -> None:
    """Tables are all there is."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package of the registry: how a project uses it, and what it makes."""

    module: str
    models: str
    after: str
    """The models of the second round."""
    settings: str = ""
    """Lines at the end of the settings."""
    extensions: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    """What the first file creates besides tables."""
    changed: tuple[str, ...] = ()
    """What the second file holds."""
    check: Check = check_nothing
    makemigrations: str = "makemigrations"
    """Empty: its ``migrate`` needs an extension that PostgreSQL does not bring."""
    newest: tuple[int, int] = (99, 0)
    """The newest Django that its requirements allow; later ones are skipped."""


def use_engine(name: str) -> str:
    return f'DATABASES["default"]["ENGINE"] = {name!r}\n'


def use_apps(*names: str) -> str:
    return f"INSTALLED_APPS = [{', '.join(map(repr, names))}, *INSTALLED_APPS]\n"


PACKAGES = {
    "django-pg-zero-downtime-migrations": Package(
        module="django_zero_downtime_migrations",
        settings=use_engine("django_zero_downtime_migrations.backends.postgres")
        + 'ZERO_DOWNTIME_MIGRATIONS_LOCK_TIMEOUT = "20s"\n'
        'ZERO_DOWNTIME_MIGRATIONS_STATEMENT_TIMEOUT = "20s"\n'
        "ZERO_DOWNTIME_MIGRATIONS_FLEXIBLE_STATEMENT_TIMEOUT = True\n"
        "ZERO_DOWNTIME_MIGRATIONS_RAISE_FOR_UNSAFE = True\n",
        models=PLAIN,
        after=PLAIN_AFTER,
    ),
    "django-prometheus": Package(
        module="django_prometheus",
        newest=(6, 0),
        settings=use_apps("django_prometheus")
        + use_engine("django_prometheus.db.backends.postgresql"),
        models=PLAIN,
        after=PLAIN_AFTER,
    ),
    "django-timescaledb": Package(
        module="timescale",
        settings=use_engine("timescale.db.backends.postgresql"),
        models=PLAIN,
        after=PLAIN_AFTER,
        makemigrations="",
    ),
    "django-tenants": Package(
        module="django_tenants",
        settings=use_apps("django_tenants")
        + use_engine("django_tenants.postgresql_backend")
        + 'DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]\n'
        "SHARED_APPS = INSTALLED_APPS\n"
        'TENANT_APPS = ["shop"]\n'
        'TENANT_MODEL, TENANT_DOMAIN_MODEL = "shop.Client", "shop.Domain"\n',
        models=PLAIN + TENANTS,
        after=PLAIN_AFTER + TENANTS,
    ),
    "django-postgres-extra": Package(
        module="psqlextra",
        settings=use_apps("django.contrib.postgres", "psqlextra")
        + use_engine("psqlextra.backend"),
        extensions=("hstore",),
        models=RELATIONS,
        after=RELATIONS.replace("> 100", "> 1000").replace(
            "note = models.TextField(db_index=True)", "note = models.TextField()"
        ),
        made=(
            "CREATE VIEW shop_premium",
            "CREATE MATERIALIZED VIEW shop_sum",
            ") PARTITION BY RANGE (at);",
            ") PARTITION BY HASH (id);",
            "CREATE TABLE shop_event_default PARTITION OF shop_event DEFAULT;",
            'CREATE UNIQUE INDEX "shop_order_labels_unique_code"',
        ),
        changed=("CREATE OR REPLACE VIEW shop_premium", 'DROP INDEX "shop_event_note_'),
        check=check_relations,
        newest=(5, 2),
        makemigrations="pgmakemigrations",
    ),
    "django-pgtrigger": Package(
        module="pgtrigger",
        settings=use_apps("django.contrib.postgres", "pgtrigger"),
        models=TRIGGERS,
        after=TRIGGERS.replace("old__total__gt=0", "old__total__gt=1").replace(
            "total = models.IntegerField", "total = models.BigIntegerField"
        ),
        made=(
            "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore",
            "CREATE TRIGGER pgtrigger_keep_paid_",
            "CREATE TRIGGER pgtrigger_keep_users_",
            "CREATE TRIGGER pgtrigger_fixed_",
        ),
        changed=("DROP TRIGGER pgtrigger_keep_paid_", "WHEN (old.total > 1)"),
        check=check_triggers,
    ),
    "django-pghistory": Package(
        module="pghistory",
        settings=use_apps("pgtrigger", "pghistory"),
        models=HISTORY,
        after=HISTORY.replace(
            "default=0)", "default=0)\n    note = models.TextField(default='')"
        ),
        made=(
            "CREATE OR REPLACE FUNCTION _pgh_attach_context",
            "CREATE TRIGGER pgtrigger_insert_insert_",
            "ON auth_user FOR EACH ROW WHEN (old.email",
        ),
        changed=("CREATE OR REPLACE FUNCTION pgtrigger_insert_insert_", '"note"'),
        check=check_history,
    ),
    "PostGIS": Package(
        module="django.contrib.gis",
        settings=use_apps("django.contrib.gis")
        + use_engine("django.contrib.gis.db.backends.postgis"),
        extensions=("postgis",),
        models=PLACES,
        after=PLACES + "    way = models.LineStringField(null=True, srid=3857)\n",
        made=("geometry(Point,4326)", 'CREATE INDEX "shop_place_area_'),
        changed=("geometry(LineString,3857)", "USING gist (way)"),
    ),
}
PLAIN_ENGINES = [name for name in PACKAGES if PACKAGES[name].models == PLAIN]


def with_packages(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("package", sorted(names), indirect=True)


@pytest.fixture
def package(request: pytest.FixtureRequest) -> Package:
    """A package that is here and works with this Django; others are skipped."""
    name, package = request.param, PACKAGES[request.param]
    if django.VERSION[:2] > package.newest:
        skip_unsupported(f"{name} on Django {django.get_version()}")
    if find_spec(package.module) is None:
        skip_missing(f"{name} of PyPI")
    if name == "PostGIS" and not find_library("gdal"):
        skip_missing("GDAL")
    return package


@pytest.fixture
def pg_server(package: Package, pg_servers: Callable[[int], DevServer]) -> DevServer:
    """The newest PostgreSQL with the package's extensions."""
    majors = [
        major
        for major, programs in map_majors().items()
        if all(has_extension(programs, name) for name in package.extensions)
    ]
    if not majors:
        skip_missing(f"PostgreSQL with {', '.join(package.extensions) or 'programs'}")
    default = choose_default_major()
    return pg_servers(default if default in majors else max(majors))


def start(
    project: Project, package: Package, database: dict[str, Any], **entry: Any
) -> None:
    project.configure(database, EXTENSIONS=list(package.extensions), **entry)
    settings = project.base / "settings.py"
    settings.write_text(settings.read_text() + package.settings)
    project.write("shop/models.py", package.models)


def plan_and_apply(project: Project, name: str) -> str:
    """Plan and apply the next file; return it."""
    run(project, "schemadiff", name, "--no-input", "--allow-data-loss")
    run(project, "schemaapply", "--no-input")
    run(project, "schemadiff", "--check")
    run(project, "schemastatus", "--drift")
    return project.files[-1].read_text()


@with_packages(*PACKAGES)
def test_plan_apply_change_apply(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    start(project, package, pg_database)
    first = plan_and_apply(project, "initial")
    assert [part for part in package.made if part not in first] == []
    assert "NOT DONE by this file" not in first
    project.write("shop/models.py", package.after)
    second = plan_and_apply(project, "second")
    assert [part for part in package.changed if part not in second] == []
    with connect_as_administrator(pg_database, pg_database["NAME"]) as database:
        package.check(project, database)


@with_packages(*(name for name in PACKAGES if PACKAGES[name].makemigrations))
def test_the_package_itself_makes_the_same(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    """Nor is anybody asked about its operations in Django's migrations."""
    start(project, package, pg_database)
    project.write("shop/migrations/__init__.py", "")
    run(project, package.makemigrations, "shop", "-v0")
    run(project, "migrate", "-v0")
    run(project, "schemadiff", "initial", "--no-input")
    assert "NOT DONE by this file" not in project.files[-1].read_text()
    compared = project.manage(
        *("schemadiff", "--from", "db:default", "--to", "files"),
        *("--format", "json", "-v0"),
    )
    # Keys of auth's many-to-many tables: Django's migrations ignore the app's own type.
    changes = [
        change
        for change in compared.json["changes"]
        if (change["kind"], change["table"][:5]) != ("alter column", "auth_")
    ]
    assert changes == []


@with_packages(*PLAIN_ENGINES)
def test_the_file_is_that_of_djangos_own_engine(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    start(project, package, pg_database)
    plan_and_apply(project, "initial")
    theirs = project.files[-1].read_text()
    project.files[-1].unlink()
    (project.migrations / "atlas.sum").unlink()
    start(project, replace(package, settings=""), pg_database)
    run(project, "schemadiff", "initial", "--no-input")
    assert project.files[-1].read_text() == theirs


@with_packages("django-pg-zero-downtime-migrations")
def test_a_server_of_our_own_takes_any_form_as_well(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    """There statements do not run in a sealed room."""
    start(project, package, pg_database)
    plan_and_apply(project, "initial")
    run(project, "schemadiff", "--check", "--dev", "embedded")


@with_packages("django-pgtrigger")
def test_a_trigger_that_is_gone_is_dropped(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    start(project, package, pg_database)
    plan_and_apply(project, "initial")
    project.write("shop/models.py", package.models.partition("class Watched")[0])
    second = plan_and_apply(project, "second")
    assert "DROP TRIGGER pgtrigger_keep_users_" in second
    assert "DROP FUNCTION pgtrigger_fixed_" in second
    project.write("shop/models.py", "")
    third = plan_and_apply(project, "third")
    assert "DROP FUNCTION _pgtrigger_should_ignore" in third


@with_packages("django-pgtrigger")
def test_triggers_that_settings_keep_from_models(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    """``pgtrigger install`` would make them."""
    more = "PGTRIGGER_SCHEMA_EDITOR = PGTRIGGER_MIGRATIONS = False\n"
    start(project, replace(package, settings=package.settings + more), pg_database)
    first = plan_and_apply(project, "initial")
    assert [part for part in package.made if part not in first] == []


@with_packages("django-postgres-extra")
def test_partitions_that_are_made_elsewhere(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    """The default partition can be done without."""
    ignored = ["shop_event_2*", "shop_event_default"]
    start(project, package, pg_database, IGNORE=ignored)
    assert "PARTITION OF" not in plan_and_apply(project, "initial")
    with connect_as_administrator(pg_database, pg_database["NAME"]) as database:
        database.execute(
            "CREATE TABLE shop_event_2026 PARTITION OF shop_event"
            " FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
        )
    run(project, "schemastatus", "--drift")


@with_packages("django-postgres-extra")
def test_the_default_partition_follows_its_table(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    """Its name is the table's and more, and it holds rows."""
    start(project, package, pg_database)
    plan_and_apply(project, "initial")
    with connect_as_administrator(pg_database, pg_database["NAME"]) as database:
        database.execute(
            "INSERT INTO shop_event (id, at, note)"
            " VALUES (gen_random_uuid(), now(), 'kept')"
        )
    project.write(
        "shop/models.py", package.models.replace("class Event(", "class Happening(")
    )
    rename = "shop_event=shop_happening"
    run(project, "schemadiff", "second", "--no-input", "--rename", rename)
    run(project, "schemaapply", "--no-input")
    run(project, "schemadiff", "--check")
    assert "DATA LOSS" not in project.files[-1].read_text()
    with connect_as_administrator(pg_database, pg_database["NAME"]) as database:
        found = database.execute("SELECT note FROM shop_happening_default").fetchall()
    assert found == [("kept",)]


@with_packages("django-pgtrigger")
def test_triggers_on_tables_that_are_left_to_django(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    """They are named, as on unmanaged ones; those on the app's own tables are not."""
    start(project, package, pg_database, APPS=["shop"])
    project.write("shop/models.py", package.models + UNMANAGED)
    project.write("shop/migrations/__init__.py", "")
    run(project, "makemigrations", "shop", "-v0")
    asked = project.manage("schemadiff", "initial", "--no-input")
    assert "Create trigger keep_users on model watched" in asked.err
    assert "Create trigger keep_old on model oldwatched" in asked.err
    assert "keep_paid" not in asked.err
    run(project, "schemadiff", "initial", "--no-input", "--acknowledge", "all")
    text = project.files[0].read_text()
    assert "CREATE TRIGGER pgtrigger_keep_paid_" in text
    assert "FUNCTION pgtrigger_keep_users_" not in text


@with_packages("django-timescaledb")
def test_a_hypertable_is_refused(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    start(project, package, pg_database)
    project.write("shop/models.py", HYPERTABLE)
    ran = project.manage("schemadiff", "initial", "--no-input")
    assert (ran.code, project.files) == (2, [])
    assert ran.err == (
        "CommandError: shop.Reading.time: a hypertable is made by calling a function of"
        " TimescaleDB, and no schema shows that call.\n"
        "Set managed = False on the model and write its table and the call into a file by"
        " hand, or leave the app to Django with APPS.\n"
    )


@with_packages("django-pgtrigger")
def test_an_alias_besides_the_default_one(
    project: Project, package: Package, pg_database: dict[str, Any]
) -> None:
    """django-pgtrigger asks the default one, which is not opened."""
    start(project, package, pg_database)
    lite, settings = project.base / "lite", project.base / "settings.py"
    settings.write_text(
        f"{settings.read_text()}"
        'DATABASES["other"] = DATABASES["default"]\n'
        'DATABASES["default"] = {"ENGINE": "django.db.backends.sqlite3",'
        f' "NAME": {str(lite)!r}}}\n'
        'SCHEMA_MIGRATIONS = {"other": {"DIR": "migrations"}}\n'
    )
    run(project, "schemadiff", "initial", "--no-input", "--database", "other")
    text = project.files[0].read_text()
    assert [part for part in package.made if part not in text] == []
    assert not lite.exists()
