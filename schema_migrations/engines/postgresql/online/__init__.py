"""Rewrite changes so that others can read and write meanwhile.  Pure.

What takes long is taken apart: a step that needs a strong lock reads no rows, and one that
reads rows needs a lock that stops nobody.  Tables that the plan makes stay as they are:
nobody uses them yet.  These passes follow those of every plan (``passes``), so they see
the single steps that these make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.online.column_values import (
    set_values_apart,
)
from schema_migrations.engines.postgresql.online.indexes import (
    drop_indexes_last,
    make_indexes_concurrently,
)
from schema_migrations.engines.postgresql.online.keys import make_keys_from_indexes
from schema_migrations.engines.postgresql.online.placements import choose_placements
from schema_migrations.engines.postgresql.online.validation import validate_later
from schema_migrations.plan.plan import OnlineForm

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Pass

ONLINE_PASSES: tuple[Pass, ...] = (
    set_values_apart,
    validate_later,
    make_keys_from_indexes,
    drop_indexes_last,
    make_indexes_concurrently,
)

ONLINE = OnlineForm(passes=ONLINE_PASSES, choose_placements=choose_placements)
