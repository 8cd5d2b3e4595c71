"""The traits of what only SQL describes."""

from __future__ import annotations

from schema_migrations.schema.trait import Trait

VIEW = Trait(noun="view", takes_relation_name=True, is_stored_as_text=True)
TRIGGER = Trait(noun="trigger", is_stored_as_text=True)
VIRTUAL_TABLE = Trait(noun="virtual table", takes_relation_name=True, holds_rows=True)
TRAITS = {trait.noun: trait for trait in (VIEW, TRIGGER, VIRTUAL_TABLE)}
