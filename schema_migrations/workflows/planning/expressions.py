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
_CALL = re.compile(rf"(?P<name>{_NAME})?\((?P<inside>.*)\)", re.DOTALL)
_NO_FUNCTIONS = frozenset(("not", "select", "values", "exists", "any", "all", "in"))
"""Words before a parenthesis that make no call."""
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"[^"]*\"""")
_BRACKETS = str.maketrans("[]", "()")


def read_expression(text: str, syntax: Syntax) -> str:
    """Return an expression as it can stand anywhere: in parentheses, unless it is simple.

    Without them ``0, b = 1`` would be two values and ``0 FROM u`` a query.  Raise
    ``SqlRefused`` for a text that would leave its parentheses or hide what follows; the
    server finds what else is wrong.
    """
    call = _CALL.fullmatch(text)
    is_call = call is None or (call["name"] or "").lower() not in _NO_FUNCTIONS
    if not text or (is_call and _SAFE_ALONE.fullmatch(text)):
        return text
    unquoted = _QUOTED.sub("", text)
    if "--" in unquoted or "/*" in unquoted:
        raise SqlRefused(reason="This holds a comment: leave it out.")
    # Commas in brackets are those of an array, except where brackets quote a name.
    arrays = text if syntax.bracket_names else text.translate(_BRACKETS)
    for delimiter, name, scanned in ((";", "semicolon", text), (",", "comma", arrays)):
        if _find_end(scanned, syntax, delimiter) < len(text):
            raise SqlRefused(
                reason=f"This is more than one expression: a {name} ends it."
            )
    if call and is_call and _is_balanced(call["inside"], syntax):
        return text
    return f"({text})"


def _find_end(text: str, syntax: Syntax, delimiter: str) -> int:
    script = Script(text=text, syntax=syntax, file="", delimiter=delimiter)
    try:
        return find_statement_end(script, 0)
    except SyntaxProblem as problem:
        raise SqlRefused(
            reason=f"This is not an expression: {problem.problem}"
        ) from problem


def _is_balanced(text: str, syntax: Syntax) -> bool:
    """Tell whether the parentheses around a text are a pair."""
    try:
        return _find_end(text, syntax, ";") == len(text)
    except SqlRefused:
        return False
