"""Break runs of ``schemaapply`` and check that it keeps its promises.

    python -m tools faults kill|full|stampede|traffic [--engine ENGINE] [OPTION...]

Exits 1 when anything was lost, done twice, or recorded but not done.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def main(arguments: Sequence[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tools.faults.settings"
    import django

    django.setup()
    from tools.faults import full, kill, stampede, traffic
    from tools.faults.scenarios import POSTGRESQL, SQLITE

    parser = argparse.ArgumentParser(
        prog="python -m tools faults", description=(__doc__ or "").partition("\n")[0]
    )
    commands = parser.add_subparsers(required=True)
    for module in (kill, full, stampede, traffic):
        name = module.__name__.rpartition(".")[2]
        text = (module.__doc__ or "").partition("\n")[0]
        sub = commands.add_parser(name, help=text, description=text)
        engines = (POSTGRESQL,) if module is traffic else (POSTGRESQL, SQLITE)
        sub.add_argument("--engine", choices=engines, default=POSTGRESQL)
        sub.add_argument(
            "--major", type=int, help="PostgreSQL's major (default: the newest)"
        )
        module.add_options(sub)
        sub.set_defaults(run=module.run)
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    with start_server(chosen) as server, tempfile.TemporaryDirectory() as folder:
        code: int = chosen.run(chosen, server, Path(folder))
    return code


@contextmanager
def start_server(chosen: argparse.Namespace) -> Iterator[Any]:
    """Run a server that can be crashed until the block ends; yield None for SQLite."""
    from schema_migrations.dev.programs import choose_programs, find_installed_programs
    from tools.faults.scenarios import POSTGRESQL
    from tools.faults.server import run_crashable_server

    if chosen.engine != POSTGRESQL:
        yield None
        return
    programs = choose_programs(find_installed_programs(), major=chosen.major)
    print(f"PostgreSQL {programs.version}; fsync is off, commits are not")
    with run_crashable_server(programs) as server:
        yield server
