"""The first comparison: nothing is remembered, files and models are both loaded."""

from __future__ import annotations

from benchmarks.bench import Bench, Work, measure_projects, name_models
from benchmarks.measuring import Candidate, sum_runs
from benchmarks.peers.atlas import add_diff
from benchmarks.peers.psql import load_files
from benchmarks.results import Bound, Table, bound_growth

TWICE = "`psql -1 -f`, the same SQL twice"
CHECK = "`check`"
COMPARED = "`schemadiff --check --no-cache`"
MOST_MEBIBYTES = 300


def measure(work: Work) -> Table:
    rows = measure_projects(work, list_candidates)
    if not work.given:
        rows = bound_growth(rows, COMPARED, work.sizes.models, name_models)
    return Table(
        title="Nothing is remembered",
        rows=tuple(rows),
        reference=TWICE,
        notes=(
            "The bound leaves no time for the start of Django, which `check` shows.",
        ),
    )


def list_candidates(work: Work, bench: Bench) -> list[Candidate]:
    url = bench.url_of()
    files = bench.list_files()
    return [
        Candidate(
            what=TWICE,
            run=lambda: sum_runs(load_files(bench, *files), load_files(bench, *files)),
        ),
        Candidate(what=CHECK, run=lambda: bench.manage("check", url=url)),
        Candidate(
            what=COMPARED,
            run=lambda: bench.manage("schemadiff", "--check", "--no-cache", url=url),
            bounds=(
                Bound(parts=((1.2, TWICE),)),
                Bound(constant=MOST_MEBIBYTES, of="mebibytes"),
            ),
        ),
        *add_diff(work, bench),
    ]
