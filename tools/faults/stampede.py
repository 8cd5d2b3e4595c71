"""Start many runs at once on one target: each statement runs once."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

from tools.faults import evidence
from tools.faults.child import DONE, RETRY, Child, forked, whole
from tools.faults.places import Database, fresh
from tools.faults.scenarios import Scenario, chosen_of
from tools.faults.server import Server
from tools.faults.trial import measured


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--processes", type=int, default=50)
    parser.add_argument(
        "--scenario", action="append", help="this one only (repeatable)"
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="processes as a person starts them, no forks",
    )


def run(chosen: argparse.Namespace, server: Server | None, folder: Path) -> int:
    """Return 1 when a statement did not run exactly once, or a run ended oddly."""
    failed = False
    for name, scenario in chosen_of(chosen.engine, chosen.scenario).items():
        reference = measured(scenario, scenario.write(folder / name), server)
        # First each waits its turn, then most give up: both ends are in the contract.
        for wait, allowed in (("60s", {DONE}), ("0s", {DONE, RETRY})):
            with fresh(server) as database:
                began = time.monotonic()
                codes, odd = stampede(
                    scenario, reference.folder, database, wait=wait, chosen=chosen
                )
                seconds = time.monotonic() - began
                problems = list(
                    evidence.differences(
                        reference.snapshot, evidence.snapshot(database)
                    )
                )
            if set(codes) - allowed or not codes[DONE]:
                problems.append(f"ended with {dict(codes)}: {odd}")
            ends = ", ".join(
                f"{count} with {code}" for code, count in sorted(codes.items())
            )
            told = "WRONG" if problems else "ok"
            print(
                f"{name}, --lock-wait {wait}: {chosen.processes} runs in {seconds:.1f} s"
                f" ended, {ends}: {told}",
                *problems,
                sep="\n      ",
                flush=True,
            )
            failed = failed or bool(problems)
    return 1 if failed else 0


def stampede(
    scenario: Scenario,
    directory: Path,
    database: Database,
    *,
    wait: str,
    chosen: argparse.Namespace,
) -> tuple[Counter[int], str]:
    """Return how the runs ended, and what the last one of the odd ones said."""
    asked = ["--dir", str(directory), "--tx-mode", scenario.mode, "--lock-wait", wait]
    # A fork stops before its first call to the driver: all go off together.
    children: list[Child] = [
        whole(asked, database.url)
        if chosen.whole
        else forked(asked, database.url, call=1)
        for _ in range(chosen.processes)
    ]
    for child in children:
        if not chosen.whole:
            child.arrived()
    for child in children:
        child.release()
    codes: Counter[int] = Counter()
    odd = ""
    for child in children:
        code = child.wait()
        codes[code] += 1
        if code not in (DONE, RETRY) or "Traceback" in child.text:
            odd = child.text
    return codes, odd
