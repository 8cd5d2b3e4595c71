"""Run the laws on new examples, many more than the tests take.

    python -m tools laws [--examples N] [--law TEXT] [--jobs N]

A law must hold of any schemas or models; hypothesis draws them, others at each run.
Prints how many examples each law has seen, and of what kinds, and every example that
breaks one, as small as it can be made; exits 1 when a law was broken.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from tools import ROOT

EXAMPLES_VARIABLE = "LAW_EXAMPLES"
"""Environment variable: how many examples each law sees."""
EXIT_BROKEN = 1


def main(arguments: Sequence[str]) -> int:
    options = parse_options(arguments)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "tests/laws", "-p", "no:randomly"),
            *("-k", options.law, "-n", str(options.jobs), "-q", "--no-header"),
            "--hypothesis-show-statistics",
        ],
        cwd=ROOT,
        env=os.environ | {EXAMPLES_VARIABLE: str(options.examples)},
        check=False,
    )
    return EXIT_BROKEN if done.returncode else 0


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools laws", description=__doc__)
    parser.add_argument(
        "--examples",
        type=int,
        default=10_000,
        help="how many examples each law sees (default: %(default)s)",
    )
    parser.add_argument(
        "--law", default="", help="only laws whose name holds this text"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="how many laws run at once (default: one for each processor)",
    )
    return parser.parse_args(arguments)
