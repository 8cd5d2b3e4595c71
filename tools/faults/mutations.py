"""Plant bugs in copies of the package, and check that breaking runs finds each."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT
from tools.columns import align_columns
from tools.faults.bugs import BUGS, Bug, plant_bug
from tools.faults.server import Server

WRONG_POINT = re.compile(r"^ *(\d+)  (\S+) .*  WRONG\n +(.*)", re.MULTILINE)
"""Its number, its name, and the first thing that was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How a bug was found."""

    bug: Bug
    number: int
    """How many points it took; 0: it was not found."""
    point: str = ""
    problem: str = ""
    """What was wrong at the point; without a number: why it was not found."""
    seconds: float


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--points", type=int, default=200, help="break runs at so many points at most"
    )
    parser.add_argument("--seed", type=int, default=1, help="which points")
    parser.add_argument(
        "--bug",
        action="append",
        choices=[bug.name for bug in BUGS],
        help="plant this bug only (repeatable)",
    )
    parser.add_argument(
        "--scenario", action="append", help="run this scenario only (repeatable)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="so many bugs at a time")


def run(chosen: argparse.Namespace, server: Server | None, folder: Path) -> int:
    """Return 1 when a bug was not found."""
    began = time.monotonic()
    bugs = [bug for bug in BUGS if not chosen.bug or bug.name in chosen.bug]
    # All at first: a bug that fits nowhere is known before the hours, not after.
    copies = [plant_in_copy(bug, folder / bug.name) for bug in bugs]
    findings = []
    with start_campaigns(chosen.jobs) as (pool, campaigns):
        waiting = [
            pool.submit(find_bug, bug, copy, chosen, campaigns)
            for bug, copy in zip(bugs, copies, strict=True)
        ]
        for each in waiting:
            findings.append(each.result())
            print(describe_finding(findings[-1]), flush=True)
    print(f"\n{format_findings(findings)}\n")
    found = sum(bool(finding.number) for finding in findings)
    print(
        f"{found} of {len(findings)} bugs found within {chosen.points} points, seed"
        f" {chosen.seed}, {time.monotonic() - began:.0f} s"
    )
    return 0 if found == len(findings) else 1


def plant_in_copy(bug: Bug, folder: Path) -> Path:
    """Copy the package and the tools, plant a bug in the copy, and return its folder."""
    for name in ("schema_migrations", "tools"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    plant_bug(bug, folder / "schema_migrations")
    return folder


Campaigns = list[subprocess.Popen[str]]


@contextmanager
def start_campaigns(jobs: int) -> Iterator[tuple[ThreadPoolExecutor, Campaigns]]:
    """Keep threads for campaigns until the block ends; an exception ends the campaigns."""
    campaigns: Campaigns = []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            yield pool, campaigns
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for each in campaigns:
                each.terminate()
            raise


def find_bug(
    bug: Bug, copy: Path, chosen: argparse.Namespace, campaigns: Campaigns
) -> Finding:
    """Break runs of the copy until one goes wrong that does not without the bug."""
    began = time.monotonic()
    options = ["--engine", bug.engine]
    options += ["--major", str(chosen.major)] if chosen.major else []
    several = ["--points", str(chosen.points), "--seed", str(chosen.seed)]
    several += [f"--scenario={name}" for name in chosen.scenario or ()]
    code, text = break_runs_of(copy, [*options, *several, "--until-wrong"], campaigns)
    match = WRONG_POINT.search(text)
    number = 0
    if code == 0:
        problem = "nothing was wrong"
    elif code != 1 or match is None:
        problem = text
    elif break_runs_of(ROOT, [*options, "--point", match[2]], campaigns)[0]:
        problem = f"{match[2]} is wrong without the bug, too: {match[3]}"
    else:
        number, problem = int(match[1]), match[3]
    return Finding(
        bug=bug,
        number=number,
        point=match[2] if match and number else "",
        problem=problem,
        seconds=time.monotonic() - began,
    )


def break_runs_of(
    root: Path, options: Sequence[str], campaigns: Campaigns
) -> tuple[int, str]:
    """Break runs of a copy of the repository; return the exit code and the output."""
    with tempfile.TemporaryFile("w+") as output:
        campaign = subprocess.Popen(
            [sys.executable, "-m", "tools", "faults", "kill", *options],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        campaigns.append(campaign)
        code = campaign.wait()
        output.seek(0)
        return code, output.read()


def describe_finding(finding: Finding) -> str:
    if not finding.number:
        return f"{finding.bug.name}: {finding.bug.meaning}\n    NOT FOUND: {finding.problem}"
    return (
        f"{finding.bug.name}: {finding.bug.meaning}\n"
        f"    {finding.point}: {finding.problem[:300]}"
    )


def format_findings(findings: Sequence[Finding]) -> str:
    """Return the table of the bugs, each with the point that found it."""
    lines = [("bug", "found by", "after points", "seconds")]
    lines += [
        (
            finding.bug.name,
            finding.point,
            str(finding.number) if finding.number else "NOT FOUND",
            f"{finding.seconds:.0f}",
        )
        for finding in findings
    ]
    return "\n".join(align_columns(lines))
