"""Where the time of a first ``schemadiff`` goes: its phases, without any cache."""

from __future__ import annotations

import json
import sys

from benchmarks.bench import Bench, Work, list_projects
from benchmarks.measuring import run_process
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
    file = bench.folder / "phases.json"
    run_process(
        sys.executable,
        "-m",
        "benchmarks.run_phases",
        file,
        cwd=bench.folder,
        env=bench.make_environment(url=url, settings="settings"),
    )
    phases: dict[str, float] = json.loads(file.read_text())
    return phases
