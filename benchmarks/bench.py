"""A project, a server and the programs that run on them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import psycopg

from benchmarks.measuring import (
    Candidate,
    Repetition,
    RunDjango,
    measure_in_turns,
    run_django,
)
from benchmarks.projects import write_project, write_settings
from benchmarks.results import Row, Run
from schema_migrations.dev.cluster import SUPERUSER, THROWAWAY_SETTINGS, run_server
from schema_migrations.dev.programs import Programs
from schema_migrations.history.directory import Directory, save
from schema_migrations.history.file import MigrationFile

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "postgresql://nobody@/none?host=nowhere"

DURABLE_SETTINGS = {
    **THROWAWAY_SETTINGS,
    **dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), "on"),
}
"""Those of a server that keeps what it commits: only such a one shows what a commit
costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenProject:
    """A project that is not ours."""

    folder: Path
    settings: str
    model: str
    """``app.Model`` to change; empty: the user model."""

    @property
    def name(self) -> str:
        return self.folder.resolve().name


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large the work is."""

    models: tuple[int, ...] = (10, 100, 1_000, 3_000)
    files: tuple[int, ...] = (1, 30, 300, 3_000)
    targets: tuple[int, ...] = (1_000,)
    revisions: int = 10_000
    statements: tuple[int, ...] = (3_000, 10_000)
    mebibytes: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a topic measures, how often, and on what."""

    repetition: Repetition
    programs: Programs
    atlas: Path | None
    sizes: Sizes = Sizes()
    run_django: RunDjango = run_django
    server_settings: Mapping[str, str]
    server_folder: Path | None = None
    """Of a running server; ``None``: each project gets one of its own."""
    given: GivenProject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A project, its directory of files, and a server."""

    folder: Path
    host: str
    psql: Path
    server_folder: Path
    run_django: RunDjango
    paths: tuple[Path, ...] = ()
    """Where else Python finds modules of the project."""
    models: int = 0
    """How many were written; 0: the project was given."""
    model: str = "'app0.Model0'"
    """The model to change, as an expression of Python."""

    @property
    def directory(self) -> Path:
        return self.folder / "migrations"

    def write_files(self, *contents: str, name: str = "migrations") -> None:
        """Make these the files of a directory, with their ``atlas.sum``."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        files = [
            MigrationFile(name=f"{number:06}_file.sql", content=text.encode())
            for number, text in enumerate(contents, start=1)
        ]
        save(folder, Directory(path=str(folder)), files)

    def list_files(self) -> list[Path]:
        return sorted(self.directory.glob("*.sql"))

    def make_first_file(self) -> None:
        """Write the file of all models, and let the agreement be remembered."""
        url = self.make_database()
        words = ("schemadiff", "all", "--no-input", "--acknowledge", "all")
        self.manage(*words, url=url)
        self.manage("schemadiff", "--check", url=url)

    def make_database(self, name: str = "benchmark") -> str:
        """Return the URL of an empty database, instead of the one before."""
        self.execute(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"
        )
        return self.url_of(name)

    def url_of(self, name: str = "benchmark") -> str:
        return f"postgresql://{SUPERUSER}@/{name}?host={quote(self.host)}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        with psycopg.connect(
            host=self.host, user=SUPERUSER, dbname=database, autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement)

    def manage(
        self,
        *arguments: str,
        url: str = "",
        settings: str = "settings",
        expected: Collection[int] = (0,),
    ) -> Run:
        """Run ``manage.py`` in a process of its own."""
        return self.run_django(
            arguments,
            folder=self.folder,
            environment=self.make_environment(url=url, settings=settings),
            expected=expected,
        )

    def apply(self, *arguments: str, url: str) -> Run:
        words = ("schemaapply", "--no-signals", "--no-input", "-v0")
        return self.manage(*words, *arguments, url=url)

    def make_environment(self, *, url: str, settings: str) -> dict[str, str]:
        paths = [str(path) for path in (self.folder, *self.paths, ROOT)]
        inherited = os.environ.get("PYTHONPATH")
        # CI would turn the cache off, unless it is named.
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        return kept | {
            "BENCHMARK_URL": url or NOWHERE,
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONDONTWRITEBYTECODE": "",  # byte code is kept, as where it is installed
            "PYTHONPATH": os.pathsep.join(
                [*paths, *([inherited] if inherited else [])]
            ),
            "SCHEMA_MIGRATIONS_CACHE": str(self.folder / "cache"),
        }


@contextmanager
def open_bench(
    work: Work,
    *,
    models: int = 10,
    given: GivenProject | None = None,
    server_settings: Mapping[str, str] | None = None,
) -> Iterator[Bench]:
    """Hold a running server and a project: the given one, or one of so many models."""
    with (
        _open_server(work, server_settings or work.server_settings) as server_folder,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        bench = Bench(
            folder=folder,
            host=str(server_folder),
            psql=work.programs.bin_folder / "psql",
            server_folder=server_folder,
            run_django=work.run_django,
            models=0 if given else models,
        )
        if given is None:
            write_project(folder, models)
            write_settings(folder)
            yield bench
        else:
            write_settings(folder, base=given.settings)
            yield replace(
                bench,
                paths=(given.folder.resolve(),),
                model=repr(given.model) if given.model else "settings.AUTH_USER_MODEL",
            )


@contextmanager
def _open_server(work: Work, settings: Mapping[str, str]) -> Iterator[Path]:
    """Hold a running server; yield its folder."""
    if work.server_folder:
        yield work.server_folder
        return
    with run_server(
        work.programs, server_settings=settings, asks_for_password=False
    ) as server:
        yield server.folder


def measure_projects(
    work: Work,
    list_candidates: Callable[[Work, Bench], Sequence[Candidate]],
    *,
    prepare: Callable[[Bench], object] = Bench.make_first_file,
) -> list[Row]:
    """Return the rows of each size, or of the project that is given, once it is prepared."""
    rows: list[Row] = []
    for group, bench in list_projects(work):
        prepare(bench)
        rows += measure_in_turns(
            work.repetition, list_candidates(work, bench), group=group
        )
    return rows


def list_projects(work: Work) -> Iterator[tuple[str, Bench]]:
    """Yield a group and its bench for each size, or for the project that is given.

    The server of each ends when the next one is asked for.
    """
    if work.given:
        with open_bench(work, given=work.given) as bench:
            yield work.given.name, bench
        return
    for models in work.sizes.models:
        with open_bench(work, models=models) as bench:
            yield name_models(models), bench


def name_models(count: int) -> str:
    return f"{count:,} model{'s' if count != 1 else ''}"


def name_files(count: int) -> str:
    return f"{count:,} file{'s' if count != 1 else ''}"
