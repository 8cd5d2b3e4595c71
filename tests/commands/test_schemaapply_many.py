"""``schemaapply`` on many targets at once: databases, schemas, tenants."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from schema_migrations.errors import WorkerKilled
from schema_migrations.history.directory import rehash
from schema_migrations.management.commands._base import make_plain_style
from schema_migrations.management.output.lines import View
from schema_migrations.management.output.many_targets import (
    EndedTargets,
    format_targets,
)
from schema_migrations.workflows.applying.target_work import TargetResult
from schema_migrations.workflows.targets.addresses import Address
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.json_schemas import read_log
from tests.fixtures.project import CommandResult, Project
from tests.fixtures.skips import skip_missing
from tests.fixtures.terminal import type_answers

FIRST = "CREATE TABLE a (id integer PRIMARY KEY);\n"
SECOND = "CREATE TABLE b (id integer REFERENCES a (id));\n"
NAMES = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant%' ORDER BY 1"


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with two files."""
    project.write("migrations/20260101000000_a.sql", FIRST)
    project.write("migrations/20260102000000_b.sql", SECOND)
    rehash(project.migrations)
    return project


@pytest.fixture
def tenants(
    shop: Project, pg_database: dict[str, Any]
) -> Iterator[tuple[Project, psycopg.Connection[Any]]]:
    """The project on a database with three schemas, and a connection to it."""
    shop.configure(pg_database)
    connection = psycopg.connect(
        host=pg_database["HOST"],
        port=pg_database["PORT"],
        user=pg_database["USER"],
        dbname=pg_database["NAME"],
        autocommit=True,
    )
    for number in (1, 2, 3):
        connection.execute(f"CREATE SCHEMA tenant_{number}")
    with connection:
        yield shop, connection


def applied(project: Project, *options: str) -> CommandResult:
    return project.manage("schemaapply", "--no-signals", "--jobs", "2", *options)


def tables(connection: psycopg.Connection[Any]) -> set[str]:
    found = connection.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    return {name for (name,) in found}


EACH = ("a", "atlas_schema_revisions", "b")


def test_every_schema_is_brought_up_to_date(tenants: tuple[Project, Any]) -> None:
    project, connection = tenants
    pending = applied(project, "--targets-sql", NAMES, "--check")
    assert pending.code == 1
    assert "tenant_2  2 files pending\n" in pending.out
    assert tables(connection) == set()

    done = applied(project, "--targets-sql", NAMES)
    assert (done.code, done.err) == (0, "")
    assert "Targets  3 targets, 2 at a time; 2 files in" in done.out
    assert "Done     3 targets: 3 brought up to date, 0 had nothing to do" in done.out
    assert tables(connection) == {
        f"tenant_{number}.{name}" for number in (1, 2, 3) for name in EACH
    }

    again = applied(project, "--targets-sql", NAMES)
    assert "3 targets: 0 brought up to date, 3 had nothing to do" in again.out
    assert applied(project, "--targets-sql", NAMES, "--check").code == 0


def test_signals_reach_each_schema(tenants: tuple[Project, Any]) -> None:
    """Handlers write to their own tenant, with keys of its own."""
    project, connection = tenants
    shutil.rmtree(project.migrations)
    assert project.manage("schemadiff", "initial").code == 0
    done = project.manage("schemaapply", "--jobs", "3", "--targets-sql", NAMES)
    assert (done.code, done.err) == (0, "")
    permissions = [
        connection.execute(
            "SELECT app_label, codename"
            f" FROM tenant_{number}.auth_permission p"
            f" JOIN tenant_{number}.django_content_type t ON t.id = p.content_type_id"
            " ORDER BY 1, 2"
        ).fetchall()
        for number in (1, 2, 3)
    ]
    assert ("shop", "add_order") in permissions[0]
    assert permissions[0] == permissions[1] == permissions[2]


