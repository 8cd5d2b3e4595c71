"""Files are applied: a large one, many small ones; and their status."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench, Work, list_projects, name_files, open_bench
from benchmarks.measuring import Candidate, measure_in_turns
from benchmarks.peers.atlas import add_apply, add_status
from benchmarks.peers.django_commands import make_migrations, migrate, write_steps
from benchmarks.peers.psql import load_files, run_psql, write_script
from benchmarks.results import Bound, Row, Run, Table

WITHOUT = "`check` without the app"
BARE = "`schemaapply --no-signals`"
OURS = "`schemaapply`"
MIGRATE = "`migrate`"
PSQL = "`psql -1 -f`"
PSQL_ROWS = "psql, the same transactions and revision rows"
ATLAS = "`atlas migrate apply`"
FROM_MODELS, BESIDE_MIGRATE_FROM, BESIDE_PSQL_FROM = 1_000, 300, 3_000
"""From these sizes on there are bounds: below them the start of Django is most of it."""


def measure(work: Work) -> Table:
    rows: list[Row] = []
    for group, bench in list_projects(work):
        make_migrations(bench)
        bench.make_first_file()
        rows += measure_large_file(work, bench, f"1 file of {group}")
    if not work.given:
        for files in work.sizes.files:
            with open_bench(work) as bench:
                rows += measure_small_files(work, bench, files)
        with open_bench(work) as bench:
            rows += measure_status(work, bench)
    return Table(
        title="Applying",
        rows=tuple(rows),
        reference=OURS,
        notes=(
            "Small files have a statement each: a table, then a column of it."
            " `migrate` runs the same statements as migrations, in a project without"
            " any other app; of large files it makes the same tables by its own SQL.",
        ),
    )


def measure_large_file(work: Work, bench: Bench, group: str) -> list[Row]:
    files = bench.list_files()
    bounds = (
        Bound(parts=((1.15, PSQL), (1, WITHOUT))),
        Bound(parts=((1 / 15, MIGRATE),)),
        Bound(parts=((1 / 5, ATLAS),)),
    )
    candidates = [
        Candidate(what=WITHOUT, run=lambda: bench.manage("check", settings="without")),
        Candidate(what=PSQL, run=lambda: load_files(bench, *files)),
        Candidate(
            what=BARE,
            run=lambda: bench.apply(url=bench.make_database()),
            bounds=bounds if bench.models >= FROM_MODELS else (),
        ),
        Candidate(what=OURS, run=lambda: apply_with_signals(bench)),
        Candidate(what=MIGRATE, run=lambda: migrate(bench)),
        *add_apply(work, bench),
    ]
    return measure_in_turns(work.repetition, candidates, group=group)


def measure_small_files(work: Work, bench: Bench, files: int) -> list[Row]:
    statements = list(list_statements(files))
    bench.write_files(*statements)
    write_steps(bench, statements)
    bench.apply(url=bench.make_database())
    script = write_script(bench, bench.url_of())
    candidates = [
        Candidate(
            what=PSQL_ROWS,
            run=lambda: run_psql(bench, bench.make_database(), "-f", script),
        ),
        Candidate(
            what=BARE,
            run=lambda: bench.apply(url=bench.make_database()),
            bounds=(
                (Bound(parts=((2, PSQL_ROWS),)),) if files >= BESIDE_PSQL_FROM else ()
            ),
        ),
        Candidate(
            what=OURS,
            run=lambda: apply_with_signals(bench, settings="ours"),
            bounds=(
                (Bound(parts=((1, MIGRATE),)),) if files >= BESIDE_MIGRATE_FROM else ()
            ),
        ),
        Candidate(what=MIGRATE, run=lambda: migrate(bench, settings="djangos")),
        *add_apply(work, bench),
    ]
    return measure_in_turns(work.repetition, candidates, group=name_files(files))


def apply_with_signals(bench: Bench, *, settings: str = "settings") -> Run:
    words = ("schemaapply", "--no-input", "-v0")
    return bench.manage(*words, url=bench.make_database(), settings=settings)


def measure_status(work: Work, bench: Bench) -> list[Row]:
    revisions = work.sizes.revisions
    bench.write_files(*(f"SELECT {number};\n" for number in range(revisions)))
    url = bench.make_database()
    bench.apply(url=url)
    half_a_second = (Bound(parts=((1, WITHOUT),), constant=0.5),)
    candidates = [
        Candidate(
            what=WITHOUT, run=lambda: bench.manage("check", settings="without", url=url)
        ),
        Candidate(
            what="`schemastatus`",
            run=lambda: bench.manage("schemastatus", url=url),
            bounds=half_a_second,
        ),
        Candidate(
            what=f"{BARE}, none pending",
            run=lambda: bench.apply(url=url),
            bounds=half_a_second,
        ),
        *add_status(work, bench, url),
    ]
    group = f"{revisions:,} revisions"
    return measure_in_turns(work.repetition, candidates, group=group)


def list_statements(count: int) -> Iterator[str]:
    """Yield as many statements, each for a file: a table, then a column of it."""
    for number in range(count):
        if number % 2:
            yield f"ALTER TABLE t{number - 1} ADD COLUMN w text;\n"
        else:
            yield f"CREATE TABLE t{number} (id integer PRIMARY KEY);\n"
