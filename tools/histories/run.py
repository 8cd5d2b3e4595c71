"""Walk through the Django migration history of real projects, on PostgreSQL and SQLite.

    python -m tools histories FOLDER... [-- OPTION...]   OPTION as for ``histories walk``

Prints a table of all walks at the end; exits 1 when a step failed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence

from tools.histories.tally import Tally, format_table
from tools.projects import parse_projects

ENGINES = ("postgresql", "sqlite")


def main(arguments: Sequence[str]) -> int:
    description = __doc__.partition("\n")[0]
    projects, options = parse_projects(
        arguments, tool="histories", description=description
    )
    failed = False
    with tempfile.NamedTemporaryFile("r") as report:
        for project in projects:
            for engine in ENGINES:
                print(f"\n{project.name} on {engine}", flush=True)
                code = project.run(
                    *("histories", "walk", "--settings", "corpus_settings"),
                    *("--name", project.name, "--engine", engine),
                    *("--report", report.name, *options),
                )
                failed = failed or bool(code)
        print("", format_table(Tally(**json.loads(line)) for line in report), sep="\n")
    return 1 if failed else 0
