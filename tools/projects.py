"""Other projects, each with an environment of its own in ``.venvs``, kept between runs.

What runs there finds this package on ``PYTHONPATH``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder with ``frozen.txt``, exact requirements, and ``corpus_settings.py``."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def run(self, *arguments: str) -> int:
        """Run one of the tools in the project's environment; return its exit code.

        Modules of the project are looked up in its folder, and in the folder above.
        """
        python = prepared(
            f"history-{self.name}", self.folder / "frozen.txt", name=self.name
        )
        places = (self.folder, self.folder.parent, ROOT)
        return subprocess.run(
            [python, "-W", "ignore", "-m", "tools", *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, places))},
            check=False,
        ).returncode


def chosen(
    arguments: Sequence[str], *, tool: str, description: str
) -> tuple[list[Project], Sequence[str]]:
    """Return the projects of ``FOLDER... [-- OPTION...]``, and the options."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tools {tool}",
        usage="%(prog)s FOLDER... [-- OPTION...]",
        description=description,
    )
    parser.add_argument("folder", nargs="+", type=Path)
    end = [*arguments, "--"].index("--")
    projects = [
        Project(folder=folder.resolve())
        for folder in parser.parse_args(arguments[:end]).folder
    ]
    for project in projects:
        for file in ("frozen.txt", "corpus_settings.py"):
            if not (project.folder / file).is_file():
                parser.error(f"There is no {file} in {project.folder}.")
    return projects, arguments[end + 1 :]


def prepared(environment: str, requirements: Path, *, name: str) -> Path:
    """Return the Python of an environment with these requirements.

    It is made where their list has changed, by the pip of this Python.
    """
    venv = ROOT / ".venvs" / environment
    python, made_for = venv / "bin" / "python", venv / "installed.txt"
    if made_for.is_file() and made_for.read_bytes() == requirements.read_bytes():
        return python
    print(f"Installing {name} ...", flush=True)
    run_or_exit(sys.executable, "-m", "venv", "--clear", "--without-pip", venv)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    install = (*pip, "--python", python, "install")
    run_or_exit(*install, "--no-deps", "-r", requirements)
    # What this package needs, where the project has none of it.
    works = (python, "-c", "import psycopg.pq")
    if subprocess.run(works, capture_output=True, check=False).returncode:
        run_or_exit(*install, "psycopg[binary]>=3.2")
    made_for.write_bytes(requirements.read_bytes())
    return python


def run_or_exit(*command: str | Path) -> None:
    """Run a program; show what it said and exit with 2 when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{done.stdout}{done.stderr}", file=sys.stderr)
        sys.exit(2)
