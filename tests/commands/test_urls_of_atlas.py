"""Addresses as somebody writes them who comes from Atlas."""

from __future__ import annotations

from typing import Any

import pytest

from schema_migrations.engines.postgresql.executor import EXECUTOR
from schema_migrations.engines.postgresql.server.url import settings_from_url
from tests.fixtures.postgresql import connect_as_administrator
from tests.fixtures.project import CommandResult, Project


def test_a_directory_by_its_url(project: Project) -> None:
    relative = ("--dir", "file://sql/shop")
    absolute = ("--dir", f"file://{project.base}/sql/shop?format=atlas")
    wrote = project.manage("schemadiff", *relative)
    applied = project.manage("schemaapply", *absolute)

    assert wrote.code == 0, wrote.err
    assert [path.suffix for path in (project.base / "sql/shop").iterdir()]
    assert wrote.out.rstrip().endswith("python manage.py schemaapply --dir sql/shop")
    assert applied.code == 0, applied.err
    for command in (
        ("schemahash", "--check"),
        ("schemastatus", "--check"),
        ("schemadiff", "--check"),
    ):
        ran = project.manage(*command, *relative)
        assert ran.code == 0, ran.out + ran.err


def test_a_directory_in_another_format_is_refused(project: Project) -> None:
    ran = project.manage("schemahash", "--dir", "file://sql?format=goose")
    assert ran.code == 2
    assert "format=goose" in ran.err
    assert "atlas migrate import" in ran.err


def test_a_database_is_no_directory(project: Project) -> None:
    ran = project.manage("schemastatus", "--dir", "postgres://u:s3cr3t@h/d")
    assert ran.code == 2
    assert "s3cr3t" not in ran.out + ran.err


def test_sources_by_their_urls(project: Project) -> None:
    project.manage("schemadiff")
    project.write("wanted.sql", 'CREATE TABLE "only" (a integer);\n')

    same = project.manage("schemadiff", "--from", "file://migrations", "--to", "files")
    other = project.manage(
        "schemadiff", "--from", "files", "--to", f"file://{project.base}/wanted.sql"
    )
    wrong = project.manage("schemadiff", "--from", "file://migrations?version=1")

    assert same.out.rstrip().endswith(
        "No changes between file://migrations and files."
    ), same.err
    assert 'CREATE TABLE "only"' in other.out
    assert wrong.code == 2
    assert "'version'" in wrong.err


def test_a_sqlite_database_by_its_url(project: Project) -> None:
    wrote = project.manage("schemadiff", "--dev", "sqlite://dev?mode=memory&_fk=1")
    applied = project.manage("schemaapply", "--url", "sqlite://file:shop.db?_fk=1")
    again = project.manage("schemaapply", "--check", "--url", "sqlite://shop.db?_fk=1")
    status = project.manage(
        "schemastatus", "--check", "--url", f"sqlite://file:{project.base}/shop.db"
    )

    assert wrote.code == 0, wrote.err
    assert applied.code == 0, applied.err
    assert (project.base / "shop.db").stat().st_size
    assert again.code == 0, again.out + again.err
    assert status.code == 0, status.out + status.err


def test_a_sqlite_url_that_asks_for_what_is_not_done(project: Project) -> None:
    project.manage("schemadiff")
    for parameter in ("mode=ro", "_busy_timeout=1", "_fk=0"):
        ran = project.manage("schemaapply", "--url", f"sqlite://shop.db?{parameter}")
        assert ran.code == 2
        assert repr(parameter.partition("=")[0]) in ran.err
    dev = project.manage("schemadiff", "--dev", "sqlite://dev.db")
    assert dev.code == 2
    assert "always in memory" in dev.err


def format_url(settings: dict[str, Any], query: str) -> str:
    host = f"host={settings['HOST']}&port={settings['PORT']}"
    return f"postgres://{settings['USER']}@/{settings['NAME']}?{host}&{query}"


def apply(project: Project, *options: str) -> CommandResult:
    """Apply the files; the tables of Django's signals are not there."""
    return project.manage("schemaapply", "--no-signals", *options)


