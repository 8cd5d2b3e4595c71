"""One project that is taken over: its environments, its databases and its files.

Invariant: whatever a command printed is in the folder of logs, in the order of the walk.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from tools import ROOT
from tools.databases import create_databases, url_of_database
from tools.differences import Differs, format_indented
from tools.takeovers.recipes import Recipe

WITHOUT, BESIDE, UNDER = (
    "",
    "schema_migrations",
    "schema_migrations schema_migrations.takeover",
)
"""Which apps of this package are installed: none, its commands, also in Django's place."""
SHOWN = 3000
"""How much of a command's output an error shows; the log has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that has ended."""

    code: int
    output: str
    errors: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One line of the table."""

    what: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    recipe: Recipe
    python: Path
    older_python: Path
    source: Path
    """The folder in which the project's own tests are run."""
    folder: Path
    """Where its files and the logs go."""
    host: str
    """Of the PostgreSQL server that holds the databases."""
    programs: Path
    """PostgreSQL's client programs."""
    logs: list[str] = field(default_factory=list)

    def create_database(self, side: str, *, like: str = "") -> None:
        """Create an empty database, or a copy of another side's."""
        template = self._database(like) if like else "template0"
        create_databases(self.host, [self._database(side)], template=template)

    def find_url(self, side: str) -> str:
        return url_of_database(self.host, self._database(side))

    def _database(self, side: str) -> str:
        return f"{self.recipe.name}_{side}"

    def find_directory(self, history: str = "newest") -> Path:
        """Return the migration directory of a history."""
        return self.folder / history / "migrations"

    def find_extra(self, history: str = "newest") -> Path:
        """Return the folder of ``EXTRA`` of a history."""
        return self.folder / history / "extra"

    def run_django(
        self,
        *arguments: str | Path,
        on: str,
        apps: str = BESIDE,
        history: str = "newest",
        release: str = "newest",
        may_end_with: Collection[int] = (0,),
    ) -> Done:
        """Run a Django command of the project on a side's database.

        ``apps`` says which apps of this package are installed, ``history`` which
        directory and ``EXTRA`` are used, ``release`` which environment.  Raises
        ``Differs`` when it ends otherwise than it may.
        """
        python = self.python if release == "newest" else self.older_python
        return self.run(
            *(python, "-m", "django", *arguments),
            environment={
                "DJANGO_SETTINGS_MODULE": self.recipe.settings,
                **self.list_variables(on=on, apps=apps, history=history),
            },
            may_end_with=may_end_with,
        )

    def list_variables(
        self, *, on: str, apps: str, history: str = "newest"
    ) -> dict[str, str]:
        """Return the variables that the settings read."""
        return {
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            "NO_COLOR": "1",
            # Where weblate's settings for tests keep its files.
            "CI_BASE_DIR": str(self.folder),
            "TAKEOVER_APPS": apps,
            "TAKEOVER_URL": self.find_url(on),
            "TAKEOVER_DIR": str(self.find_directory(history)),
            "TAKEOVER_EXTRA": str(self.find_extra(history)),
        }

    def run(
        self,
        *command: str | Path,
        environment: dict[str, str],
        may_end_with: Collection[int] = (0,),
        cwd: Path | None = None,
    ) -> Done:
        """Run a program, keep its output, and measure how long it takes."""
        began = time.monotonic()
        ended = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        done = Done(
            code=ended.returncode,
            output=ended.stdout,
            errors=ended.stderr,
            seconds=time.monotonic() - began,
        )
        words = " ".join(map(str, command[3:]))
        self._keep_log(words, environment["TAKEOVER_APPS"], done)
        if done.code not in may_end_with:
            text = f"{done.output}{done.errors}"
            shown = text if len(text) <= SHOWN else f"…{text[-SHOWN:]}"
            raise Differs(
                f"{words} ended with {done.code}:\n        {format_indented(shown)}"
            )
        return done

    def _keep_log(self, words: str, apps: str, done: Done) -> None:
        self.logs.append(words)
        name = (
            f"{len(self.logs):02}-{'-'.join(words.split()[:2]).replace('/', '-')}.txt"
        )
        (self.folder / "logs" / name).write_text(
            f"$ {words}\nINSTALLED_APPS: {apps or 'without ours'}\n"
            f"ended with {done.code} after {done.seconds:.1f} s\n\n"
            f"{done.output}\n--- standard error ---\n{done.errors}"
        )


def format_seconds(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def list_sql_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.sql"))
