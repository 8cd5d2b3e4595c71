"""Histories of many files, replayed and compared with the models; nothing is remembered.

The first file makes all tables; of the others one adds a column and the next drops it.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench, Work, name_files, open_bench
from benchmarks.measuring import Candidate, measure_in_turns, sum_runs
from benchmarks.peers.atlas import add_diff
from benchmarks.peers.psql import load_files
from benchmarks.results import Bound, Row, Table, bound_growth

MODELS = 10
PSQL = "`psql -1`, the files and the models' SQL"
COMPARED = "`schemadiff --check --no-cache`"


def measure(work: Work) -> Table:
    rows: list[Row] = []
    with open_bench(work, models=MODELS) as bench:
        bench.make_first_file()
        (first,) = bench.list_files()
        text = first.read_text()
        for files in work.sizes.files:
            bench.write_files(text, *list_later_files(files - 1))
            rows += measure_in_turns(
                work.repetition, list_candidates(work, bench), group=name_files(files)
            )
    rows = bound_growth(rows, COMPARED, work.sizes.files, name_files)
    return Table(
        title=f"Histories of {MODELS} models",
        rows=tuple(rows),
        reference=PSQL,
        notes=(
            "psql is given all files at once. The bound leaves no time for the start of"
            " Django.",
        ),
    )


def list_later_files(count: int) -> Iterator[str]:
    """Yield statements that leave nothing behind; an odd last one is a comment."""
    for number in range(count // 2):
        table = f"app0_model{number % MODELS}"
        yield f"ALTER TABLE {table} ADD COLUMN step{number} text;\n"
        yield f"ALTER TABLE {table} DROP COLUMN step{number};\n"
    if count % 2:
        yield "COMMENT ON TABLE app0_model0 IS NULL;\n"


def list_candidates(work: Work, bench: Bench) -> list[Candidate]:
    files = bench.list_files()
    words = ("schemadiff", "--check", "--no-cache")
    return [
        Candidate(
            what=PSQL,
            run=lambda: sum_runs(
                load_files(bench, *files), load_files(bench, files[0])
            ),
        ),
        Candidate(
            what=COMPARED,
            run=lambda: bench.manage(*words, url=bench.url_of()),
            bounds=(Bound(parts=((1.2, PSQL),)),),
        ),
        *add_diff(work, bench),
    ]
