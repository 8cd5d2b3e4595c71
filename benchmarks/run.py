"""How long each phase takes, for projects of 10, 100 and 1000 models.

    .venv/bin/python benchmarks/run.py [MODELS...]

Prints a Markdown table.  PostgreSQL is an embedded server without durability; every
figure is the least of a few runs, each in a fresh process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
from project import write_project

from schema_migrations.dev.cluster import SUPERUSER
from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs

HERE = Path(__file__).resolve().parent
SIZES = (10, 100, 1000)
RUNS = 5
PSQL = "psql -1 -f, the same SQL"
APPLY = "schemaapply, without start-up"
BARE = "schemaapply --no-signals"

Figures = dict[str, float]


def main(sizes: tuple[int, ...]) -> None:
    programs = choose_programs(find_installed_programs())
    with run_programs(programs, asks_for_password=False) as server:
        host = server.settings["HOST"]
        columns = [
            measured(models, host, programs.bin_folder / "psql") for models in sizes
        ]
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"PostgreSQL {programs.version}, Python {version}, {os.cpu_count()} cores.\n")
    print(table(sizes, columns))


def measured(models: int, host: str, psql: Path) -> Figures:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, models)
        diff = best(lambda: diff_run(folder, host))
        apply = best(lambda: child(folder, host, "apply"))
        bare = best(lambda: child(folder, host, "apply", "--no-signals"))
        plain = best(lambda: psql_run(folder, host, psql))
    figures = {phase: seconds for phase, seconds in diff.items() if phase != "total"}
    peak = figures.pop("peak MiB")
    return figures | {
        "schemadiff, without start-up": diff["total"],
        APPLY: apply["total"],
        BARE: bare["total"],
        PSQL: plain["total"],
        "schemaapply --no-signals / psql": bare["total"] / plain["total"],
        "peak MiB, schemadiff": peak,
        "peak MiB, schemaapply": apply["peak MiB"],
    }


def best(run: Callable[[], Figures]) -> Figures:
    runs = [run() for _ in range(RUNS)]
    return {name: min(figures[name] for figures in runs) for name in runs[0]}


def diff_run(folder: Path, host: str) -> Figures:
    for file in folder.glob("migrations/*"):
        file.unlink()
    return child(folder, host, "diff")


def child(folder: Path, host: str, *what: str) -> Figures:
    url = empty_database(host)
    done = subprocess.run(
        [sys.executable, HERE / "measure.py", *what],
        cwd=folder,
        # Byte code is kept, as where the package is installed.
        env=os.environ | {"BENCHMARK_URL": url, "PYTHONDONTWRITEBYTECODE": ""},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    figures: Figures = json.loads(done.stdout)
    return figures


def psql_run(folder: Path, host: str, psql: Path) -> Figures:
    url = empty_database(host)
    files = sorted(folder.glob("migrations/*.sql"))
    options = ["-q", "-1", "-X", "-v", "ON_ERROR_STOP=1"]
    began = time.perf_counter()
    for file in files:
        subprocess.run([psql, *options, "-f", file, url], check=True)
    return {"total": time.perf_counter() - began}


def empty_database(host: str) -> str:
    with psycopg.connect(
        host=host, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("DROP DATABASE IF EXISTS benchmark")
        connection.execute("CREATE DATABASE benchmark")
    return f"postgresql://{SUPERUSER}@/benchmark?host={quote(host)}"


def table(sizes: tuple[int, ...], columns: list[Figures]) -> str:
    lines = [
        "| seconds | " + " | ".join(f"{size} models" for size in sizes) + " |",
        "|---|" + "---:|" * len(sizes),
    ]
    for phase in columns[0]:
        cells = [written(phase, column.get(phase, 0.0)) for column in columns]
        lines.append(f"| {phase} | {' | '.join(cells)} |")
    return "\n".join(lines)


def written(phase: str, figure: float) -> str:
    return f"{figure:.0f}" if "MiB" in phase else f"{figure:.3f}"


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
