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
    renames = tuple(
        Statement(
            sql=f"ALTER TYPE {name}\n    RENAME ATTRIBUTE {old} TO {new}",
            comment=f"Rename attribute {old} of composite type {name} to {new}",
        )
        for old, new in changes.renamed
    )
    actions = [
        *(("drop", each, f"DROP ATTRIBUTE {each}") for each in changes.dropped),
        *(
            ("change the type of", each, f"ALTER ATTRIBUTE {each} TYPE {type_}")
            for each, type_ in changes.retyped
        ),
        *(
            ("add", each, f"ADD ATTRIBUTE {each} {type_}")
            for each, type_ in changes.added
        ),
    ]
    if not actions:
        return renames
    sql = ",\n    ".join(sql for *_, sql in actions)
    what = "; ".join(f"{verb} attribute {each}" for verb, each, _ in actions)
    alter = Statement(
        sql=f"ALTER TYPE {name}\n    {sql}",
        comment=f"Alter composite type {name}: {what}",
    )
    return (*renames, alter)
