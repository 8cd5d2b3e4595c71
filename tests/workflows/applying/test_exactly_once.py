"""Each statement runs once, even where the lock does not keep two runs apart."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db.utils import ConnectionHandler

from schema_migrations.errors import (
    FileNotAccessible,
    LockLost,
    RevisionTaken,
    StatementFailed,
    Unreachable,
)
from schema_migrations.history.revision import BASELINE
from schema_migrations.workflows.applying.apply import apply
from schema_migrations.workflows.applying.events import (
    FileDone,
    FileStarted,
    StatementDone,
    Warned,
)
from schema_migrations.workflows.targets.connection import complete_settings
from tests.fixtures.targets import use_as_default

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.workflows.applying.events import Event
    from tests.fixtures.targets import Place

NOBODY = 65534
NONE = "-- atlas:txmode none\n\n"
LOG = "CREATE TABLE log (word text);\n"
GIVE_UP = "SELECT pg_advisory_unlock_all();\n"


@pytest.fixture
def rival(pg_place: Place) -> Iterator[Callable[[], None]]:
    """A second run of the same files on the same database."""
    with run_on(pg_place, pg_place.settings) as run_again:
        yield run_again


@contextmanager
def run_on(place: Place, settings: dict[str, Any]) -> Iterator[Callable[[], None]]:
    connection = ConnectionHandler({"default": complete_settings(settings)})["default"]
    yield lambda: run(place, connection)
    connection.close()


def run(
    place: Place,
    connection: BaseDatabaseWrapper,
    report: Callable[[Event], None] = lambda event: None,
    **options: Any,
) -> None:
    request = replace(place.make_request(), **options)
    apply(connection, place.engine, place.directory, request, report)


def at_once(
    kind: type[Event], action: Callable[[], object], place: Place
) -> Callable[[Event], None]:
    """Return what runs ``action`` at the first event of a kind."""
    waiting = [action]

    def report(event: Event) -> None:
        place.events.append(event)
        if isinstance(event, kind) and waiting:
            waiting.pop()()

    return report


def words(place: Place) -> list[str]:
    return sorted(word for (word,) in place.execute("SELECT word FROM log"))


def test_a_file_that_another_run_has_done_is_not_run_again(
    pg_place: Place, rival: Callable[[], None]
) -> None:
    pg_place.write(_1=LOG + GIVE_UP, _2="INSERT INTO log VALUES ('2');")
    with pytest.raises(RevisionTaken, match="the record of version 2 ") as caught:
        run(pg_place, pg_place.connection, at_once(FileDone, rival, pg_place))
    assert (caught.value.exit_code, caught.value.retryable) == (5, True)
    assert words(pg_place) == ["2"]
    row = pg_place.read_revisions()["2"]
    assert (row.done, row.error) == (True, "")
    run(pg_place, pg_place.connection)
    assert words(pg_place) == ["2"]


def test_nor_is_a_statement_outside_of_a_transaction(
    pg_place: Place, rival: Callable[[], None]
) -> None:
    pg_place.write(
        _1=NONE + LOG + GIVE_UP,
        _2=NONE + "INSERT INTO log VALUES ('1');\nINSERT INTO log VALUES ('2');\n"
        "CREATE INDEX CONCURRENTLY i ON log (word);\nINSERT INTO log VALUES ('3');",
    )

    def go_on(event: Event) -> None:
        if not isinstance(event, StatementDone):
            return
        if (event.file, event.number) == ("2.sql", 1):
            pg_place.execute("SELECT pg_advisory_unlock_all()")
            rival()

    with pytest.raises(RevisionTaken):
        run(pg_place, pg_place.connection, go_on)
    assert words(pg_place) == ["1", "2", "3"]
    row = pg_place.read_revisions()["2"]
    assert (row.applied, row.done, row.error) == (4, True, "")


def test_a_statement_that_fails_as_another_run_has_done_it_is_no_failure(
    pg_place: Place, rival: Callable[[], None]
) -> None:
    """Whoever believed the error would drop what the other run has made."""
    pg_place.write(_1=NONE + LOG + GIVE_UP + "CREATE TABLE made ();\nSELECT 1;")

    def go_on(event: Event) -> None:
        if isinstance(event, StatementDone) and event.number == 2:
            rival()

    with pytest.raises(RevisionTaken) as caught:
        run(pg_place, pg_place.connection, go_on)
    assert isinstance(caught.value.__cause__, StatementFailed)
    row = pg_place.read_revisions()["1"]
    assert (row.applied, row.done, row.error) == (4, True, "")


def test_a_failure_that_another_run_has_recorded_stays_one(
    pg_place: Place, rival: Callable[[], None]
) -> None:
    pg_place.write(_1=NONE + LOG + GIVE_UP + "SELECT * FROM missing;")

    def go_on(event: Event) -> None:
        if isinstance(event, StatementDone) and event.number == 2:
            with pytest.raises(StatementFailed):
                rival()

    with pytest.raises(StatementFailed, match="missing"):
        run(pg_place, pg_place.connection, go_on)
    row = pg_place.read_revisions()["1"]
    assert (row.applied, row.done) == (2, False)
    assert "missing" in row.error


def test_a_failed_file_goes_on_in_one_run(
    pg_place: Place, rival: Callable[[], None]
) -> None:
    """Both read the row of the failure; the second finds it changed."""
    pg_place.write(_1=LOG, _2=NONE + "INSERT INTO log VALUES ('1');\nSELECT * FROM x;")
    with pytest.raises(Exception, match="does not exist"):
        pg_place.apply()
    pg_place.write(
        _2=NONE + "INSERT INTO log VALUES ('1');\nINSERT INTO log VALUES ('2');"
    )

    def go_on(event: Event) -> None:
        if isinstance(event, FileStarted):
            pg_place.execute("SELECT pg_advisory_unlock_all()")
            rival()

    with pytest.raises(RevisionTaken):
        run(pg_place, pg_place.connection, go_on)
    assert words(pg_place) == ["1", "2"]


def test_the_lock_is_taken_again(pg_place: Place, rival: Callable[[], None]) -> None:
    """A file that gives it up leaves the rest of the run without a rival."""
    pg_place.write(
        _1=LOG + GIVE_UP,
        _2=NONE + "DISCARD ALL;",
        _3="INSERT INTO log VALUES ('3');",
    )
    refused: list[Exception] = []

    def go_on(event: Event) -> None:
        pg_place.events.append(event)
        if isinstance(event, FileStarted) and event.version in {"2", "3"}:
            with pytest.raises(Unreachable) as caught:
                rival()
            refused.append(caught.value)

    run(pg_place, pg_place.connection, go_on)
    assert len(refused) == 2
    told = [each.message for each in pg_place.events if isinstance(each, Warned)]
    assert [message.partition(":")[0] for message in told] == ["1.sql", "2.sql"]
    assert "the lock of this run was gone" in told[0]


def test_a_lock_that_another_run_took_ends_the_run(pg_place: Place) -> None:
    pg_place.write(_1=LOG + GIVE_UP, _2="INSERT INTO log VALUES ('2');")
    settings = {"default": complete_settings(pg_place.settings)}
    other = ConnectionHandler(settings)["default"]
    held = pg_place.engine.executor.hold_lock(
        other, "public", wait=0, report_holder=pytest.fail
    )
    report = at_once(FileDone, held.__enter__, pg_place)
    with pytest.raises(LockLost, match=r"1\.sql gave up the lock") as caught:
        run(pg_place, pg_place.connection, report)
    assert caught.value.exit_code == 5
    assert [*pg_place.read_revisions()] == ["1"]
    held.__exit__(None, None, None)
    other.close()


def test_a_table_of_revisions_has_one_lock_whatever_the_schema(pg_place: Place) -> None:
    """Two schemas may share it; then they share the lock."""
    pg_place.write(_1=LOG)
    pg_place.execute("CREATE SCHEMA one")
    options = {"options": "-c search_path=one"}
    settings = {"default": complete_settings({**pg_place.settings, "OPTIONS": options})}
    other = ConnectionHandler(settings)["default"]

    def try_there() -> None:
        with pytest.raises(Unreachable, match="Another run holds the lock"):
            run(pg_place, other, revisions_schema="public")

    report = at_once(FileStarted, try_there, pg_place)
    run(pg_place, pg_place.connection, report, revisions_schema="public")
    other.close()


def test_a_second_name_of_a_sqlite_file(sqlite_place: Place, tmp_path: Path) -> None:
    """Each name has a lock file of its own."""
    sqlite_place.write(_1=LOG, _2="INSERT INTO log VALUES ('2');")
    sqlite_place.connection.ensure_connection()
    os.link(sqlite_place.settings["NAME"], tmp_path / "link.sqlite3")
    settings = {**sqlite_place.settings, "NAME": str(tmp_path / "link.sqlite3")}
    with run_on(sqlite_place, settings) as rival, pytest.raises(RevisionTaken):
        run(
            sqlite_place,
            sqlite_place.connection,
            at_once(FileDone, rival, sqlite_place),
        )
    assert words(sqlite_place) == ["2"]


def test_the_lock_is_held_again_before_what_cannot_be_repeated(pg_place: Place) -> None:
    """A second run could not tell a statement that runs from one that was cut off."""
    index = "CREATE INDEX CONCURRENTLY i ON log (word);"
    pg_place.write(_1=LOG, _2=NONE + GIVE_UP + index + "\nSELECT 1;")
    pg_place.apply()
    kinds = [
        type(event)
        for event in pg_place.events
        if isinstance(event, Warned | StatementDone)
    ]
    assert kinds == [*[StatementDone] * 2, Warned, *[StatementDone] * 2]


@pytest.mark.parametrize("mode", ["file", "all"])
def test_a_file_may_delete_its_own_row(place: Place, mode: str) -> None:
    """As one that squashes a history does; no other run is meant."""
    place.write(_1=LOG, _2="DELETE FROM atlas_schema_revisions WHERE version = '2';")
    place.apply(tx_mode=mode)
    assert place.read_revisions()["2"].done
    assert place.apply().selected.runs == ()


def test_a_baseline_takes_the_place_of_a_failure(place: Place) -> None:
    place.execute("CREATE TABLE log (word text)")
    place.write(_1=LOG)
    with pytest.raises(StatementFailed):
        place.apply(allow_dirty=True)
    place.apply(baseline="1")
    row = place.read_revisions()["1"]
    assert (row.type, row.error, row.done) == (BASELINE, "", True)


@pytest.mark.parametrize("content", [b"", b"123", b"123\n", b"\0" * 20, b"1" * 21])
def test_a_lock_file_that_a_run_left_is_taken(
    content: bytes, sqlite_place: Place, tmp_path: Path
) -> None:
    sqlite_place.write(_1=LOG)
    (tmp_path / "db.sqlite3.schema-migrations.lock").write_bytes(content)
    sqlite_place.apply()
    assert sqlite_place.done == ["1"]


@pytest.mark.parametrize("kind", ["symlink", "hard link", "pipe", "folder", "socket"])
def test_a_lock_file_that_is_something_else_is_left_alone(
    kind: str, sqlite_place: Place, tmp_path: Path
) -> None:
    sqlite_place.write(_1=LOG)
    precious = tmp_path / "precious"
    precious.write_text("words")
    lock = tmp_path / "db.sqlite3.schema-migrations.lock"
    if kind == "pipe":
        os.mkfifo(lock)
    elif kind == "folder":
        lock.mkdir()
    elif kind == "socket":
        os.mknod(lock, stat.S_IFSOCK | 0o666)
    else:
        make = os.symlink if kind == "symlink" else os.link
        make(precious, lock)
    with pytest.raises(FileNotAccessible, match="is not a lock file") as caught:
        sqlite_place.apply()
    assert caught.value.exit_code == 2
    assert precious.read_text() == "words"
    assert lock.is_symlink() or lock.exists()
    lock.rmdir() if kind == "folder" else lock.unlink()
    sqlite_place.apply()


def test_a_lock_file_of_another_user_is_named(
    sqlite_place: Place,
) -> None:
    with open_to_all() as folder:
        lock = folder / "db.sqlite3.schema-migrations.lock"
        settings = {**sqlite_place.settings, "NAME": str(folder / "db.sqlite3")}
        place = replace(sqlite_place, folder=folder / "files", settings=settings)
        place.write(_1=LOG)
        lock.write_text("1")
        lock.chmod(0o444)
        with (
            become_nobody(),
            use_as_default(settings),
            pytest.raises(FileNotAccessible) as caught,
        ):
            place.apply()
    assert "cannot be opened: " in str(caught.value)
    assert f"remove the file: {lock}" in str(caught.value)
    assert "writable" not in str(caught.value)


@contextmanager
def open_to_all() -> Iterator[Path]:
    """Hold a folder in which every user may write."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@contextmanager
def become_nobody() -> Iterator[None]:
    """Hold the rights of a user without any, also when run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