@pytest.mark.parametrize(
    ("policy", "others"), [("stop", "1 not started"), ("continue", "2 brought up")]
)
def test_a_failure_is_told_and_the_next_run_goes_on(
    policy: str, others: str, tenants: tuple[Project, Any], tmp_path: Path
) -> None:
    project, connection = tenants
    connection.execute("CREATE TABLE tenant_1.b (old integer)")
    listed = tmp_path / "targets"
    listed.write_text("# ours\ntenant_1\ntenant_2\ntenant_3\n")
    options = ("--targets", str(listed), "--jobs", "1", "--on-failure", policy)
    failed = applied(project, *options)
    assert failed.code == 2
    assert "Failed   tenant_1: The database has no history of migrations" in failed.out
    if policy == "stop":
        assert (
            "3 targets: 0 brought up to date, 0 had nothing to do, 1 failed, 2 not started"
            in unfold(failed.out)
        )
    else:
        assert (
            "3 targets: 2 brought up to date, 0 had nothing to do, 1 failed;"
            in failed.out
        )
    step, again = failed.out.splitlines()[-2:]
    assert step.startswith("Next     fix what failed")
    assert again.startswith("         python manage.py schemaapply ")

    connection.execute("DROP TABLE tenant_1.b")
    assert applied(project, *options).code == 0
    assert len(tables(connection)) == 9


def test_a_schema_that_is_missing_is_never_another_one(
    tenants: tuple[Project, Any], tmp_path: Path
) -> None:
    project, connection = tenants
    (tmp_path / "targets").write_text("tenant_9\n")
    done = applied(project, "--targets", str(tmp_path / "targets"))
    assert done.code == 2
    assert "There is no schema 'tenant_9' that this user may use." in done.out
    assert "If it is a database: --targets-are databases." in done.out
    assert tables(connection) == set()


def test_a_message_says_the_name_of_its_target_once(
    tenants: tuple[Project, Any], tmp_path: Path
) -> None:
    project, connection = tenants
    server = connection.info
    url = f"postgresql://{server.user}@:{server.port}/{{}}?host={server.host}"
    (tmp_path / "targets").write_text(f"{url.format('one')}\n{url.format('two')}\n")
    done = applied(project, "--targets", str(tmp_path / "targets"))
    assert done.code == 2
    named = [line for line in done.out.splitlines() if "/one?" in line]
    number_by_end = named[0][: len("[1/2] ")]
    assert number_by_end in {"[1/2] ", "[2/2] "}
    assert named[0] == f"{number_by_end}{url.format('one')}  failed (2)"
    assert named[1:] == [line for line in named if line.startswith("Failed   ")]
    assert done.out.count("/one?") == 2


def test_schemas_do_not_share_one_history(
    tenants: tuple[Project, Any], pg_database: dict[str, Any]
) -> None:
    project, connection = tenants
    project.configure(pg_database, REVISIONS_SCHEMA="public")
    shared = applied(project, "--targets-sql", NAMES)
    assert shared.code == 2
    assert "tenant_1 would share its revisions with other targets" in shared.err
    assert tables(connection) == set()
    own = applied(project, "--targets-sql", NAMES, "--revisions-schema", "")
    assert (own.code, own.err) == (0, "")
    assert len(tables(connection)) == 9


@pytest.mark.parametrize("options", [{}, {"pool": True}])
def test_databases_of_a_server(
    options: dict[str, Any], tenants: tuple[Project, Any], pg_database: dict[str, Any]
) -> None:
    project, connection = tenants
    project.configure({**pg_database, "OPTIONS": options})
    name = connection.info.dbname
    connection.execute(f'CREATE DATABASE "{name}_2"')
    try:
        sql = f"VALUES ('{name}'), ('{name}_2')"
        one_worker = ("--targets-are", "databases", "--jobs", "1")
        done = applied(project, "--targets-sql", sql, *one_worker)
        assert (done.code, done.err) == (0, "")
        for each in (name, f"{name}_2"):
            assert f"{each}  2 files, 2 statements" in done.out
        assert tables(connection) == {f"public.{each}" for each in EACH}
    finally:
        connection.execute(f'DROP DATABASE "{name}_2" WITH (FORCE)')


