"""A check where nothing has changed: what developers, hooks and CI jobs wait for."""

from __future__ import annotations

from benchmarks.bench import Bench, Work, measure_projects
from benchmarks.measuring import Candidate
from benchmarks.peers.atlas import add_diff
from benchmarks.peers.django_commands import check_migrations, make_migrations
from benchmarks.results import Bound, Table

WITHOUT = "`check` without the app"
CHECK = "`check`"
MAKEMIGRATIONS = "`makemigrations --check`"
KNOWN = "`schemadiff --check`"
COMPARED = "`schemadiff --check --no-cache`"


def measure(work: Work) -> Table:
    return Table(
        title="Nothing has changed",
        rows=tuple(measure_projects(work, list_candidates, prepare=prepare)),
        reference=CHECK,
        notes=(
            "`schemadiff --check` [knows the answer]"
            "(reference/commands.md#what-is-known-already), and starts no dev database.",
        ),
    )


def prepare(bench: Bench) -> None:
    make_migrations(bench)
    bench.make_first_file()


def list_candidates(work: Work, bench: Bench) -> list[Candidate]:
    url = bench.url_of()
    return [
        Candidate(
            what=WITHOUT, run=lambda: bench.manage("check", url=url, settings="without")
        ),
        Candidate(what=CHECK, run=lambda: bench.manage("check", url=url)),
        Candidate(what=MAKEMIGRATIONS, run=lambda: check_migrations(bench)),
        Candidate(
            what=KNOWN,
            run=lambda: bench.manage("schemadiff", "--check", url=url),
            bounds=(
                Bound(parts=((1.3, CHECK),)),
                Bound(parts=((1, MAKEMIGRATIONS),)),
            ),
        ),
        Candidate(
            what=COMPARED,
            run=lambda: bench.manage("schemadiff", "--check", "--no-cache", url=url),
        ),
        *add_diff(work, bench),
    ]
