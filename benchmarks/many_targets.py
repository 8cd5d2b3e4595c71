"""How long commands take on many targets, and how much memory: schemas of one server.

    .venv/bin/python benchmarks/many_targets.py [TARGETS] [--shards N] [--jobs N]

Makes TARGETS schemas, each with the history of a directory of thirty files, and runs the
commands on all of them: nothing pending, then one in a hundred with a pending file, of
which one in ten fails.  Prints a Markdown table.  PostgreSQL is an embedded server without
durability.  Memory is the largest sum of a command and its workers, read ten times a
second; a page that several of them share counts once (PSS).  The server is not counted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from project import write_project

from schema_migrations.dev.cluster import SUPERUSER
from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from schema_migrations.history.directory import rehash

FILES = 30
MODELS = 10
PENDING_EVERY = 100
FAILING_EVERY = 1000
BATCH = 500
"""Schemas made in a transaction: each lock takes a slot of the server's memory."""
MOST_WITH_SIGNALS = 1000
"""Of more targets it takes too long: the receivers of Django's signals are called on
each."""
SAMPLE_PAUSE = 0.1
MEBIBYTE = 1024 * 1024

LAST = f"{20260101000000 + FILES}"
FIRST = "tenant_0000001"

MAKE_SCHEMAS = f"""
CREATE PROCEDURE make_schemas(first integer, last integer) LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOR n IN first..last LOOP
        name := 'tenant_' || lpad(n::text, 7, '0');
        EXECUTE format('CREATE SCHEMA %I', name);
        EXECUTE format('CREATE TABLE %I.atlas_schema_revisions'
            ' (LIKE {FIRST}.atlas_schema_revisions INCLUDING ALL)', name);
        EXECUTE format('INSERT INTO %I.atlas_schema_revisions'
            ' SELECT * FROM {FIRST}.atlas_schema_revisions', name);
        IF n % {BATCH} = 0 THEN COMMIT; END IF;
    END LOOP;
END $$"""

