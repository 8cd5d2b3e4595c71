"""Prove that online plans lead to the same as simple ones, and hold nobody up for long.

    python -m tools online-plans [--case TEXT] [--jobs N]

Takes every documented change with its rows; the tests take a sample.  An exception that
the page lists and no change needs any more is an error as well.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from tools import ROOT

CASES_VARIABLE = "ONLINE_CASES"
"""Environment variable: which cases the tests take."""
ALL_CASES = "all"
EXCEPTIONS_VARIABLE = "ONLINE_EXCEPTIONS"
"""Environment variable: the file in which the tests note the exceptions that they need."""
PAGE = ROOT / "docs/reference/online-plans.md"
EXCEPTIONS_TITLE = "What has no online form"
EXIT_BROKEN = 1


def main(arguments: Sequence[str]) -> int:
    options = parse_options(arguments)
    with tempfile.NamedTemporaryFile("r") as needed:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "tests/changes/test_online.py"),
                *("-k", options.case, "-n", str(options.jobs), "-q", "--no-header"),
            ],
            cwd=ROOT,
            env=os.environ
            | {CASES_VARIABLE: ALL_CASES, EXCEPTIONS_VARIABLE: needed.name},
            check=False,
        )
        unneeded = read_exceptions().keys() - set(needed.read().splitlines())
    if options.case or done.returncode:
        return EXIT_BROKEN if done.returncode else 0
    for row in sorted(unneeded):
        print(f"No change needs the exception {row} of {PAGE.relative_to(ROOT)}.")
    return EXIT_BROKEN if unneeded else 0


def read_exceptions() -> dict[str, str]:
    """Return why a statement has no other form, by the pattern that the page has for it."""
    section = PAGE.read_text().partition(f"\n## {EXCEPTIONS_TITLE}\n")[2]
    return dict(re.findall(r"^\| `(.+?)` \| (.+?) \|$", section, re.MULTILINE))


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools online-plans", description=__doc__
    )
    parser.add_argument(
        "--case", default="", help="only cases whose page or title holds this text"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="how many cases run at once (default: one for each processor)",
    )
    return parser.parse_args(arguments)
