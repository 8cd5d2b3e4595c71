"""One model of many gets a field: its plan, and the proof of it.

Every run adds a field of another name to the same model, so nothing knows its answer.
"""

from __future__ import annotations

import time
from itertools import count

from benchmarks.bench import Bench, Work, measure_projects
from benchmarks.measuring import Candidate
from benchmarks.projects import touch_model
from benchmarks.results import Bound, Run, Table
from schema_migrations.dev.cluster import run_server

CHECK = "`check`"
SERVER = "start of an embedded dev server"
DATABASE = "`CREATE DATABASE`"
PLAN = "`schemadiff --dry-run`, on the project's server"
PLAN_EMBEDDED = "`schemadiff --dry-run --dev embedded`"


def measure(work: Work) -> Table:
    return Table(
        title="One model has changed",
        rows=tuple(measure_projects(work, list_candidates)),
        reference=CHECK,
        notes=(
            "Each run adds a field of another name; plan and proof are included, and"
            " what is remembered of the other models may be used.",
        ),
    )


def list_candidates(work: Work, bench: Bench) -> list[Candidate]:
    url = bench.url_of()
    numbers = count(1)

    def touch() -> None:
        touch_model(bench.folder, field=f"added_{next(numbers)}", model=bench.model)

    def plan(*options: str) -> Run:
        touch()
        return bench.manage("schemadiff", "--dry-run", "-v0", *options, url=url)

    def start_server() -> Run:
        began = time.perf_counter()
        with run_server(work.programs):
            return Run(seconds=time.perf_counter() - began)

    def make_database() -> Run:
        began = time.perf_counter()
        bench.make_database("one")
        return Run(seconds=time.perf_counter() - began)

    def bound(start: str) -> tuple[Bound, ...]:
        return (Bound(parts=((2, CHECK), (1, start))),)

    for options in ((), ("--dev", "embedded")):  # the schema gets known
        bench.manage("schemadiff", "--check", *options, url=url)
    touch()
    bench.manage("schemadiff", "--check", url=url, expected=(1,))  # it is seen
    return [
        Candidate(what=CHECK, run=lambda: bench.manage("check", url=url)),
        Candidate(what=SERVER, run=start_server),
        Candidate(what=DATABASE, run=make_database),
        Candidate(what=PLAN, run=plan, bounds=bound(DATABASE)),
        Candidate(
            what=PLAN_EMBEDDED,
            run=lambda: plan("--dev", "embedded"),
            bounds=bound(SERVER),
        ),
    ]
