"""SQL text → its statements, each with its place and the comments above it.

Invariant: the text between two statements is only white space, comments and
delimiters; text that cannot be split with certainty raises ``SyntaxProblem``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schema_migrations.history.syntax import Syntax

__all__ = [
    "SourceStatement",
    "Syntax",
    "partial_hashes",
    "split",
    "transaction_control",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatement:
    """One statement of a file."""

    sql: str
    """Without its delimiter and without the comments above it."""
    text: str
    """``sql`` as the file spells its end: with the ``;`` where there is one."""
    line: int
    """1-based line of the first character of ``sql``."""
    column: int
    """1-based column of the first character of ``sql``."""
    offset: int
    """0-based character of the file where ``sql`` starts."""
    comments: tuple[str, ...] = ()
    """The comments directly above, as written, without line ends."""
    first_line: int
    """Line of the first of ``comments``; without comments the same as ``line``."""

    def place(self, position: int) -> tuple[int, int]:
        """Return file line and column of a 1-based character position in ``sql``."""
        raise NotImplementedError


def split(
    text: str, syntax: Syntax, *, file: str, delimiter: str = ";"
) -> tuple[SourceStatement, ...]:
    """Return the statements of ``text``; ``file`` is only for messages.

    Raises ``SyntaxProblem``.  Empty statements are dropped.
    """
    raise NotImplementedError


def partial_hashes(statements: Iterable[SourceStatement]) -> tuple[str, ...]:
    """Return ``h1:…`` for statements 1, 1–2, 1–3, …, as Atlas stores them."""
    raise NotImplementedError


def transaction_control(sql: str) -> str:
    """Return ``COMMIT``, ``BEGIN``, … when ``sql`` starts or ends a transaction.

    The others: ``START TRANSACTION``, ``END``, ``ROLLBACK``, ``ABORT``,
    ``PREPARE TRANSACTION``; else an empty string.  Savepoints are no matter.
    """
    raise NotImplementedError
