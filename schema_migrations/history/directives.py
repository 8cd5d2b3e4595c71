"""Directives: the ``-- atlas:…`` lines of a file, and why one has no effect.

Invariant: a directive that Atlas obeys, or silently ignores, is either obeyed here or
reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from schema_migrations.errors import SyntaxProblem, suggest_nearest

if TYPE_CHECKING:
    from schema_migrations.history.statements import SourceStatement

ALL_CODES = "*"
"""The meaning of ``nolint`` without codes."""

KNOWN_DIRECTIVES = ("txmode", "delimiter", "nolint", "checkpoint", "sum")
_ATLAS_PRO_DIRECTIVES = frozenset({"txtar", "assert", "import", "pos", "renamed_from"})
_HEADER_RULE = (
    "works only in the comment block at the top of the file, followed by a blank line"
)

_MARK = "atlas:"
"""In every directive."""

# Atlas's own expressions (sql/migrate/dir.go): the first reads raw bytes, where a
# carriage return is part of the value; the second reads the words of a comment.
_RAW_DIRECTIVE = re.compile(rb"[ -~]*atlas:(\w+)(?: +(.+))?")
_COMMENT_DIRECTIVE = re.compile(
    r"(?P<marker>--|\#|/\*)(?P<prose>[^\r\n]*?)(?<![\w/])atlas:(?P<name>\w+)"
    r"(?:[ ]+(?P<value>[^\r\n]*))?"
)
_DELIMITER_LINE = re.compile(r"-- atlas:delimiter(?!\w)(?: +(?P<value>[^\r\n]+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Directives:
    """The values of the directives of one file."""

    txmode: str = ""
    """``none`` or ``file``; empty: the settings decide."""
    delimiter: str = ";"
    nolint: tuple[str, ...] = ()
    """Codes, or ``("*",)`` for every code; for the whole file."""
    is_checkpoint: bool = False
    is_sum_ignored: bool = False


NO_DIRECTIVES = Directives()


def is_sum_ignored(content: bytes) -> bool:
    """Return whether ``atlas.sum`` leaves the file out, by exactly Atlas's rule."""
    if b"atlas:sum" not in content:  # nearly every file
        return False
    match = _RAW_DIRECTIVE.match(content)
    return bool(match and match[1] == b"sum" and match[2] == b"ignore")


