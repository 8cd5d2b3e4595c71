"""Walk through a project's Django migration history, one state after another.

    python -m tools histories walk --settings MODULE [--engine postgresql|sqlite]
                                   [--url URL] [--each-operation] [--only TEXT] [--ask] [-v]

A database with rows lives through the whole history.  At each step our plan, from the
state before to the state after, is applied to it; its catalog must then be that of fresh
creation, with every row and value kept.  Prints a line for each step that fails and for
each state that is unfit, since Django itself cannot create it, with Django's error, and a
table at the end; exits 1 when a step failed.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django
from django.conf import settings as django_settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.utils import load_backend

from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from schema_migrations.engines.registry import engine_for, engine_for_url
from tools.histories.creation import Surroundings
from tools.histories.history import list_steps
from tools.histories.journey import Journey
from tools.histories.tally import Tally, format_table


def main(arguments: Sequence[str]) -> int:
    options = parse_options(arguments)
    with start_server(options) as (settings, url):
        os.environ.setdefault("CORPUS_DB_URL", url)
        os.environ["DJANGO_SETTINGS_MODULE"] = options.settings
        has_passed = walk_history(options, load_project(settings))
    return 0 if has_passed else 1


def walk_history(options: argparse.Namespace, settings: dict[str, Any]) -> bool:
    """Walk through the history, print the table, and tell whether every step passed."""
    began = time.monotonic()
    tally = Tally(project=options.name or options.settings, engine=options.engine)
    journey = Journey(
        engine=engine_for(options.engine),
        settings=settings,
        tally=tally,
        only=options.only,
        verbose=options.verbose,
        thorough=options.thorough,
        asks=options.ask,
        surroundings=Surroundings(extensions=tuple(options.extension)),
    )
    loader = MigrationLoader(None, replace_migrations=not options.unsquashed)
    try:
        for step in list_steps(loader, each_operation=options.each_operation):
            journey.walk_step(step)
        journey.finish()
    finally:
        journey.drop_database()
    tally.seconds = time.monotonic() - began
    journey.say("  ".join(f"{k} {v:.0f}s" for k, v in journey.phases.items()))
    print(format_table([tally]))
    if options.report:
        with options.report.open("a") as file:
            file.write(json.dumps(asdict(tally)) + "\n")
    return tally.has_passed


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
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
        "--url", help="make databases on this server (default: start one)"
    )
    parser.add_argument("--name", help="the project's name in the table")
    parser.add_argument(
        "--each-operation",
        action="store_true",
        help="make a step of each operation, not of each migration",
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
        help="an extension that the project needs from the beginning (repeatable)",
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="compare by another program after every step, not only at the end",
    )
    parser.add_argument(
        "--ask",
        action="store_true",
        help="answer the questions of each step one by one, too, and count them",
    )
    parser.add_argument(
        "--report", type=Path, help="append the result to this file, as JSON"
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="print a line for every step; twice: also the plan of a step that fails",
    )
    return parser.parse_args(arguments)


@contextmanager
def start_server(options: argparse.Namespace) -> Iterator[tuple[dict[str, Any], str]]:
    """Run a server until the block ends, unless one is given; yield settings and URL."""
    if options.url:
        engine = engine_for_url(options.url)
        options.engine = engine.vendor
        yield engine.addresses.settings_from_url(options.url, {}), options.url
    elif options.engine == "sqlite":
        settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        yield settings, "sqlite:///:memory:"
    else:
        installed = tuple(find_installed_programs())
        # The last comparison needs a pg_dump of this major; an older one would refuse.
        with_dump = [p for p in installed if (p.bin_folder / "pg_dump").exists()]
        programs = choose_programs(
            with_dump or installed, extensions=["hstore", *options.extension]
        )
        with run_programs(programs, asks_for_password=False) as server:
            host = server.settings["HOST"].replace("/", "%2F")
            user = server.settings["USER"]
            yield server.settings, f"postgresql://{user}@{host}:5432/postgres"


def load_project(database: dict[str, Any]) -> dict[str, Any]:
    """Load the project with this database as its only one; return its settings.

    The backend is the project's own, if it is one for this kind of database.
    """
    warnings.simplefilter("ignore")
    given = database["ENGINE"]
    own = getattr(django_settings, "DATABASES", {}).get("default", {}).get("ENGINE")
    # Apps may ask for the project's backend while they are loaded.
    django_settings.DATABASES = {"default": database}
    database["ENGINE"] = own or given
    django.setup()
    # Only now: a backend may have models, as that of PostGIS has.
    if _read_vendor(database["ENGINE"]) != _read_vendor(given):
        database["ENGINE"] = given
        with suppress(AttributeError):  # no app has asked for the connection
            del connections["default"]
    return database


def _read_vendor(backend: str) -> str:
    vendor: str = load_backend(backend).DatabaseWrapper.vendor
    return vendor
