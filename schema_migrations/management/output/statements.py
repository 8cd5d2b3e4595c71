"""The statements of a plan as JSON.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Statement


class StatementJson(TypedDict):
    sql: str
    comment: str
    """What the statement does, for a reviewer; one line."""
    transactional: bool
    """False: it runs outside of a transaction: the server refuses it there, or it would hold
    its locks until the end."""


def statement_as_json(statement: Statement) -> StatementJson:
    return {
        "sql": statement.sql,
        "comment": statement.comment,
        "transactional": statement.transactional,
    }
