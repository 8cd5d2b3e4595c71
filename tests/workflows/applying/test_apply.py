"""What applying promises, on each engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction

from schema_migrations.errors import (
    ConfigError,
    IntegrityError,
    StatementFailed,
    SyntaxProblem,
)
from schema_migrations.history.revision import BASELINE
from schema_migrations.history.revisions_table import ATLAS_CLOUD_VERSION
from schema_migrations.workflows.applying.events import (
    FileDone,
    FileStarted,
    StatementDone,
    Warned,
)
from tests.fixtures.targets import use_as_default

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

A = "CREATE TABLE a (id integer PRIMARY KEY);\nINSERT INTO a VALUES (1);\n"
B = "CREATE TABLE b (id integer PRIMARY KEY);\n"
BROKEN = "CREATE TABLE b (id integer PRIMARY KEY);\nINSERT INTO nope VALUES (1);\n"
NONE = "-- atlas:txmode none\n\n"
PRAGMA = "BEGIN;\nPRAGMA busy_timeout = 7;\nROLLBACK;\n"
SET = "SET work_mem = '7MB';\nBEGIN;\nSET work_mem = '9MB';\nROLLBACK;\n"


def warnings(place: Place) -> str:
    return "\n".join(e.message for e in place.events if isinstance(e, Warned))


def test_pending_files_run_in_order_and_are_recorded(place: Place) -> None:
    place.write(_1_first=A, _2=B)
    outcome = place.apply()
    assert place.done == ["1", "2"]
    assert outcome.current_version == "2"
    assert place.list_tables() == ["a", "b"]
    first, second = place.read_revisions().values()
    assert (first.version, first.description) == ("1", "first")
    assert (first.applied, first.total, first.type) == (2, 2, 2)
    assert (first.error, first.error_stmt, first.partial_hashes) == ("", "", ())
    assert first.operator_version.startswith("django-schema-migrations ")
    assert first.hash
    assert first.execution_time > 0
    assert first.executed_at <= second.executed_at


def test_a_second_run_does_nothing_and_succeeds(place: Place) -> None:
    place.write(_1=A)
    place.apply()
    before = place.read_revisions()
    place.apply()
    assert place.done == []
    assert place.read_revisions() == before


def test_an_empty_directory_leaves_no_trace(place: Place) -> None:
    place.apply()
    place.connection.ensure_connection()
    assert place.engine.executor.list_tables(place.connection, None) == ()


@pytest.mark.parametrize("mode", ["", NONE], ids=["file", "none"])
def test_a_file_without_statements_is_applied_like_any(place: Place, mode: str) -> None:
    """Such a file records what somebody acknowledged."""
    place.write(_1=A, _2=f"{mode}-- Words.\n-- django: shop 0002_fill\n", _3=B)
    place.apply()
    again = place.apply()
    assert place.list_tables() == ["a", "b"]
    assert [row.applied for row in place.read_revisions().values()] == [2, 0, 1]
    assert again.selected.runs == ()


def test_percent_signs_quotes_and_comments_reach_the_server_as_they_are(
    place: Place,
) -> None:
    place.write(
        _1="CREATE TABLE t (v text);\nINSERT INTO t VALUES ('100%s %% :x') -- 1\n;"
    )
    place.apply()
    assert place.execute("SELECT v FROM t") == [("100%s %% :x",)]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"count": 1}, ["1"]),
        ({"to": "2"}, ["1", "2"]),
        ({"count": 1, "to": "3"}, ["1"]),
    ],
)
def test_a_run_can_be_limited(
    place: Place, selection: dict[str, Any], expected: list[str]
) -> None:
    place.write(_1="SELECT 1;", _2="SELECT 2;", _3="SELECT 3;")
    outcome = place.apply(**selection)
    assert place.done == expected
    assert outcome.selected.remaining_count == 3 - len(expected)


def test_to_a_version_that_is_applied_is_nothing_to_do(place: Place) -> None:
    place.write(_1="SELECT 1;", _2="SELECT 2;")
    place.apply()
    assert place.apply(to="1").selected.runs == ()


def test_to_a_version_that_is_not_there_is_refused(place: Place) -> None:
    place.write(_20260101="SELECT 1;")
    with pytest.raises(ConfigError, match=r"No file.*20260102") as caught:
        place.apply(to="20260102")
    assert "Did you mean 20260101" in caught.value.hint


class TestOneTransactionAFile:
    def test_a_failure_rolls_the_file_back_and_is_recorded(self, place: Place) -> None:
        place.write(_1=A, _2_bad=BROKEN, _3="SELECT 1;")
        with pytest.raises(StatementFailed) as caught:
            place.apply()
        assert place.done == ["1"]
        assert place.list_tables() == ["a"]
        error = caught.value
        assert (error.file, error.line) == ("2_bad.sql", 2)
        assert error.sql == "INSERT INTO nope VALUES (1)"
        assert "nope" in error.server_message
        assert "Rolled back" in error.hint
        row = place.read_revisions()["2"]
        assert (row.is_rolled_back, row.applied, row.partial_hashes) == (True, 0, ())
        assert "nope" in row.error
        assert row.error_stmt == "INSERT INTO nope VALUES (1)"
        assert "3" not in place.read_revisions()
        # Atlas, which takes any row but its cloud's for one of a file, sees no failure.
        rows = place.execute(
            "SELECT version, applied, total FROM atlas_schema_revisions"
        )
        assert set(rows) == {("1", 2, 2), (ATLAS_CLOUD_VERSION, 0, 0)}

    def test_the_identifier_of_the_cloud_of_atlas_stays(self, place: Place) -> None:
        place.write(_1=A)
        place.apply()
        identifier = str(uuid4())
        place.execute(
            "INSERT INTO atlas_schema_revisions (version, description, executed_at,"
            " execution_time, hash, operator_version) VALUES"
            f" ('{ATLAS_CLOUD_VERSION}', '{identifier}', '2026-01-01 00:00:00Z', 0, '',"
            " 'Atlas CLI v1.2.3')"
        )
        place.write(_2=BROKEN)
        for _ in range(2):
            with pytest.raises(StatementFailed):
                place.apply()
            assert place.read_revisions()["2"].is_rolled_back
        place.write(_2=B)
        place.apply()
        assert place.execute(
            "SELECT description, error, error_stmt, hash FROM atlas_schema_revisions"
            f" WHERE version = '{ATLAS_CLOUD_VERSION}'"
        ) == [(identifier, None, None, "")]

    def test_the_table_of_an_old_atlas_gets_its_column(self, place: Place) -> None:
        place.write(_1=A, _2=B)
        place.apply(count=1)
        if place.engine.vendor == "sqlite":  # DROP COLUMN came with 3.35
            place.execute(
                "CREATE TABLE old AS SELECT version, description, type, applied, total,"
                " executed_at, execution_time, error, error_stmt, hash,"
                " operator_version FROM atlas_schema_revisions"
            )
            place.execute("DROP TABLE atlas_schema_revisions")
            place.execute("ALTER TABLE old RENAME TO atlas_schema_revisions")
            place.execute(
                "CREATE UNIQUE INDEX version ON atlas_schema_revisions (version)"
            )
        else:
            place.execute(
                "ALTER TABLE atlas_schema_revisions DROP COLUMN partial_hashes"
            )
        assert place.read_status().verdict == "pending"
        place.write(_2=NONE + BROKEN)
        with pytest.raises(StatementFailed):
            place.apply()
        row = place.read_revisions()["2"]
        assert (row.applied, len(row.partial_hashes)) == (1, 1)
        assert place.read_revisions()["1"].done

    def test_a_note_names_the_database_for_the_cloud_of_atlas(
        self, place: Place
    ) -> None:
        place.write(_1=BROKEN)
        with pytest.raises(StatementFailed):
            place.apply()
        ((identifier,),) = place.execute(
            "SELECT description FROM atlas_schema_revisions"
        )
        assert str(UUID(identifier)) == identifier

    def test_a_row_that_another_program_left_of_nothing_goes(
        self, place: Place
    ) -> None:
        """Atlas without a transaction, and earlier releases, left 0 of 2 statements."""
        place.write(_1=A)
        place.apply()
        place.write(_2=BROKEN)
        place.execute(
            "INSERT INTO atlas_schema_revisions (version, description, total,"
            " executed_at, execution_time, error, hash, operator_version) VALUES"
            " ('2', '', 2, '2026-01-01 00:00:00Z', 0, 'no', '', 'Atlas CLI v1.2.3')"
        )
        assert not place.read_revisions()["2"].is_rolled_back
        with pytest.raises(StatementFailed):
            place.apply()
        assert place.read_revisions()["2"].is_rolled_back

    def test_the_corrected_file_runs_from_its_start(self, place: Place) -> None:
        place.write(_1=A, _2=BROKEN)
        with pytest.raises(StatementFailed):
            place.apply()
        started = place.read_revisions()["2"].executed_at
        place.write(_2=f"{B}SELECT 1; SELECT 2;")
        place.apply()
        row = place.read_revisions()["2"]
        assert (row.applied, row.total, row.error, row.error_stmt) == (3, 3, "", "")
        assert row.executed_at == started
        assert row.hash != ""
        assert place.list_tables() == ["a", "b"]

    def test_a_failure_out_of_order_is_told_and_hides_no_file(
        self, place: Place
    ) -> None:
        place.write(_1=A, _3="SELECT 1;")
        place.apply()
        place.write(_2=BROKEN)
        with pytest.raises(StatementFailed):
            place.apply(exec_order="non-linear")
        rows = place.read_revisions()
        assert [row.is_rolled_back for row in rows.values()] == [False, True, False]

    @pytest.mark.parametrize("word", ["COMMIT", "BEGIN", "ROLLBACK", "END"])
    @pytest.mark.parametrize("mode", ["file", "all"])
    def test_transaction_control_is_refused_before_anything_runs(
        self, place: Place, word: str, mode: str
    ) -> None:
        place.write(_1=A, _2=f"{B}\n{word};\n")
        with pytest.raises(SyntaxProblem, match=f"2.sql:3: {word}"):
            place.apply(tx_mode=mode)
        assert place.list_tables() == []
        assert place.read_revisions() == {}


class TestOneTransactionForAll:
    def test_files_and_rows_commit_together(self, place: Place) -> None:
        place.write(_1=A, _2=B)
        place.apply(tx_mode="all")
        assert place.done == ["1", "2"]
        assert [row.done for row in place.read_revisions().values()] == [True, True]

    def test_a_failure_undoes_every_file_and_is_told_of_the_one_that_failed(
        self, place: Place
    ) -> None:
        place.write(_1=A, _2=BROKEN)
        with pytest.raises(StatementFailed, match=r"2\.sql:2"):
            place.apply(tx_mode="all")
        assert place.done == []
        assert place.list_tables() == []
        (row,) = place.read_revisions().values()
        assert (row.version, row.is_rolled_back) == ("2", True)
        assert row.error.startswith("2.sql:2: ")
        place.write(_2=B)
        place.apply(tx_mode="all")
        assert place.done == ["1", "2"]

    def test_a_file_marked_none_is_refused(self, place: Place) -> None:
        place.write(_1=A, _2=NONE + B)
        with pytest.raises(ConfigError, match=r"2\.sql"):
            place.apply(tx_mode="all")
        assert place.list_tables() == []


class TestStatementByStatement:
    def test_a_failure_keeps_what_was_done_and_the_next_run_goes_on(
        self, place: Place
    ) -> None:
        place.write(_1=f"{NONE}{A}INSERT INTO nope VALUES (1);\n{B}")
        with pytest.raises(StatementFailed) as caught:
            place.apply()
        assert "2 of its 4 statements" in caught.value.hint
        row = place.read_revisions()["1"]
        assert (row.applied, row.total, len(row.partial_hashes)) == (2, 4, 2)
        assert "nope" in row.error
        assert place.list_tables() == ["a"]
        # Edited where nothing was run yet, and longer than before.
        place.write(_1=f"{NONE}{A}INSERT INTO a VALUES (2);\n{B}SELECT 1;\n")
        place.apply()
        assert [e.number for e in place.events if isinstance(e, StatementDone)] == [
            3,
            4,
            5,
        ]
        (started,) = (e for e in place.events if isinstance(e, FileStarted))
        assert (started.mode, started.start) == ("none", 2)
        row = place.read_revisions()["1"]
        assert (row.applied, row.total, row.error, row.partial_hashes) == (5, 5, "", ())
        assert place.execute("SELECT id FROM a ORDER BY id") == [(1,), (2,)]
        place.apply()
        assert place.done == []

    @pytest.mark.parametrize("mode", ["none", "file"])
    def test_what_the_file_has_set_holds_for_the_run_that_goes_on(
        self, mode: str, place: Place
    ) -> None:
        """The session that it was set in is gone."""
        setting, asked = {
            "postgresql": (SET, "current_setting('work_mem')"),
            "sqlite": (PRAGMA, "timeout FROM pragma_busy_timeout"),
        }[place.connection.vendor]
        done = f"{setting}\nCREATE TABLE a (v text);\n"
        last = f"\nINSERT INTO a SELECT {asked};\n"
        place.write(_1=f"{NONE}{done}SELECT nope;{last}")
        with pytest.raises(StatementFailed, match="nope"):
            place.apply()
        place.connection.close()
        place.write(_1=f"{NONE if mode == 'none' else ''}{done}SELECT 1;{last}")
        place.apply()
        ((value,),) = place.execute("SELECT v FROM a")
        assert value in ("7", "7MB")

    def test_a_statement_already_run_must_not_change(self, place: Place) -> None:
        place.write(_1=f"{NONE}{A}INSERT INTO nope VALUES (1);")
        with pytest.raises(StatementFailed):
            place.apply()
        place.write(_1=f"{NONE}{A.replace('VALUES (1)', 'VALUES (7)')}SELECT 1;")
        with pytest.raises(IntegrityError, match="statement 2 was changed"):
            place.apply()
        assert place.read_revisions()["1"].applied == 2

    def test_a_resumed_file_may_go_on_in_one_transaction(self, place: Place) -> None:
        place.write(_1=f"{NONE}{A}INSERT INTO nope VALUES (1);\n{B}")
        with pytest.raises(StatementFailed):
            place.apply()
        place.write(_1=f"{A}INSERT INTO nope VALUES (2);\n{B}")
        with pytest.raises(StatementFailed):
            place.apply()
        assert place.read_revisions()["1"].applied == 2
        place.write(_1=f"{A}{B}")
        place.apply()
        assert place.list_tables() == ["a", "b"]
        assert place.read_revisions()["1"].total == 3

    def test_a_transaction_of_the_files_own_is_kept_as_written(
        self, place: Place
    ) -> None:
        own = "BEGIN;\nINSERT INTO a VALUES (2);\nINSERT INTO a VALUES (3);\nCOMMIT;\n"
        place.write(_1=f"{NONE}{A}{own}BEGIN;\nDELETE FROM a;\nROLLBACK;\nSELECT 1;")
        place.apply()
        assert len(place.execute("SELECT id FROM a")) == 3
        row = place.read_revisions()["1"]
        assert (row.applied, row.total, row.done) == (10, 10, True)

    def test_a_failure_inside_the_files_own_transaction_goes_back_before_it(
        self, place: Place
    ) -> None:
        own = "BEGIN;\nINSERT INTO a VALUES (2);\n{}\nCOMMIT;\n"
        place.write(_1=f"{NONE}{A}{own.format('INSERT INTO nope VALUES (1);')}")
        with pytest.raises(StatementFailed):
            place.apply()
        assert place.read_revisions()["1"].applied == 2
        assert place.execute("SELECT id FROM a") == [(1,)]
        place.write(_1=f"{NONE}{A}{own.format('INSERT INTO a VALUES (3);')}")
        place.apply()
        assert len(place.execute("SELECT id FROM a")) == 3

    def test_a_transaction_left_open_is_undone_and_told(self, place: Place) -> None:
        place.write(_1=f"{NONE}{A}BEGIN;\nINSERT INTO a VALUES (2);")
        with pytest.raises(StatementFailed, match="does not end it"):
            place.apply()
        assert place.execute("SELECT id FROM a") == [(1,)]
        row = place.read_revisions()["1"]
        assert (row.applied, row.total) == (2, 4)
        assert "does not end it" in row.error

    def test_rows_without_a_parent_stay_and_are_for_a_new_file(
        self, sqlite_place: Place
    ) -> None:
        child = "CREATE TABLE c (a integer REFERENCES a (id));\n"
        sqlite_place.write(_1=f"{NONE}{A}{child}INSERT INTO c VALUES (7);")
        with pytest.raises(StatementFailed, match="1 of c refer to no row") as caught:
            sqlite_place.apply()
        assert "counts as done" in caught.value.hint
        assert "Correct the file" not in caught.value.hint
        row = sqlite_place.read_revisions()["1"]
        assert (row.done, "refer to no row" in row.error) == (True, True)
        sqlite_place.apply()
        assert sqlite_place.done == []

    def test_what_a_transaction_does_not_allow_runs_outside_of_one(
        self, place: Place
    ) -> None:
        place.write(_1=f"{NONE}{A}VACUUM;\nINSERT INTO a VALUES (2);")
        place.apply()
        assert place.read_revisions()["1"].done
        assert len(place.execute("SELECT id FROM a")) == 2

    def test_a_statement_outside_a_transaction_that_was_killed_runs_again(
        self, place: Place
    ) -> None:
        place.write(_1=f"{NONE}{A}VACUUM;\n")
        place.apply()
        row = place.read_revisions()["1"]
        # As a kill leaves it: recorded as about to run, never as done.
        place.execute(
            "UPDATE atlas_schema_revisions SET applied = 2, error ="
            " 'started outside a transaction; whether it ended is not known',"
            " error_stmt = 'VACUUM'"
        )
        place.apply()
        assert warnings(place) == ""
        assert replace(place.read_revisions()["1"], execution_time=0) == replace(
            row, execution_time=0
        )


class TestFirstRun:
    def test_a_database_with_tables_is_refused(self, place: Place) -> None:
        place.execute("CREATE TABLE theirs (id integer)")
        place.write(_1=A)
        with pytest.raises(ConfigError, match="theirs") as caught:
            place.apply()
        assert "baseline" in caught.value.hint
        assert place.read_revisions() == {}

    def test_allow_dirty_runs_from_the_first_file(self, place: Place) -> None:
        place.execute("CREATE TABLE theirs (id integer)")
        place.write(_1=A)
        place.apply(allow_dirty=True)
        assert place.list_tables() == ["a", "theirs"]

    def test_baseline_records_a_version_and_runs_the_files_after_it(
        self, place: Place
    ) -> None:
        place.execute("CREATE TABLE a (id integer)")
        place.write(_1=A, _2=B)
        place.apply(baseline="1")
        assert place.done == ["2"]
        row = place.read_revisions()["1"]
        assert (row.type, row.applied, row.total) == (BASELINE, 0, 0)
        assert row.hash == place.directory.computed_sums.hash_of("1.sql")
        place.apply(baseline="1")
        assert place.done == []
        assert "the baseline has no effect" in warnings(place)

    @pytest.mark.parametrize("change", ["removed", "added", "edited"])
    def test_what_changed_before_the_baseline_accuses_no_file_after_it(
        self, place: Place, change: str
    ) -> None:
        """The sum of a file covers all before it."""
        place.write(_1=A, _2=B, _3="CREATE TABLE c (id integer);")
        place.execute("CREATE TABLE a (id integer)")
        place.apply(baseline="2")
        if change == "removed":
            (place.folder / "1.sql").unlink()
        place.write(
            **{"added": {"_0": "SELECT 1;"}, "edited": {"_1": "SELECT 1;"}}.get(
                change, {}
            )
        )
        assert place.apply().selected.runs == ()

    def test_what_changed_after_the_baseline_is_found(self, place: Place) -> None:
        place.write(_1=A, _2=B, _3="CREATE TABLE c (id integer);")
        place.execute("CREATE TABLE a (id integer)")
        place.apply(baseline="2")
        place.write(_3="CREATE TABLE c (id bigint);")
        with pytest.raises(IntegrityError, match=r"3\.sql"):
            place.apply()

    def test_baseline_of_an_unknown_version_is_refused(self, place: Place) -> None:
        place.write(_1=A)
        with pytest.raises(ConfigError, match="version 9"):
            place.apply(baseline="9")
        assert place.read_revisions() == {}

    def test_a_failed_first_run_leaves_a_clean_database_clean(
        self, place: Place
    ) -> None:
        place.write(_1=BROKEN)
        with pytest.raises(StatementFailed):
            place.apply()
        place.write(_1=B)
        place.apply()
        assert place.done == ["1"]


class TestHistory:
    def test_a_file_edited_since_is_named(self, place: Place) -> None:
        place.write(_1=A, _2=B)
        place.apply()
        place.write(_1=A + "SELECT 1;", _3="SELECT 3;")
        with pytest.raises(IntegrityError, match=r"edited after.*1\.sql"):
            place.apply()
        assert "3" not in place.read_revisions()

    def test_a_file_deleted_since_is_named(self, place: Place) -> None:
        place.write(_1=A, _2_gone=B, _3="SELECT 3;")
        place.apply()
        (place.folder / "2_gone.sql").unlink()
        place.write(_4="SELECT 4;")
        with pytest.raises(IntegrityError, match="missing: 2_gone"):
            place.apply()

    def test_a_database_ahead_is_a_warning_and_with_strict_an_error(
        self, place: Place
    ) -> None:
        place.write(_1=A, _2=B)
        place.apply()
        (place.folder / "2.sql").unlink()
        place.write()
        place.apply()
        assert "ahead of the directory: 2" in warnings(place)
        with pytest.raises(IntegrityError, match="ahead of the directory"):
            place.apply(strict=True)

    def test_files_out_of_order(self, place: Place) -> None:
        place.write(_1=A, _3="SELECT 3;")
        place.apply()
        place.write(_2=B, _4="SELECT 4;")
        with pytest.raises(IntegrityError, match=r"out of order: 2\.sql"):
            place.apply()
        place.apply(exec_order="linear-skip")
        assert place.done == ["4"]
        assert "skipped, out of order: 2.sql" in warnings(place)
        place.apply(exec_order="non-linear")
        assert place.done == ["2"]

    def test_a_directory_that_does_not_fit_its_sum_stops_everything(
        self, place: Place
    ) -> None:
        place.write(_1=A)
        (place.folder / "1.sql").write_text(B)
        with pytest.raises(IntegrityError, match=r"1\.sql was edited"):
            place.apply()
        assert place.connection.connection is None

    def test_rows_that_atlas_wrote_are_read(self, place: Place) -> None:
        place.write(_1=A)
        place.apply()
        place.execute(
            "INSERT INTO atlas_schema_revisions (version, description, executed_at,"
            " execution_time, hash, operator_version) VALUES"
            " ('.atlas_cloud_identifier', 'uuid',"
            " '2026-01-02 03:04:05.123456000+00:00', 0, '', 'Atlas CLI v1')"
        )
        assert set(place.read_revisions()) == {"1"}
        place.execute(
            "UPDATE atlas_schema_revisions SET version = '0', partial_hashes = '[]'"
            " WHERE version LIKE '.%'"
        )
        assert place.read_revisions()["0"].executed_at.isoformat() == (
            "2026-01-02T03:04:05.123456+00:00"
        )


class TestReadingOnly:
    def test_a_preview_writes_nothing(self, place: Place) -> None:
        place.write(_1=A, _2=B)
        outcome = place.preview(count=1)
        assert [run.file.version for run in outcome.selected.runs] == ["1"]
        assert outcome.selected.remaining_count == 1
        assert place.list_tables() == []
        assert place.read_revisions() == {}

    def test_a_preview_with_a_baseline_writes_nothing(self, place: Place) -> None:
        place.write(_1=A, _2=B)
        outcome = place.preview(baseline="1")
        assert [run.file.version for run in outcome.selected.runs] == ["2"]
        assert place.read_revisions() == {}


def test_the_same_transaction_holds_a_file_and_its_row(place: Place) -> None:
    """A constraint that fails on the row's own insert takes the file back with it."""
    place.write(_1=A)
    place.apply()
    if place.connection.vendor == "postgresql":
        place.execute(
            "ALTER TABLE atlas_schema_revisions ADD CHECK (version <> '2' OR error IS NOT NULL)"
        )
    else:
        place.execute(
            "CREATE TRIGGER t BEFORE INSERT ON atlas_schema_revisions"
            " WHEN NEW.version = '2' AND NEW.error IS NULL"
            " BEGIN SELECT RAISE(ABORT, 'no row'); END"
        )
    place.write(_2=B)
    with pytest.raises(StatementFailed, match=r"2\.sql"):
        place.apply()
    assert place.list_tables() == ["a"]
    assert not any(isinstance(e, FileDone) for e in place.events)


