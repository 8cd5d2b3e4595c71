"""A test database made from files, beside Django's own ways; whole runs of one test."""

from __future__ import annotations

import psycopg

from benchmarks.bench import Bench, Work, list_projects
from benchmarks.measuring import Candidate, measure_in_turns
from benchmarks.peers.django_commands import make_migrations
from benchmarks.projects import TOUCHED
from benchmarks.results import Bound, Row, Run, Table

MIGRATE = "from migrations"
MODELS = '`TEST = {"MIGRATE": False}`'
FILES = "from files"
FIRST = "from files, the template is made"
TEMPLATE = "from files, the template is there"
LIST_TEMPLATES = (
    r"SELECT datname FROM pg_database WHERE datname LIKE 'dsm\_template\_%'"
)


def measure(work: Work) -> Table:
    rows: list[Row] = []
    for group, bench in list_projects(work):
        make_migrations(bench)
        bench.make_first_file()
        rows += measure_in_turns(work.repetition, list_candidates(bench), group=group)
    return Table(
        title="The test database",
        rows=tuple(rows),
        reference=MODELS,
        notes=(
            "Each is a whole `manage.py test` with one test that does nothing."
            " Synthetic projects have one Django migration for each app of 50 models, so"
            " `migrate` has no history to go through; real projects have.",
        ),
    )


def list_candidates(bench: Bench) -> list[Candidate]:
    def test(settings: str) -> Run:
        words = ("test", "--no-input", "-v0", TOUCHED)
        return bench.manage(*words, url=bench.url_of(), settings=settings)

    def make_template() -> Run:
        drop_templates(bench)
        return test("tested_by_template")

    bounds = (Bound(parts=((1 / 7, MIGRATE),)), Bound(parts=((1, MODELS),)))
    return [
        Candidate(what=MIGRATE, run=lambda: test("without")),
        Candidate(what=MODELS, run=lambda: test("tested_without_migrate")),
        Candidate(what=FILES, run=lambda: test("tested_by_files")),
        Candidate(what=FIRST, run=make_template),
        Candidate(what=TEMPLATE, run=lambda: test("tested_by_template"), bounds=bounds),
    ]


def drop_templates(bench: Bench) -> None:
    with psycopg.connect(bench.url_of("postgres"), autocommit=True) as connection:
        names = connection.execute(LIST_TEMPLATES).fetchall()
    bench.execute(
        *(f"ALTER DATABASE {name} IS_TEMPLATE false" for (name,) in names),
        *(f"DROP DATABASE {name}" for (name,) in names),
    )
