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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any


def main(arguments: Sequence[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tools.faults.settings"
    import django

    django.setup()
    from tools.faults import (
        full,
        kill,
        many_targets,
        mutations,
        power_loss,
        stampede,
        traffic,
    )
    from tools.faults.steps import POSTGRESQL, SQLITE

    parser = argparse.ArgumentParser(
        prog="python -m tools faults", description=(__doc__ or "").partition("\n")[0]
    )
    commands = parser.add_subparsers(required=True)
    for module in (kill, many_targets, power_loss, mutations, full, stampede, traffic):
        name = module.__name__.rpartition(".")[2].replace("_", "-")
        text = (module.__doc__ or "").partition("\n")[0]
        sub = commands.add_parser(name, help=text, description=text)
        only_servers = module in (power_loss, traffic)
        engines = (POSTGRESQL,) if only_servers else (POSTGRESQL, SQLITE)
        if module is mutations:  # each bug has its engine, and each campaign its server
            sub.set_defaults(engine=None)
        else:
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
    """Run a server that can be crashed until the block ends; yield None without one."""
    from schema_migrations.dev.programs import choose_programs, find_installed_programs
    from tools.clients import describe_gap, find_clients
    from tools.faults.disk import NotMounted
    from tools.faults.server import run_crashable_server
    from tools.faults.steps import POSTGRESQL

    if chosen.engine != POSTGRESQL:
        yield None
        return
    programs = choose_programs(find_installed_programs(), major=chosen.major)
    if chosen.major and programs.major != chosen.major:
        raise SystemExit(
            f"PostgreSQL {chosen.major} was not found. Install it, for example as"
            f" /usr/lib/postgresql/{chosen.major}."
        )
    is_durable = getattr(chosen, "is_durable", False)
    print(
        f"PostgreSQL {programs.version}; fsync is {'on' if is_durable else 'off'},"
        " and commits are confirmed once they have left the server's memory"
    )
    if find_clients(programs.major) is None:
        print(describe_gap(programs.major))
    with ExitStack() as stack:
        try:
            server = stack.enter_context(
                run_crashable_server(
                    programs, is_durable=is_durable, has_disk=is_durable
                )
            )
        except NotMounted as reason:
            print(f"It has no disk of its own, which would lose its cache: {reason}")
            server = stack.enter_context(
                run_crashable_server(programs, is_durable=is_durable)
            )
        yield server
