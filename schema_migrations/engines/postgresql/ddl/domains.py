"""Render domains: one statement for each clause that changes.  Pure.

``CREATE DOMAIN`` takes no check that is NOT VALID, so such a one is added afterwards.
https://www.postgresql.org/docs/current/sql-alterdomain.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import qualify
from schema_migrations.plan.plan import Statement

if TYPE_CHECKING:
    from schema_migrations.schema.model import Definition

Statements = tuple[Statement, ...]
_NAMED_CHECK = re.compile(r'CONSTRAINT ("(?:[^"]|"")+"|\S+) ')
_NOT_VALID = " NOT VALID"


def render_create_domain(domain: Definition) -> Statements:
    """Return the statements that create a domain."""
    name = qualify(domain.key)
    late = [each for each in domain.clauses if each.endswith(_NOT_VALID)]
    early = (each for each in domain.clauses if each not in late)
    words = " ".join((f"CREATE DOMAIN {name} {domain.bare_definition}", *early))
    create = Statement(sql=words, comment=f"Create domain {name}")
    return (create, *(_render_set_clause(name, each) for each in late))


def render_alter_domain(before: Definition, after: Definition) -> Statements:
    """Return the statements that change the clauses of a domain."""
    name = qualify(after.key)
    dropped = [each for each in before.clauses if each not in after.clauses]
    added = [each for each in after.clauses if each not in before.clauses]
    validated = [each for each in added if f"{each}{_NOT_VALID}" in dropped]
    kept = {f"{each}{_NOT_VALID}" for each in validated}
    return (
        *(_render_drop_clause(name, each) for each in dropped if each not in kept),
        *(_render_set_clause(name, each) for each in added if each not in validated),
        *(_render_validate(name, each) for each in validated),
    )


def _render_drop_clause(domain: str, clause: str) -> Statement:
    alter = f"ALTER DOMAIN {domain}"
    if check := _NAMED_CHECK.match(clause):
        return Statement(
            sql=f"{alter} DROP CONSTRAINT {check[1]}",
            comment=f"Drop check {check[1]} of domain {domain}",
        )
    noun = "DEFAULT" if clause.startswith("DEFAULT ") else "NOT NULL"
    return Statement(
        sql=f"{alter} DROP {noun}",
        comment=f"Drop {_as_word(noun)} of domain {domain}",
    )


def _render_set_clause(domain: str, clause: str) -> Statement:
    alter = f"ALTER DOMAIN {domain}"
    if check := _NAMED_CHECK.match(clause):
        return Statement(
            sql=f"{alter} ADD {clause}",
            comment=f"Add check {check[1]} to domain {domain}",
        )
    noun = "DEFAULT" if clause.startswith("DEFAULT ") else "NOT NULL"
    return Statement(
        sql=f"{alter} SET {clause}",
        comment=f"Set {_as_word(noun)} of domain {domain}",
    )


def _as_word(noun: str) -> str:
    return "the default" if noun == "DEFAULT" else noun


def _render_validate(domain: str, clause: str) -> Statement:
    check = _NAMED_CHECK.match(clause)
    assert check is not None
    return Statement(
        sql=f"ALTER DOMAIN {domain} VALIDATE CONSTRAINT {check[1]}",
        comment=f"Validate check {check[1]} of domain {domain}",
    )
