"""Adopt databases that Django's migrations made, by the steps of docs/how-to.md.

    python -m tools adoption FOLDER... [-- OPTION...]    OPTION as for ``adoption adopt``

It takes the same folders as ``histories``, and uses the same environments.
"""

from __future__ import annotations

from collections.abc import Sequence

from tools.projects import parse_projects


def main(arguments: Sequence[str]) -> int:
    description = __doc__.partition("\n")[0]
    projects, options = parse_projects(
        arguments, tool="adoption", description=description
    )
    codes = [
        each.run("adoption", "adopt", "--name", each.name, *options)
        for each in projects
    ]
    return 1 if any(codes) else 0
