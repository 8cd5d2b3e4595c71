"""Files that were proved on one engine are refused on another, before anything happens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings

from schema_migrations.errors import FileOfOtherEngine
from schema_migrations.schema.model import Table
from schema_migrations.testing import use_templates
from schema_migrations.workflows.states.sources import (
    open_state,
)
from schema_migrations.workflows.states.workspace import (
    open_workspace,
)
from tests.fixtures.postgresql import connect_as_administrator
from tests.fixtures.targets import Place

if TYPE_CHECKING:
    from tests.fixtures.project import Project

TABLE = "CREATE TABLE t (id integer PRIMARY KEY);\n"
OTHERS = {"sqlite": "PostgreSQL 17.4", "postgresql": "SQLite 3.45.1"}


def make_other(place: Place, sql: str = TABLE) -> str:
    """Make the text of a file that was proved on the other engine."""
    proved_on = OTHERS[place.connection.vendor]
    return f"-- Made by django-schema-migrations 0.1, proved on {proved_on}.\n\n{sql}"


def configure(place: Place, **entry: Any) -> Any:
    return override_settings(
        SCHEMA_MIGRATIONS={"default": {"DIR": str(place.folder), "APPS": [], **entry}}
    )


@pytest.mark.parametrize("selection", [{}, {"allow_dirty": True}, {"tx_mode": "none"}])
def test_nothing_is_made_or_recorded(place: Place, selection: dict[str, Any]) -> None:
    place.write(_1_a="CREATE TABLE a (id integer);", _2_t=make_other(place))
    for run in (place.apply, place.preview):
        with pytest.raises(FileOfOtherEngine, match=r"^2_t\.sql was proved on"):
            run(**selection)
    if place.connection.vendor == "sqlite":
        assert not Path(place.settings["NAME"]).exists()
    assert place.list_tables() == []
    assert place.read_revisions() == {}


def test_it_comes_before_what_the_text_or_the_tables_would_say(place: Place) -> None:
    """SQL of another engine may not even be split, and the advice would be wrong."""
    place.execute("CREATE TABLE mine (id integer)")
    place.write(_1_t=make_other(place, "DO $$ ' $$; [ ` $ SELECT '"))
    with pytest.raises(FileOfOtherEngine):
        place.apply()


def test_files_that_a_database_has_stop_nobody(place: Place) -> None:
    """Also after a baseline: the files before it never ran here."""
    place.write(_1_t=make_other(place))
    place.apply(baseline="1")
    assert place.list_tables() == []
    place.write(_2_b="CREATE TABLE b (id integer);")
    place.apply()
    assert place.list_tables() == ["b"]


def test_a_checkpoint_replaces_them_on_a_new_database(place: Place) -> None:
    place.write(_1_t=make_other(place), _2_c=f"-- atlas:checkpoint\n\n{TABLE}")
    place.apply()
    assert place.list_tables() == ["t"]
    with (
        configure(place),
        open_workspace("default") as workspace,
        open_state("files", workspace) as state,
    ):
        assert [table.key.name for table in state.schema.of(Table)] == ["t"]


def test_no_dev_database_is_made(place: Place) -> None:
    place.write(_1_t=make_other(place))
    with (
        configure(place, DEV="embedded"),
        pytest.raises(FileOfOtherEngine, match="but the database 'default' is a"),
        open_workspace("default"),
    ):
        pass


@pytest.mark.parametrize("in_folder", [True, False])
def test_a_path_is_refused(place: Place, tmp_path: Path, in_folder: bool) -> None:
    place.write(_1_t=make_other(place))
    path = place.folder if in_folder else place.folder / "1_t.sql"
    with (
        configure(place, DIR=str(tmp_path / "empty")),
        open_workspace("default") as workspace,
        pytest.raises(FileOfOtherEngine, match="but the dev database is a"),
        open_state(str(path), workspace),
    ):
        pass


def test_no_template_is_made(pg_place: Place) -> None:
    pg_place.write(_1_t=make_other(pg_place))
    query = "SELECT datname FROM pg_database WHERE datname LIKE 'dsm_template%'"
    with connect_as_administrator(pg_place.settings) as server:
        before = server.execute(query).fetchall()
        with configure(pg_place), pytest.raises(FileOfOtherEngine):
            use_templates()
        assert server.execute(query).fetchall() == before


def test_what_a_user_sees(project: Project, postgres_settings: dict[str, Any]) -> None:
    """SQLite here and PostgreSQL there, with one directory."""
    assert project.manage("schemadiff").code == 0
    project.configure({**postgres_settings, "NAME": "postgres"})
    (file,) = project.files
    for command in ("schemaapply", "schemadiff"):
        ran = project.manage(command)
        assert ran.code == 2
        assert f"{file.name} was proved on SQLite, but " in ran.err
        assert "is a PostgreSQL database.\nSQL is not the same on both" in ran.err
        assert "setting DIR of its alias" in ran.err
        assert "--dir" in ran.err
    asked = project.manage("schemastatus", "--check")
    assert asked.code == 2
    assert asked.out.splitlines()[1:3] == [
        "Status   other-engine: 0 files applied, 1 pending",
        f"  [ ] {file.name}",
    ]
    assert f"\nProblem  {file.name} was proved on SQLite, but" in asked.out
    assert "\nNext     SQL is not the same on both" in asked.out
    with connect_as_administrator(postgres_settings) as server:
        query = "SELECT to_regclass('public.atlas_schema_revisions')"
        assert server.execute(query).fetchone() == (None,)
