"""Where the time of a first ``schemadiff`` goes: its phases, without any cache."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.bench import Bench, Work, list_projects
from benchmarks.results import Row, Run, Table


def measure(work: Work) -> Table:
    rows: list[Row] = []
    for group, bench in list_projects(work):
        runs = [time_phases(bench) for _ in range(work.repetition.runs)]
        for phase in runs[0]:
            taken = tuple(Run(seconds=run.get(phase, 0.0)) for run in runs)
            rows.append(Row(what=phase, runs=taken, group=group))
        work.repetition.say(f"{group}: {len(runs[0])} phases")
    return Table(
        has_medians_alone=True,
        title="Phases of the first `schemadiff`",
        rows=tuple(rows),
        notes=(
            "`inspect` is the sum of all inspections. Most of it all is the server making"
            " tables: once for the models, once more for the proof.",
        ),
    )


def time_phases(bench: Bench) -> dict[str, float]:
    """Return the seconds of each phase, from a process of its own."""
    url = bench.make_database()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run_phases"],
        cwd=bench.folder,
        env=bench.make_environment(url=url, settings="settings"),
        check=True,
        stdout=subprocess.PIPE,
    )
    phases: dict[str, float] = json.loads(done.stdout)
    return phases
