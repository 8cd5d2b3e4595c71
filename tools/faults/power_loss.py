"""Take the power from the server at many points of runs, and finish each by running again.

The server has fsync on.  Where this machine can mount a disk of its own for it, what was
not written to that disk is lost.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.faults.kill import add_point_options, break_runs
from tools.faults.points import POWER_FAULTS
from tools.faults.server import Server


def add_options(parser: argparse.ArgumentParser) -> None:
    add_point_options(parser, count=100)
    parser.set_defaults(is_durable=True)


def run(chosen: argparse.Namespace, server: Server, folder: Path) -> int:
    """Return 1 when anything that was confirmed was lost, done twice or not finished."""
    faults = POWER_FAULTS if server.disk else POWER_FAULTS[:-1]
    return break_runs(chosen, server, folder, faults, tool="power-loss")
