"""How long files take to be applied: many small ones, a large one, and their status.

    .venv/bin/python benchmarks/applying.py [PART...]

Prints a Markdown table of medians: ours, what stands beside it, their ratio, the limit,
and whether it was met.  Every figure is of whole processes, run in turns.  PostgreSQL is
an embedded server without durability.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from cliffs import Bench, Run, open_bench
from psycopg.sql import SQL, Identifier, Literal
from run import diff_run, empty_database

from schema_migrations.dev.cluster import THROWAWAY_SETTINGS
from schema_migrations.engines.postgresql.session.revisions import REVISIONS_TABLE_SQL
from schema_migrations.revision_store import COLUMNS, FIXED_COLUMNS, REVISIONS_TABLE

RUNS = 5
TABLES = 1_000
"""Of the large file."""
APP = "steps"

SETTINGS = """\
from settings import *

INSTALLED_APPS = ["{app}"]
"""

MIGRATION = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = {dependencies!r}
    operations = [migrations.RunSQL({sql!r})]
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: medians in seconds; ``ours`` may be at most ``limit``."""

    what: str
    ours: float
    peer: str
    beside: float
    limit: float

    def print(self) -> None:
        met = "yes" if self.ours <= self.limit else "NO"
        print(
            f"| {self.what} | {self.ours:.2f} s | {self.peer} {self.beside:.2f} s"
            f" | {self.ours / self.beside:.2f} | {self.limit:.2f} s | {met} |",
            flush=True,
        )


def find_medians(*runs: Callable[[], Run]) -> list[float]:
    """Return the median seconds of each, run in turns: other load hits all alike."""
    rounds = [[run().seconds for run in runs] for _ in range(RUNS)]
    return [statistics.median(each) for each in zip(*rounds, strict=True)]


def make_statements(count: int) -> list[str]:
    """Return as many statements, each for a file: a table, then a column of it."""
    return [
        f"ALTER TABLE t{number - 1} ADD COLUMN w text;\n"
        if number % 2
        else f"CREATE TABLE t{number} (id integer PRIMARY KEY);\n"
        for number in range(count)
    ]


def measure_beside_migrate(bench: Bench) -> None:
    """Apply files, and let Django's ``migrate`` run the same SQL as migrations.

    Both send Django's signals, in a project without any other app.
    """
    statements = make_statements(300)
    bench.write_files(*statements)
    write_migrations(bench.folder, statements)
    ours, migrate = find_medians(
        *(
            partial(run_in_small_project, bench, command, settings)
            for command, settings in (("schemaapply", "ours"), ("migrate", "djangos"))
        )
    )
    Row(
        what="300 files of one statement",
        ours=ours,
        peer="`migrate` of as many migrations",
        beside=migrate,
        limit=migrate,
    ).print()


def run_in_small_project(bench: Bench, command: str, settings: str) -> Run:
    url = empty_database(bench.host)
    return bench.manage(command, "--no-input", "-v0", settings=settings, url=url)


def write_migrations(folder: Path, statements: list[str]) -> None:
    """Write an app with a migration for each statement; settings with this app alone,
    and others with ours."""
    (folder / "djangos.py").write_text(SETTINGS.format(app=APP))
    (folder / "ours.py").write_text(SETTINGS.format(app="schema_migrations"))
    package = folder / APP / "migrations"
    package.mkdir(parents=True)
    (folder / APP / "__init__.py").touch()
    (package / "__init__.py").touch()
    before: list[tuple[str, str]] = []
    for number, sql in enumerate(statements, start=1):
        name = f"{number:04}_step"
        text = MIGRATION.format(dependencies=before, sql=sql)
        (package / f"{name}.py").write_text(text)
        before = [(APP, name)]