def test_urls_on_the_command_line_and_json(shop: Project, tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/{name}" for name in ("one", "two")]
    options = [word for url in urls for word in ("--url", url)]
    done = applied(shop, *options, "--format", "json", "--jobs", "1")
    assert done.code == 0
    ended = read_log(done.err)
    assert [(line["event"], line["name"]) for line in ended] == [
        ("target_ended", url) for url in urls
    ]
    assert done.json["not_started"] == []
    one, two = done.json["targets"]
    assert (one["name"], two["name"]) == tuple(urls)
    assert one["error"] is None
    assert [file["version"] for file in two["applied"]] == [
        "20260101000000",
        "20260102000000",
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "COMMIT; BEGIN READ WRITE; CREATE TABLE w (a integer); SELECT 'tenant_1'",
        "SET default_transaction_read_only = off; CREATE TABLE w (a integer)",
        "SELECT 'tenant_1'; CREATE TABLE w (a integer)",
        "WITH w AS (INSERT INTO public.log VALUES ('w') RETURNING 1) SELECT 'tenant_1' FROM w",
    ],
)
def test_a_query_for_targets_cannot_write(
    sql: str, tenants: tuple[Project, Any]
) -> None:
    project, connection = tenants
    connection.execute("CREATE TABLE public.log (word text)")
    done = applied(project, "--targets-sql", sql, "--check")
    assert (done.code, "--targets-sql: " in done.err) == (2, True)
    assert tables(connection) == {"public.log"}
    assert connection.execute("SELECT FROM public.log").fetchall() == []


def test_a_query_for_targets_may_end_as_one(tenants: tuple[Project, Any]) -> None:
    project, _ = tenants
    for sql in (f"{NAMES} ;", f"{NAMES} -- all", "TABLE names"):
        if "TABLE" in sql:
            tenants[1].execute("CREATE VIEW names AS SELECT 'tenant_1'")
        assert applied(project, "--targets-sql", sql, "--check").code == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--targets", "absent"), "--targets absent: "),
        (("--targets-sql", "SELECT x"), "--targets-sql: "),
        (("--targets-sql", "CREATE TABLE x (y)"), "--targets-sql: "),
        (("--targets-sql", "SELECT 1 WHERE 0"), "No targets are given."),
        (
            ("--url", "sqlite://", "--url", "sqlite://", "--targets", "x"),
            "Several --url",
        ),
    ],
)
def test_a_list_that_cannot_be_had(
    options: tuple[str, ...], said: str, shop: Project
) -> None:
    done = applied(shop, *options)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


TENANTS = """
INSTALLED_APPS = ["django_tenants", *INSTALLED_APPS]
DATABASES["default"]["ENGINE"] = "django_tenants.postgresql_backend"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
SHARED_APPS = ["django_tenants", "django.contrib.contenttypes"]
TENANT_APPS = ["shop"]
TENANT_MODEL, TENANT_DOMAIN_MODEL = "shop.Client", "shop.Domain"
"""


def test_tenants_of_django_tenants(tenants: tuple[Project, Any]) -> None:
    """Its backend sets the search path itself, before each query."""
    project, connection = tenants
    settings = project.base / "settings.py"
    project.write("settings.py", settings.read_text() + TENANTS)
    connection.execute("CREATE TABLE shop_client (schema_name text)")
    connection.execute("INSERT INTO shop_client VALUES ('tenant_1'), ('tenant_3')")
    done = applied(project, "--targets-sql", "SELECT schema_name FROM shop_client")
    assert (done.code, done.err) == (0, "")
    assert tables(connection) == {"public.shop_client"} | {
        f"tenant_{number}.{name}" for number in (1, 3) for name in EACH
    }


def test_sqlite_has_no_schemas(shop: Project, tmp_path: Path) -> None:
    (tmp_path / "targets").write_text("tenant_1\n")
    done = applied(shop, "--targets", str(tmp_path / "targets"))
    assert done.code == 2
    assert "has no schema 'tenant_1'" in done.out


