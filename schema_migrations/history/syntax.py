"""What a dialect's text is made of, as far as splitting it needs to know.

The values live in the engines (``engines/*/syntax.py``).  Invariant: a feature that
is off is plain text to the scanner, never an error.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """The lexical features of a dialect; what every dialect has is not listed."""

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
    r"""psql's ``\connect`` and others: refused."""
    dot_commands: bool = False
    """The sqlite3 shell's ``.mode`` and others, at the start of a line: refused."""
    comment_ends: str = "\n"
    """The characters that end a ``--`` comment."""
