"""Compare what we make of the models in Django's own tests with what Django makes.

    python -m tools django-suite [APP ...]

For each test app of Django's source distribution that holds models, on PostgreSQL and
on SQLite: models, plan, file, applied to an empty database; and beside it Django's
schema editor on another.  Both must be the same to our own inspector and diff and to
programs that are not ours, and a second diff must be empty.  Exits 1 on any difference.
What Django itself cannot load or make is named with Django's own reason.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import time
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

import django
from django.db import connections
from django.db.models import Model

from schema_migrations.dev.embedded import run_programs
from schema_migrations.errors import SchemaMigrationsError
from tools.django_suite.forks import forked
from tools.django_suite.loading import (
    NotLoaded,
    apps_in,
    load,
    owner,
    settle_in,
)
from tools.django_suite.outcome import (
    ENGINES,
    FAILED,
    Outcome,
    Row,
    differences,
    heading,
    line,
    notes,
    total,
)
from tools.django_suite.places import Place, server_and_clients, settle_at
from tools.django_suite.proof import Differs, NotMade, prove
from tools.django_suite.sdist import tests

TOGETHER = 8
"""Apps that are compared at once: databases and processes cost more than tables."""

Task = tuple[tuple[str, ...], Place]
Outcomes = dict[str, Outcome]
"""App → outcome."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools django-suite",
        description=(__doc__ or "").split("\n", 1)[0],
    )
    parser.add_argument("app", nargs="*", help="for example model_fields; default: all")
    chosen = parser.parse_args(arguments).app
    folder = tests()
    known = apps_in(folder)
    if unknown := sorted(set(chosen) - set(known)):
        parser.error(f"no models are in {', '.join(unknown)}")
    began = time.monotonic()
    settle_in(folder)
    programs, clients = server_and_clients()
    with run_programs(programs) as server:
        host = server.settings["HOST"]
        places = [Place(vendor=v, host=host, programs=clients) for v in ENGINES]
        print(
            f"Django {django.__version__}, PostgreSQL {programs.version}, "
            f"SQLite {sqlite3.sqlite_version}\n\n{heading()}",
            flush=True,
        )
        rows = []
        for row in by_app(examined(chosen or known, places, known)):
            rows.append(row)
            print("\n".join([line(row), *differences(row)]), flush=True)
    print("", *notes(rows), total(rows), sep="\n")
    print(f"{len(rows)} apps, {time.monotonic() - began:.0f} s")
    return any(each.word == FAILED for _, found in rows for each in found.values())


def examined(
    apps: Sequence[str], places: Sequence[Place], known: Collection[str]
) -> Iterator[tuple[Place, Outcomes]]:
    """Yield outcomes as they come; where several apps do not pass, one by one."""
    at_once = os.cpu_count() or 1
    together = [tuple(apps[i : i + TOGETHER]) for i in range(0, len(apps), TOGETHER)]
    tasks = [(names, place) for names in together for place in places]
    again: list[Task] = []
    for (names, place), answer in forked(tasks, partial(all_pass, known), at_once):
        if answer is None:
            again += [((name,), place) for name in names]
        else:
            yield place, answer
    died = Outcome(word="FAIL", text="The process died.")
    for ((name,), place), said in forked(again, partial(outcome, known), at_once):
        yield place, {name: said or died}


def by_app(answers: Iterable[tuple[Place, Outcomes]]) -> Iterator[Row]:
    """Yield an app when its outcomes are known for all engines."""
    found: dict[str, dict[str, Outcome]] = {}
    for place, outcomes in answers:
        for app, answer in outcomes.items():
            row = found.setdefault(app, {})
            row[place.vendor] = answer
            if len(row) == len(ENGINES):
                yield app, row


def all_pass(known: Collection[str], task: Task) -> Outcomes | None:
    """Compare several apps at once; None: not all is well with all of them."""
    names, place = task
    try:
        return compared(names, place, known)
    except Exception:
        return None


def outcome(known: Collection[str], task: Task) -> Outcome:
    """Compare one app, and say what is wrong."""
    (name,), place = task
    try:
        return compared([name], place, known)[name]
    except NotLoaded as reason:
        return Outcome(word="not loaded", text=str(reason))
    except NotMade as reason:
        return Outcome(word="not made", text=str(reason))
    except Differs as difference:
        return Outcome(word="FAIL", text=str(difference))
    except SchemaMigrationsError as error:
        return Outcome(word="FAIL", text=f"{error.message}\n{error.hint}")
    except Exception:
        return Outcome(word="FAIL", text=traceback.format_exc())


def compared(names: Sequence[str], place: Place, known: Collection[str]) -> Outcomes:
    """Load apps and compare them; raises for anything but success."""
    settle_at(place)
    try:
        groups = load(names, known)
    except Exception as error:
        raise NotLoaded(f"{type(error).__name__}: {error}") from error
    models = {model for group in groups for model in group.own}
    missing = {model: needs(model) for model in models}
    for group in groups:
        if not all(missing[model] for model in group.own):
            prove(group, names, place)
    return {
        name: succeeded({m: missing[m] for m in models if owner(m, names) == name})
        for name in names
    }


def succeeded(missing: Mapping[type[Model], str]) -> Outcome:
    left = {model._meta.object_name: what for model, what in missing.items() if what}
    return Outcome(
        word="no models" if len(left) == len(missing) else "ok",
        models=len(missing),
        left_out=tuple(sorted(f"{model} ({what})" for model, what in left.items())),
    )


def needs(model: type[Model]) -> str:
    """Say what an engine must have to hold a model, when this one has it not."""
    options = model._meta
    if options.can_migrate(connections["default"]):
        return ""
    wanted = [options.required_db_vendor, *options.required_db_features]
    return ", ".join(filter(None, wanted))
