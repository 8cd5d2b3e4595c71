"""Other projects, each with a virtual environment in ``.venvs`` that is kept between runs.

A tool that runs there finds this package on ``PYTHONPATH``.
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

        Modules of the project are imported from its folder, and from the folder above.
        """
        python = prepare_environment(
            f"history-{self.name}", self.folder / "frozen.txt", name=self.name
        )
        folders = (self.folder, self.folder.parent, ROOT)
        return subprocess.run(
            [python, "-W", "ignore", "-m", "tools", *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))},
            check=False,
        ).returncode


def parse_projects(
    arguments: Sequence[str], *, tool: str, description: str
) -> tuple[list[Project], Sequence[str]]:
    """Parse ``FOLDER... [-- OPTION...]``; return the projects, and the options."""
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


def prepare_environment(
    environment: str,
    requirements: Path,
    *,
    name: str,
    python: str | Path = sys.executable,
) -> Path:
    """Return the Python of a virtual environment with these requirements.

    Creates it with this Python's pip, unless it exists and has the same list.
    """
    venv = ROOT / ".venvs" / environment
    its_python, installed = venv / "bin" / "python", venv / "installed.txt"
    if installed.is_file() and installed.read_bytes() == requirements.read_bytes():
        return its_python
    print(f"Installing {name} ...", flush=True)
    run_or_exit(python, "-m", "venv", "--clear", "--without-pip", venv)
    install = (*list_pip_words(its_python), "install")
    run_or_exit(*install, "--no-deps", "-r", requirements)
    # This package needs psycopg, also where the project does not.
    probe = (its_python, "-c", "import psycopg.pq")
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        run_or_exit(*install, "psycopg[binary]>=3.2")
    installed.write_bytes(requirements.read_bytes())
    return its_python


def list_pip_words(python: str | Path) -> tuple[str | Path, ...]:
    """Return the words that start this Python's pip for another one."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    return (*pip, "--python", python)


def run_or_exit(*command: str | Path, **environment: str) -> None:
    """Run a program; when it fails, print its output and exit with 2.

    ``environment`` is added to the variables of this process.
    """
    done = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{done.stdout}{done.stderr}", file=sys.stderr)
        sys.exit(2)
