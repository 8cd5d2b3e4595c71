"""Rewrite changes as PostgreSQL needs them, in the order of ``PASSES``.  Pure.

Those of an online plan follow: ``engines/postgresql/online``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.passes.composites import replace_attributes
from schema_migrations.engines.postgresql.passes.constraints import (
    change_constraints_in_place,
    defer_foreign_keys,
    fold_constraints,
)
from schema_migrations.engines.postgresql.passes.default_privileges import (
    omit_default_privileges,
)
from schema_migrations.engines.postgresql.passes.expressions import (
    recreate_called_routines,
)
from schema_migrations.engines.postgresql.passes.inheritance import (
    omit_inherited_changes,
)
from schema_migrations.engines.postgresql.passes.numbering import (
    add_numbered_columns,
    defer_sequence_ownership,
    drop_numbering_first,
)
from schema_migrations.engines.postgresql.passes.opaque import (
    add_mentioned_needs,
    fold_partition_keys,
    omit_part_drops,
    replace_in_place,
)
from schema_migrations.engines.postgresql.passes.own_parts import keep_own_parts
from schema_migrations.engines.postgresql.passes.partition_columns import (
    drop_not_null_in_partitions,
)
from schema_migrations.engines.postgresql.passes.partition_parts import (
    drop_partition_parts_first,
)
from schema_migrations.engines.postgresql.passes.partitioned_indexes import (
    complete_indexes,
    order_own_parts,
)
from schema_migrations.engines.postgresql.passes.privileges import (
    restore_privileges,
    set_default_privileges_last,
)
from schema_migrations.engines.postgresql.passes.tables import (
    omit_owned_drops,
    recreate_dependents,
    recreate_generated_columns,
    refuse_dangling_needs,
)
from schema_migrations.engines.postgresql.passes.types import (
    cast_enums,
    commit_new_labels,
    recreate_types,
)

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Pass

PASSES: tuple[Pass, ...] = (
    omit_inherited_changes,
    keep_own_parts,
    refuse_dangling_needs,
    cast_enums,
    recreate_types,
    recreate_generated_columns,
    replace_in_place,
    replace_attributes,
    recreate_dependents,
    recreate_called_routines,
    change_constraints_in_place,
    defer_foreign_keys,
    drop_numbering_first,
    defer_sequence_ownership,
    add_numbered_columns,
    omit_owned_drops,
    omit_part_drops,
    drop_not_null_in_partitions,
    drop_partition_parts_first,
    complete_indexes,
    order_own_parts,
    add_mentioned_needs,
    fold_constraints,
    fold_partition_keys,
    commit_new_labels,
    restore_privileges,
    omit_default_privileges,
    set_default_privileges_last,
)
