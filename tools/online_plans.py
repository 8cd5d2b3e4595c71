"""Prove that online plans lead to the same as simple ones, and hold nobody up for long.

    python -m tools online-plans [--case TEXT] [--jobs N]

Takes every documented change with its rows; the tests take a sample.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from tools import ROOT

CASES_VARIABLE = "ONLINE_CASES"
"""Environment variable: which cases the tests take."""
ALL_CASES = "all"
EXIT_BROKEN = 1


def main(arguments: Sequence[str]) -> int:
    options = parse_options(arguments)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "tests/changes/test_online.py"),
            *("-k", options.case, "-n", str(options.jobs), "-q", "--no-header"),
        ],
        cwd=ROOT,
        env=os.environ | {CASES_VARIABLE: ALL_CASES},
        check=False,
    )
    return EXIT_BROKEN if done.returncode else 0


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
