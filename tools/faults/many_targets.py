"""Break runs on many targets, and finish each by running again on all of them."""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tools.faults import evidence
from tools.faults.child import DONE, Child, fork_run
from tools.faults.databases import Database, create_database
from tools.faults.kill import measure_scenarios
from tools.faults.points import SIGNALS, Point, parse_point
from tools.faults.reports import find_wrong_exits, last_lines_of
from tools.faults.scenarios import Scenario
from tools.faults.server import Server
from tools.faults.striking import inject_fault, wait_until_released
from tools.faults.trial import MAX_RERUNS, Reference

SERVER_FAULTS = ("backend", "server-quit", "server-kill")
LEFT_OUT = "kinds"
"""Its files make a database of a fixed name on the server that all targets share."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--points", type=int, default=60, help="break runs at so many points"
    )
    parser.add_argument("--seed", type=int, default=1, help="which points")
    parser.add_argument(
        "--point",
        action="append",
        type=parse_point,
        help="break runs at this point only, such as none:kill:at0.4 (repeatable)",
    )
    parser.add_argument(
        "--scenario", action="append", help="run this scenario only (repeatable)"
    )
    parser.add_argument("--targets", type=int, default=4, help="so many targets")
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time")


def run(chosen: argparse.Namespace, server: Server | None, folder: Path) -> int:
    """Return 1 when a target has lost something, or has something twice."""
    references = measure_scenarios(chosen, server, folder)
    points = chosen.point or sample_moments(chosen, references, has_server=bool(server))
    wrong = count = 0
    for count, point in enumerate(points, start=1):
        problems = list(try_targets(point, references[point.scenario], server, chosen))
        verdict = "WRONG" if problems else "ok"
        print(
            f"{count:4}  {point!s:40}  {verdict}", *problems, sep="\n      ", flush=True
        )
        wrong += bool(problems)
    print(
        f"{count} points on {chosen.targets} targets, {chosen.jobs} at a time, seed"
        f" {chosen.seed}, {chosen.engine}, {wrong} wrong"
    )
    return 1 if wrong else 0


def sample_moments(
    chosen: argparse.Namespace, references: dict[str, Reference], *, has_server: bool
) -> Iterator[Point]:
    """Draw points by the time; faults and scenarios take turns."""
    chance = random.Random(chosen.seed)
    faults = (*SIGNALS, *(SERVER_FAULTS if has_server else ()))
    names = [name for name in references if name != LEFT_OUT]
    pairs = list(itertools.product(names, faults))
    chance.shuffle(pairs)
    for name, fault in itertools.islice(itertools.cycle(pairs), chosen.points):
        moment = round(chance.uniform(0, 1.05), 3)
        yield Point(scenario=name, fault=fault, trigger="at", value=moment)


def try_targets(
    point: Point,
    reference: Reference,
    server: Server | None,
    chosen: argparse.Namespace,
) -> Iterator[str]:
    """Break a run on new targets, finish it, and describe what is wrong."""
    with ExitStack() as stack:
        databases = [
            stack.enter_context(create_database(server)) for _ in range(chosen.targets)
        ]
        options = [*reference.options, "--jobs", str(chosen.jobs)]
        options += [f"--url={each.url}" for each in databases]
        child = fork_run(options, databases[0].url)
        turns = chosen.targets / chosen.jobs
        if not child.wait_for_end(point.value * reference.measure.seconds * turns):
            inject_fault(point.fault, child, databases[0])
        code = child.wait()
        yield from find_wrong_exits(point.fault, code, child, reference.scenario)
        for database in databases:
            yield from wait_until_released(database)[1]
            yield from evidence.find_wrong_claims(database, reference.scenario.files)
        yield from find_unkept_targets(child, databases, reference.scenario)
        yield from finish_run(options, databases)
        for database in databases:
            found = evidence.take_snapshot(database)
            yield from evidence.find_differences(reference.snapshot, found)


def find_unkept_targets(
    child: Child, databases: Sequence[Database], scenario: Scenario
) -> Iterator[str]:
    """Describe each target that was reported as done and is not."""
    ended = {
        event["name"]: event["error"]
        for event in child.list_events()
        if event["event"] == "target_ended"
    }
    for name, error in ended.items():
        database = next(each for each in databases if each.name in name)
        rows = evidence.read_rows_by_version(database).values()
        if error is None and sum(row.applied for row in rows) < len(scenario.steps):
            yield f"{name} was reported as done and is not"


def finish_run(options: Sequence[str], databases: Sequence[Database]) -> Iterator[str]:
    """Run again until all targets are done; describe why that fails."""
    for _ in range(MAX_RERUNS):
        child = fork_run(options, databases[0].url)
        if (code := child.wait()) == DONE:
            return
    yield f"the last of {MAX_RERUNS} runs ended with {code}: {last_lines_of(child)}"
