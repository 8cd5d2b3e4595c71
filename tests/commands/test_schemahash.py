"""``schemahash --check --replay``: do all files run, whatever the models are?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fixtures.project import CommandResult, Project

OnPostgres = Callable[..., "Project"]

A = "CREATE TABLE a (id integer PRIMARY KEY);\n"
B = "ALTER TABLE a ADD COLUMN b integer;\n"
WRONG = f"{B}INSERT INTO nope VALUES (1);\n"
CHECKPOINT = f"-- atlas:checkpoint\n\n{A}"


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(
    request: pytest.FixtureRequest, project: Project, on_postgres: OnPostgres
) -> Project:
    """A project whose models no file makes, on each engine in turn."""
    return project if request.param == "sqlite" else on_postgres(DEV="auto")


def write(project: Project, **files: str) -> None:
    for name, text in files.items():
        project.write(f"migrations/{name.removeprefix('_')}.sql", text)
    assert project.manage("schemahash").code == 0


def replay(project: Project, *options: str) -> CommandResult:
    return project.manage("schemahash", "--check", "--replay", *options)


def test_all_files_run(shop: Project) -> None:
    write(shop, _1_a=A, _2_b=B)
    before = read_all(shop)

    ran = replay(shop)

    assert ran.code == 0, ran.err
    first, *_, replayed, last = ran.out.splitlines()
    assert first.startswith("Dev ")
    assert replayed.startswith("Replayed all 2 files on the dev database in ")
    assert last == "Nothing to do: migrations/atlas.sum matches its 2 files."
    assert read_all(shop) == before


def read_all(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.migrations.iterdir()}


def test_a_file_that_fails_is_named_with_its_line(shop: Project) -> None:
    write(shop, _1_a=A, _2_b=WRONG)

    ran = replay(shop)

    assert ran.code == 2
    assert "2_b.sql:2" in ran.err
    assert "INSERT INTO nope" in ran.err
    assert "nope" in ran.err.splitlines()[0]
    assert "The dev database refused this statement" in ran.err
    assert "Nothing to do" not in ran.out
    assert shop.manage("schemahash", "--check").code == 0  # that runs nothing


def test_an_edited_file_does_not_run(project: Project) -> None:
    write(project, _1_a=A)
    project.write("migrations/1_a.sql", WRONG)

    ran = replay(project)

    assert ran.code == 4
    assert "1_a.sql was edited" in ran.err


def test_files_before_a_checkpoint_do_not_run(project: Project) -> None:
    write(project, _1_a=WRONG, _2_checkpoint=CHECKPOINT, _3_b=B)

    ran = replay(project)

    assert ran.code == 0, ran.err
    assert "Replayed 2 files of 3, from the checkpoint 2_checkpoint.sql" in ran.out


def test_a_directory_by_its_url_and_nothing_in_it(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    ran = replay(project, "--dir", f"file://{tmp_path}/none")
    assert ran.code == 0, ran.err
    assert "Nothing to replay" in ran.out


def test_a_misplaced_directive_is_told(project: Project) -> None:
    write(project, _1_a=f"{A}-- atlas:txmode none\n{B}")
    ran = replay(project)
    assert ran.code == 0, ran.err
    assert "warning: 1_a.sql:2: " in ran.err


def test_for_programs(project: Project) -> None:
    write(project, _1_a=A)
    checked = project.manage("schemahash", "--check", "--format", "json")
    ran = replay(project, "--format", "json")
    assert (checked.json["replayed"], checked.json["dev"]) == (None, "")
    assert (ran.json["replayed"], ran.json["changed"]) == (1, False)
    assert ran.json["dev"] == "SQLite in memory"


def test_a_dev_database_of_no_use(project: Project) -> None:
    write(project, _1_a=A)
    ran = replay(project, "--dev", "embedded")
    assert ran.code == 2
    assert "always in memory" in ran.err


def test_what_a_shared_server_may_not_run_runs_on_one_of_our_own(
    on_postgres: OnPostgres,
) -> None:
    project = on_postgres(DEV="auto")
    write(project, _1_a=f"{A}CREATE ROLE nobody_else;\n")
    ran = replay(project)
    assert ran.code == 0, ran.err
    assert "Replayed the file on the dev database" in ran.out


DEFERRED = (
    f"{A}CREATE TABLE c (a integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
    "INSERT INTO a VALUES (1);\nINSERT INTO c VALUES (1);\n"
)
ALTERED = "ALTER TABLE c ADD COLUMN b integer;\n"


def test_all_files_run_in_one_transaction_where_schemaapply_has_one(
    on_postgres: OnPostgres,
) -> None:
    project = on_postgres(DEV="auto", TX_MODE="all")
    write(project, _1_a=DEFERRED, _2_b=ALTERED)
    ran = replay(project)
    assert ran.code == 2
    assert "2_b.sql:1" in ran.err
    assert "pending trigger events" in ran.err

    ran = replay(on_postgres(DEV="auto"))
    assert ran.code == 0, ran.err


def test_the_commit_of_all_files_names_the_last_one(on_postgres: OnPostgres) -> None:
    project = on_postgres(DEV="auto", TX_MODE="all")
    wrong = DEFERRED.replace("c VALUES (1)", "c VALUES (2)")
    write(project, _1_a=wrong, _2_b="SELECT 1;\n")
    ran = replay(project)
    assert ran.code == 2
    assert "2_b.sql" in ran.err
    assert "violates foreign key constraint" in ran.err


@pytest.mark.parametrize(
    ("tx_mode", "text"),
    [
        ("all", f"-- atlas:txmode none\n\n{B}"),
        ("all", f"BEGIN;\n{B}COMMIT;\n"),
        ("file", f"BEGIN;\n{B}COMMIT;\n"),
        ("none", f"BEGIN;\n{B}COMMIT AND CHAIN;\nCOMMIT;\n"),
        ("none", f"-- atlas:delimiter GO\n\n{B}GO\nSELECT 1; COMMIT;\nGO\n"),
    ],
)
def test_what_schemaapply_refuses_in_transactions_is_refused(
    tx_mode: str, text: str, project: Project, tmp_path: Path
) -> None:
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"{tmp_path}/db.sqlite3",
    }
    project.configure(database, TX_MODE=tx_mode)
    write(project, _1_a=A, _2_b=text)
    ran, applied = replay(project), project.manage("schemaapply")
    assert (ran.code, applied.code) == (2, 2)
    assert ran.err.splitlines()[0] == applied.err.splitlines()[0]
