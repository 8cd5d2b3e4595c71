"""The projects, and what is special about each of them.

Invariant: whatever the walk lets pass because of a recipe has its reason there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One project: its pinned requirements are in files that bear its name."""

    name: str
    python: str
    """The version of Python that its requirements were resolved for."""
    tests: tuple[str, ...]
    """Some of its own tests: files and folders in ``tests_from``, for pytest."""
    tests_from: str = "."
    """The folder of its source distribution in which its tests are run."""
    tests_settings: str = ""
    """The module beside this one for its tests; default: the same as elsewhere."""
    needed_sql: str = ""
    """What models name that only a migration's SQL makes: a file of ``EXTRA``."""
    extensions: tuple[str, ...] = ()
    """What its migrations make beyond PostgreSQL alone: the server must have it."""
    variable_values: Mapping[str, str] = field(default_factory=dict)
    """``TABLE.COLUMN`` → why two runs of its migrations leave different values."""
    lasting_differences: Mapping[str, str] = field(default_factory=dict)
    """A word of an object's definition → why it differs in an adopted database."""
    upgrade_answers: tuple[str, ...] = ()
    """What a person answers for the step from the older release."""

    @property
    def settings(self) -> str:
        return f"tools.takeovers.{self.name}_settings"

    @property
    def settings_for_tests(self) -> str:
        return f"tools.takeovers.{self.tests_settings or f'{self.name}_settings'}"

    @property
    def requirements(self) -> Path:
        return HERE / "requirements" / f"{self.name}.txt"

    @property
    def older_requirements(self) -> Path:
        return HERE / "requirements" / f"{self.name}-older.txt"


def find_pinned_version(name: str, requirements: str) -> str:
    """Return the version that a list of requirements pins."""
    pin = re.search(rf"^{re.escape(name)}==(\S+)$", requirements, flags=re.MULTILINE)
    if pin is None:
        raise LookupError(f"No requirement pins {name}.")
    return pin[1]


PRETIX = Recipe(
    name="pretix",
    python="3.13",
    tests_from="src",
    tests=(
        "tests/base/test_checkin.py",
        "tests/base/test_permissions.py",
        "tests/base/test_plugins.py",
        "tests/base/test_settings.py",
        "tests/base/test_taxrules.py",
    ),
    tests_settings="pretix_tests_settings",
    variable_values={
        "pretixbase_user.date_joined": "the time",
        "pretixbase_user.notifications_token": "drawn at random",
        "pretixbase_user.password": "with a salt that is drawn at random",
        "pretixbase_user.session_token": "drawn at random",
    },
    lasting_differences={
        "auth_group_permissions": "migrate gives its key the type of the project's"
        " DEFAULT_AUTO_FIELD, the models that of its app; the larger one may stay",
    },
    upgrade_answers=(
        "--acknowledge=all",
        "--allow-data-loss",
        "--default=pretixbase_order.organizer_id=(SELECT e.organizer_id"
        " FROM pretixbase_event e WHERE e.id = pretixbase_order.event_id)",
        "--default=pretixbase_orderposition.organizer_id=(SELECT e.organizer_id"
        " FROM pretixbase_order o JOIN pretixbase_event e ON e.id = o.event_id"
        " WHERE o.id = pretixbase_orderposition.order_id)",
    ),
)
WEBLATE = Recipe(
    name="weblate",
    python="3.13",
    tests=(
        "weblate/accounts/tests/test_groups.py",
        "weblate/auth/tests/test_autogroup.py",
        "weblate/auth/tests/test_models.py",
        "weblate/auth/tests/test_permissions.py",
        "weblate/auth/tests/test_utils.py",
    ),
    extensions=("btree_gin", "btree_gist", "pg_trgm"),
    # The default of Workspace.metric_id takes a number from it.
    needed_sql="CREATE SEQUENCE workspaces_workspace_metric_id_seq AS integer;\n",
    variable_values={
        "authtoken_token.key": "drawn at random",
        "authtoken_token.created": "the time",
        "weblate_auth_user.date_joined": "the time",
        "weblate_auth_user.password": "marked as unusable by random letters",
        "weblate_auth_role_permissions.id": "made anew after each run, by post_migrate",
    },
    upgrade_answers=(
        "--acknowledge=all",
        "--allow-data-loss",
        # The walk has no bills; a migration makes a workspace for each.
        "--default=billing_billing.workspace_id=",
    ),
)
RECIPES = {recipe.name: recipe for recipe in (PRETIX, WEBLATE)}
