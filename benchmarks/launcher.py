"""Run a program as the child of a small process, and write what it took as JSON.

    python -I -S launcher.py FILE PROGRAM [ARGUMENT...]

Linux counts what a process had before ``exec`` to its greatest memory, so a program that a
large process starts seems to need as much.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(file: str, command: list[str]) -> None:
    began = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    taken = {
        "seconds": time.perf_counter() - began,
        "mebibytes": usage.ru_maxrss / 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    with open(file, "w") as written:  # noqa: PTH123 -- importing pathlib would need most of the memory here
        json.dump(taken, written)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
