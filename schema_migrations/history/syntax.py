"""Lexical features of SQL dialects that matter for splitting text.

The values are in the engines (``engines/*/syntax.py``).  Invariant: to the scanner a
feature that is off is plain text, never an error.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """The lexical features of a dialect, without those that every dialect has."""

    dollar_quotes: bool = False
    """``$tag$ … $tag$``."""
    escape_strings: bool = False
    r"""``E'it\'s'``, also continued on the next line."""
    nested_comments: bool = False
    """``/* /* */ */`` is one comment."""
    backtick_names: bool = False
    bracket_names: bool = False
    """``[name]`` is a quoted name."""
    atomic_bodies: bool = False
    """``CREATE FUNCTION … BEGIN ATOMIC a; b; END``."""
    trigger_bodies: bool = False
    """``CREATE TRIGGER … BEGIN a; b; END``."""
    copy_from_stdin: bool = False
    """``COPY … FROM STDIN`` is followed by rows: refused."""
    backslash_commands: bool = False
    r"""``\connect`` and other commands of psql: refused."""
    dot_commands: bool = False
    """``.mode`` and other sqlite3 shell commands, at the start of a line: refused."""
    comment_ends: str = "\n"
    """The characters that end a ``--`` comment."""