def test_a_run_inside_atomic_is_refused(place: Place) -> None:
    place.write(_1=A)
    with transaction.atomic(), pytest.raises(ConfigError, match="atomic"):
        place.apply()


def test_without_autocommit_nothing_is_run(place: Place) -> None:
    place.write(_1=A)
    with use_as_default({**place.settings, "AUTOCOMMIT": False}):
        with pytest.raises(ConfigError, match="AUTOCOMMIT is off") as caught:
            place.apply()
        assert len(place.preview().selected.runs) == 1
    assert "URL" in caught.value.hint


def test_the_session_is_as_before(place: Place) -> None:
    """Settings that a run changes are put back, so that the connection can be used on."""
    names = {
        "sqlite": ("PRAGMA foreign_keys", "PRAGMA busy_timeout", "PRAGMA query_only"),
        "postgresql": (
            "SHOW lock_timeout",
            "SHOW statement_timeout",
            "SHOW application_name",
            "SHOW default_transaction_read_only",
            "SHOW client_connection_check_interval",
        ),
    }[place.connection.vendor]
    before = [place.execute(name) for name in names]
    place.write(_1=A, _2=BROKEN)
    place.preview()
    with pytest.raises(StatementFailed):
        place.apply()
    assert [place.execute(name) for name in names] == before
    assert connections["default"].get_autocommit()
