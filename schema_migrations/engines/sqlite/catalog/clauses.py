"""``CREATE TABLE`` cut into its clauses, before anything is given a meaning.

Invariant: every token of the statement ends up in exactly one clause, or the reader
raises.  The grammar is https://www.sqlite.org/lang_createtable.html; SQLite has
accepted the text already, so nothing is validated here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from schema_migrations.engines.sqlite.catalog.tokens import (
    Token,
    Tokens,
    name_of,
    text,
    tokenize,
)
from schema_migrations.errors import PlanError

END = Token("symbol", ";")


@dataclass(slots=True, kw_only=True)
class RawColumn:
    name: str
    type: Tokens = ()
    nullable: bool = True
    on_null: str = ""
    """Conflict clause of ``NOT NULL``."""
    default: Tokens | None = None
    collation: str | None = None
    generated: Tokens | None = None
    generated_kind: Literal["", "stored", "virtual"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A constraint, wherever it was written."""

    name: str | None
    type: Literal["primary key", "unique", "check", "foreign key"]
    inside: Tokens
    """Between the parentheses: indexed columns, or the expression."""
    conflict: str = ""
    autoincrement: bool = False
    inline: bool = False
    """Written on a column."""
    target: str = ""
    target_columns: Tokens = ()
    actions: str = ""


@dataclass(slots=True, kw_only=True)
class RawTable:
    columns: list[RawColumn] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    options: tuple[str, ...] = ()


def _as_word(token: Token) -> str:
    """Return what grammar sees in a token: nothing but its kind in a name or value."""
    match token.kind:
        case "word":
            return token.text.upper()
        case "symbol":
            return token.text
        case _:
            return ""


class Reader:
    """A position in a row of tokens."""

    def __init__(self, tokens: Tokens, subject: str) -> None:
        self.tokens = tokens
        self.words = tuple(map(_as_word, tokens))
        self.subject = subject
        self.position = 0

    def peek(self) -> Token:
        return self.tokens[self.position] if self.position < len(self.tokens) else END

    def next(self) -> Token:
        token = self.peek()
        self.position += 1
        return token

    def name(self) -> str:
        return name_of(self.next())

    def at(self, *words: str) -> bool:
        return self.words[self.position : self.position + len(words)] == words

    def take(self, *words: str) -> bool:
        found = self.at(*words)
        self.position += len(words) if found else 0
        return found

    def skip_to(self, word: str) -> None:
        while not self.at(word):
            if self.next() is END:
                raise self.lost()

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise self.lost()

    def group(self) -> Tokens:
        """Read ``( … )`` and return what is inside."""
        self.expect("(")
        start, depth = self.position, 1
        while depth:
            token = self.next()
            if token is END:
                raise self.lost()
            depth += token.is_symbol("(") - token.is_symbol(")")
        return self.tokens[start : self.position - 1]

    def lost(self) -> PlanError:
        near = text(self.tokens[self.position : self.position + 4])
        return PlanError(f"cannot read the definition of {self.subject} near {near!r}")


def read_table(name: str, sql: str) -> RawTable:
    """Return the clauses of a ``CREATE TABLE`` statement."""
    tokens = tokenize(sql)
    reader = Reader(tokens, f"table {name}")
    reader.skip_to("(")
    body = Reader(reader.group(), reader.subject)
    table = RawTable()
    while body.peek() is not END:
        if not body.take(",") and not _read_constraint(body, table):
            _read_column(body, table)
    rest = text(tokens[reader.position :]).rstrip(";").upper()
    table.options = tuple(
        sorted(part.strip() for part in rest.split(",") if part.strip())
    )
    return table


def _read_constraint(reader: Reader, table: RawTable) -> bool:
    """Read one table constraint, if there is one; commas between them are optional."""
    name = reader.name() if reader.take("CONSTRAINT") else None
    if reader.take("PRIMARY", "KEY"):
        inside = reader.group()
        counted = bool(inside) and inside[-1].is_word("AUTOINCREMENT")
        clause = Clause(
            name=name,
            type="primary key",
            inside=inside[:-1] if counted else inside,
            autoincrement=counted,
            conflict=_conflict(reader),
        )
    elif reader.take("UNIQUE"):
        inside = reader.group()
        clause = Clause(
            name=name, type="unique", inside=inside, conflict=_conflict(reader)
        )
    elif reader.take("CHECK"):
        clause = Clause(name=name, type="check", inside=reader.group())
        # Accepted, and without effect: https://www.sqlite.org/lang_conflict.html
        _conflict(reader)
    elif reader.take("FOREIGN", "KEY"):
        columns = reader.group()
        reader.expect("REFERENCES")
        clause = _reference(reader, name, columns)
    else:
        return name is not None
    table.clauses.append(clause)
    return True


