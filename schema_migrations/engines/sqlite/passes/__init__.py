"""Rewrite changes as SQLite needs them, in the order of ``PASSES``.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.sqlite.passes.tables import (
    absorb_table_parts,
    rebuild_tables,
    recreate_view_triggers,
)

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Pass

PASSES: tuple[Pass, ...] = (absorb_table_parts, recreate_view_triggers, rebuild_tables)