def measure_beside_psql(bench: Bench) -> None:
    """Apply files, and let psql run them with their revision rows."""
    bench.write_files(*make_statements(3_000))
    url = empty_database(bench.host)
    bench.apply(url=url)
    script = bench.folder / "with_rows.sql"
    script.write_text("".join(write_script(bench, url)))
    ours, psql = find_medians(
        lambda: bench.apply(url=empty_database(bench.host)),
        lambda: bench.run_psql(empty_database(bench.host), "-f", script),
    )
    Row(
        what="3,000 files of one statement",
        ours=ours,
        peer="psql, the same transactions",
        beside=psql,
        limit=2 * psql,
    ).print()


def write_script(bench: Bench, url: str) -> Iterator[str]:
    """Yield what a run does, as a script: for each file a transaction that writes its
    row, runs the statement, and changes the row."""
    yield f"{REVISIONS_TABLE_SQL.format(schema='public')};\n"
    table = Identifier(REVISIONS_TABLE)
    files = {
        file.name.partition("_")[0]: file.read_text()
        for file in (bench.folder / "migrations").glob("*.sql")
    }
    with psycopg.connect(url) as connection:
        columns = SQL(", ").join(map(Identifier, COLUMNS))
        query = SQL("SELECT {} FROM {} ORDER BY version").format(columns, table)
        for values in connection.execute(query).fetchall():
            row = dict(zip(COLUMNS, values, strict=True))
            begun = row | {"applied": 0, "execution_time": 1}
            changed = SQL(", ").join(
                SQL("{} = {}").format(Identifier(name), Literal(value))
                for name, value in row.items()
                if name not in FIXED_COLUMNS
            )
            insert = SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING")
            update = SQL("UPDATE {} SET {} WHERE version = {} AND applied = 0")
            yield "BEGIN;\n"
            inserted = insert.format(
                table, columns, SQL(", ").join(map(Literal, begun.values()))
            )
            yield f"{inserted.as_string(connection)};\n{files[row['version']]}"
            updated = update.format(table, changed, Literal(row["version"]))
            yield f"{updated.as_string(connection)};\nCOMMIT;\n"


def measure_large_file(bench: Bench) -> None:
    """Apply the first file of a project of many models, and run it by psql."""
    diff_run(bench.folder, bench.host)
    file = bench.find_file()
    ours, psql, start = find_medians(
        lambda: bench.apply(url=empty_database(bench.host)),
        lambda: bench.run_psql(empty_database(bench.host), "-1", "-f", file),
        lambda: bench.manage("check", settings="without"),
    )
    Row(
        what=f"a file of {TABLES:,} tables",
        ours=ours,
        peer="`psql -1 -f` and `check` without the app",
        beside=psql + start,
        limit=1.15 * psql + start,
    ).print()


def measure_status(bench: Bench) -> None:
    """Show the status of 10,000 files that are applied."""
    bench.write_files(*(f"SELECT {number};\n" for number in range(10_000)))
    url = empty_database(bench.host)
    bench.apply(url=url)
    ours, start = find_medians(
        lambda: bench.manage("schemastatus", url=url),
        lambda: bench.manage("check", settings="without", url=url),
    )
    Row(
        what="`schemastatus`, 10,000 revisions",
        ours=ours,
        peer="`check` without the app",
        beside=start,
        limit=start + 0.5,
    ).print()


PARTS = {
    "migrate": (measure_beside_migrate, 10),
    "psql": (measure_beside_psql, 10),
    "large-file": (measure_large_file, TABLES),
    "status": (measure_status, 10),
}
"""A part's name → what measures it, and the number of models in its project."""


def main(parts: list[str]) -> None:
    print("| | ours | beside | ratio | limit | met |", flush=True)
    print("|---|---:|---:|---:|---:|---|", flush=True)
    for part in parts or PARTS:
        measure, models = PARTS[part]
        with open_bench(THROWAWAY_SETTINGS, models=models) as bench:
            measure(bench)


if __name__ == "__main__":
    main(sys.argv[1:])
