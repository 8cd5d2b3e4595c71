"""What a ``RunSQL`` does, statement by statement, and where each belongs.  Pure.

Invariant: a statement is left out only if the models' state, ``EXTRA`` or ``EXTENSIONS``
has its effect, or if it has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.migrations import RunSQL

from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.sql_purpose import (
    Purpose,
    choose_purpose,
    extension_name_of,
    is_drop,
    is_index,
    is_refused_in_transaction,
    render_drop_if_there,
    render_plain_index,
)
from schema_migrations.history.statements import find_transaction_control, split
from schema_migrations.history.syntax import Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSql:
    """What the desired state has besides models, and how its SQL is read."""

    syntax: Syntax
    extensions: Collection[str] = ()
    extra: Collection[str] = ()
    """The statements of ``EXTRA``, with single spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlParts:
    """The SQL of one operation."""

    whole: tuple[str, ...]
    remaining: tuple[str, ...] = ()
    """What only a file can do."""
    outside: tuple[str, ...] = ()
    """What only a file can do that runs outside of transactions."""
    extra: tuple[str, ...] = ()
    """What belongs into ``EXTRA``, and is not there."""
    extensions: tuple[str, ...] = ()
    """The names that belong into ``EXTENSIONS``, and are not there."""

    @property
    def are_open(self) -> bool:
        """Return whether any of it is neither done nor desired."""
        return bool(self.remaining or self.outside or self.extra or self.extensions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    sql: str
    purpose: Purpose


def read_run_sql(
    operation: RunSQL,
    beside: DeclaredSql,
    *,
    is_described: bool,
    with_values: bool = True,
) -> SqlParts:
    """Return what an operation runs; ``is_described``: the models' state has what it does
    to tables; ``with_values``: with its parameters filled in."""
    whole = sql_of(operation, with_values=with_values)
    texts = [_read_safely(text, beside.syntax) for text in whole]
    read = [each for text in texts for each in text]
    extra = tuple(_list_extra(read, beside, is_described=is_described))
    extensions = dict.fromkeys(
        extension_name_of(each.sql) for each in read if each.purpose == "extension"
    )
    remaining = [
        sql
        for text, statements in zip(whole, texts, strict=True)
        for sql in _list_remaining(text, statements, beside, is_described=is_described)
    ]
    does_nothing = all(
        each.purpose == "session"
        for sql in remaining
        for each in _read_safely(sql, beside.syntax)
    )
    outside = [
        sql for sql in remaining if is_refused_in_transaction(sql, beside.syntax)
    ]
    inside = [sql for sql in remaining if sql not in outside]
    return SqlParts(
        whole=whole,
        remaining=() if does_nothing else tuple(inside),
        outside=tuple(outside),
        extra=extra,
        extensions=tuple(name for name in extensions if name not in beside.extensions),
    )


def _read_safely(text: str, syntax: Syntax) -> tuple[_Statement, ...]:
    """Return the statements of a text; one that cannot be split is for rows as a whole."""
    try:
        statements = split(text, syntax, file="")
    except SyntaxProblem:
        return (_Statement(sql=text, purpose="rows"),)
    texts = [each.sql.strip() for each in statements]
    return tuple(
        _Statement(sql=sql, purpose=choose_purpose(sql, syntax)) for sql in texts
    )


def _list_extra(
    statements: Sequence[_Statement], beside: DeclaredSql, *, is_described: bool
) -> Iterator[str]:
    """Yield the statements for ``EXTRA``: those that make objects, and indexes.

    A drop is among them only before something is made, and where it may fail: there is
    nothing to drop in a new database.
    """
    objects = [each for each in statements if each.purpose == "object"]
    makes = any(not is_drop(each.sql, beside.syntax) for each in objects)
    for each in statements:
        sql = each.sql
        if each.purpose == "object":
            if is_drop(sql, beside.syntax):
                sql = render_drop_if_there(sql, beside.syntax) if makes else ""
        elif _makes_unknown_index(each, beside, is_described=is_described):
            sql = render_plain_index(sql, beside.syntax)
        else:
            continue
        if sql and " ".join(sql.split()) not in beside.extra:
            yield sql


def _makes_unknown_index(
    statement: _Statement, beside: DeclaredSql, *, is_described: bool
) -> bool:
    return (
        statement.purpose == "table"
        and not is_described
        and is_index(statement.sql, beside.syntax)
    )


def _list_remaining(
    text: str,
    statements: Sequence[_Statement],
    beside: DeclaredSql,
    *,
    is_described: bool,
) -> list[str]:
    """Return what only a file can do: the text itself if that is all of it."""
    makes = any(
        each.purpose == "object" and not is_drop(each.sql, beside.syntax)
        for each in statements
    )

    def remains(each: _Statement) -> bool:
        match each.purpose:
            case "rows":
                return True
            case "session":
                return not find_transaction_control(each.sql)
            case "table":
                return not is_described and not is_index(each.sql, beside.syntax)
            case "object":
                return not makes and is_drop(each.sql, beside.syntax)
            case "extension":
                return False

    left = [each for each in statements if remains(each)]
    is_alone = any(is_refused_in_transaction(each.sql, beside.syntax) for each in left)
    if len(left) == len(statements) and not is_alone:
        return [text]
    return [each.sql for each in left]


def sql_of(operation: RunSQL, *, with_values: bool = True) -> tuple[str, ...]:
    """Return the SQL texts that the operation runs, in order.

    Not ``with_values``: as written, with ``%s`` for each parameter.
    """
    if isinstance(operation.sql, str):
        return (operation.sql.strip(),)
    pairs = (
        item if isinstance(item, list | tuple) else (item, None)
        for item in operation.sql
    )
    return tuple(
        _fill_in(str(sql).strip(), parameters)
        if with_values and parameters
        else str(sql).strip()
        for sql, parameters in pairs
    )


def _fill_in(sql: str, parameters: Any) -> str:
    """Return SQL with its parameters, or with a comment that holds them."""
    literals = _render_literals(parameters)
    if literals is not None:
        try:
            return sql % literals
        except (TypeError, ValueError):  # not as many as it takes
            pass
    return f"-- with the parameters {parameters!r}:\n{sql}"


def _render_literals(parameters: Iterable[object]) -> tuple[str, ...] | None:
    """Return the parameters as SQL; None if one is of a type that has many forms."""
    literals: list[str] = []
    for value in parameters:
        match value:
            case None:
                literals.append("NULL")
            case bool():
                literals.append(str(value).upper())
            case int() | Decimal():
                literals.append(str(value))
            case str() if "\\" not in value:
                literals.append("'" + value.replace("'", "''") + "'")
            case _:
                return None
    return tuple(literals)
