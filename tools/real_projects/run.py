"""Compare databases built from our files with those that Django itself makes.

    python -m tools real-projects [PROJECT ...]

For each project and each engine ``schemadiff`` plans from an empty directory and
``schemaapply`` applies to an empty database; on another ``migrate --run-syncdb`` runs
with migrations switched off.  Our own inspector and diff, and programs that are not ours
(``catalogs.py``), must find both databases the same, as well as the rows that signals
write.  Then models change, and the same happens to the first database and to a third.
Exits 1 on any difference.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from tools import ROOT
from tools.catalogs import read_restored_postgresql_facts, read_sqlite_facts
from tools.databases import create_databases
from tools.differences import Differs, expect_equal, format_elapsed, format_indented
from tools.projects import prepare_environment

HERE = Path(__file__).parent
ENGINES = ("postgresql", "sqlite")
PROJECTS = {
    "oscar": ENGINES,
    "wagtail": ENGINES,
    # The first with a package that makes triggers, the second with another's engine.
    "oscar-pghistory": ENGINES[:1],
    "wagtail-zero-downtime": ENGINES[:1],
}
ANSWERS = {
    "1": ("--acknowledge", "all"),
    "2": ("--default", "changing_remark.author_id=1"),
}
"""What each round asks about."""
SIDES = ("ours", "djangos", "changed")
ROWS = """
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
print(sorted(ContentType.objects.values_list("app_label", "model")))
print(sorted(Permission.objects.values_list(
    "content_type__app_label", "content_type__model", "codename", "name")))
print(sorted(apps.get_model("sites", "Site").objects.values_list("domain", "name")))
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One project on one engine: three empty databases and a folder for files."""

    project: str
    python: Path
    engine: str
    folder: Path
    ours: str
    """URL of the database that schemaapply builds."""
    djangos: str
    changed: str
    """URL of the database that Django builds from the changed models."""
    round: str = "1"

    @property
    def directory(self) -> Path:
        return self.folder / "migrations"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools real-projects", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "project", nargs="*", help=f"of {', '.join(PROJECTS)}; default: all"
    )
    projects = parser.parse_args(arguments).project or [*PROJECTS]
    if unknown := set(projects) - set(PROJECTS):
        parser.error(f"There is no {', '.join(sorted(unknown))}.")
    pythons = {
        name: prepare_environment(name, HERE / f"requirements-{name}.txt", name=name)
        for name in projects
    }
    programs = choose_programs(find_installed_programs())
    print(f"PostgreSQL {programs.version}; SQLite of this Python.", flush=True)
    failed = 0
    with (
        run_programs(programs, asks_for_password=False) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        host = server.settings["HOST"]
        for project in projects:
            for engine in PROJECTS[project]:
                place = Path(folder, f"{project}-{engine}")
                place.mkdir()
                ours, djangos, changed = (
                    create_databases(host, [f"{project}_{side}" for side in SIDES])
                    if engine == "postgresql"
                    else (f"sqlite:///{place / name}.sqlite3" for name in SIDES)
                )
                case = Case(
                    project=project,
                    python=pythons[project],
                    engine=engine,
                    folder=place,
                    ours=ours,
                    djangos=djangos,
                    changed=changed,
                )
                failed += not try_case(case, programs.bin_folder)
    return 1 if failed else 0


def try_case(case: Case, programs: Path) -> bool:
    """Compare the databases of a case; print the steps, tell whether all pass."""
    print(f"\n{case.project} on {case.engine}", flush=True)
    try:
        for line in compare_databases(case, programs, name="initial"):
            print(f"  ok    {line}", flush=True)
        case = replace(case, round="2", djangos=case.changed)
        for line in compare_databases(case, programs, name="changed"):
            print(f"  ok    changed: {line}", flush=True)
    except Differs as error:
        print(f"  FAIL  {error}", flush=True)
        return False
    return True


def compare_databases(case: Case, programs: Path, *, name: str) -> Iterator[str]:
    """Bring both databases to the models and compare them; describe each step passed.

    Raises ``Differs``.
    """
    began = time.monotonic()
    answers = ANSWERS[case.round]
    run_django(case, "schemadiff", name, *answers, "--no-input", on=case.ours)
    file = max(case.directory.glob("*.sql"))
    yield f"schemadiff: {file.stat().st_size:,} bytes, {format_elapsed(began)}"

    began = time.monotonic()
    run_django(case, "schemaapply", "--no-input", on=case.ours)
    yield f"schemaapply, {format_elapsed(began)}"

    run_django(case, "schemadiff", "--check", on=case.ours)
    yield "schemadiff --check finds nothing to do"

    run_django(
        case, "migrate", "--run-syncdb", "-v0", on=case.djangos, migrations="off"
    )
    expect_equal("our diff", find_own_changes(case), frozenset())
    yield "our own diff of the two databases is empty"

    theirs, ours = (read_facts(url, programs) for url in (case.djangos, case.ours))
    expect_equal("the catalog", ours, theirs)
    measure = "pg_dump" if case.engine == "postgresql" else "sqlite_master and pragmas"
    yield f"{measure}: {len(ours)} facts, all equal"

    theirs, ours = (read_rows(case, url) for url in (case.djangos, case.ours))
    expect_equal("what signals wrote", ours, theirs)
    yield "content types, permissions and sites are equal"


def find_own_changes(case: Case) -> frozenset[str]:
    output = run_django(
        case,
        "schemadiff",
        *("--from", case.djangos, "--to", case.ours, "--format", "json", "-v0"),
        on=case.ours,
    )
    changes: list[dict[str, Any]] = json.loads(output)["changes"]
    return frozenset(json.dumps(change, sort_keys=True) for change in changes)


def read_facts(url: str, programs: Path) -> frozenset[str]:
    if url.startswith("sqlite"):
        return read_sqlite_facts(Path(url.removeprefix("sqlite:///")))
    return read_restored_postgresql_facts(url, programs)


def read_rows(case: Case, url: str) -> frozenset[str]:
    return frozenset(run_django(case, "shell", "-v0", "-c", ROWS, on=url).splitlines())


def run_django(case: Case, *arguments: str, on: str, migrations: str = "on") -> str:
    """Run a Django command of the project; return its standard output."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": f"tools.real_projects.{case.project.replace('-', '_')}_settings",
        "PYTHONPATH": str(ROOT),
        "REAL_PROJECT_URL": on,
        "REAL_PROJECT_DIR": str(case.directory),
        "REAL_PROJECT_MIGRATIONS": migrations,
        "REAL_PROJECT_ROUND": case.round,
    }
    done = subprocess.run(
        [case.python, "-m", "django", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        text = format_indented(f"{done.stdout}{done.stderr}")
        raise Differs(f"{' '.join(arguments)} ended with {done.returncode}:\n{text}")
    return done.stdout