def _read_column(reader: Reader, table: RawTable) -> None:
    column = RawColumn(name=reader.name())
    column.type = _type(reader)
    table.columns.append(column)
    name: str | None = None
    while not (reader.at(",") or reader.peek() is END):
        if reader.take("CONSTRAINT"):
            name = reader.name()
        elif clause := _column_clause(reader, column, name):
            table.clauses.append(clause)
            name = None
        elif _column_fact(reader, column):
            name = None
        else:
            raise reader.lost()


_TYPE_ENDS = (
    *("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT"),
    *("COLLATE", "REFERENCES", "GENERATED", "AS"),
)


def _type(reader: Reader) -> Tokens:
    start = reader.position
    while not (
        reader.peek() is END or reader.at(",") or reader.peek().is_word(*_TYPE_ENDS)
    ):
        if reader.at("("):
            reader.group()
        else:
            reader.next()
    return reader.tokens[start : reader.position]


def _column_clause(
    reader: Reader, column: RawColumn, name: str | None
) -> Clause | None:
    """Read a constraint that could as well stand below the columns."""
    own = (Token("name", column.name),)
    if reader.take("PRIMARY", "KEY"):
        descending = reader.take("DESC")
        reader.take("ASC")
        conflict = _conflict(reader)
        return Clause(
            name=name,
            type="primary key",
            inside=(*own, Token("word", "DESC")) if descending else own,
            conflict=conflict,
            autoincrement=reader.take("AUTOINCREMENT"),
            inline=True,
        )
    if reader.take("UNIQUE"):
        conflict = _conflict(reader)
        return Clause(name=name, type="unique", inside=own, conflict=conflict)
    if reader.take("CHECK"):
        return Clause(name=name, type="check", inside=reader.group())
    if reader.take("REFERENCES"):
        return _reference(reader, name, own)
    return None


def _column_fact(reader: Reader, column: RawColumn) -> bool:
    """Read what belongs to the column alone."""
    if reader.take("NOT", "NULL"):
        column.nullable = False
        column.on_null = _conflict(reader)
    elif reader.take("NULL"):
        _conflict(reader)
    elif reader.take("DEFAULT"):
        column.default = _default(reader)
    elif reader.take("COLLATE"):
        column.collation = reader.name()
    elif reader.take("GENERATED", "ALWAYS", "AS") or reader.take("AS"):
        column.generated = reader.group()
        column.generated_kind = "stored" if reader.take("STORED") else "virtual"
        reader.take("VIRTUAL")
    else:
        return False
    return True


def _default(reader: Reader) -> Tokens:
    if reader.at("("):
        return reader.group()
    first = reader.next()
    if first.is_symbol("-", "+"):
        return (first, reader.next())
    known = first.is_word(
        *("NULL", "TRUE", "FALSE"),
        *("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"),
    )
    if first.kind == "name" or (first.kind == "word" and not known):
        # A name is taken for a string here: https://www.sqlite.org/quirks.html
        return (Token("string", "'" + first.text.replace("'", "''") + "'"),)
    return (first,)


def _conflict(reader: Reader) -> str:
    """Read ``ON CONFLICT …``; the default, ABORT, counts as nothing."""
    if not reader.take("ON", "CONFLICT"):
        return ""
    action = reader.next().text.upper()
    return "" if action == "ABORT" else f" ON CONFLICT {action}"


def _reference(reader: Reader, name: str | None, columns: Tokens) -> Clause:
    """Read what follows ``REFERENCES``; what has no effect on SQLite falls away.

    https://www.sqlite.org/foreignkeys.html#fk_deferred
    """
    target = reader.name()
    target_columns = reader.group() if reader.at("(") else ()
    actions: dict[str, str] = {}
    while True:
        if reader.take("ON", "DELETE"):
            actions["ON DELETE"] = _action(reader)
        elif reader.take("ON", "UPDATE"):
            actions["ON UPDATE"] = _action(reader)
        elif reader.take("MATCH"):
            reader.next()
        elif reader.take("NOT", "DEFERRABLE"):
            _initially(reader)
            actions.pop("DEFERRABLE", None)
        elif reader.take("DEFERRABLE"):
            actions["DEFERRABLE"] = _initially(reader)
        else:
            break
    order = ("ON DELETE", "ON UPDATE", "DEFERRABLE")
    printed = " ".join(f"{key} {actions[key]}" for key in order if actions.get(key))
    return Clause(
        name=name,
        type="foreign key",
        inside=columns,
        target=target,
        target_columns=target_columns,
        actions=printed,
    )


def _action(reader: Reader) -> str:
    words = [reader.next().text.upper()]
    if words[0] in ("SET", "NO"):
        words.append(reader.next().text.upper())
    action = " ".join(words)
    return "" if action == "NO ACTION" else action


def _initially(reader: Reader) -> str:
    if not reader.take("INITIALLY"):
        return ""
    return "INITIALLY DEFERRED" if reader.next().is_word("DEFERRED") else ""
