"""How long a check takes where nothing has changed, beside Django's own commands.

    .venv/bin/python benchmarks/no_change.py [MODELS...]

Prints a Markdown table: medians of whole processes, run in turns, so that a busy machine
slows all alike, and in brackets the ratio to ``manage.py check``.  The project's own server is
an embedded PostgreSQL without durability.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from project import write_project
from run import empty_database

from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs

SIZES = (10, 100, 1000)
ROUNDS = 7
COLD_ROUNDS = 3
WITHOUT = "check, without the app"
CHECK = "check"
KNOWN = "schemadiff --check"
COLD = "schemadiff --check --no-cache"
COMMANDS = {
    WITHOUT: ("check",),
    CHECK: ("check",),
    "makemigrations --check": ("makemigrations", "--check", "--dry-run"),
    KNOWN: ("schemadiff", "--check"),
    COLD: ("schemadiff", "--check", "--no-cache"),
}

Seconds = dict[str, list[float]]


def main(sizes: tuple[int, ...]) -> None:
    programs = choose_programs(find_installed_programs())
    with run_programs(programs, asks_for_password=False) as server:
        columns = [time_commands(models, server.settings["HOST"]) for models in sizes]
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"PostgreSQL {programs.version}, Python {version}, {os.cpu_count()} cores.\n")
    print(format_table(sizes, columns))


def time_commands(models: int, host: str) -> Seconds:
    """Return the seconds of each command, from runs in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, models)
        settings = (folder / "settings.py").read_text()
        bare = settings.replace('"schema_migrations", ', "")
        (folder / "settings_without.py").write_text(bare)
        environment = os.environ | {
            "BENCHMARK_URL": empty_database(host),
            "SCHEMA_MIGRATIONS_CACHE": str(folder / "cache"),
            "PYTHONDONTWRITEBYTECODE": "",  # byte code is kept, as where it is installed
            "PYTHONPATH": os.pathsep.join((name, os.environ.get("PYTHONPATH", ""))),
        }
        labels = sorted(path.parent.name for path in folder.glob("*/models.py"))
        run(folder, environment, CHECK, "makemigrations", *labels)
        run(folder, environment, CHECK, "schemadiff", "initial", "--no-input")
        for what in COMMANDS:
            run(folder, environment, what, *COMMANDS[what])
        seconds: Seconds = {what: [] for what in COMMANDS}
        for number in range(ROUNDS):
            for what, arguments in COMMANDS.items():
                if what != COLD or number < COLD_ROUNDS:
                    taken = run(folder, environment, what, *arguments)
                    seconds[what].append(taken)
    return seconds


def run(
    folder: Path, environment: Mapping[str, str], what: str, *arguments: str
) -> float:
    """Run ``manage.py`` in a process of its own; return its seconds."""
    settings = "settings_without" if what == WITHOUT else "settings"
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=folder,
        env={**environment, "DJANGO_SETTINGS_MODULE": settings},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{arguments}: exit {done.returncode}\n{done.stderr.decode()}")
    return time.perf_counter() - began


def format_table(sizes: tuple[int, ...], columns: list[Seconds]) -> str:
    lines = [
        "| seconds | " + " | ".join(f"{size} models" for size in sizes) + " |",
        "|---|" + "---:|" * len(sizes),
    ]
    medians = [
        {what: statistics.median(taken) for what, taken in column.items()}
        for column in columns
    ]
    for what in COMMANDS:
        cells = [
            f"{column[what]:.2f} ({column[what] / column[CHECK]:.2f})"
            for column in medians
        ]
        lines.append(f"| `{what}` | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
