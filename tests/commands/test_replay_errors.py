"""Every error of a replay names file and line, and advises what schemaapply does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.project import CommandResult, Project

CONTROL = (
    "CREATE TABLE a (id integer);\nBEGIN;\nCREATE TABLE b (id integer);\nCOMMIT;\n"
)
LEFT_OPEN = "-- atlas:txmode none\n\nCREATE TABLE a (id integer);\nBEGIN;\nCREATE TABLE b (id integer);\n"
WRONG = "CREATE TABLE a (id integer);\nINSERT INTO nope VALUES (1);\n"

Configure = Callable[..., "Project"]


@pytest.fixture(params=["sqlite", "postgresql"])
def on_engine(
    request: pytest.FixtureRequest, project: Project, tmp_path: Any
) -> Configure:
    """A function that configures a project without models, on each engine in turn."""

    def configure(**entry: Any) -> Project:
        if request.param == "sqlite":
            engine = "django.db.backends.sqlite3"
            database = {"ENGINE": engine, "NAME": str(tmp_path / "db")}
        else:
            database = request.getfixturevalue("pg_database")
        project.configure(database, APPS=[], **entry)
        return project

    return configure


def write(project: Project, **files: str) -> None:
    for name, text in files.items():
        project.write(f"migrations/{name.removeprefix('_')}.sql", text)
    assert project.manage("schemahash").code == 0


def apply(project: Project, *more: str) -> CommandResult:
    return project.manage("schemaapply", "--no-signals", *more)


def message_of(result: CommandResult) -> str:
    return result.err.partition("CommandError: ")[2].strip()


def test_schemadiff_and_schemaapply_say_the_same_of_a_commit(
    on_engine: Configure,
) -> None:
    project = on_engine()
    write(project, _1=CONTROL)

    planned, applied = project.manage("schemadiff", "--check"), apply(project)

    assert (planned.code, applied.code) == (2, 2), planned.err
    assert message_of(planned) == message_of(applied)
    assert message_of(planned).startswith(
        "1.sql:2: BEGIN would break up the transaction that this file runs in\n"
    )
    assert "Or put -- atlas:txmode none at the top" in message_of(planned)


def test_a_wrong_statement_says_what_to_do(on_engine: Configure) -> None:
    project = on_engine()
    write(project, _1=WRONG)

    planned = project.manage("schemadiff", "--check")

    assert planned.code == 2
    assert message_of(planned).splitlines()[-2:] == [
        "The dev database refused this statement; nothing was written.",
        "If no database has the file yet, correct it. Then run python manage.py schemahash.",
    ]


def test_a_text_that_does_not_end_says_what_to_do(on_engine: Configure) -> None:
    project = on_engine()
    write(project, _1="CREATE TABLE a (id integer;\n")
    for ran in (project.manage("schemadiff", "--check"), apply(project)):
        assert message_of(ran).splitlines()[-1] == (
            "Correct it. A file of the directory then needs: python manage.py schemahash"
        )


def test_the_setting_for_files_that_do_not_say_holds_for_both(
    on_engine: Configure,
) -> None:
    project = on_engine(TX_MODE="none")
    write(project, _1=CONTROL)

    checked = project.manage("schemadiff", "--from", "files", "--to", "files")
    applied = apply(project)
    drift = project.manage("schemastatus", "--drift", "--check")

    assert (checked.code, applied.code, drift.code) == (0, 0, 0), checked.err


def test_a_transaction_that_is_left_open_has_its_line(on_engine: Configure) -> None:
    project = on_engine()
    write(project, _1=LEFT_OPEN, _2="CREATE TABLE c (id integer);")

    planned, applied = project.manage("schemadiff", "--check"), apply(project)

    for refused in (planned, applied):
        assert refused.code == 2
        assert message_of(refused).startswith(
            "1.sql:4: the file begins a transaction but does not end it."
        )
        assert "Add COMMIT at its end" in refused.err


@pytest.mark.parametrize("source", ["a folder", "a file", "EXTRA", "drift"])
def test_each_source_names_file_and_line(on_engine: Configure, source: str) -> None:
    project = on_engine()
    project.write("other/1_wrong.sql", WRONG)
    if source == "a folder":
        folder = str(project.base / "other")
        assert project.manage("schemahash", "--dir", folder).code == 0
        ran = project.manage("schemadiff", "--from", folder, "--to", "files")
    elif source == "a file":
        path = str(project.base / "other/1_wrong.sql")
        ran = project.manage("schemadiff", "--from", path, "--to", "files")
    elif source == "EXTRA":
        project = on_engine(EXTRA=[str(project.base / "other")])
        ran = project.manage("schemadiff", "--check")
    else:
        by_hand = "connection.cursor().execute('CREATE TABLE nope (a integer)')"
        project.manage("shell", "-c", f"from django.db import connection; {by_hand}")
        write(project, _1_wrong=WRONG)
        assert apply(project, "--allow-dirty").code == 0
        ran = project.manage("schemastatus", "--drift")
    assert ran.code == 2
    assert re.search(r"1_wrong\.sql:2(:13)?: ", message_of(ran)), ran.err
    assert "nope" in message_of(ran)


def test_a_source_that_is_not_utf_8_has_its_line(on_engine: Configure) -> None:
    project = on_engine()
    path = project.base / "wanted.sql"
    path.write_bytes(b"CREATE TABLE a (id integer);\n-- gr\xf6\xdfe\n")

    ran = project.manage("schemadiff", "--from", str(path), "--to", "files")

    assert ran.code == 2
    assert "wanted.sql:2: byte 0xf6 is not UTF-8" in ran.err
    assert "Traceback" not in ran.err


def test_templates_name_them_as_well(
    project: Project, pg_database: dict[str, Any]
) -> None:
    project.configure(pg_database, APPS=[])
    write(project, _1=CONTROL)
    script = (
        "import django; django.setup()\n"
        "from schema_migrations.testing import use_templates\n"
        "use_templates()\n"
    )
    project.write("templates.py", script)

    ran = project.manage("shell", "-c", "import templates")

    assert ran.code != 0
    assert "1.sql:2: BEGIN would break up" in ran.err
