"""Take over large public projects as a team would do it, and go back to ``migrate``.

    python -m tools takeovers [PROJECT ...]

For each project, from the package registry with pinned requirements, on a PostgreSQL
that is started here: its own migrations make a database; ``schemadiff initial --rows``
writes files that make an equal one, rows included; some of its own tests run with and
without the takeover; the database that ``migrate`` made is adopted; an older release is
brought to the newest; and ``migrate`` finds nothing to do once this package is gone.
The last lines are a table of what was measured.  Exits 1 when anything does not hold.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from schema_migrations.dev.embedded import run_programs
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from tools import ROOT
from tools.differences import Differs, format_elapsed
from tools.projects import prepare_environment
from tools.sources import fetch_source
from tools.takeovers.recipes import RECIPES, Recipe, find_pinned_version
from tools.takeovers.steps import STEPS, Step
from tools.takeovers.table import format_table
from tools.takeovers.walk import Measure, Walk

BUILD = ROOT / "build" / "takeovers"
"""Where each project's files and logs are left to look at."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools takeovers", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "project", nargs="*", help=f"of {', '.join(RECIPES)}; default: all"
    )
    parser.add_argument(
        "--python", help="the Python to install the projects with (default: python3.X)"
    )
    options = parser.parse_args(arguments)
    names = options.project or [*RECIPES]
    if unknown := set(names) - set(RECIPES):
        parser.error(f"There is no {', '.join(sorted(unknown))}.")
    for name in names:
        recipe = RECIPES[name]
        if not has_version(options.python or f"python{recipe.python}", recipe.python):
            parser.error(
                f"{name} needs Python {recipe.python}. Put python{recipe.python} on PATH,"
                " or name it with --python; .ci/python_beside.sh unpacks one on Debian."
            )
    programs = choose_programs(
        find_installed_programs(),
        extensions={each for name in names for each in RECIPES[name].extensions},
    )
    print(f"PostgreSQL {programs.version}.", flush=True)
    measured: dict[str, list[Measure]] = {}
    all_hold = True
    with run_programs(programs, asks_for_password=False) as server:
        for name in names:
            walk = prepare_walk(
                RECIPES[name],
                python=options.python or f"python{RECIPES[name].python}",
                host=server.settings["HOST"],
                programs=programs.bin_folder,
            )
            measured[name] = []
            all_hold &= take_steps(walk, measured[name])
    print("", *format_table(measured), sep="\n")
    return 0 if all_hold else 1


def has_version(python: str, version: str) -> bool:
    """Tell whether a program is there and a Python of this version."""
    show = "import sys; print('%s.%s' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [python, "-c", show], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return done.stdout.strip() == version


def prepare_walk(recipe: Recipe, *, python: str, host: str, programs: Path) -> Walk:
    """Install the project's two releases, fetch its tests, and empty its folder."""
    newest, older = (
        prepare_environment(
            f"takeover-{requirements.stem}",
            requirements,
            name=f"{recipe.name} {version}",
            python=python,
        )
        for requirements, version in list_releases(recipe)
    )
    requirements, version = next(list_releases(recipe))
    source = fetch_source(recipe.name, version, python=newest, constraints=requirements)
    folder = BUILD / recipe.name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "logs").mkdir(parents=True)
    return Walk(
        recipe=recipe,
        python=newest,
        older_python=older,
        source=source / recipe.tests_from,
        folder=folder,
        host=host,
        programs=programs,
    )


def list_releases(recipe: Recipe) -> Iterator[tuple[Path, str]]:
    """Yield the requirements and the version of the newest release, then the older one."""
    for requirements in (recipe.requirements, recipe.older_requirements):
        yield requirements, find_pinned_version(recipe.name, requirements.read_text())


def take_steps(
    walk: Walk, measured: list[Measure], steps: Mapping[str, Step] = STEPS
) -> bool:
    """Take one step after the other, print what each measured, tell whether all hold.

    After a step that fails, the next one goes on with what there is; after the first,
    there is nothing.
    """
    versions = " and ".join(version for _, version in list_releases(walk.recipe))
    print(f"\n{walk.recipe.name} {versions}; logs: {walk.folder / 'logs'}", flush=True)
    measured.append(Measure(what="releases", value=versions))
    all_hold = True
    for name, take in steps.items():
        began = time.monotonic()
        try:
            for each in take(walk):
                print(f"        {each.what}: {each.value}", flush=True)
                measured.append(each)
        except Differs as error:
            print(f"  FAIL  {name}: {error}", flush=True)
            measured.append(Measure(what=f"step: {name}", value="FAIL"))
            all_hold = False
            if name == next(iter(steps)):
                break
        else:
            print(f"  ok    {name}, {format_elapsed(began)}", flush=True)
            measured.append(Measure(what=f"step: {name}", value=format_elapsed(began)))
    return all_hold
