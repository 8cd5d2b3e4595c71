"""Whether a database has all files, as a probe asks."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from schema_migrations import health
from schema_migrations.conf import read_settings
from schema_migrations.workflows.applying.apply import request_from_settings
from tests.fixtures.targets import Place, use_as_default

A = "CREATE TABLE a (id integer PRIMARY KEY);"
B = "CREATE TABLE b (id integer PRIMARY KEY);"


def managed(place: Place, **entry: Any) -> Any:
    return override_settings(
        SCHEMA_MIGRATIONS={"default": {"DIR": str(place.folder), **entry}}
    )


def test_it_is_ok_once_all_files_are_there(place: Place) -> None:
    place.write(_1_a=A, _2_b=B)
    with managed(place):
        assert health().pending == ("1_a.sql", "2_b.sql")
        place.apply(count=1)
        assert health().pending == ("2_b.sql",)
        assert not health().ok
        place.apply()
        assert health().ok
        (place.folder / "2_b.sql").unlink()  # an older release
        assert health().ok


def test_a_release_stays_healthy_while_the_next_one_renames_its_file(
    place: Place,
) -> None:
    place.write(_1_a=A, _2_b=B)
    place.apply()
    (place.folder / "2_b.sql").rename(place.folder / "3_b.sql")
    place.write()
    call_command(
        "schemaset",
        move=["2=3"],
        dir=place.folder,
        interactive=False,
        stdout=StringIO(),
    )
    (place.folder / "3_b.sql").rename(place.folder / "2_b.sql")  # what still serves
    place.write()
    with managed(place):
        assert health().ok
        place.write(_4_c="SELECT 1;")
        assert health().pending == ("4_c.sql",)


@pytest.mark.parametrize(
    ("new_file", "pending"), [("5_c", ()), ("3_c", ("2_b.sql",)), ("0_c", ("2_b.sql",))]
)
def test_a_release_knows_a_renamed_file_unless_a_new_one_comes_before_it(
    place: Place, new_file: str, pending: tuple[str, ...]
) -> None:
    """The hash of a moved row covers all files before it, of which one is unknown."""
    place.write(_1_a=A, _2_b=B)
    place.apply()
    (place.folder / "2_b.sql").rename(place.folder / "4_b.sql")
    place.write(**{f"_{new_file}": "SELECT 3;"})
    call_command(
        "schemaset",
        move=["2=4"],
        dir=place.folder,
        interactive=False,
        stdout=StringIO(),
    )
    place.apply(exec_order="non-linear")
    (place.folder / f"{new_file}.sql").unlink()
    (place.folder / "4_b.sql").rename(place.folder / "2_b.sql")
    place.write()
    with managed(place):
        assert health().pending == pending
        status = StringIO()
        call_command("schemastatus", stdout=status)
    assert ("The database is ahead: it has 3_c, 4_b." in status.getvalue()) is (
        new_file == "3_c"
    )


@pytest.mark.parametrize(
    ("new_file", "order"), [("3_c", "linear"), ("0_c", "non-linear")]
)
def test_a_release_stays_healthy_while_the_next_one_adds_or_accepts_files(
    place: Place, new_file: str, order: str
) -> None:
    place.write(_1_a=A, _2_b=B)
    place.apply()
    place.write(_2_b=f"-- another text\n{B}", **{f"_{new_file}": "SELECT 3;"})
    call_command(
        "schemaset", "2", dir=place.folder, interactive=False, stdout=StringIO()
    )
    place.apply(exec_order=order)
    (place.folder / f"{new_file}.sql").unlink()
    place.write(_2_b=B)
    with managed(place):
        assert health().ok


def test_it_asks_once(place: Place) -> None:
    place.write(_1_a=A)
    place.apply()
    with managed(place), CaptureQueriesContext(place.connection) as queries:
        assert health().ok
    assert [q["sql"] for q in queries if "SELECT" in q["sql"]] == [
        q["sql"] for q in queries if "atlas_schema_revisions" in q["sql"]
    ]
    assert len([q for q in queries if "SELECT" in q["sql"]]) == 1


def test_it_works_in_a_transaction_and_leaves_it_alone(place: Place) -> None:
    place.write(_1_a=A)
    with managed(place), transaction.atomic():
        assert not health().ok
        assert place.execute("SELECT 1") == [(1,)]


def test_a_file_that_failed_half_way_is_pending(pg_place: Place) -> None:
    pg_place.write(_1_a=f"-- atlas:txmode none\n\n{A}\n\nSELECT nope;")
    with pytest.raises(Exception, match="nope"):
        pg_place.apply()
    with managed(pg_place):
        assert health().pending == ("1_a.sql",)


def test_a_file_out_of_order_counts_unless_it_is_skipped(place: Place) -> None:
    place.write(_2_b=B)
    place.apply()
    place.write(_1_a=A)
    with managed(place):
        assert health().pending == ("1_a.sql",)
    with managed(place, EXEC_ORDER="linear-skip"):
        assert health().ok


def test_revisions_in_a_schema_of_their_own(pg_place: Place) -> None:
    pg_place.write(_1_a=A)
    with managed(pg_place, REVISIONS_SCHEMA="history"):
        assert not health().ok
        pg_place.apply(request_from_settings(read_settings("default")))
        assert health().ok
    with managed(pg_place):
        assert not health().ok


def test_what_cannot_be_known_is_an_error_not_an_exception(
    place: Place, tmp_path: Path
) -> None:
    place.write(_1_a=A)
    assert "no database 'defualt'" in health("defualt").error
    with managed(place, DIR=str(tmp_path / "nowhere")):
        assert "does not exist" in health().error
    with override_settings(SCHEMA_MIGRATIONS={"default": {"DRI": 1}}):
        assert "DRI" in health().error
        assert not health().ok


def test_a_server_that_does_not_answer_is_an_error_without_the_password(
    pg_place: Place,
) -> None:
    pg_place.write(_1_a=A)
    lost = {
        **pg_place.settings,
        "HOST": "127.0.0.1",
        "PORT": "1",
        "PASSWORD": "s3cr3t",
    }
    with use_as_default(lost), managed(pg_place):
        found = health()
    assert "127.0.0.1" in found.error
    assert "s3cr3t" not in found.error
    assert not found.ok


def test_a_sqlite_file_that_is_missing_stays_missing(tmp_path: Path) -> None:
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db")}
    with use_as_default(settings):
        place = Place(folder=tmp_path / "migrations", settings=settings)
        place.write(_1_a=A)
        with managed(place):
            assert health().pending == ("1_a.sql",)
        assert not (tmp_path / "db").exists()
        assert connections["default"].settings_dict["NAME"] == str(tmp_path / "db")