def collect_nolint_codes(comments: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of the ``nolint`` directives in ``comments``."""
    codes: list[str] = []
    for _, name, value in _find_directives(comments):
        if name == "nolint":
            codes += value.split() or [ALL_CODES]
    return tuple(dict.fromkeys(codes))


def read_directives(text: str, *, file: str, content: bytes) -> Directives:
    """Return the directives of a file; raise ``SyntaxProblem`` for an invalid value."""
    if _MARK not in text:  # nearly every file
        return NO_DIRECTIVES
    header = _read_header(text)
    if any(
        name == "txtar" for n, name, _ in _find_directives(islice(split_lines(text), 1))
    ):
        raise SyntaxProblem(
            problem="an archive of several files (atlas:txtar) cannot be applied",
            file=file,
            line=1,
            advice="Keep only the SQL from its migration.sql part.",
        )
    return Directives(
        txmode=_read_txmode(header, file=file),
        delimiter=_read_delimiter(text, file=file),
        nolint=collect_nolint_codes(header),
        is_checkpoint=any(
            name == "checkpoint" for _, name, _ in _find_directives(header)
        ),
        is_sum_ignored=is_sum_ignored(content),
    )


def find_ineffective_directives(
    text: str, statements: Iterable[SourceStatement], *, content: bytes
) -> tuple[tuple[int, str], ...]:
    """Return line and message of each directive that has no effect."""
    header = len(_read_header(text))
    above = {
        line
        for statement in statements
        for line in range(statement.first_line, statement.line + 1)
        if collect_nolint_codes(statement.comments)
    }
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _COMMENT_DIRECTIVE.search(line)
        if not match:
            continue
        name, alone = match["name"], not match["prose"].strip()
        if not alone and not (name in KNOWN_DIRECTIVES and number <= header):
            continue  # prose that only mentions a directive
        where = "header" if number <= header else "above" if number in above else ""
        message = (
            _explain_ineffective(name, where, number, content, text) if alone else ""
        )
        if not alone:
            message = f"atlas:{name} works only alone on its line: -- atlas:{name} …"
        elif match["marker"] == "#":
            message = f"write '-- atlas:{name}': # does not start a comment here"
        if message:
            problems.append((number, message))
    return tuple(problems)


def find_loose_txmode(text: str) -> int:
    """Return the line of a ``txmode`` that has no effect where it stands; 0: none."""
    header = len(_read_header(text))
    loose = (
        n for n, name, _ in _find_directives(split_lines(text)) if name == "txmode"
    )
    return next((number for number in loose if number > header), 0)


def _explain_ineffective(
    name: str, placement: str, line: int, content: bytes, text: str
) -> str:
    match name:
        case "txmode" | "checkpoint":
            return "" if placement == "header" else f"atlas:{name} {_HEADER_RULE}"
        case "nolint":
            unplaced = "atlas:nolint is not above a statement, so it has no effect"
            return "" if placement else unplaced
        case "delimiter":
            fine = line == 1 and bool(_DELIMITER_LINE.match(text))
            return "" if fine else "atlas:delimiter works only on the first line"
        case "sum":
            rule = "atlas:sum works only as '-- atlas:sum ignore' on the first line,"
            fine = line == 1 and is_sum_ignored(content)
            return "" if fine else f"{rule} with a line feed (not CRLF) at its end"
        case _ if name in _ATLAS_PRO_DIRECTIVES:
            return f"atlas:{name} is a directive of Atlas Pro and has no effect here"
        case _:
            known = ", ".join(f"atlas:{each}" for each in KNOWN_DIRECTIVES)
            suggestion = suggest_nearest(name, KNOWN_DIRECTIVES)
            return f"atlas:{name} is not a directive. {suggestion}Known: {known}."


def _read_header(text: str) -> list[str]:
    """Return the comment lines at the top, if a blank line or the end follows them."""
    header = list[str]()
    for line in split_lines(text):
        if not line.startswith("--"):
            detached = not line.strip(" \t\r")
            return header if detached else []
        header.append(line.strip())
    return header


def split_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text, of which often only the first are asked for."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _find_directives(comments: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Yield number, name and value of each directive that is alone in its comment."""
    for number, comment in enumerate(comments, 1):
        match = _COMMENT_DIRECTIVE.match(comment)
        if match and not match["prose"].strip() and match["marker"] != "#":
            value = (match["value"] or "").strip()
            yield number, match["name"], value.removesuffix("*/").strip()


def _read_txmode(header: Iterable[str], *, file: str) -> str:
    modes = [
        (line, value)
        for line, name, value in _find_directives(header)
        if name == "txmode"
    ]
    hint = "none: no transaction; file: one transaction for the file."
    for line, value in modes:
        if value not in {"none", "file"}:
            wrong = f"atlas:txmode must be none or file, not {value!r}"
            raise SyntaxProblem(problem=wrong, file=file, line=line, advice=hint)
    if len(modes) > 1:
        twice = "this is the second atlas:txmode of the file"
        raise SyntaxProblem(
            problem=twice,
            file=file,
            line=modes[1][0],
            advice="Keep only one of them.",
        )
    return modes[0][1] if modes else ""


def _read_delimiter(text: str, *, file: str) -> str:
    match = _DELIMITER_LINE.match(text)
    if not match:
        return ";"
    value = match["value"] or ""
    if not value:
        hint = r"For example: -- atlas:delimiter \n\n\n"
        raise SyntaxProblem(
            problem="atlas:delimiter is empty", file=file, line=1, advice=hint
        )
    for written, meant in ((r"\n", "\n"), (r"\r", "\r"), (r"\t", "\t")):
        value = value.replace(written, meant)
    return value
