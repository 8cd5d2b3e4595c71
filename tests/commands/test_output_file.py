"""``--output FILE``: what programs read, without what settings and packages print."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.fixtures.json_schemas import read_answer
from tests.fixtures.project import MODELS, Project

PHONE = '    phone = models.CharField(max_length=20, default="none")\n'
ESCAPE = "    mark = models.CharField(max_length=9, db_default='\\x1b[31m')\n"
CHATTER = "a package says hello"


@pytest.fixture
def chatty(project: Project) -> Project:
    """A project whose settings print, and whose directory lacks a column."""
    assert project.manage("schemadiff").code == 0
    settings = project.base / "settings.py"
    settings.write_text(f"{settings.read_text()}\nprint({CHATTER!r})\n")
    project.write("shop/models.py", MODELS + PHONE)
    return project


def folder_of(project: Project) -> set[str]:
    return {path.name for path in project.base.iterdir()} - {"__pycache__"}


class TestSql:
    def test_the_file_holds_the_sql_and_nothing_else(self, chatty: Project) -> None:
        ran = chatty.manage("schemadiff", "--dry-run", "--output", "x.sql")

        text = (chatty.base / "x.sql").read_text()
        assert ran.code == 0, ran.err
        assert text.startswith("--")
        assert CHATTER not in text
        assert '"phone"' in text
        assert text.endswith(";\n")
        assert len(chatty.files) == 1

    def test_standard_output_tells_what_was_done(self, chatty: Project) -> None:
        ran = chatty.manage("schemadiff", "--dry-run", "--output", "x.sql", "phone")

        assert "+ column phone" in ran.out
        assert "CREATE TABLE" not in ran.out
        written, following = ran.out.splitlines()[-2:]
        assert written.startswith("Written  x.sql  (")
        assert written.endswith(" statements)")
        assert following == "Next     python manage.py schemadiff phone"

    def test_the_database_runs_it(self, chatty: Project) -> None:
        chatty.manage("schemadiff", "--from", "files", "--to", "models")
        ran = chatty.manage(
            *("schemadiff", "--from", str(chatty.migrations), "--to", "models"),
            *("--output", "x.sql"),
        )

        assert ran.code == 0, ran.err
        database = sqlite3.connect(":memory:")
        for path in (*chatty.files, chatty.base / "x.sql"):
            database.executescript(path.read_text())
        columns = database.execute("SELECT name FROM pragma_table_info('shop_order')")
        assert ("phone",) in columns.fetchall()
        database.close()

    def test_an_older_file_is_replaced_also_by_nothing_to_do(
        self, chatty: Project
    ) -> None:
        old = chatty.write("x.sql", "DROP TABLE shop_order;\n")
        old.chmod(0o640)
        chatty.write("shop/models.py", MODELS)

        ran = chatty.manage("schemadiff", "--dry-run", "--output", "x.sql")

        assert ran.code == 0, ran.err
        said = "-- No changes: the directory is in step with the models.\n"
        assert old.read_text() == said
        assert stat.S_IMODE(old.stat().st_mode) == 0o640
        assert "Written  x.sql  (0 statements)" in ran.out

    def test_characters_that_a_terminal_obeys_are_as_in_a_migration_file(
        self, chatty: Project
    ) -> None:
        chatty.write("shop/models.py", MODELS + ESCAPE)

        ran = chatty.manage(
            "schemadiff", "--dry-run", "--output", "x.sql", "--force-color"
        )

        assert ran.code == 0, ran.err
        text = (chatty.base / "x.sql").read_text()
        assert text.count("\x1b") == 1
        assert "'\x1b[31m'" in text

    def test_a_failure_leaves_an_older_file(self, chatty: Project) -> None:
        old = chatty.write("x.sql", "-- older\n")
        chatty.write("migrations/20990101000000_broken.sql", "CREATE TABLE;\n")

        ran = chatty.manage("schemadiff", "--dry-run", "--output", "x.sql")

        assert ran.code == 4
        assert old.read_text() == "-- older\n"
        assert not [name for name in folder_of(chatty) if name.endswith(".tmp")]


class TestJson:
    def test_the_file_holds_the_object(self, chatty: Project) -> None:
        ran = chatty.manage("schemadiff", "--format", "json", "--output", "x.json")

        assert ran.code == 0, ran.err
        answer = read_answer("schemadiff", (chatty.base / "x.json").read_text())
        assert [change["name"] for change in answer["changes"]] == ["phone"]
        assert ran.out.splitlines() == [CHATTER, "Written  x.json"]
        assert len(chatty.files) == 2

    @pytest.mark.parametrize(
        ("command", "key"),
        [
            (["schemastatus"], "pending"),
            (["schemaapply"], "applied"),
            (["schemahash"], "files"),
            (["schemaset", "zero", "--no-input"], "target"),
        ],
    )
    def test_every_command_takes_it(
        self, chatty: Project, command: list[str], key: str
    ) -> None:
        ran = chatty.manage(*command, "--format", "json", "--output", "x.json")

        assert ran.code == 0, ran.err
        assert key in read_answer(command[0], (chatty.base / "x.json").read_text())
        assert ran.out.splitlines()[-1] == "Written  x.json"

    def test_a_failure_is_an_object_as_well(self, chatty: Project) -> None:
        chatty.write("migrations/20990101000000_broken.sql", "CREATE TABLE;\n")

        ran = chatty.manage("schemadiff", "--format", "json", "--output", "x.json")

        assert ran.code == 4
        answer = read_answer("schemadiff", (chatty.base / "x.json").read_text())
        assert answer["error"]["code"] == "directory-not-intact"

    def test_a_dash_is_standard_output(self, project: Project) -> None:
        ran = project.manage("schemadiff", "--format", "json", "--output", "-")

        assert ran.code == 0, ran.err
        assert ran.json["files"]

    def test_no_line_without_verbosity(self, chatty: Project) -> None:
        ran = chatty.manage(
            "schemastatus", "--format", "json", "--output", "x.json", "-v", "0"
        )

        assert ran.out.splitlines() == [CHATTER]
        assert (chatty.base / "x.json").exists()


class TestDrift:
    def test_a_list_for_people_is_no_file(self, chatty: Project) -> None:
        ran = chatty.manage("schemastatus", "--drift", "--output", "x.sql")

        assert ran.code == 2
        assert "--drift --format sql" in ran.err

    def test_the_sql_that_mends(self, chatty: Project) -> None:
        assert chatty.manage("schemaapply").code == 0
        database = chatty.base.parent / "db"
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("ALTER TABLE shop_order DROP COLUMN total")

        ran = chatty.manage(
            *("schemastatus", "--drift", "--format", "sql", "--output", "mend.sql")
        )

        assert ran.code == 0, ran.err
        text = (chatty.base / "mend.sql").read_text()
        assert text.startswith("-- Makes ")
        assert CHATTER not in text
        assert ran.out.splitlines()[-1].startswith("Written  mend.sql  (")


class TestRefused:
    """Before any slow work: with exit code 2, and nothing changed."""

    @pytest.mark.parametrize(
        ("output", "said"),
        [
            ("missing/x.sql", "there is no folder "),
            ("shop", "that is a folder"),
            ("settings.py/x.sql", "there is no folder "),
            ("", "--output names no file"),
            ("migrations/x.sql", "a file in the migration directory is a migration"),
            ("migrations/atlas.sum", "a file in the migration directory is a"),
            ("/proc/x.sql", "--output /proc/x.sql: "),
        ],
    )
    def test_a_file_that_cannot_be_written(
        self, chatty: Project, output: str, said: str
    ) -> None:
        before = folder_of(chatty), chatty.files
        # Whoever began to work would end with another error.
        sums = chatty.migrations / "atlas.sum"
        sums.write_text("no sums\n")

        ran = chatty.manage("schemadiff", "--dry-run", "--output", output)

        assert ran.code == 2, ran.err
        assert said in ran.err
        assert (folder_of(chatty), chatty.files) == before
        assert sums.read_text() == "no sums\n"

    def test_a_file_of_extra_that_holds_something(self, project: Project) -> None:
        """What it says is no difference any more: the new text would lack it."""
        kept = project.write("sql/kept.sql", "CREATE VIEW v AS SELECT 1;\n")
        project.write("sql/new.sql", "")
        sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}
        project.configure(sqlite, EXTRA=[str(project.base / "sql")])

        arguments = ["schemadiff", "--dry-run", "--output"]
        refused = project.manage(*arguments, "sql/kept.sql")
        written = project.manage(*arguments, "sql/new.sql")

        assert refused.code == 2
        assert "EXTRA has this file, and its SQL would be lost" in refused.err
        assert kept.read_text() == "CREATE VIEW v AS SELECT 1;\n"
        assert written.code == 0, written.err

    @pytest.mark.parametrize(
        "arguments",
        [
            ["schemadiff"],
            ["schemadiff", "--check"],
            ["schemadiff", "--empty"],
            ["schemadiff", "--from", "files", "--to", "models", "--write"],
            ["schemaapply"],
            ["schemastatus"],
            ["schemahash"],
        ],
    )
    def test_a_run_that_prints_nothing_for_programs(
        self, chatty: Project, arguments: list[str]
    ) -> None:
        ran = chatty.manage(*arguments, "--output", "x.sql")

        assert ran.code == 2
        assert "--output takes SQL or JSON, and this run prints neither" in ran.err
        assert "--format json" in ran.err
        assert "x.sql" not in folder_of(chatty)
        assert len(chatty.files) == 1

    def test_the_failure_is_json_on_standard_output(self, project: Project) -> None:
        ran = project.manage("schemadiff", "--format", "json", "--output", "no/x.json")

        assert ran.code == 2
        assert ran.json["error"]["code"] == "wrong-usage"


class TestSpecialFiles:
    def test_a_link_is_followed(self, chatty: Project) -> None:
        aim = chatty.write("kept/real.sql", "-- older\n")
        link = chatty.base / "x.sql"
        link.symlink_to(aim)

        ran = chatty.manage("schemadiff", "--dry-run", "--output", "x.sql")

        assert ran.code == 0, ran.err
        assert link.is_symlink()
        assert "phone" in aim.read_text()

    @pytest.mark.parametrize("output", ["/dev/stdout", "/proc/self/fd/1", "link"])
    def test_a_log_behind_it_keeps_what_it_has(
        self, chatty: Project, output: str
    ) -> None:
        (chatty.base / "link").symlink_to("/dev/stdout")
        log = chatty.write("log", "an older line\n")
        with log.open("a") as stream:
            subprocess.run(
                [
                    *(sys.executable, "-m", "django", "schemastatus"),
                    *("--format", "json", "--output", output),
                ],
                cwd=chatty.base,
                env=chatty.make_environment(),
                stdout=stream,
                check=True,
            )
        assert log.read_text().startswith("an older line\n")
        assert '"pending"' in log.read_text()

    def test_a_pipe_stays_a_pipe(self, chatty: Project) -> None:
        pipe = chatty.base / "pipe"
        os.mkfifo(pipe)
        read: list[str] = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
        reader.start()

        ran = chatty.manage("schemastatus", "--format", "json", "--output", "pipe")

        reader.join()
        assert ran.code == 0, ran.err
        assert pipe.is_fifo()
        assert read_answer("schemastatus", read[0])["pending"]

    def test_a_device_is_written(self, chatty: Project) -> None:
        ran = chatty.manage("schemastatus", "--format", "json", "--output", "/dev/full")

        assert ran.code == 2
        assert "--output /dev/full cannot be written: No space left" in ran.err
        assert Path("/dev/full").is_char_device()