LEAVE_PENDING = f"""
DO $$
BEGIN
    FOR n IN 2..TARGETS LOOP
        IF n % {PENDING_EVERY} = 0 THEN
            EXECUTE format('DELETE FROM %I.atlas_schema_revisions WHERE version = %L',
                'tenant_' || lpad(n::text, 7, '0'), '{LAST}');
        END IF;
        IF n % {FAILING_EVERY} = 0 THEN
            EXECUTE format('CREATE TABLE %I.t{FILES} ()',
                'tenant_' || lpad(n::text, 7, '0'));
        END IF;
    END LOOP;
END $$"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    code: int
    seconds: float
    mebibytes: float
    last_lines: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="?", type=int, default=1000)
    parser.add_argument("--shards", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=4)
    asked = parser.parse_args()
    programs = choose_programs(find_installed_programs())
    with (
        run_programs(programs, asks_for_password=False) as server,
        tempfile.TemporaryDirectory() as name,
    ):
        host = server.settings["HOST"]
        folder = Path(name)
        url = f"postgresql://{SUPERUSER}@/benchmark?host={quote(host)}"
        _execute(host, "postgres", "CREATE DATABASE benchmark")
        began = time.perf_counter()
        _make_project(folder)
        _make_fleet(folder, host, url, asked.targets)
        made = time.perf_counter() - began
        print(
            f"PostgreSQL {programs.version}, Python {sys.version.split()[0]},"
            f" {os.cpu_count()} cores; {asked.targets} schemas, made in {made:.0f} s.\n"
        )
        print("| | exit | seconds | ms a target | MiB |\n|---|---:|---:|---:|---:|")
        for title, words in _list_runs(asked, host):
            measured = measure(folder, url, words)
            each = 1000 * measured.seconds / asked.targets
            print(
                f"| {title} | {measured.code} | {measured.seconds:.2f} | {each:.2f}"
                f" | {measured.mebibytes:.0f} |",
                flush=True,
            )
            print(measured.last_lines, file=sys.stderr)


def _list_runs(
    asked: argparse.Namespace, host: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    many = ("--targets", "targets.txt", "--jobs", str(asked.jobs))
    apply = ("schemaapply", *many, "--no-signals")
    yield "nothing pending, `schemaapply --check`", (*apply, "--check")
    yield "nothing pending, `schemaapply --no-signals`", apply
    if asked.targets <= MOST_WITH_SIGNALS:
        yield "nothing pending, `schemaapply`", ("schemaapply", *many)
    if asked.shards:
        last = f"{asked.shards}/{asked.shards}"
        yield f"the same, `--shard {last}`", (*apply, "--shard", last)
    yield "nothing pending, `schemastatus`", ("schemastatus", *many)
    _execute(host, "benchmark", LEAVE_PENDING.replace("TARGETS", str(asked.targets)))
    yield "1 % pending, `schemastatus`", ("schemastatus", *many)
    go_on = (*apply, "--on-failure", "continue")
    yield "1 % pending, 0.1 % failing, `schemaapply --no-signals`", go_on
    yield "0.1 % failed, `schemastatus`", ("schemastatus", *many)


def _make_project(folder: Path) -> None:
    write_project(folder, MODELS)
    migrations = folder / "migrations"
    migrations.mkdir()
    for number in range(1, FILES + 1):
        name = f"{20260101000000 + number}_t{number}.sql"
        sql = f"CREATE TABLE t{number} (id bigint PRIMARY KEY, name text);\n"
        (migrations / name).write_text(sql)
    rehash(migrations)


def _make_fleet(folder: Path, host: str, url: str, targets: int) -> None:
    names = [f"tenant_{number:07}" for number in range(1, targets + 1)]
    assert names[0] == FIRST
    (folder / "targets.txt").write_text("\n".join(names))
    (folder / "first.txt").write_text(FIRST)
    _execute(host, "benchmark", f"CREATE SCHEMA {FIRST}")
    # Django's handlers of signals need its tables.
    for app in ("contenttypes", "auth"):
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", app, "--verbosity=0"],
            cwd=folder,
            env=_environment(folder, url),
            check=True,
        )
    done = measure(
        folder, url, ("schemaapply", "--no-signals", "--targets", "first.txt")
    )
    assert done.code == 0, done.last_lines
    _execute(host, "benchmark", MAKE_SCHEMAS)
    _execute(host, "benchmark", f"CALL make_schemas(2, {targets})")
    _execute(host, "benchmark", "VACUUM ANALYZE pg_class, pg_namespace, pg_attribute")


def measure(folder: Path, url: str, words: tuple[str, ...]) -> Measured:
    """Run a command as a process; return its time, and its greatest memory."""
    began, peak = time.perf_counter(), 0.0
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", *words],
            cwd=folder,
            env=_environment(folder, url),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            peak = max(peak, sum(map(_read_memory, _list_processes(process.pid))))
            with suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLE_PAUSE)
        seconds = time.perf_counter() - began
        output.seek(0)
        lines = output.read().decode().splitlines()
    return Measured(
        code=process.returncode,
        seconds=seconds,
        mebibytes=peak / MEBIBYTE,
        last_lines="\n".join(line[:200] for line in lines[-6:]),
    )


def _list_processes(process: int) -> Iterator[int]:
    yield process
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _list_processes(int(child))


def _read_memory(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _environment(folder: Path, url: str) -> dict[str, str]:
    return os.environ | {
        "BENCHMARK_URL": url,
        "DJANGO_SETTINGS_MODULE": "settings",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPATH": os.pathsep.join(
            (str(folder), os.environ.get("PYTHONPATH", ""))
        ).rstrip(os.pathsep),
    }


def _execute(host: str, database: str, sql: str) -> None:
    with psycopg.connect(
        host=host, user=SUPERUSER, dbname=database, autocommit=True
    ) as connection:
        connection.execute(sql)


if __name__ == "__main__":
    main()
