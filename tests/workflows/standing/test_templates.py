"""A template of the files of an alias."""

from __future__ import annotations

from django.test import override_settings

from schema_migrations.testing import use_templates
from tests.fixtures.postgresql import connect_as_administrator
from tests.fixtures.targets import Place, use_as_default

A = "CREATE TABLE a (id integer PRIMARY KEY);"


def test_it_holds_the_files_and_their_revisions(pg_place: Place) -> None:
    pg_place.write(_1_a=A)
    entry = {"DIR": str(pg_place.folder), "REVISIONS_SCHEMA": "history"}
    with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
        use_templates()
        use_templates()  # the second call finds what the first one has set
    name = pg_place.connection.settings_dict["TEST"]["TEMPLATE"]
    with use_as_default({**pg_place.settings, "NAME": name}):
        assert pg_place.list_tables() == ["a"]
        rows = pg_place.execute("SELECT version FROM history.atlas_schema_revisions")
        assert rows == [("1",)]
    assert pg_place.list_tables() == []
    with connect_as_administrator(pg_place.settings) as server:
        server.execute(f'DROP DATABASE "{name}"')


def test_other_files_and_another_time_zone_make_another(pg_place: Place) -> None:
    names = set[str]()
    with override_settings(
        SCHEMA_MIGRATIONS={"default": {"DIR": str(pg_place.folder)}}
    ):
        for text, zone in ((A, None), (A, "Asia/Tokyo"), (f"{A}\n-- more", None)):
            pg_place.write(_1_a=text)
            fresh = {**pg_place.settings, "TIME_ZONE": zone, "TEST": {}}
            with use_as_default(fresh):
                use_templates()
                names.add(pg_place.connection.settings_dict["TEST"]["TEMPLATE"])
    assert len(names) == 3
    with connect_as_administrator(pg_place.settings) as server:
        for name in names:
            server.execute(f'DROP DATABASE "{name}"')


def test_sqlite_copies_nothing(sqlite_place: Place) -> None:
    sqlite_place.write(_1_a=A)
    entry = {"DIR": str(sqlite_place.folder)}
    with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
        use_templates()
    assert "TEMPLATE" not in sqlite_place.connection.settings_dict["TEST"]


def test_an_alias_that_is_not_tested_gets_none(pg_place: Place) -> None:
    pg_place.write(_1_a=A)
    with override_settings(SCHEMA_MIGRATIONS={"default": {"DIR": "nowhere"}}):
        use_templates(["other"])
    assert "TEMPLATE" not in pg_place.connection.settings_dict["TEST"]
