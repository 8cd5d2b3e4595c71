"""Check that this package does what it promises, in ways that take longer than tests.

    python -m tools histories FOLDER... [-- OPTION...]     real migration histories
    python -m tools histories walk --settings MODULE       one, in its environment
    python -m tools adoption FOLDER... [-- OPTION...]      databases that migrate made
    python -m tools adoption adopt --name PROJECT          one, in its environment
    python -m tools faults kill|full|stampede|traffic      broken runs of schemaapply
    python -m tools faults many-targets|power-loss         the same, in other places
    python -m tools faults mutations                       planted bugs, which they find
    python -m tools laws [--examples N]                    laws, on thousands of examples
    python -m tools online-plans                           every documented change, online
    python -m tools django-suite [APP...]                  the models in Django's tests
    python -m tools real-projects [PROJECT...]             the loop on oscar and wagtail
    python -m tools takeovers [PROJECT...]                 pretix and weblate, and back
    python -m tools names                                  public functions, for review
    python -m tools docs                                   what docs/ takes from the code
    python -m tools docs site FOLDER                       broken links of the built site

Each of them has ``--help``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from schema_migrations.errors import SchemaMigrationsError

TOOLS = {
    "histories": "tools.histories.run",
    "histories walk": "tools.histories.walk",
    "adoption": "tools.adoption.run",
    "adoption adopt": "tools.adoption.adopt",
    "faults": "tools.faults.run",
    "laws": "tools.laws",
    "online-plans": "tools.online_plans",
    "django-suite": "tools.django_suite.run",
    "real-projects": "tools.real_projects.run",
    "takeovers": "tools.takeovers.run",
    "names": "tools.names",
    "docs": "tools.docs.run",
    "docs site": "tools.docs.site",
}
"""A tool's words → the module whose ``main`` takes the other arguments.

``main`` returns an exit code.  A module is imported only when its tool is asked for: most
need Django, some a project's environment.
"""


def main(arguments: Sequence[str]) -> int:
    for count in (2, 1):
        module = TOOLS.get(" ".join(arguments[:count]))
        if module and len(arguments) >= count:
            try:
                return int(import_module(module).main(arguments[count:]))
            except SchemaMigrationsError as error:
                print(f"{error.message}\n{error.hint}", file=sys.stderr)
                return 2
    wants_help = arguments[:1] in (["-h"], ["--help"])
    print(__doc__, file=sys.stdout if wants_help else sys.stderr)
    return 0 if wants_help else 2


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        sys.exit(main(sys.argv[1:]))
