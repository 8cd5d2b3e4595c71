"""Break runs of ``schemaapply`` and look whether it keeps its promises.

    python scripts/faults/run.py kill|full|stampede|traffic [--engine ENGINE] [OPTION...]

Exits 1 when anything was lost, done twice, or claimed and not done.
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

ROOT = Path(__file__).resolve().parent.parent.parent
# Its own folder must not be there: modules of the same names would be found twice.
sys.path[0:1] = [str(ROOT / "scripts"), str(ROOT)]


def main(arguments: Sequence[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "faults.settings"
    import django

    django.setup()
    from faults import full, kill, stampede, traffic
    from faults.scenarios import POSTGRESQL, SQLITE

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    for module in (kill, full, stampede, traffic):
        name = module.__name__.rpartition(".")[2]
        text = (module.__doc__ or "").partition("\n")[0]
        sub = commands.add_parser(name, help=text, description=text)
        engines = (POSTGRESQL,) if module is traffic else (POSTGRESQL, SQLITE)
        sub.add_argument("--engine", choices=engines, default=POSTGRESQL)
        sub.add_argument(
            "--major", type=int, help="of PostgreSQL (default: the newest)"
        )
        module.options(sub)
        sub.set_defaults(run=module.run)
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    with served(chosen) as server, tempfile.TemporaryDirectory() as folder:
        code: int = chosen.run(chosen, server, Path(folder))
    return code


@contextmanager
def served(chosen: argparse.Namespace) -> Iterator[Any]:
    """Yield a server that can be crashed; None for SQLite."""
    from faults.scenarios import POSTGRESQL
    from faults.server import crashable
    from schema_migrations.dev.programs import choose_programs, find_installed_programs

    if chosen.engine != POSTGRESQL:
        yield None
        return
    programs = choose_programs(find_installed_programs(), major=chosen.major)
    print(f"PostgreSQL {programs.version}; fsync is off, commits are not")
    with crashable(programs) as server:
        yield server


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
