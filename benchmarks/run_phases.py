"""Propose the first file in this process; write the seconds of each phase as JSON.

python -m benchmarks.run_phases FILE      in the folder of a project without files
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(file: str) -> None:
    began = time.perf_counter()
    import django  # importing it is part of what is measured

    django.setup()
    phases = {"Django start-up": time.perf_counter() - began}
    began = time.perf_counter()
    from schema_migrations.workflows.planning.between_sources import propose
    from schema_migrations.workflows.planning.proposal import ChangeRequest
    from schema_migrations.workflows.states.workspace import open_workspace

    with open_workspace("default") as workspace:
        propose(workspace, ChangeRequest())
        phases |= workspace.phases
    phases["all phases, without start-up"] = time.perf_counter() - began
    Path(file).write_text(json.dumps(phases))


if __name__ == "__main__":
    main(sys.argv[1])
