"""The model ``Revision``: it reads what ``schemaapply`` wrote, and nobody writes by it."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db.models import Exists, OuterRef
from django.test import override_settings

from schema_migrations import health
from schema_migrations.conf import read_settings
from schema_migrations.errors import RevisionsReadOnly, StatementFailed
from schema_migrations.models import Revision
from schema_migrations.workflows.applying.apply import request_from_settings
from tests.fixtures.targets import use_as_default

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.targets import Place

OLD_ROW: dict[str, Any] = {
    "model": "schema_migrations.revision",
    "pk": "8",
    "fields": {
        "description": "theirs",
        "type": 2,
        "applied": 1,
        "total": 1,
        "executed_at": "2026-01-01T00:00:00Z",
        "execution_time": 1,
        "error": None,
        "error_stmt": None,
        "hash": "x",
        "operator_version": "django-schema-migrations 0.1",
    },
}
"""A row as ``dumpdata`` wrote it while the default manager found the rows."""


def dump(*labels: str, **options: Any) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("dumpdata", *labels, stdout=out, **options)
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


def test_rows_are_read_as_objects(place: Place) -> None:
    place.write(
        _1_first="SELECT 1;", _2="-- atlas:txmode none\n\nSELECT 2; SELECT nope;"
    )
    with pytest.raises(StatementFailed):
        place.apply()
    first, second = Revision.objects.all()
    assert (str(first), first.applied, first.error) == ("1_first", 1, None)
    assert (str(second), second.applied, second.error_stmt) == ("2", 1, "SELECT nope")
    assert first.executed_at.tzinfo is not None


@pytest.mark.every_postgres
def test_queries_find_the_schema_of_the_alias(pg_place: Place) -> None:
    entry = {"DIR": str(pg_place.folder), "REVISIONS_SCHEMA": "history"}
    pg_place.write(_1_first="SELECT 1;", _2="SELECT 2;")
    with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
        pg_place.apply(request_from_settings(read_settings("default")))
        assert Revision.objects.count() == 2
        newest = Revision.objects.order_by("-version").values_list("version", flat=True)
        assert list(newest[:1]) == ["2"]
        old = Revision.objects.filter(version__in=newest[1:])
        assert [str(row) for row in old] == ["1_first"]
        assert Revision.objects.using("default").get(pk="1").description == "first"


@pytest.mark.every_postgres
@pytest.mark.parametrize("entry", [{}, {"REVISIONS_SCHEMA": "history"}])
def test_queries_within_queries_on_postgresql(
    pg_place: Place, entry: dict[str, Any]
) -> None:
    assert_queries_within_queries(pg_place, entry)


def test_queries_within_queries(place: Place) -> None:
    assert_queries_within_queries(place, {})


def assert_queries_within_queries(place: Place, entry: dict[str, Any]) -> None:
    """Django names the inner table by an alias of its own."""
    place.write(_1_first="SELECT 1;", _2="SELECT 2;")
    settings = {"DIR": str(place.folder), **entry}
    with override_settings(SCHEMA_MIGRATIONS={"default": settings}):
        place.apply(request_from_settings(read_settings("default")))
        rows = Revision.objects
        assert rows.filter(version__in=rows.values("version")).exists()
        newer = rows.filter(version__gt=OuterRef("version"))
        assert [str(row) for row in rows.exclude(Exists(newer))] == ["2"]
        first, second = (rows.filter(version=each).order_by() for each in "12")
        assert first.union(second).count() == 2


@pytest.mark.every_postgres
def test_a_table_further_down_the_path_is_not_the_one(pg_place: Place) -> None:
    """As a tenant's schema finds the shared one: it has a history of its own."""
    pg_place.write(_1_first="SELECT 1;")
    pg_place.apply()
    pg_place.execute("CREATE SCHEMA tenant")
    path = {"options": "-c search_path=tenant,public"}
    with (
        use_as_default({**pg_place.settings, "OPTIONS": path}),
        override_settings(SCHEMA_MIGRATIONS={"default": {"DIR": str(pg_place.folder)}}),
    ):
        assert health().pending == ("1_first.sql",)
        assert list(Revision.objects.all()) == []
        pg_place.apply()
        assert health().ok
        assert Revision.objects.count() == 1


def test_fields_are_read_later(place: Place) -> None:
    place.write(_1_first="SELECT 1;")
    place.apply()
    row = Revision.objects.only("version").get()
    assert row.description == "first"
    row.refresh_from_db()
    assert row.total == 1


def test_the_row_that_atlas_keeps_for_its_cloud_is_no_file(place: Place) -> None:
    place.write(_1="SELECT 1;")
    place.apply()
    place.execute(
        "UPDATE atlas_schema_revisions SET version = '.atlas_cloud_identifier'"
    )
    assert list(Revision.objects.all()) == []


