"""The traits of what only SQL describes."""

from __future__ import annotations

from schema_migrations.schema.model import Trait

VIEW = Trait(noun="view", is_stored_as_text=True, takes_relation_name=True)
TRIGGER = Trait(noun="trigger", is_stored_as_text=True)
VIRTUAL_TABLE = Trait(noun="virtual table", holds_rows=True)
