"""Whether work grows no faster than the files: long files, long statements, many files.

    .venv/bin/python benchmarks/cliffs.py [PART...]

Prints a Markdown table: our figure, the one beside it from the same run, the limit, and
whether it was met.  PostgreSQL is an embedded server, for ``txmode none`` one that keeps
what it commits; every figure is the least of a few runs, each in a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from project import write_project
from run import HERE, empty_database

from schema_migrations.dev.cluster import THROWAWAY_SETTINGS, run_server
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from schema_migrations.history.directory import Directory, save
from schema_migrations.history.file import MigrationFile

RUNS = 5
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; ``ours`` may be at most ``limit``."""

    what: str
    ours: float
    beside: str
    limit: float
    unit: str = "s"

    def print(self) -> None:
        met = "yes" if self.ours <= self.limit else "NO"
        print(
            f"| {self.what} | {self.ours:.2f} {self.unit} | {self.beside} "
            f"| {self.limit:.2f} {self.unit} | {met} |",
            flush=True,
        )


@dataclass(frozen=True, slots=True)
class Bench:
    """A project with the app, one without, and a server."""

    folder: Path
    host: str
    psql: Path

    def write_files(self, *contents: str, name: str = "migrations") -> None:
        """Make these the files of the project, with their ``atlas.sum``."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        files = [
            MigrationFile(name=f"{number:06}_file.sql", content=text.encode())
            for number, text in enumerate(contents, start=1)
        ]
        save(folder, Directory(path=str(folder)), files)

    def manage(self, *arguments: str, url: str = "", settings: str = "settings") -> Run:
        """Run ``manage.py`` with these arguments in a process of its own."""
        command = [sys.executable, "-m", "django", *arguments]
        environment = self.make_environment(url, settings)
        return run_process(*command, cwd=self.folder, env=environment)

    def time_checks(self, settings: str) -> Run:
        """Run the system checks in a new process; the start of Django does not count."""
        done = subprocess.run(
            [sys.executable, HERE / "measure.py", "check"],
            cwd=self.folder,
            env=self.make_environment("", settings),
            check=True,
            stdout=subprocess.PIPE,
        )
        figures = json.loads(done.stdout)
        return Run(seconds=figures["total"], mebibytes=figures["peak MiB"])

    def make_environment(self, url: str, settings: str) -> dict[str, str]:
        path = [str(self.folder), os.environ.get("PYTHONPATH", "")]
        return os.environ | {
            "BENCHMARK_URL": url or "postgresql://nobody@/none?host=nowhere",
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPATH": os.pathsep.join(path).rstrip(os.pathsep),
        }

    def apply(self, *arguments: str, url: str) -> Run:
        return self.manage(
            "schemaapply", "--no-signals", "--no-input", "-v0", *arguments, url=url
        )

    def find_file(self) -> Path:
        """Return the only file of the project."""
        (file,) = (self.folder / "migrations").glob("*.sql")
        return file

    def run_psql(self, url: str, *options: str | Path) -> Run:
        stop = "ON_ERROR_STOP=1"
        return run_process(self.psql, "-qX", "-v", stop, *options, url, cwd=self.folder)


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took."""

    seconds: float
    mebibytes: float


def run_process(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> Run:
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}")
    return Run(seconds=seconds, mebibytes=usage.ru_maxrss / 1024)


def find_least(*runs: Callable[[], Run]) -> list[float]:
    """Return the least seconds of each, run in turns: other load hits all alike."""
    rounds = [[run().seconds for run in runs] for _ in range(RUNS)]
    return [min(each) for each in zip(*rounds, strict=True)]


def compare_with_psql(
    bench: Bench,
    what: str,
    text: str,
    *,
    factor: float,
    psql_options: tuple[str, ...] = (),
) -> None:
    """Apply a file, and run it by ``psql``; what both take to start is taken off."""
    bench.write_files(text)
    bench.write_files("SELECT 1;\n", name="short")
    start, psql_start, ours, psql = find_least(
        lambda: bench.apply("--dir", "short", url=empty_database(bench.host)),
        lambda: bench.run_psql(empty_database(bench.host), "-c", "SELECT 1"),
        lambda: bench.apply(url=empty_database(bench.host)),
        lambda: bench.run_psql(
            empty_database(bench.host), *psql_options, "-f", bench.find_file()
        ),
    )
    plain = psql - psql_start
    Row(
        what=what,
        ours=ours - start,
        beside=f"psql {plain:.2f} s",
        limit=factor * plain,
    ).print()


