"""Every error this package raises, in one tree.

    SchemaMigrationsError
    ├── ConfigError          settings, options, URLs, models that do not load
    ├── IntegrityError       files or history that do not match: stop, do not retry
    ├── SyntaxProblem        SQL text that cannot be split, with its line
    ├── StatementFailed      a statement that the server refused, with its place
    ├── PlanError            a change that cannot be planned
    ├── AnswerNeeded         a question, and nobody to ask
    └── Unreachable          no server, or no lock: a retry is safe

Each is a class of its own with the facts as attributes, so that a caller can tell one
situation from another.  Nothing of the package is imported here.
"""

from __future__ import annotations

# All classes of these modules, so that a new one is never forgotten here.
from schema_migrations.errors.answers import *  # noqa: F403
from schema_migrations.errors.base import *  # noqa: F403
from schema_migrations.errors.dev_servers import *  # noqa: F403
from schema_migrations.errors.django_migrations import *  # noqa: F403
from schema_migrations.errors.files import *  # noqa: F403
from schema_migrations.errors.other_tools import *  # noqa: F403
from schema_migrations.errors.planning import *  # noqa: F403
from schema_migrations.errors.revisions import *  # noqa: F403
from schema_migrations.errors.targets import *  # noqa: F403
