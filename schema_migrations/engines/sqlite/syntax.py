"""SQLite's lexical features.

https://www.sqlite.org/lang_keywords.html, https://www.sqlite.org/lang_comment.html
"""

from __future__ import annotations

from schema_migrations.history.syntax import Syntax

SYNTAX = Syntax(
    backtick_names=True,
    bracket_names=True,
    trigger_bodies=True,
    dot_commands=True,
)