def measure_passwords(bench: Bench) -> None:
    """Apply what a search for passwords would read at length."""
    words = "my password is a word. "
    text = words * (10 * MEBIBYTE // len(words))
    compare_with_psql(
        bench,
        "one statement of 10 MiB, 450,000 times `password`",
        f"CREATE TABLE a (w text);\nINSERT INTO a VALUES ('{text}');\n",
        factor=1.2,
        psql_options=("-1",),
    )


def measure_txmode_none(bench: Bench) -> None:
    for count in (3_000, 10_000):
        rows = "\n".join(
            f"INSERT INTO a VALUES ({number}, 'word {number}');"
            for number in range(count)
        )
        compare_with_psql(
            bench,
            f"`txmode none`, {count:,} statements",
            "-- atlas:txmode none\n\n"
            f"CREATE TABLE a (id integer PRIMARY KEY, w text);\n{rows}\n",
            factor=3,
        )


def measure_memory(bench: Bench) -> None:
    """Apply a long statement; libpq alone keeps two copies of it until it is done."""
    text = "word " * (100 * MEBIBYTE // 5)
    bench.write_files(f"CREATE TABLE a (w text);\nINSERT INTO a VALUES ('{text}');\n")
    ours = bench.apply(url=empty_database(bench.host))
    psql = bench.run_psql(empty_database(bench.host), "-f", bench.find_file())
    Row(
        what="one statement of 100 MiB",
        ours=ours.mebibytes,
        beside=f"psql {psql.mebibytes:.0f} MiB",
        limit=psql.mebibytes,
        unit="MiB",
    ).print()


def measure_many_files(bench: Bench) -> None:
    """Run schemaapply and schemastatus where all of 10,000 files are applied already."""
    bench.write_files(*(f"SELECT {number};\n" for number in range(10_000)))
    url = empty_database(bench.host)
    bench.apply(url=url)
    plain, apply, status = find_least(
        lambda: bench.manage("check", settings="without", url=url),
        lambda: bench.apply(url=url),
        lambda: bench.manage("schemastatus", url=url),
    )
    for command, ours in (("schemaapply", apply), ("schemastatus", status)):
        Row(
            what=f"`{command}`, 10,000 files, none pending",
            ours=ours,
            beside=f"`check` without the app {plain:.2f} s",
            limit=plain + 1,
        ).print()


def measure_checks(bench: Bench) -> None:
    """Run the system checks with 3,000 files as a checkout leaves them: all are read."""
    bench.write_files(*(f"SELECT {number};\n" for number in range(3_000)))
    for file in (bench.folder / "migrations").glob("*.sql"):
        os.utime(file)
    without, ours = find_least(
        lambda: bench.time_checks("without"), lambda: bench.time_checks("settings")
    )
    Row(
        what="our checks, 3,000 files",
        ours=1000 * (ours - without),
        beside=f"those of Django {1000 * without:.0f} ms",
        limit=50,
        unit="ms",
    ).print()


DURABLE_SETTINGS = THROWAWAY_SETTINGS | dict.fromkeys(
    ("fsync", "full_page_writes", "synchronous_commit"), "on"
)
"""Those of a server that keeps what it commits: only such a one shows what a commit
costs."""

PARTS = {
    "passwords": (measure_passwords, THROWAWAY_SETTINGS),
    "txmode-none": (measure_txmode_none, DURABLE_SETTINGS),
    "memory": (measure_memory, THROWAWAY_SETTINGS),
    "many-files": (measure_many_files, THROWAWAY_SETTINGS),
    "checks": (measure_checks, THROWAWAY_SETTINGS),
}
"""A part's name → what measures it, and the settings of its server."""


@contextmanager
def open_bench(
    server_settings: Mapping[str, str], *, models: int = 10
) -> Iterator[Bench]:
    programs = choose_programs(find_installed_programs())
    with (
        run_server(
            programs, server_settings=server_settings, asks_for_password=False
        ) as server,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        write_project(folder, models)
        (folder / "without.py").write_text(
            "from settings import *\n\n"
            "INSTALLED_APPS = [a for a in INSTALLED_APPS if a != 'schema_migrations']\n"
        )
        yield Bench(
            folder=folder,
            host=str(server.folder),
            psql=programs.bin_folder / "psql",
        )


def main(parts: list[str]) -> None:
    print("| | ours | beside | limit | met |\n|---|---:|---:|---:|---|", flush=True)
    for part in parts or PARTS:
        measure, server_settings = PARTS[part]
        with open_bench(server_settings) as bench:
            measure(bench)


if __name__ == "__main__":
    main(sys.argv[1:])
