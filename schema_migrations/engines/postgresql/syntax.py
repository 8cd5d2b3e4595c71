"""PostgreSQL's lexical features.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

from schema_migrations.history.syntax import Syntax

SYNTAX = Syntax(
    dollar_quotes=True,
    escape_strings=True,
    nested_comments=True,
    atomic_bodies=True,
    copy_from_stdin=True,
    backslash_commands=True,
    comment_ends="\r\n",
)
