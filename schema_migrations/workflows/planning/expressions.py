"""SQL expressions that people give: each stays one wherever it is put into SQL.  Pure."""

from __future__ import annotations

import re

from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.scanner import Script, find_statement_end
from schema_migrations.history.syntax import Syntax
from schema_migrations.workflows.planning.trial import SqlRefused

_NAME = r"[A-Za-z_][\w.]*"
_SAFE_ALONE = re.compile(
    rf"-?\d+(\.\d+)?|'[^'\\]*'(::{_NAME})?|{_NAME}(\((\w+|'[^'\\]*')?\))?"
)
"""A number, a text, a name, a call with one argument at most."""


_CALL = re.compile(rf"(?:{_NAME})?\((?P<inside>.*)\)", re.DOTALL)


def read_expression(text: str, syntax: Syntax) -> str:
    """Return an expression as it can stand anywhere: in parentheses, unless it is simple.

    Without them ``0, b = 1`` would be two values and ``0 -- none`` would end the line.
    Raise ``SqlRefused`` for a text that would leave its parentheses; the server finds
    what else is wrong.
    """
    if not text or _SAFE_ALONE.fullmatch(text):
        return text
    for delimiter, name in ((";", "semicolon"), (",", "comma")):
        script = Script(text=text, syntax=syntax, file="", delimiter=delimiter)
        try:
            end = find_statement_end(script, 0)
        except SyntaxProblem as problem:
            raise SqlRefused(
                reason=f"This is not an expression: {problem.problem}"
            ) from problem
        if end < len(text):
            raise SqlRefused(
                reason=f"This is more than one expression: a {name} ends it"
            )
    if _is_enclosed(text, syntax):
        return text
    line_end = "\n" if "--" in text or "\n" in text else ""
    return f"({line_end}{text}{line_end})"


def _is_enclosed(text: str, syntax: Syntax) -> bool:
    """Tell whether one pair of parentheses, or of a call, holds all of it."""
    match = _CALL.fullmatch(text)
    if match is None:
        return False
    script = Script(text=match["inside"], syntax=syntax, file="")
    try:
        return find_statement_end(script, 0) == len(script.text)
    except SyntaxProblem:
        return False
