"""A history in another schema than the current one: never a second one beside it.

Atlas keeps it in a schema of its own, or the first schema of ``search_path`` changed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from schema_migrations.errors import HistoryElsewhere, StatementFailed
from schema_migrations.history.revision import Revision
from schema_migrations.revision_store import RevisionStore
from schema_migrations.workflows.targets.connected_target import (
    connect_target,
    read_revisions_and_tables,
)

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
    assert (
        f"the history is not in 'public', the first schema of search_path. It is in '{OWN}'."
        in (str(caught.value))
    )
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
    with pytest.raises(CommandError, match=f"It may be in '{OWN}'") as caught:
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


CHANGES_OF_THE_PATH = {
    "of the database": 'ALTER DATABASE "{database}" SET search_path = app, public',
    "of the role": "ALTER ROLE {user} IN DATABASE \"{database}\" SET search_path = 'app', 'public'",
    "by a schema for the user": "CREATE SCHEMA {user}",
}


def change_path(place: Place, change: str) -> None:
    """Let another schema be the first one, for the sessions that begin now."""
    database, user = place.settings["NAME"], place.settings["USER"]
    place.execute("CREATE SCHEMA app")
    place.execute(CHANGES_OF_THE_PATH[change].format(database=database, user=user))
    place.connection.close()


@pytest.mark.parametrize("change", CHANGES_OF_THE_PATH)
@pytest.mark.parametrize(
    "command", ["schemaapply", "schemastatus", "schemaapply --allow-dirty"]
)
def test_the_history_of_atlas_counts_whatever_the_path(
    change: str, command: str, atlas_place: Place
) -> None:
    change_path(atlas_place, change)
    with pytest.raises(CommandError, match=f"It is in '{OWN}'") as caught:
        run(atlas_place, *command.split())
    assert f"--revisions-schema {OWN}" in str(caught.value)
    assert "New tables" not in str(caught.value)
    assert atlas_place.execute("SELECT * FROM public.a") == [(1,)]


@pytest.mark.parametrize("change", CHANGES_OF_THE_PATH)
@pytest.mark.parametrize(
    "command", ["schemaapply", "schemastatus", "schemaapply --baseline 1"]
)
def test_a_history_further_down_the_path_counts(
    change: str, command: str, pg_place: Place
) -> None:
    pg_place.write(_1=FILE)
    run(pg_place, "schemaapply", "--no-signals")
    change_path(pg_place, change)
    with pytest.raises(CommandError, match="It is in 'public'") as caught:
        run(pg_place, *command.split())
    assert caught.value.returncode == 2
    assert "--revisions-schema public" in str(caught.value)
    assert "?search_path=public" in str(caught.value)
    assert pg_place.execute("SELECT * FROM public.a") == [(1,)]
    assert pg_place.list_tables() == []


def test_it_counts_where_the_role_may_not_use_its_schema(pg_place: Place) -> None:
    """The server then skips that schema, as if it were not in the path."""
    database = pg_place.settings["NAME"]
    pg_place.write(_1=FILE)
    pg_place.execute('CREATE SCHEMA "The App"; CREATE ROLE weak_reader')
    path = f'ALTER DATABASE "{database}" SET search_path = "The App", public'
    pg_place.execute(path)
    pg_place.connection.close()
    run(pg_place, "schemaapply", "--no-signals")
    pg_place.execute("SET ROLE weak_reader")
    try:
        connected = connect_target(
            pg_place.connection, pg_place.engine, revisions_schema=None, wait=0
        )
        with pytest.raises(HistoryElsewhere, match="It may be in 'The App', but"):
            read_revisions_and_tables(connected)
    finally:
        pg_place.execute("RESET ROLE; DROP ROLE weak_reader")


def test_an_empty_table_further_down_the_path_is_no_history(pg_place: Place) -> None:
    pg_place.write(_1=FILE)
    RevisionStore(
        connection=pg_place.connection, engine=pg_place.engine, namespace="public"
    ).ensure_table()
    change_path(pg_place, "of the database")
    run(pg_place, "schemaapply", "--no-signals")
    assert pg_place.execute("SELECT * FROM app.a") == [(1,)]


def test_a_schema_named_by_an_option_begins_its_own_history(pg_place: Place) -> None:
    pg_place.write(_1=FILE)
    run(pg_place, "schemaapply", "--no-signals")
    change_path(pg_place, "of the database")
    run(pg_place, "schemaapply", "--no-signals", revisions_schema="app")
    assert pg_place.execute("SELECT * FROM app.a") == [(1,)]


def test_a_path_that_the_program_sets_names_the_schema(pg_place: Place) -> None:
    """As packages for tenants do: each schema has a history of its own."""
    pg_place.write(_1="CREATE TABLE a (id integer);")
    pg_place.apply()
    pg_place.execute("CREATE SCHEMA tenant")
    pg_place.execute("SET search_path = tenant, public")
    pg_place.apply()
    assert pg_place.execute(
        "SELECT count(*) FROM tenant.atlas_schema_revisions WHERE version = '1'"
    ) == [(1,)]


def test_a_failure_that_left_nothing_is_no_history(pg_place: Place) -> None:
    pg_place.write(_1="CREATE TABLE a (id integer);\nSELECT 1 / 0;")
    with pytest.raises(StatementFailed):
        pg_place.apply()
    ((database,),) = pg_place.execute("SELECT current_database()")
    pg_place.execute("CREATE SCHEMA app")
    pg_place.execute(f'ALTER DATABASE "{database}" SET search_path = app, public')
    pg_place.connection.close()
    pg_place.write(_1="CREATE TABLE a (id integer);")
    pg_place.apply()
    assert pg_place.execute("SELECT to_regclass('app.a')::text") == [("a",)]
