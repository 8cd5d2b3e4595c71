"""Mute COMMIT in PL/pgSQL, and give it back.  Pure.

Code that commits cannot run in a function, and without its COMMIT it leads to the same
rows and the same schema.  ROLLBACK does not, so it stays, and the server refuses it.
"""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.session.outside_statement import GAP_PATTERN

MARK = "/*dsm-muted "
"""What a definition with a muted COMMIT holds."""

# The code of a DO block, or of a procedure as the server prints it.
_CODE = re.compile(
    r"(?:(?P<tag>\$\w*\$)(?P<code>(?:(?!(?P=tag)).)*)(?P=tag)"
    r"|(?<=[\s])'(?P<quoted>(?:[^']|'')*)')"
    r"(?=\s*(?:LANGUAGE\s+\w+\s*)?\Z)",
    re.IGNORECASE | re.DOTALL,
)

# Where a statement of PL/pgSQL begins; elsewhere the word may be a name, and within quotes
# it is a value, or the text of something that the code makes.
_COMMIT = re.compile(
    r"\bE'(?:[^'\\]|\\.|'')*'|'[^']*'|\"[^\"]*\"|(?P<tag>\$\w*\$).*?(?P=tag)"
    r"|(?P<before>(?:;|>>|\b(?:BEGIN|LOOP|THEN|ELSE)\b)"
    rf"{GAP_PATTERN}*)(?P<commit>COMMIT(?:\s+AND\s+(?:NO\s+)?CHAIN)?)"
    rf"(?={GAP_PATTERN}*;)"
    rf"|--[^\n]*|/\*(?:[^*]|\*(?!/))*\*/",
    re.IGNORECASE | re.DOTALL,
)
_MUTED = re.compile(rf"NULL{re.escape(MARK)}(?P<commit>[^*]*)\*/")


def with_muted_commits(sql: str) -> str:
    """Put a statement that does nothing in the place of each COMMIT of the code."""
    match = _CODE.search(sql)
    if match is None:
        return sql
    if match["tag"]:
        code = f"{match['tag']}{_mute(match['code'])}{match['tag']}"
    else:
        unquoted = match["quoted"].replace("''", "'")
        code = "'" + _mute(unquoted).replace("'", "''") + "'"
    return f"{sql[: match.start()]}{code}{sql[match.end() :]}"


def with_restored_commits(sql: str) -> str:
    """Put each COMMIT back."""
    return _MUTED.sub(r"\g<commit>", sql)


def _mute(code: str) -> str:
    return _COMMIT.sub(
        lambda match: (
            f"{match['before']}NULL{MARK}{match['commit']}*/"
            if match["commit"]
            else match[0]
        ),
        code,
    )
