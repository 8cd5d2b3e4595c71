"""What the app in INSTALLED_APPS costs every command, with its system checks."""

from __future__ import annotations

import os

from benchmarks.bench import Bench, Work, list_projects, name_files, open_bench
from benchmarks.measuring import Candidate, Repetition, measure_in_turns
from benchmarks.results import Bound, Row, Run, Table

WITHOUT = "`check` without the app"
CHECK = "`check`"
MOST_SECONDS = 0.015
TIMES = 3
"""The difference is small, so everything is run so much more often."""


def measure(work: Work) -> Table:
    rows: list[Row] = []
    for group, bench in list_projects(work):
        bench.make_first_file()
        rows += measure_checks(work, bench, group)
    if not work.given:
        for files in work.sizes.files:
            with open_bench(work) as bench:
                bench.write_files(*(f"SELECT {number};\n" for number in range(files)))
                rows += measure_checks(work, bench, name_files(files))
    return Table(
        title="The app in `INSTALLED_APPS`",
        rows=tuple(rows),
        reference=WITHOUT,
        notes=(
            "Before each run the files are as a checkout leaves them: all are read.",
        ),
    )


def measure_checks(work: Work, bench: Bench, group: str) -> list[Row]:
    def check(settings: str) -> Run:
        for file in bench.list_files():
            os.utime(file)
        return bench.manage("check", settings=settings)

    candidates = [
        Candidate(what=WITHOUT, run=lambda: check("without")),
        Candidate(
            what=CHECK,
            run=lambda: check("settings"),
            bounds=(Bound(parts=((1, WITHOUT),), constant=MOST_SECONDS),),
        ),
    ]
    more = Repetition(runs=TIMES * work.repetition.runs, say=work.repetition.say)
    return measure_in_turns(more, candidates, group=group)
