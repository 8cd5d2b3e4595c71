"""Break runs at many points, and finish each by running again."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tools.faults.points import parsed, sampled
from tools.faults.scenarios import chosen_of
from tools.faults.server import Server
from tools.faults.tally import figures, table
from tools.faults.trial import Reference, Trial, measured, tried


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--points", type=int, default=300, help="how many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--point",
        action="append",
        type=parsed,
        help="this one only (repeatable), as a line of output names it",
    )
    parser.add_argument(
        "--scenario", action="append", help="from this one only (repeatable)"
    )


def run(chosen: argparse.Namespace, server: Server | None, folder: Path) -> int:
    """Return the exit code: 1 when anything was lost, done twice or claimed."""
    began = time.monotonic()
    references = measure(chosen, server, folder)
    points = chosen.point or sampled(
        chosen.points,
        chosen.seed,
        chosen.engine,
        {name: each.scenario for name, each in references.items()},
        {name: each.measure for name, each in references.items()},
    )
    trials: list[Trial] = []
    for number, point in enumerate(points, start=1):
        trial = tried(point, references[point.scenario], server)
        trials.append(trial)
        told = "WRONG" if trial.problems else trial.left or "ok"
        print(f"{number:4}  {point!s:40}  {trial.where:20}  {told}", flush=True)
        for problem in trial.problems:
            print(f"      {problem}", flush=True)
    print(f"\n{table(trials)}\n", *figures(trials), sep="\n")
    wrong = [trial.point for trial in trials if trial.problems]
    print(
        f"{len(trials)} points, seed {chosen.seed}, {chosen.engine}, {len(wrong)} wrong,"
        f" {server.crashes if server else 0} crashes of the server,"
        f" {time.monotonic() - began:.0f} s"
    )
    if wrong:
        again = "".join(f" --point {point}" for point in wrong)
        print(f"Again:  python -m tools faults kill --engine {chosen.engine}{again}")
    return 1 if wrong else 0


def measure(
    chosen: argparse.Namespace, server: Server | None, folder: Path
) -> dict[str, Reference]:
    """Run the scenarios undisturbed."""
    named = [point.scenario for point in chosen.point or ()]
    references: dict[str, Reference] = {}
    for name, each in chosen_of(chosen.engine, chosen.scenario or named).items():
        references[name] = measured(each, each.write(folder / name), server)
        found = references[name].measure
        print(
            f"{name}: {len(each.files)} files, {len(each.steps)} statements,"
            f" {found.calls} calls, {found.seconds * 1000:.0f} ms"
        )
    return references
