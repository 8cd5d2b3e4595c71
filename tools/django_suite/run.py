"""Compare what we create from the models in Django's own tests with what Django creates.

    python -m tools django-suite [APP ...]

For each test app of Django's source distribution that holds models, on PostgreSQL and
on SQLite, the file that is planned from the models is applied to an empty database, and
Django's schema editor fills another.  Our own inspector and diff, and programs that are
not ours, must find both the same, and a second diff must be empty.  Exits 1 on any
difference.  What Django itself cannot load or create is listed with Django's own reason.
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
from tools.django_suite.databases import (
    Backend,
    choose_server_and_clients,
    use_server_only,
)
from tools.django_suite.forks import fork_tasks
from tools.django_suite.loading import (
    NotLoaded,
    find_app_of,
    find_apps,
    load_apps,
    set_up_django,
)
from tools.django_suite.outcome import (
    ENGINES,
    FAILED,
    Outcome,
    Row,
    format_heading,
    format_row,
    format_totals,
    list_differences,
    list_notes,
)
from tools.django_suite.proof import Differs, NotMade, prove
from tools.sources import fetch_source

APPS_AT_ONCE = 8
"""How many apps are compared at once; databases and processes cost more than tables."""

Task = tuple[tuple[str, ...], Backend]
Outcomes = dict[str, Outcome]
"""App → outcome."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools django-suite",
        description=(__doc__ or "").split("\n", 1)[0],
    )
    parser.add_argument(
        "app", nargs="*", help="an app, for example model_fields (default: all)"
    )
    chosen = parser.parse_args(arguments).app
    folder = fetch_source("django", django.__version__, part="tests")
    known = find_apps(folder)
    if unknown := sorted(set(chosen) - set(known)):
        parser.error(f"There are no models in {', '.join(unknown)}.")
    began = time.monotonic()
    set_up_django(folder)
    programs, clients = choose_server_and_clients()
    with run_programs(programs, asks_for_password=False) as server:
        host = server.settings["HOST"]
        backends = [Backend(vendor=v, host=host, clients=clients) for v in ENGINES]
        print(
            f"Django {django.__version__}, PostgreSQL {programs.version}, "
            f"SQLite {sqlite3.sqlite_version}\n\n{format_heading()}",
            flush=True,
        )
        rows = []
        for row in group_by_app(compare_all(chosen or known, backends, known)):
            rows.append(row)
            print("\n".join([format_row(row), *list_differences(row)]), flush=True)
    print("", *list_notes(rows), format_totals(rows), sep="\n")
    print(f"{len(rows)} apps, {time.monotonic() - began:.0f} s")
    return any(each.verdict == FAILED for _, found in rows for each in found.values())


def compare_all(
    apps: Sequence[str], backends: Sequence[Backend], known: Collection[str]
) -> Iterator[tuple[Backend, Outcomes]]:
    """Compare apps, several at once; where these do not pass, compare each by itself."""
    at_once = os.cpu_count() or 1
    together = [
        tuple(apps[i : i + APPS_AT_ONCE]) for i in range(0, len(apps), APPS_AT_ONCE)
    ]
    tasks = [(names, backend) for names in together for backend in backends]
    again: list[Task] = []
    for (names, backend), outcomes in fork_tasks(
        tasks, partial(try_together, known), at_once
    ):
        if outcomes is None:
            again += [((name,), backend) for name in names]
        else:
            yield backend, outcomes
    death = Outcome(verdict="FAIL", detail="The process died.")
    for ((name,), backend), outcome in fork_tasks(
        again, partial(compare_one, known), at_once
    ):
        yield backend, {name: outcome or death}


def group_by_app(answers: Iterable[tuple[Backend, Outcomes]]) -> Iterator[Row]:
    """Yield each app as soon as its outcomes are known for all engines."""
    found: dict[str, dict[str, Outcome]] = {}
    for backend, outcomes in answers:
        for app, answer in outcomes.items():
            row = found.setdefault(app, {})
            row[backend.vendor] = answer
            if len(row) == len(ENGINES):
                yield app, row


def try_together(known: Collection[str], task: Task) -> Outcomes | None:
    """Compare several apps at once; return None when one of them does not pass."""
    names, backend = task
    try:
        return compare_apps(names, backend, known)
    except Exception:
        return None


def compare_one(known: Collection[str], task: Task) -> Outcome:
    """Compare one app; its outcome says what is wrong."""
    (name,), backend = task
    try:
        return compare_apps([name], backend, known)[name]
    except NotLoaded as reason:
        return Outcome(verdict="not loaded", detail=str(reason))
    except NotMade as reason:
        return Outcome(verdict="not made", detail=str(reason))
    except Differs as difference:
        return Outcome(verdict="FAIL", detail=str(difference))
    except SchemaMigrationsError as error:
        return Outcome(verdict="FAIL", detail=f"{error.message}\n{error.hint}")
    except Exception:
        return Outcome(verdict="FAIL", detail=traceback.format_exc())


def compare_apps(
    names: Sequence[str], backend: Backend, known: Collection[str]
) -> Outcomes:
    """Load apps and compare them; raise for anything but success."""
    use_server_only(backend)
    try:
        groups = load_apps(names, known)
    except Exception as error:
        raise NotLoaded(f"{type(error).__name__}: {error}") from error
    models = {model for group in groups for model in group.own_models}
    missing = {model: list_missing_features(model) for model in models}
    for group in groups:
        if not all(missing[model] for model in group.own_models):
            prove(group, names, backend)
    return {
        name: summarize_success(
            {m: missing[m] for m in models if find_app_of(m, names) == name}
        )
        for name in names
    }


def summarize_success(missing: Mapping[type[Model], str]) -> Outcome:
    left = {model._meta.object_name: what for model, what in missing.items() if what}
    return Outcome(
        verdict="no models" if len(left) == len(missing) else "ok",
        models=len(missing),
        left_out=tuple(sorted(f"{model} ({what})" for model, what in left.items())),
    )


def list_missing_features(model: type[Model]) -> str:
    """List what the engine lacks and a model needs, or nothing."""
    options = model._meta
    if options.can_migrate(connections["default"]):
        return ""
    wanted = [options.required_db_vendor, *options.required_db_features]
    return ", ".join(filter(None, wanted))
