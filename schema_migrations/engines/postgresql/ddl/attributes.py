"""The statements that change the attributes of composite types.  Pure.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from schema_migrations.engines.postgresql.quote import qualify
from schema_migrations.plan.attributes import compare_attributes
from schema_migrations.plan.plan import Statement
from schema_migrations.schema.model import Opaque


def render_alter_composite(before: Opaque, after: Opaque) -> tuple[Statement, ...]:
    """Return the statements that change a composite type in place."""
    name = qualify(after.key)
    changes = compare_attributes(before, after)
    renames = [f"RENAME ATTRIBUTE {old} TO {new}" for old, new in changes.renamed]
    actions = [
        *(f"DROP ATTRIBUTE {attribute}" for attribute in changes.dropped),
        *(
            f"ALTER ATTRIBUTE {attribute} TYPE {type_}"
            for attribute, type_ in changes.retyped
        ),
        *(f"ADD ATTRIBUTE {attribute} {type_}" for attribute, type_ in changes.added),
    ]
    clauses = [*renames, *([",\n    ".join(actions)] if actions else [])]
    return tuple(
        Statement(
            sql=f"ALTER TYPE {name}\n    {clause}",
            comment=f"Alter composite type {name}",
        )
        for clause in clauses
    )
