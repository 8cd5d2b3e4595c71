"""The ``error`` of a failed row: where, what the server said, and why.  Pure.

Atlas shows the text as it is, and so does a person with ``psql``: one line such as
``2_b.sql:3: could not create unique index "i" (23505: rows)``.  Where no word says why,
another line says what to do.  Invariant: what ``format_failure`` writes of an error,
``read_failure`` tells again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.errors import StatementFailed
    from schema_migrations.history.revision import Revision

_ADVICE_MARK = "\nNext: "

_TEXT = re.compile(
    r"(?:(?P<file>[^\n]+?\.sql):(?P<line>\d+): )?(?P<message>.*?)"
    r"(?: \((?P<sqlstate>[0-9A-Z]{5}|SQLITE_[A-Z_]+)(?:: (?P<cause>[a-z ]+))?\))?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    message: str
    """The words of the server."""
    place: str = ""
    """File and line: ``2_b.sql:3``; empty: the whole file, or unknown."""
    line: int = 0
    sqlstate: str = ""
    """Empty: there is none, or another program or an older release wrote the row."""
    cause: str = ""
    """See ``DriverError.cause``."""
    advice: str = ""
    """What to do, where that is of this failure only."""

    @property
    def text(self) -> str:
        """What happened, as the failed command said it."""
        state = f" ({self.sqlstate})" if self.sqlstate else ""
        return f"{self.place}: {self.message}{state}".removeprefix(": ")


def format_failure(error: StatementFailed) -> str:
    """Return the ``error`` of the row of a file that failed."""
    text = error.server_message or error.message
    if error.line:
        place = f"{error.file}:{error.line}: "
        text = f"{place}{text.removeprefix(place)}"
    if not error.sqlstate:
        return f"{text}{_ADVICE_MARK}{error.advice}" if error.advice else text
    why = ": ".join(filter(None, (error.sqlstate, error.cause)))
    return f"{text} ({why})"


def read_failure(row: Revision) -> Failure:
    """Return what the ``error`` of a row tells, whoever wrote it."""
    if row.written_by_atlas:
        return Failure(message=row.error)
    told, _, advice = row.error.partition(_ADVICE_MARK)
    match = _TEXT.fullmatch(told)
    assert match is not None  # any text is a message
    file, line = match["file"], match["line"]
    return Failure(
        message=match["message"],
        place=f"{file}:{line}" if file else "",
        line=int(line or 0),
        sqlstate=match["sqlstate"] or "",
        cause=match["cause"] or "",
        advice=advice,
    )
