"""Whether work grows no faster than a file: long statements, and many in one file."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import DURABLE_SETTINGS, Bench, Work, open_bench
from benchmarks.measuring import Candidate, measure_in_turns
from benchmarks.peers.psql import run_psql
from benchmarks.results import Bound, Row, Table

START = "start of ours"
PSQL_START = "start of psql"
OURS = "`schemaapply --no-signals`"
PSQL = "`psql -f`"
WORDS = "my password is a word. "
"""A search for passwords would read them at length."""
MEBIBYTE = 2**20
MEMORY_COUNTS_FROM = 100
"""In MiB: of shorter statements, that of Python and Django is most of it."""


def measure(work: Work) -> Table:
    rows = list(_measure_all(work))
    return Table(
        title="Long files",
        rows=tuple(rows),
        reference=PSQL,
        notes=(
            "For `txmode none` the server keeps what it commits, as a real one does."
            " libpq keeps two copies of a statement until it is done.",
        ),
    )


def _measure_all(work: Work) -> Iterator[Row]:
    size = work.sizes.mebibytes
    for mebibytes in dict.fromkeys((size // 10 or 1, size)):
        text = WORDS * (mebibytes * MEBIBYTE // len(WORDS))
        with open_bench(work) as bench:
            bench.write_files(
                f"CREATE TABLE a (w text);\nINSERT INTO a VALUES ('{text}');\n"
            )
            yield from measure_beside_psql(
                work,
                bench,
                f"a statement of {mebibytes} MiB",
                factor=1.2,
                limits_memory=mebibytes >= MEMORY_COUNTS_FROM,
            )
    for count in work.sizes.statements:
        rows = "\n".join(
            f"INSERT INTO a VALUES ({number}, 'word {number}');"
            for number in range(count)
        )
        with open_bench(work, server_settings=DURABLE_SETTINGS) as bench:
            bench.write_files(
                "-- atlas:txmode none\n\n"
                f"CREATE TABLE a (id integer PRIMARY KEY, w text);\n{rows}\n"
            )
            yield from measure_beside_psql(
                work, bench, f"`txmode none`, {count:,} statements", factor=3
            )


def measure_beside_psql(
    work: Work, bench: Bench, group: str, *, factor: float, limits_memory: bool = False
) -> list[Row]:
    """Apply a file, and run it by ``psql``; the bound leaves out what both take to start."""
    bench.write_files("SELECT 1;\n", name="short")
    (file,) = bench.list_files()
    bounds = [Bound(parts=((factor, PSQL), (-factor, PSQL_START), (1, START)))]
    if limits_memory:
        bounds.append(Bound(parts=((1, PSQL),), of="mebibytes"))
    candidates = [
        Candidate(
            what=START,
            run=lambda: bench.apply("--dir", "short", url=bench.make_database()),
        ),
        Candidate(
            what=PSQL_START,
            run=lambda: run_psql(bench, bench.make_database(), "-c", "SELECT 1"),
        ),
        Candidate(
            what=PSQL, run=lambda: run_psql(bench, bench.make_database(), "-f", file)
        ),
        Candidate(
            what=OURS,
            run=lambda: bench.apply(url=bench.make_database()),
            bounds=tuple(bounds),
        ),
    ]
    return measure_in_turns(work.repetition, candidates, group=group)