def test_flush_leaves_the_history_alone(place: Place) -> None:
    """``TransactionTestCase`` flushes every table of a managed model."""
    place.write(_1="SELECT 1;")
    place.apply()
    assert sql_flush(no_style(), place.connection) == []
    out = StringIO()
    call_command("sqlflush", stdout=out)
    assert "atlas_schema_revisions" not in out.getvalue()
    call_command(
        "flush", interactive=False, inhibit_post_migrate=True, stdout=StringIO()
    )
    assert list(place.read_revisions()) == ["1"]
    assert Revision._meta.managed is False
    assert apps.get_model("schema_migrations", "Revision") is Revision


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        ((), {}),
        ((), {"use_base_manager": True}),
        (("schema_migrations",), {}),
        (("schema_migrations",), {"use_base_manager": True}),
        (("schema_migrations.Revision",), {}),
        (("schema_migrations.Revision",), {"primary_keys": "1"}),
        (("schema_migrations",), {"use_natural_foreign_keys": True}),
    ],
)
def test_revisions_are_never_dumped(
    place: Place, labels: tuple[str, ...], options: dict[str, Any]
) -> None:
    call_command("migrate", verbosity=0)
    place.write(_1="SELECT 1;")
    place.apply(allow_dirty=True)
    models = {row["model"] for row in dump(*labels, **options)}
    assert "schema_migrations.revision" not in models
    assert ("contenttypes.contenttype" in models) is not bool(labels)
    assert (
        "schema_migrations.revision"
        not in place.connection.creation.serialize_db_to_string()
    )


def test_a_table_that_is_missing_or_elsewhere_does_not_stop_a_dump(
    place: Place, tmp_path: Path
) -> None:
    call_command("migrate", verbosity=0)
    assert dump()
    file = tmp_path / "all.json"
    call_command("dumpdata", output=str(file), stdout=StringIO())
    assert 'schema_migrations.revision"' not in file.read_text()


@pytest.mark.parametrize("format_name", ["json", "xml"])
def test_an_older_fixture_with_revisions_is_refused_whole(
    place: Place, tmp_path: Path, format_name: str
) -> None:
    call_command("migrate", verbosity=0)
    place.write(_1="SELECT 1;")
    place.apply(allow_dirty=True)
    rows = [
        {"model": "auth.group", "pk": 7, "fields": {"name": "kept", "permissions": []}},
        OLD_ROW,
    ]
    fixture = tmp_path / f"old.{format_name}"
    fixture.write_text(json.dumps(rows) if format_name == "json" else XML)
    with pytest.raises(CommandError) as caught:
        call_command("loaddata", str(fixture))
    assert "revision 8 cannot be saved" in str(caught.value)
    assert "loaddata FIXTURE --exclude schema_migrations" in str(caught.value)
    assert list(place.read_revisions()) == ["1"]
    assert place.execute("SELECT count(*) FROM auth_group") == [(0,)]
    call_command(
        "loaddata", str(fixture), exclude=["schema_migrations"], stdout=StringIO()
    )
    assert list(place.read_revisions()) == ["1"]
    assert place.execute("SELECT name FROM auth_group") == [("kept",)]


FIELDS = "".join(
    f'<field name="{name}">{"" if value is None else value}</field>'
    for name, value in OLD_ROW["fields"].items()
)
XML = f"""<?xml version="1.0" encoding="utf-8"?>
<django-objects version="1.0">
<object model="auth.group" pk="7"><field name="name" type="CharField">kept</field></object>
<object model="schema_migrations.revision" pk="8">{FIELDS}</object>
</django-objects>"""


def test_programs_do_not_save_either(place: Place) -> None:
    place.write(_1="SELECT 1;")
    place.apply()
    (row,) = Revision.objects.all()
    with pytest.raises(RevisionsReadOnly, match="revision 1 cannot be saved"):
        row.save()


def test_permissions_and_content_types_are_made_and_not_stale(place: Place) -> None:
    call_command("migrate", verbosity=0)
    names = Permission.objects.filter(content_type__app_label="schema_migrations")
    assert [each.codename for each in names] == ["view_revision"]
    call_command(
        "remove_stale_contenttypes",
        interactive=False,
        include_stale_apps=True,
        stdout=StringIO(),
    )
    assert ContentType.objects.filter(model="revision").exists()


@pytest.mark.parametrize(
    "command", ["sqlsequencereset", "inspectdb", "createcachetable"]
)
def test_other_commands_of_django_still_work(place: Place, command: str) -> None:
    place.write(_1="SELECT 1;")
    place.apply()
    out = StringIO()
    labels = ["schema_migrations"] if command == "sqlsequencereset" else []
    call_command(command, *labels, stdout=out, stderr=StringIO())
    assert ("atlas_schema_revisions" in out.getvalue()) is (command == "inspectdb")
    call_command("check", "schema_migrations", stdout=StringIO())