SLEEP = "SELECT pg_sleep(0.5);\n"
TIMED_OUT = "canceling statement due to statement timeout"


@pytest.mark.every_postgres
def test_a_setting_of_the_server_holds_for_the_run(
    project: Project, pg_database: dict[str, Any]
) -> None:
    project.configure(pg_database, STATEMENT_TIMEOUT="1min")
    project.write(
        "migrations/1_a.sql",
        f"{SLEEP}CREATE TABLE a AS SELECT current_setting('my.own') AS own,"
        " current_setting('work_mem') AS memory;\n",
    )
    project.manage("schemahash")
    query = "statement_timeout=100&my.own=x%20y&work_mem=3MB"
    url = format_url(pg_database, query)

    stopped = apply(project, "--url", url)
    done = apply(project, "--url", url, "--statement-timeout", "5")

    assert stopped.code == 2
    assert TIMED_OUT in stopped.err
    # The setting has no effect here.
    advice = "statement_timeout in the URL or --statement-timeout (0: no limit)"
    assert advice in stopped.err
    assert "STATEMENT_TIMEOUT" not in stopped.err
    assert done.code == 0, done.err  # the option was given for this run
    with connect_as_administrator(pg_database, pg_database["NAME"]) as server:
        rows = server.execute("SELECT own, memory FROM a").fetchall()
    assert rows == [("x y", "3MB")]


@pytest.mark.every_postgres
@pytest.mark.parametrize(
    "query", ["statement_timeout=1", "lock_timeout=1&statement_timeout=1"]
)
def test_a_short_timeout_is_for_the_files_only(
    query: str, project: Project, pg_database: dict[str, Any]
) -> None:
    """Our own queries were cancelled, as if the server did not answer."""
    project.configure(pg_database)
    project.write("migrations/1_a.sql", SLEEP)
    project.manage("schemahash")
    url = format_url(pg_database, query)
    for command in (
        ("schemastatus", "--url", url),
        ("schemadiff", "--from", url, "--to", url),
        ("schemadiff", "--from", "files", "--to", "files", "--dev", url),
    ):
        ran = project.manage(*command)
        assert ran.code == 0, ran.out + ran.err
    stopped = apply(project, "--url", url)
    assert TIMED_OUT in stopped.err
    assert "Cannot create the revisions table" not in stopped.err


@pytest.mark.every_postgres
@pytest.mark.parametrize(
    ("value", "seconds"),
    [("1500", 1.5), ("2s", 2), ("1min", 60), ("1d", 86400), ("0", None), ("90s", 90)],
)
def test_a_timeout_is_read_as_the_server_reads_it(
    value: str, seconds: float | None, pg_database: dict[str, Any]
) -> None:
    settings = settings_from_url(format_url(pg_database, f"LOCK_timeout={value}"), {})
    connection = EXECUTOR.make_sibling(settings, "")
    with connection.cursor() as cursor:
        assert EXECUTOR.read_asked_timeouts is not None
        assert EXECUTOR.read_asked_timeouts(connection) == {"lock_timeout": seconds}
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
    connection.close()


