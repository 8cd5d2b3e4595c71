"""Break runs at many points, and finish each by running again."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tools.faults.atlas import find_atlas
from tools.faults.points import list_faults, parse_point, sample_points
from tools.faults.pooler import find_pgbouncer
from tools.faults.scenarios import select_scenarios
from tools.faults.server import Server
from tools.faults.tally import describe_figures, format_table
from tools.faults.trial import Reference, Trial, measure_run, try_point


def add_options(parser: argparse.ArgumentParser) -> None:
    add_point_options(parser, count=300)


def add_point_options(parser: argparse.ArgumentParser, *, count: int) -> None:
    parser.add_argument(
        "--points", type=int, default=count, help="break runs at so many points"
    )
    parser.add_argument("--seed", type=int, default=1, help="which points")
    parser.add_argument(
        "--point",
        action="append",
        type=parse_point,
        help="break runs at this point only, as the output names it (repeatable)",
    )
    parser.add_argument(
        "--scenario", action="append", help="run this scenario only (repeatable)"
    )
    parser.add_argument(
        "--until-wrong", action="store_true", help="end with the first that goes wrong"
    )


def run(chosen: argparse.Namespace, server: Server | None, folder: Path) -> int:
    """Return 1 when anything was lost, done twice, or recorded but not done."""
    return break_runs(chosen, server, folder, list_faults(chosen.engine), tool="kill")


def break_runs(
    chosen: argparse.Namespace,
    server: Server | None,
    folder: Path,
    faults: Sequence[str],
    *,
    tool: str,
) -> int:
    """Break runs with these faults; return 1 when anything went wrong."""
    began = time.monotonic()
    references = measure_scenarios(chosen, server, folder)
    points = chosen.point or sample_points(
        chosen.points,
        chosen.seed,
        faults,
        {name: each.scenario for name, each in references.items()},
        {name: each.measure for name, each in references.items()},
    )
    trials: list[Trial] = []
    skipped = unfinished = 0
    for number, point in enumerate(points, start=1):
        if point.is_pooled and find_pgbouncer() is None:
            skipped += 1
            print(f"{number:4}  {point!s:40}  SKIPPED: there is no PgBouncer here")
            continue
        if point.is_finished_by_atlas and find_atlas() is None:
            unfinished += 1
            point = replace(point, is_finished_by_atlas=False)
        trial = try_point(point, references[point.scenario], server)
        trials.append(trial)
        verdict = "WRONG" if trial.problems else trial.remains or "ok"
        print(f"{number:4}  {point!s:40}  {trial.stage:20}  {verdict}", flush=True)
        for problem in trial.problems:
            print(f"      {problem}", flush=True)
        if trial.problems and chosen.until_wrong:
            break
    print(f"\n{format_table(trials)}\n", *describe_figures(trials), sep="\n")
    if skipped:
        print(f"{skipped} points were SKIPPED: there is no PgBouncer here. Install it.")
    if unfinished:
        print(f"Ours finished {unfinished} runs that Atlas should: it is not on PATH.")
    wrong = [trial.point for trial in trials if trial.problems]
    print(
        f"{len(trials)} points, seed {chosen.seed}, {chosen.engine}, {len(wrong)} wrong,"
        f" {server.crashes if server else 0} crashes of the server,"
        f" {time.monotonic() - began:.0f} s"
    )
    if wrong:
        again = "".join(f" --point {point}" for point in wrong)
        print(f"Repeat:  python -m tools faults {tool} --engine {chosen.engine}{again}")
    return 1 if wrong else 0


def measure_scenarios(
    chosen: argparse.Namespace, server: Server | None, folder: Path
) -> dict[str, Reference]:
    """Run each scenario undisturbed, and print what it took."""
    named = [point.scenario for point in chosen.point or ()]
    references: dict[str, Reference] = {}
    for name, each in select_scenarios(chosen.engine, chosen.scenario or named).items():
        references[name] = measure_run(each, each.write(folder / name), server)
        found = references[name].measure
        print(
            f"{name}: {len(each.files)} files, {len(each.steps)} statements,"
            f" {found.calls} calls ({len(found.commits)} of them COMMIT),"
            f" {found.code} lines of code, {found.seconds * 1000:.0f} ms"
        )
    return references
