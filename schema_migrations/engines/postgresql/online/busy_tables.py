"""Which tables others may use while a plan runs, and which names are free there.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import NAME_BYTES_LIMIT
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Opaque, Schema, Table

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes
    from schema_migrations.schema.model import Constraint, Index, Key


def find_busy_tables(changes: Changes, current: Schema) -> frozenset[Key]:
    """Return the tables that exist before the plan and stay, without partitioned ones.

    A partitioned table takes neither ``CREATE INDEX CONCURRENTLY`` nor, before
    PostgreSQL 18, a foreign key that is NOT VALID:
    https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
    """
    remade = {
        c.table.key for c in changes if isinstance(c, ddl.CreateTable | ddl.DropTable)
    }
    moved = {
        key
        for c in changes
        if isinstance(c, ddl.Attach | ddl.Detach)
        for key in (c.table.key, c.partition.owner)
    }
    partitioned = find_partitioned_tables(current)
    tables = {table.key for table in current.of(Table)}
    return frozenset(tables - remade - moved - partitioned)


def find_partitioned_tables(schema: Schema) -> set[Key]:
    """Return the tables that are spread over partitions."""
    keys = (obj for obj in schema.of(Opaque) if obj.trait.is_partition_key)
    return {obj.owner for obj in keys if obj.owner}


def can_go_last(part: Constraint | Index, changes: Changes) -> bool:
    """Tell whether an index can stay until the one that replaces it is valid.

    Not where it is in the way of another change.
    """
    return part.needs.isdisjoint(map(ddl.subject_of, changes))


def choose_free_name(name: str, suffix: str, taken: set[str]) -> str:
    """Return a name with a suffix that nothing has, and add it to those that are taken."""
    while True:
        short = name.encode()[: NAME_BYTES_LIMIT - len(suffix)]
        candidate = f"{short.decode(errors='ignore')}{suffix}"
        if candidate not in taken:
            taken.add(candidate)
            return candidate
        suffix += "_"


def list_names(changes: Changes, *schemas: Schema) -> set[str]:
    """Return the names of all objects and constraints, of those that changes make too."""
    keys = {obj.key for schema in schemas for obj in schema}
    keys |= {ddl.subject_of(change) for change in changes}
    return {name for key in keys for name in (key.name, key.part)}
