"""Start many runs at once on one target, and check that each statement runs once."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from tools.faults import evidence
from tools.faults.child import DONE, RETRY, Child, fork_run, start_run
from tools.faults.databases import create_database
from tools.faults.scenarios import Scenario, select_scenarios
from tools.faults.server import Server
from tools.faults.trial import measure_run


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--processes", type=int, default=50, help="start so many runs")
    parser.add_argument(
        "--scenario", action="append", help="run this scenario only (repeatable)"
    )
    parser.add_argument(
        "--unforked",
        action="store_true",
        help="start processes as a person starts them, instead of forks",
    )


def run(chosen: argparse.Namespace, server: Server | None, folder: Path) -> int:
    """Return 1 when a statement did not run exactly once, or a run ended in another way
    than it may."""
    failed = False
    for name, scenario in select_scenarios(chosen.engine, chosen.scenario).items():
        reference = measure_run(scenario, scenario.write(folder / name), server)
        # First each waits for its turn, then most give up: both are in the contract.
        # Where the lock does not keep them apart, those that come second stop.
        may_stop = {DONE, RETRY}
        ways = [("60s", 1, may_stop if scenario.gives_up_lock else {DONE})]
        ways += [("0s", 1, may_stop)]
        ways += [("60s", 2, may_stop)] if server is None else []
        for wait, name_count, allowed in ways:
            with create_database(server) as database:
                urls = [database.url]
                if name_count > 1:
                    urls.append(database.add_name())
                began = time.monotonic()
                codes, unexpected = run_at_once(
                    scenario, reference.folder, urls, wait=wait, chosen=chosen
                )
                seconds = time.monotonic() - began
                problems = list(
                    evidence.find_differences(
                        reference.snapshot, evidence.take_snapshot(database)
                    )
                )
            if set(codes) - allowed or not codes[DONE]:
                problems.append(f"The runs ended with {dict(codes)}: {unexpected}")
            ends = ", ".join(
                f"{count} with {code}" for code, count in sorted(codes.items())
            )
            verdict = "WRONG" if problems else "ok"
            print(
                f"{name}, --lock-wait {wait}{', two names of the file' * (name_count - 1)}:"
                f" {chosen.processes} runs in {seconds:.1f} s"
                f" ended, {ends}: {verdict}",
                *problems,
                sep="\n      ",
                flush=True,
            )
            failed = failed or bool(problems)
    return 1 if failed else 0


def run_at_once(
    scenario: Scenario,
    directory: Path,
    urls: Sequence[str],
    *,
    wait: str,
    chosen: argparse.Namespace,
) -> tuple[Counter[int], str]:
    """Count the exit codes of the runs; return also the output of one that failed.

    The runs take the URLs in turn.
    """
    options = ["--dir", str(directory), "--tx-mode", scenario.mode, "--lock-wait", wait]
    # A fork waits before its first call to the driver, so that all start together.
    children: list[Child] = [
        start_run(options, url) if chosen.unforked else fork_run(options, url, call=1)
        for url in islice(cycle(urls), chosen.processes)
    ]
    for child in children:
        if not chosen.unforked:
            child.wait_at_gate()
    for child in children:
        child.release()
    codes: Counter[int] = Counter()
    unexpected = ""
    for child in children:
        code = child.wait()
        codes[code] += 1
        if code not in (DONE, RETRY) or "Traceback" in child.text:
            unexpected = child.text
    return codes, unexpected