def test_a_role_of_the_url_owns_what_the_files_make(
    project: Project, pg_database: dict[str, Any]
) -> None:
    """Also where a run resumes a file, which sets the session anew."""
    project.configure(pg_database)
    project.write(
        "migrations/1_a.sql",
        "-- atlas:txmode none\n\nSET work_mem = '3MB';\n"
        "CREATE TABLE a (id integer);\nSELECT 1 / (SELECT count(*) FROM a);\n"
        "CREATE TABLE b (id integer);\n",
    )
    project.manage("schemahash")
    url = format_url(pg_database, "role=url_owner")
    with connect_as_administrator(pg_database, pg_database["NAME"]) as server:
        server.execute("CREATE ROLE url_owner")
        try:
            server.execute("GRANT ALL ON SCHEMA public TO url_owner")
            stopped = apply(project, "--url", url)
            server.execute("INSERT INTO a VALUES (1)")
            done = apply(project, "--url", url)
            owners = server.execute(
                "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
        finally:
            server.execute("DROP OWNED BY url_owner")
            server.execute("DROP ROLE url_owner")
    assert stopped.code == 2
    assert "division by zero" in stopped.err
    assert done.code == 0, done.err
    assert dict(owners) == dict.fromkeys(
        ("a", "b", "atlas_schema_revisions"), "url_owner"
    )


def test_a_dev_database_is_not_asked_for_what_the_target_has(
    project: Project, pg_database: dict[str, Any]
) -> None:
    project.configure(pg_database)
    project.write("migrations/1_a.sql", "CREATE TABLE a (id integer);\n")
    project.manage("schemahash")
    url = format_url(pg_database, "work_mem=3MB&my.own=1")
    apply(project, "--url", url)
    for command in (
        ("schemastatus", "--drift", "--check", "--url", url),
        ("schemadiff", "--from", url, "--to", "files"),
        ("schemadiff", "--from", "files", "--to", "files", "--dev", url),
    ):
        ran = project.manage(*command)
        assert ran.code == 0, ran.out + ran.err


def test_the_setting_counts_where_the_url_asks_for_nothing(
    project: Project, pg_database: dict[str, Any]
) -> None:
    project.configure(pg_database, STATEMENT_TIMEOUT="100ms")
    project.write("migrations/1_a.sql", SLEEP)
    project.manage("schemahash")

    stopped = apply(project, "--url", format_url(pg_database, "jit=off"))
    done = apply(project, "--url", format_url(pg_database, "statement_timeout=0"))

    assert TIMED_OUT in stopped.err
    assert "STATEMENT_TIMEOUT or --statement-timeout" in stopped.err
    assert done.code == 0, done.err


def test_a_lock_timeout_of_the_url_is_the_one_that_is_watched(
    project: Project, pg_database: dict[str, Any]
) -> None:
    project.configure(pg_database, LOCK_TIMEOUT="1min", LOCK_RETRIES=0)
    project.write("migrations/1_a.sql", "CREATE TABLE a (id integer);\n")
    project.manage("schemahash")
    apply(project)
    project.write("migrations/2_b.sql", "ALTER TABLE a ADD COLUMN b integer;\n")
    project.manage("schemahash")
    with connect_as_administrator(pg_database, pg_database["NAME"]) as server:
        server.execute("BEGIN; LOCK TABLE a")
        ran = apply(project, "--url", format_url(pg_database, "lock_timeout=800"))
        server.execute("ROLLBACK")
    assert ran.code == 5
    assert "lock timeout" in ran.err
    assert "waits for" in ran.out


@pytest.mark.every_postgres
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("no_such_setting=1", '"no_such_setting"'),
        ("work_mem=much", '"work_mem"'),
        ("max_connections=3", '"max_connections"'),
        ("binary_parameters=yes", '"binary_parameters"'),
        ("sslmod=require", "'sslmod'"),
        ("idle_session_timeout=1", "idle_session_timeout"),
        ("transaction_isolation=serializable", "default_transaction_isolation"),
        ("role=", "gives role no value"),
        ("search_path", "gives search_path no value"),
        ("tls=require", "'tls'"),
        ("statement_timeout=long", "statement_timeout of the URL"),
        ("lock_timeout=-5", "lock_timeout of the URL"),
        ("role=no_such_role", "Correct role in the URL"),
        (
            "session_authorization=no_such_role",
            "Correct session_authorization in the URL",
        ),
    ],
)
def test_a_parameter_that_nobody_knows_is_refused(
    query: str, said: str, project: Project, pg_database: dict[str, Any]
) -> None:
    project.configure(pg_database)
    project.write("migrations/1_a.sql", "CREATE TABLE a (id integer);\n")
    project.manage("schemahash")
    url = format_url(pg_database, query)
    for command in (
        ("schemaapply", "--url", url),
        ("schemastatus", "--url", url),
        ("schemadiff", "--from", url, "--to", "files"),
    ):
        ran = project.manage(*command)
        assert ran.code == 2, ran.out + ran.err
        assert said in ran.err
        assert "Check the user" not in ran.err