@pytest.mark.parametrize(
    ("number", "to_workers", "code", "word"),
    [
        (signal.SIGTERM, [], 143, "Terminated."),
        (signal.SIGTERM, [signal.SIGTERM], 143, "Terminated."),
        (signal.SIGINT, [signal.SIGINT, signal.SIGTERM], 130, "Interrupted."),
    ],
    ids=["run", "each_process", "terminal"],
)
def test_a_run_that_is_interrupted_ends_its_workers(
    number: signal.Signals,
    to_workers: list[signal.Signals],
    code: int,
    word: str,
    tenants: tuple[Project, Any],
) -> None:
    """Also where each process gets the signal, as from ``timeout`` or a terminal's Ctrl-C,
    and then another."""
    project, connection = tenants
    project.write("migrations/20260103000000_c.sql", "SELECT pg_sleep(60);\n")
    rehash(project.migrations)
    child = started(project, "--targets-sql", NAMES)
    sleeping = (
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
    )
    waited(lambda: connection.execute(sleeping).fetchone() == (2,))
    workers = workers_of(child)
    for pid in workers:
        for each in to_workers:
            with suppress(ProcessLookupError):
                os.kill(pid, each)
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    assert child.returncode == code, out
    said, kept, goes_on = err.splitlines()
    assert (said, kept) == (
        word,
        "What was reported stays; each other target resumes where it is.",
    )
    assert goes_on.startswith("Next     python manage.py schemaapply --no-signals")
    waited(lambda: connection.execute(sleeping).fetchone() == (0,))
    rows = "SELECT count(*) FROM tenant_1.atlas_schema_revisions WHERE applied > 0"
    assert connection.execute(rows).fetchone() == (2,)


AT_FORK = """
import signal as signals
os.register_at_fork(
    after_in_parent=lambda: os.kill(os.getpid(), signals.SIGINT),
    after_in_child=lambda: os.kill(os.getpid(), signals.SIGINT),
)
"""


