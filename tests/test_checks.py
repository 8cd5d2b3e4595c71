"""``manage.py check``: the files, and with ``--database`` what a database has of them."""

from __future__ import annotations

import os
import time
from typing import Any

from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from tests.fixtures.targets import Place, use_as_default

A = "CREATE TABLE a (id integer PRIMARY KEY);"
B = "CREATE TABLE b (id integer PRIMARY KEY);"


def found(
    place: Place, *databases: str, deploy: bool = False, **entry: Any
) -> dict[str, CheckMessage]:
    """Return id → message of our checks; one of each id is enough here."""
    entry = {"DIR": str(place.folder), **entry}
    with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
        messages = run_checks(
            databases=list(databases), include_deployment_checks=deploy
        )
    ours = [m for m in messages if str(m.id).startswith("schema_migrations.")]
    return {str(m.id).partition(".")[2]: m for m in ours}


def test_a_sound_directory_and_a_database_with_all_files_are_silent(
    place: Place,
) -> None:
    place.write(_1_a=A)
    place.apply()
    assert found(place, "default") == {}


def test_no_directory_yet_is_no_problem_of_the_files(place: Place) -> None:
    assert found(place) == {}
    assert "does not exist" in found(place, "default")["W002"].msg


def test_files_that_are_not_as_recorded(sqlite_place: Place) -> None:
    sqlite_place.write(_1_a=A)
    edited = sqlite_place.folder / "1_a.sql"
    edited.write_text(B)
    os.utime(edited, (time.time() + 1, time.time() + 1))
    assert set(found(sqlite_place)) == {"W004"}  # runserver goes on
    for message in found(sqlite_place, deploy=True).values():
        assert "1_a.sql was edited" in message.msg
        assert "schemahash" in str(message.hint)
    assert set(found(sqlite_place, deploy=True)) == {"W004", "E006"}
    os.utime(edited, (0, 0))  # not to be told without reading, which deploying does
    assert set(found(sqlite_place)) == set()
    assert set(found(sqlite_place, deploy=True)) == {"E006"}


def test_names_that_leave_the_order_open(sqlite_place: Place) -> None:
    sqlite_place.write(_2_a=A, _10_b=B)
    assert "10_b.sql runs before 2_a.sql" in found(sqlite_place)["W004"].msg


def test_another_alias_without_a_directory(sqlite_place: Place) -> None:
    file = sqlite_place.folder.parent / "file"
    file.write_text("")
    assert "is not a folder" in found(sqlite_place, DIR=str(file))["W004"].msg


def test_pending_files(place: Place) -> None:
    place.write(_1_a=A, _2_b=B)
    assert found(place) == {}  # no database is opened
    message = found(place, "default")["W001"]
    assert "2 pending: 1_a.sql, 2_b.sql" in message.msg
    place.apply(count=1)
    message = found(place, "default")["W001"]
    assert "1 pending: 2_b.sql" in message.msg
    assert message.hint == "Run python manage.py schemaapply."


def test_a_database_made_otherwise_is_told_how_to_go_on(place: Place) -> None:
    place.write(_1_a=A)
    place.execute(B)
    hint = str(found(place, "default")["W001"].hint)
    assert "takeover" in hint
    assert "--baseline VERSION" in hint


def test_a_history_that_does_not_match(place: Place) -> None:
    place.write(_1_a=A, _2_b=B)
    place.apply()
    place.write(_2_b=f"{B}\n-- more")
    message = found(place, "default")["E007"]
    assert "edited after they were applied to this database: 2_b.sql" in message.msg
    assert message.hint == "For what to do, run: python manage.py schemastatus"
    place.write(_2_b=B)
    (place.folder / "1_a.sql").unlink()
    place.write()
    assert "files are missing: 1_a" in found(place, "default")["E007"].msg


def test_a_database_that_cannot_be_looked_at(pg_place: Place) -> None:
    pg_place.write(_1_a=A)
    with use_as_default({**pg_place.settings, "HOST": "127.0.0.1", "PORT": "1"}):
        message = found(pg_place, "default")["W002"]
    assert "127.0.0.1" in message.msg


def test_an_alias_that_is_not_managed_is_not_looked_at(place: Place) -> None:
    place.write(_1_a=A)
    with override_settings(SCHEMA_MIGRATIONS={"other": {"DIR": str(place.folder)}}):
        ids = [m.id for m in run_checks(databases=["default"])]
    assert "schema_migrations.W001" not in ids


def test_an_atlas_config_that_says_something_else(sqlite_place: Place) -> None:
    sqlite_place.write(_1_a=A)
    base = sqlite_place.folder.parent
    folder = sqlite_place.folder.name
    config = base / "atlas.hcl"
    with override_settings(BASE_DIR=base):
        assert found(sqlite_place) == {}
        migration = f'dir = "file://{folder}"\nexec_order = NON_LINEAR'
        config.write_text(f'env "prod" {{\nmigration {{\n{migration}\n}}\n}}\n')
        message = found(sqlite_place)["W005"]
        assert message.msg == (
            "atlas.hcl: exec_order of env \"prod\" is 'NON_LINEAR', but EXEC_ORDER of the"
            " alias is 'linear'."
        )
        assert message.obj == "default"
        assert found(sqlite_place, EXEC_ORDER="non-linear") == {}
        left_out = found(sqlite_place, EXEC_ORDER="non-linear", TX_MODE="all")["W005"]
        assert left_out.msg == (
            "atlas.hcl: tx_mode of env \"prod\" is left out, which is 'file' for Atlas,"
            " but TX_MODE of the alias is 'all'."
        )
        more: Any = {"EXEC_ORDER": "non-linear", "REVISIONS_SCHEMA": "rev"}
        assert found(sqlite_place, **more)["W005"].msg == (
            'atlas.hcl: revisions_schema of env "prod" is left out, but REVISIONS_SCHEMA'
            " of the alias is 'rev'."
        )
        assert set(found(sqlite_place, EXEC_ORDER="?")) == {"E004"}
