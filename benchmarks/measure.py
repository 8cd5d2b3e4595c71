"""One measured run in a process of its own: prints a JSON object of seconds and MiB.

measure.py diff | check | apply [--no-signals]      in a folder that project.py wrote
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import time
from pathlib import Path


def main(what: str, *options: str) -> None:
    sys.path.insert(0, str(Path.cwd()))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    began = time.perf_counter()
    import django  # importing it is part of what is measured

    django.setup()
    from django.core.management import call_command

    result = {"Django start-up": time.perf_counter() - began}
    began = time.perf_counter()
    if what == "diff":
        result |= diff_phases()
    elif what == "check":
        call_command("check", stdout=io.StringIO())
    else:
        call_command("schemaapply", *options, interactive=False, verbosity=0)
    result["total"] = time.perf_counter() - began
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result["peak MiB"] = kibibytes / 1024
    json.dump(result, sys.stdout)


def diff_phases() -> dict[str, float]:
    """Propose the first file as ``schemadiff`` does, write it, return its phases."""
    from schema_migrations.history.directory import save
    from schema_migrations.history.file import MigrationFile
    from schema_migrations.workflows.planning.proposal import propose
    from schema_migrations.workflows.states.workspace import (
        open_workspace,
    )

    with open_workspace("default") as workspace:
        proposal = propose(workspace)
    file = MigrationFile(
        name="20260101000000_all.sql", content=proposal.file_text.encode()
    )
    save(workspace.settings.directory, workspace.directory, [file])
    return dict(workspace.phases)


if __name__ == "__main__":
    main(*sys.argv[1:])
