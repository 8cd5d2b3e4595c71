"""Walk through a project's Django migration history, one state after another.

    python -m tools histories walk --settings MODULE [--engine postgresql|sqlite]
                                   [--url URL] [--each-operation] [--only TEXT] [-v]

A database with rows lives through the whole history: at each step our plan, from the
state before to the state after, is applied to it, and must give exactly the catalog of
fresh creation, with every row and value kept.  Prints one line for a step that fails,
and a table at the end; exits 1 when a step failed.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings as django_settings
from django.db.migrations.loader import MigrationLoader

from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from schema_migrations.engines.registry import engine_for, engine_for_url
from tools.histories.history import steps
from tools.histories.journey import Journey
from tools.histories.tally import Tally, table


def main(arguments: Sequence[str]) -> int:
    options = chosen(arguments)
    with served(options) as (settings, url):
        os.environ.setdefault("CORPUS_DB_URL", url)
        os.environ["DJANGO_SETTINGS_MODULE"] = options.settings
        load(settings)

        result = walked(options, settings)
    return 0 if result else 1


def walked(options: argparse.Namespace, settings: dict[str, Any]) -> bool:
    """Walk, print the table, and tell whether every step passed."""
    began = time.monotonic()
    tally = Tally(project=options.name or options.settings, engine=options.engine)
    journey = Journey(
        engine=engine_for(options.engine),
        settings=settings,
        tally=tally,
        only=options.only,
        verbose=options.verbose,
        thorough=options.thorough,
    )
    loader = MigrationLoader(None, replace_migrations=not options.unsquashed)
    try:
        for step in steps(loader, each_operation=options.each_operation):
            journey.go(step)
        journey.finish()
    finally:
        journey.leave()
    tally.seconds = time.monotonic() - began
    journey.say("  ".join(f"{k} {v:.0f}s" for k, v in journey.phases.items()))
    print(table([tally]))
    if options.report:
        with options.report.open("a") as file:
            file.write(json.dumps(tally.row()) + "\n")
    return tally.passed


def chosen(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools histories walk", description=__doc__
    )
    parser.add_argument(
        "--settings", required=True, help="the project's settings module"
    )
    parser.add_argument(
        "--engine", choices=("postgresql", "sqlite"), default="postgresql"
    )
    parser.add_argument(
        "--url", help="of a server where databases can be made; else one is started"
    )
    parser.add_argument("--name", help="of the project, in the table")
    parser.add_argument(
        "--each-operation",
        action="store_true",
        help="a step for each operation, not each migration",
    )
    parser.add_argument(
        "--unsquashed",
        action="store_true",
        help="take replaced migrations, not those that squash them",
    )
    parser.add_argument(
        "--only", default="", help="walk only steps whose name holds this text"
    )
    parser.add_argument(
        "--extension",
        action="append",
        default=[],
        help="that the project needs from the beginning",
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="compare by another program after every step, not only at the end",
    )
    parser.add_argument(
        "--report", type=Path, help="append the result to this file, as JSON"
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="a line for every step; twice: the plan of one that fails, too",
    )
    return parser.parse_args(arguments)


@contextmanager
def served(options: argparse.Namespace) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the settings of a server, and its URL."""
    if options.url:
        engine = engine_for_url(options.url)
        options.engine = engine.vendor
        yield engine.addresses.settings_from_url(options.url, {}), options.url
    elif options.engine == "sqlite":
        settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        yield settings, "sqlite:///:memory:"
    else:
        every = tuple(find_installed_programs())
        # Its own pg_dump makes the last comparison; an older one would refuse.
        able = [each for each in every if (each.bin_folder / "pg_dump").exists()]
        programs = choose_programs(able or every, extensions=["hstore"])
        with run_programs(programs) as server:
            host = server.settings["HOST"].replace("/", "%2F")
            user = server.settings["USER"]
            yield server.settings, f"postgresql://{user}@{host}:5432/postgres"


def load(database: dict[str, Any]) -> None:
    """Load the project with this database as its only one."""
    warnings.simplefilter("ignore")
    django_settings.DATABASES = {"default": database}
    django.setup()
