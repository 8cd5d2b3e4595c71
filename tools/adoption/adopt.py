"""Adopt a database with rows that Django's migrations made, change a model, go back.

    python -m tools adoption adopt --name PROJECT [--engine postgresql|sqlite] [-v]

Follows docs/how-to.md ("Come from migrate", "Go back to migrate") on the project that
``corpus_settings`` loads, with one small app more.  Prints a line for each step with what
it found; exits 1 when a step does not end as it must, or a row is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from django.conf import settings
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.utils import ConnectionHandler

from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from schema_migrations.engines.registry import engine_for_url
from schema_migrations.schema.model import Table, table_key
from tools import ROOT
from tools.adoption import app
from tools.differences import Differs, expect, format_indented
from tools.histories.database import Database
from tools.histories.independent import find_differences
from tools.histories.rows import count_rows, fill_tables

SETTINGS = """
import os
from pathlib import Path

from corpus_settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "schema_migrations", "{app}"]
BASE_DIR = Path({folder!r})
SCHEMA_MIGRATIONS = {{
    "default": {{"APPS": {apps!r}, "EXTRA": list(BASE_DIR.glob("sql"))}}
}}
if "ONLY_THIRD_PARTY" in os.environ:
    MIGRATION_MODULES = {{"{app}": None}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""

LASTING_KINDS = {"serial", "wider"}
"""Kinds of difference that may remain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    folder: Path
    url: str
    verbose: bool
    apps: list[str] | None
    """The apps that are ours; None: all."""

    @property
    def migrations(self) -> Path:
        return self.folder / "migrations"

    def run_django(self, *arguments: str, url: str = "", **environment: str) -> str:
        """Run a command of the project in a process of its own; return its output.

        ``environment`` is added to the variables of this process.
        """
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "django", *arguments],
            cwd=self.folder,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "adopted_settings",
                "PYTHONPATH": os.pathsep.join(
                    (str(self.folder), str(ROOT), os.environ.get("PYTHONPATH", ""))
                ),
                "CORPUS_DB_URL": url or self.url,
                "NO_COLOR": "1",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if self.verbose:
            print(f"$ django {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        if done.returncode:
            text = format_indented(f"{done.stdout}{done.stderr}")
            raise Differs(
                f"{' '.join(arguments)} ended with {done.returncode}:\n{text}"
            )
        return done.stdout

    def count_drift(self, url: str = "") -> Counter[str]:
        """Count the differences of each kind."""
        output = self.run_django("schemastatus", "--drift", "--format", "json", url=url)
        found = json.loads(output)
        if not found["drift_checked"]:
            raise Differs("schemastatus compared nothing")
        return Counter(each["kind"] for each in found["drift"])


def adopt(project: Project, database: LiveDatabase, empty: str) -> Iterator[str]:
    """Follow the steps one after another; describe what each one has found."""
    project.run_django("migrate", "-v0", "--no-input")
    tables, left_empty = database.fill_tables()
    yield f"Django's migrate: {tables} tables, {tables - left_empty} with rows"
    before = database.count_rows()

    project.run_django("schemadiff", "initial", "--acknowledge", "all", "--no-input")
    (first,) = project.migrations.glob("*.sql")
    yield f"the first file: {first.stat().st_size:,} bytes"
    yield f"drift before the baseline: {format_drift(project.count_drift())}"
    sql = project.run_django("schemastatus", "--drift", "--format", "sql")
    database.run_script(sql)
    rest = project.count_drift()
    yield f"{sql.count(';' + chr(10))} statements mend it, left: {format_drift(rest)}"
    expect(not set(rest) - {"surplus", *LASTING_KINDS}, "mending leaves a difference")
    expect(database.count_rows() == before, "mending loses rows")

    project.run_django("schemadiff", "kept", "--no-input", *declare_surplus(project))
    newest = max(project.migrations.glob("*.sql"))
    rest = project.count_drift()
    expect(not set(rest) - LASTING_KINDS, "what was declared still differs")
    yield "what only the database has is declared in EXTRA"

    project.run_django("schemaapply", "--baseline", newest.name.partition("_")[0])
    project.run_django("schemastatus", "--drift", "--check")
    project.run_django("schemadiff", "--check")
    yield "baseline; schemadiff --check finds nothing to do"

    app.write_models(project.folder, app.CHANGED)
    project.run_django("schemadiff", "parcels", "--no-input", "--allow-data-loss")
    project.run_django("schemaapply", "--no-input")
    expect(project.count_drift() == rest, "a changed model leaves a difference")
    after = database.count_rows()
    del after["adopted_stamp"]
    grown = {name for name in before if after.get(name, -1) != before[name]}
    # Content types and permissions of the new model come with the signals.
    expect(
        grown <= {"auth_permission", "django_content_type"}, f"other rows in {grown}"
    )
    yield f"a model changed and applied: rows of {len(before)} tables kept"

    dirty = []
    if project.apps is not None:
        project.run_django("migrate", "-v0", url=empty, ONLY_THIRD_PARTY="1")
        dirty = ["--allow-dirty"]
    project.run_django("schemaapply", "--no-input", *dirty, url=empty)
    expect(not project.count_drift(empty), "a new database differs")
    yield "a new database: drift none"
    if not rest:
        differences = "\n".join(database.find_differences(empty))
        expect(not differences, f"another program sees a difference:\n{differences}")
        yield "another program finds the adopted and the new database equal"
    yield from go_back(project, database)


def declare_surplus(project: Project) -> list[str]:
    """Write the SQL of what only the database has into a file of ``EXTRA``.

    Returns options for the next ``schemadiff``: new columns get no values.
    """
    answer = json.loads(
        project.run_django(
            *("schemadiff", "--from", "files", "--to", "db:default", "--format", "json")
        )
    )
    statements = [each["sql"] for each in answer["statements"]]
    extra = project.folder / "sql/kept.sql"
    extra.parent.mkdir()
    extra.write_text("".join(f"{sql};\n" for sql in statements))
    if project.verbose:
        print(extra.read_text())
    return [
        f"--default={each['table']}.{each['name']}=NULL"
        for each in answer["changes"]
        if each["kind"] == "add column"
    ]


def go_back(project: Project, database: LiveDatabase) -> Iterator[str]:
    """Go back to Django's migrations, as the how-to guide says."""
    project.run_django("makemigrations", "-v0", "--no-input", app.NAME)
    project.run_django("migrate", "-v0", "--fake", "--no-input")
    project.run_django("migrate", "--check")
    app.write_models(project.folder, app.AFTER_RETURN)
    project.run_django("makemigrations", "-v0", "--no-input", app.NAME)
    project.run_django("migrate", "-v0", "--no-input")
    expect("made" in database.list_columns("adopted_stamp"), "migrate changes nothing")
    yield "back to migrate: makemigrations, migrate --fake, migrate"


def format_drift(found: Counter[str]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in sorted(found.items())) or "none"


class LiveDatabase:
    """A direct connection to the project's database."""

    def __init__(self, url: str) -> None:
        self.engine = engine_for_url(url)
        its = self.engine.addresses.settings_from_url(url, {})
        handler = ConnectionHandler({"default": {}, NO_DB_ALIAS: its})
        self.connection: Any = handler[NO_DB_ALIAS]
        self.connection.ensure_connection()
        self.db = Database(engine=self.engine, connection=cast(Any, self.connection))

    def _inspect(self) -> Any:
        return self.engine.reader.inspect(self.connection.connection.cursor())

    def fill_tables(self) -> tuple[int, int]:
        """Fill the tables; return how many there are, and how many stay empty."""
        schema = self._inspect()
        empty = fill_tables(self.db, schema)
        return len(self.count_rows()), len(empty)

    def count_rows(self) -> dict[str, int]:
        keys = [table.key for table in self._inspect().of(Table)]
        return {key.path: count_rows(self.db, key) for key in keys}

    def find_differences(self, url: str) -> Iterator[str]:
        """Yield the differences to another database that other programs find."""
        other = LiveDatabase(url)
        yield from find_differences(self.db, other.db)
        other.connection.close()

    def list_columns(self, name: str) -> list[str]:
        return [
            column.name for column in self._inspect().get_table(table_key(name)).columns
        ]

    def run_script(self, sql: str) -> None:
        """Run a script as ``psql -f`` or ``sqlite3 -bail`` would."""
        driver = self.connection.connection
        if self.engine.vendor == "sqlite":
            driver.executescript(sql)
        else:
            driver.execute(sql)


@contextmanager
def create_databases(engine: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Keep two databases until the block ends; yield the URLs of both.

    The first is to be adopted, the second is empty.
    """
    if engine == "sqlite":
        yield f"sqlite:///{folder}/old.sqlite3", f"sqlite:///{folder}/new.sqlite3"
        return
    with run_programs(
        choose_programs(tuple(find_installed_programs()), extensions=["hstore"]),
        asks_for_password=False,
    ) as server:
        host, user = server.settings["HOST"], server.settings["USER"]
        base = f"postgresql://{user}@{host.replace('/', '%2F')}:5432"
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            for name in ("old", "new"):
                connection.execute(f"CREATE DATABASE {name}")
        yield f"{base}/old", f"{base}/new"


def try_adoption(engine: str, options: argparse.Namespace) -> bool:
    """Adopt the project's database on an engine; print the steps, tell whether all pass."""
    left = ", all but the small app left to migrate" if options.apps else ""
    print(f"\n{options.name} on {engine}{left}", flush=True)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        with create_databases(engine, folder) as (old, empty):
            project = Project(
                folder=folder,
                url=old,
                verbose=options.verbose,
                apps=options.apps or None,
            )
            app.write_app(folder)
            (folder / "adopted_settings.py").write_text(
                SETTINGS.format(
                    app=app.NAME, folder=str(folder), apps=options.apps or None
                )
            )
            # Connecting makes the SQLite file, and the project's settings name it.
            living = LiveDatabase(old)
            try:
                began = time.monotonic()
                for line in adopt(project, living, empty):
                    print(
                        f"  ok    {line}, {time.monotonic() - began:.1f} s", flush=True
                    )
                    began = time.monotonic()
            except Differs as error:
                print(f"  FAIL  {error}", flush=True)
                return False
            finally:
                living.connection.close()
    return True


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools adoption adopt", description=__doc__
    )
    parser.add_argument("--name", required=True, help="the project's name")
    parser.add_argument(
        "--engine", choices=("postgresql", "sqlite"), action="append", default=[]
    )
    parser.add_argument(
        "--third-party",
        action="store_const",
        const=[app.NAME],
        dest="apps",
        help="leave all apps but the small one to Django (APPS)",
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args(arguments)
    settings.configure()
    engines = options.engine or ["postgresql", "sqlite"]
    results = [try_adoption(engine, options) for engine in engines]
    return 0 if all(results) else 1
