"""A history that Atlas keeps in a schema of its own: never a second one beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from schema_migrations.history.revision import Revision
from schema_migrations.revision_store import RevisionStore

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

OWN = "atlas_schema_revisions"
FILE = "CREATE TABLE IF NOT EXISTS a (id integer);\nINSERT INTO a VALUES (1);"


@pytest.fixture
def atlas_place(pg_place: Place) -> Place:
    """The first of two files was applied by Atlas, with a URL that names no schema."""
    pg_place.write(_1=FILE, _2="INSERT INTO a VALUES (2);")
    pg_place.connection.ensure_connection()
    pg_place.execute(FILE)
    store = RevisionStore(
        connection=pg_place.connection, engine=pg_place.engine, namespace=OWN
    )
    store.ensure_table()
    row = Revision(
        version="1",
        applied=2,
        total=2,
        executed_at=datetime.now(UTC),
        hash=pg_place.directory.computed_sums.hash_of("1.sql"),
        operator_version="Atlas CLI v1.2.3",
    )
    store.write(row, over=None)
    return pg_place


def run(place: Place, command: str, *arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(command, *arguments, dir=str(place.folder), stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("schemaapply", {}),
        ("schemaapply", {"check": True}),
        ("schemaapply", {"dry_run": True}),
        ("schemaapply", {"baseline": "1"}),
        ("schemaapply", {"allow_dirty": True}),
        ("schemastatus", {}),
        ("schemaset", {"version": "1", "interactive": False}),
    ],
)
def test_no_second_history_is_begun(
    command: str, options: dict[str, Any], atlas_place: Place
) -> None:
    version = [options.pop("version")] if "version" in options else []
    with pytest.raises(CommandError) as caught:
        run(atlas_place, command, *version, **options)
    assert caught.value.returncode == 2
    assert f"the history is in schema '{OWN}', where Atlas puts it" in str(caught.value)
    assert f"--revisions-schema {OWN}" in str(caught.value)
    assert atlas_place.execute("SELECT * FROM a") == [(1,)]
    assert atlas_place.list_tables() == ["a"]


def test_either_history_may_be_chosen(atlas_place: Place) -> None:
    run(atlas_place, "schemaapply", "--no-signals", revisions_schema=OWN)
    assert atlas_place.execute("SELECT * FROM a ORDER BY 1") == [(1,), (2,)]
    with pytest.raises(CommandError, match="--baseline"):
        run(atlas_place, "schemaapply", "--no-signals", revisions_schema="public")


def test_a_history_that_cannot_be_read_may_be_it(atlas_place: Place) -> None:
    atlas_place.execute(f"ALTER TABLE {OWN}.{OWN} DROP COLUMN applied")
    with pytest.raises(CommandError, match="the history may be") as caught:
        run(atlas_place, "schemaapply")
    assert "--revisions-schema public" in str(caught.value)


def test_it_is_no_drift(atlas_place: Place) -> None:
    settings = {"default": {"REVISIONS_SCHEMA": OWN}}
    with override_settings(SCHEMA_MIGRATIONS=settings):
        assert "none" in run(atlas_place, "schemastatus", drift=True)


def test_a_url_with_a_schema_has_its_own_history(atlas_place: Place) -> None:
    """There Atlas would not look either."""
    atlas_place.execute("CREATE SCHEMA one")
    options = {"options": "-c search_path=one"}
    there = replace(atlas_place, settings={**atlas_place.settings, "OPTIONS": options})
    host, name = there.settings["HOST"], there.settings["NAME"]
    user = there.settings["USER"]
    url = f"postgresql://{user}@/{name}?host={host}&search_path=one"
    run(atlas_place, "schemaapply", "--no-signals", url=url)
    assert atlas_place.execute("SELECT * FROM one.a ORDER BY 1") == [(1,), (2,)]