def test_an_interruption_while_workers_start_is_not_lost(
    tenants: tuple[Project, Any],
) -> None:
    """A terminal's Ctrl-C goes to all of them."""
    project, _ = tenants
    settings = project.base / "settings.py"
    project.write("settings.py", f"import os\n{settings.read_text()}{AT_FORK}")
    child = started(project, "--targets-sql", NAMES)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, out + err
    assert err.startswith("Interrupted.\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("condition", ["true", "current_schema() = 'tenant_1'"])
def test_workers_do_not_outlive_a_run_that_was_killed(
    condition: str, tenants: tuple[Project, Any]
) -> None:
    """Neither those that work nor those that wait for work; and they say nothing."""
    project, connection = tenants
    sleep = f"SELECT CASE WHEN {condition} THEN pg_sleep(60) END"
    project.write("migrations/20260103000000_c.sql", f"{sleep};\n")
    rehash(project.migrations)
    child = started(project, "--targets-sql", NAMES)
    states = "SELECT count(*) FROM pg_stat_activity WHERE query = %s"
    applied = "SELECT count(*) FROM tenant_3.atlas_schema_revisions WHERE applied > 0"
    if condition == "true":
        waited(lambda: connection.execute(states, [sleep]).fetchone() == (2,))
    else:
        table = "SELECT to_regclass('tenant_3.b') IS NOT NULL"
        waited(lambda: connection.execute(table).fetchone() == (True,))
        waited(lambda: connection.execute(applied).fetchone() == (3,))
    child.kill()
    # Its pipes are the workers', too: they close when the last of them has ended.
    _, err = child.communicate(timeout=60)
    assert "Traceback" not in err
    waited(lambda: connection.execute(states, [sleep]).fetchone() == (0,))


def test_a_worker_that_is_killed_is_told_of_and_ends_the_run(
    tenants: tuple[Project, Any],
) -> None:
    project, connection = tenants
    project.write("migrations/20260103000000_c.sql", "SELECT pg_sleep(60);\n")
    rehash(project.migrations)
    child = started(project, "--targets-sql", NAMES, "--on-failure", "continue")
    sleeping = (
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
    )
    waited(lambda: connection.execute(sleeping).fetchone() == (2,))
    os.kill(workers_of(child)[0], signal.SIGKILL)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 2, out + err
    assert "Traceback" not in err
    assert "2 failed, 1 not started" in unfold(out)
    (told,) = [line for line in out.splitlines() if line.startswith("Failed")]
    names, _, message = told.removeprefix("Failed   ").partition(": ")
    assert sorted(names.split(", ")) == ["tenant_1", "tenant_2"]
    assert message.startswith("A worker process was killed")
    assert out.count("Run the same command again") == 1
    waited(lambda: connection.execute(sleeping).fetchone() == (0,))


def unfold(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def three(shop: Project) -> Project:
    """Databases, of which two have rows that the next file refuses, and one a view."""
    url = f"sqlite:///{shop.base}/"
    assert applied(shop, *[f"--url={url}{each}" for each in "abcd"]).code == 0
    for name, made in (
        ("a", "INSERT INTO a VALUES (1), (2)"),
        ("b", "CREATE TABLE c (x)"),
        ("c", "INSERT INTO a VALUES (7), (8)"),
    ):
        with closing(sqlite3.connect(shop.base / name)) as connection, connection:
            connection.execute(made)
    shop.write(
        "migrations/20260103000000_c.sql",
        "CREATE TABLE c (same integer UNIQUE);\nINSERT INTO c SELECT 1 FROM a;\n",
    )
    rehash(shop.migrations)
    return shop


def test_what_to_do_is_said_once_for_each_kind_of_error(three: Project) -> None:
    urls = [f"sqlite:///{three.base}/{each}" for each in "abcd"]
    options = [f"--url={url}" for url in urls]
    options += ["--no-signals", "--on-failure", "continue"]
    code, screen = type_answers(three, [], *options, command="schemaapply")
    assert code == 2
    lines = screen.splitlines()
    assert [
        line for line in lines if len(line) > 80 and str(three.base) not in line
    ] == []
    text = unfold(screen).partition(" Next ")[0]
    kinds = text.partition("Failed ")[2].split("Failed ")
    (refused,) = [kind for kind in kinds if "UNIQUE constraint" in kind]
    (there,) = [kind for kind in kinds if kind != refused]
    assert "Rows or values break it. Correct the rows in the database." in refused
    assert "20260103000000_c.sql:2: UNIQUE constraint failed" in refused
    assert (urls[0] in refused, urls[2] in refused) == (True, True)
    assert f"{urls[1]}: 20260103000000_c.sql:1: table c already exists" in there
    assert "mark the file as applied with python manage.py schemaset" in there
    assert "20260103000000" in there
    again = "python manage.py schemaapply --url URL again."
    assert [line.endswith(again) for line in lines].count(True) == 2
    assert screen.count("Rolled back: nothing of this file remains") == 2
    step = (
        "Next     fix what failed and run the same command again; each target resumes"
    )
    assert step in lines


def test_what_differs_within_a_kind_has_lines_of_its_own(three: Project) -> None:
    urls = [f"sqlite:///{three.base}/{each}" for each in "ab"]
    for each in "ab":
        with closing(sqlite3.connect(three.base / each)) as connection, connection:
            connection.execute(f"CREATE TABLE other_{each} (x)")
            connection.execute("DROP TABLE atlas_schema_revisions")
            if each == "a":
                connection.execute("CREATE TABLE one_more (x)")
    failed = applied(
        three, *[f"--url={url}" for url in urls], "--on-failure", "continue"
    )
    lines = failed.out.splitlines()
    assert [line.startswith("Failed") for line in lines].count(True) == 2
    assert [line.startswith("Each     If the files up to") for line in lines].count(
        True
    ) == 1


def workers_of(child: subprocess.Popen[str]) -> list[int]:
    found = Path(f"/proc/{child.pid}/task/{child.pid}/children")
    if not found.exists():
        child.kill()
        skip_missing("Linux's /proc")
    return [int(word) for word in found.read_text().split()]


def started(project: Project, *options: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join((str(project.base), str(REPOSITORY)))
    command = ["-m", "django", "schemaapply", "--no-signals", "--jobs", "2"]
    return subprocess.Popen(
        [sys.executable, *command, *options],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def waited(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)


def test_the_advice_for_one_of_many_can_be_pasted(shop: Project) -> None:
    """Only the URL is left to the reader; a command without a target takes none."""
    databases = [f"sqlite:///{shop.base}/{name}" for name in "ab"]
    options = ["--dir", str(shop.migrations)]
    for url in databases:
        options += ["--url", url]
    assert applied(shop, *options).code == 0
    shop.write("migrations/20260102000000_b.sql", f"{SECOND}SELECT 1;\n")
    rehash(shop.migrations)
    failed = applied(shop, *options)
    assert failed.code == 4
    same = f"--dir {shop.migrations}"
    said = failed.out.splitlines()
    assert f"           python manage.py schemahash {same}" in said
    mend = f"schemaset 20260102000000 {same} --url URL"
    assert f"           python manage.py {mend}" in said
    assert shop.manage("schemahash", *same.split()).code == 0
    for url in databases:
        assert shop.manage(*mend.replace("URL", url).split(), "--no-input").code == 0
    assert applied(shop, *options).code == 0


def test_what_a_survey_says_is_what_each_target_says(
    tenants: tuple[Project, Any],
) -> None:
    """A run up to a version looks at each target: the results are the same."""
    project, _ = tenants
    assert applied(project, "--targets-sql", NAMES).code == 0
    options = ("--targets-sql", NAMES, "--format", "json")
    last = ("--to", "20260102000000")
    for check in ((), ("--check",)):
        surveyed, alone = (
            applied(project, *options, *check, *more) for more in ((), last)
        )
        assert (surveyed.code, alone.code) == (0, 0)
        assert by_name(surveyed) == by_name(alone)
        assert len(read_log(surveyed.err)) == len(read_log(alone.err)) == 3


def by_name(result: CommandResult) -> list[Any]:
    return sorted(result.json["targets"], key=lambda target: str(target["name"]))


def test_nothing_to_do_takes_no_connection_for_each_target(
    tenants: tuple[Project, Any],
) -> None:
    project, connection = tenants
    for number in range(4, 60):
        connection.execute(f"CREATE SCHEMA tenant_{number}")
    assert applied(project, "--targets-sql", NAMES).code == 0
    connection.execute("DROP TABLE tenant_7.atlas_schema_revisions, tenant_7.a CASCADE")
    connection.execute("DROP TABLE tenant_7.b")
    before = count_sessions(connection)
    done = applied(project, "--targets-sql", NAMES)
    assert (done.code, done.err) == (0, "")
    assert "59 targets: 1 brought up to date, 58 had nothing to do" in done.out
    assert "tenant_7.b" in tables(connection)
    assert count_sessions(connection) - before < 10


def count_sessions(connection: psycopg.Connection[Any]) -> int:
    """Return how many sessions the database has had, once the server has counted all."""
    deadline, count = time.monotonic() + 10, -1
    while time.monotonic() < deadline:
        (found,) = connection.execute(
            "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone() or (0,)
        (others,) = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        ).fetchone() or (0,)
        if found == count and not others:
            return count
        count = found
        time.sleep(0.2)
    return count


@pytest.mark.parametrize(("verbosity", "named"), [(1, 20), (2, 500)])
def test_the_end_of_a_run_that_failed_everywhere_fits_a_screen(
    verbosity: int, named: int
) -> None:
    results = [
        TargetResult(
            address=Address(label=f"tenant_{number}", url=None),
            events=(),
            error=WorkerKilled(),
        )
        for number in range(500)
    ]
    ended = EndedTargets(results=results, not_started=(), read_only=False, seconds=1)
    view = View(style=make_plain_style(), verbosity=verbosity, given={})
    text = "\n".join(format_targets(ended, view))
    assert "500 failed" in text
    assert text.count("tenant_") == named
    assert ("tenant_19 and 480 more: " in text) is (named == 20)
