"""Propose the first file in this process; print the seconds of each phase as JSON.

python -m benchmarks.run_phases      in the folder of a project without files
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    began = time.perf_counter()
    import django  # importing it is part of what is measured

    django.setup()
    phases = {"Django start-up": time.perf_counter() - began}
    began = time.perf_counter()
    from schema_migrations.workflows.planning.proposal import propose
    from schema_migrations.workflows.states.sources import open_workspace

    with open_workspace("default") as workspace:
        propose(workspace)
        phases |= workspace.phases
    phases["all phases, without start-up"] = time.perf_counter() - began
    json.dump(phases, sys.stdout)


if __name__ == "__main__":
    main()
