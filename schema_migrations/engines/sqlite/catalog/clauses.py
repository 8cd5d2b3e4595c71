"""Split ``CREATE TABLE`` into its clauses, without interpreting them.

Invariant: every token of the statement ends up in exactly one clause, or the reader
raises.  The grammar is https://www.sqlite.org/lang_createtable.html; SQLite has
already accepted the text, so nothing is validated here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from schema_migrations.engines.sqlite.catalog.tokens import (
    Token,
    Tokens,
    format_tokens,
    name_of,
    tokenize,
)
from schema_migrations.errors import UnreadableDefinition

END_OF_TOKENS = Token("symbol", ";")


@dataclass(slots=True, kw_only=True)
class RawColumn:
    name: str
    type: Tokens = ()
    nullable: bool = True
    not_null_conflict: str = ""
    """The conflict clause of ``NOT NULL``."""
    default: Tokens | None = None
    collation: str | None = None
    generated: Tokens | None = None
    generated_kind: Literal["", "stored", "virtual"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintClause:
    """A constraint, wherever it was written."""

    name: str | None
    type: Literal["primary key", "unique", "check", "foreign key"]
    body: Tokens
    """What is between the parentheses: indexed columns or the expression."""
    on_conflict: str = ""
    autoincrement: bool = False
    inline: bool = False
    """Written on a column."""
    target_table: str = ""
    target_columns: Tokens = ()
    reference_actions: str = ""


@dataclass(slots=True, kw_only=True)
class RawTable:
    columns: list[RawColumn] = field(default_factory=list)
    constraints: list[ConstraintClause] = field(default_factory=list)
    options: tuple[str, ...] = ()


def _grammar_text_of(token: Token) -> str:
    """Return a token's text for comparison with grammar; empty for names and values."""
    match token.kind:
        case "word":
            return token.text.upper()
        case "symbol":
            return token.text
        case _:
            return ""


class TokenReader:
    """A position in a row of tokens."""

    def __init__(self, tokens: Tokens, subject: str) -> None:
        self.tokens = tokens
        self.words = tuple(map(_grammar_text_of, tokens))
        self.subject = subject
        self.position = 0

    def peek(self) -> Token:
        return (
            self.tokens[self.position]
            if self.position < len(self.tokens)
            else END_OF_TOKENS
        )

    def next(self) -> Token:
        token = self.peek()
        self.position += 1
        return token

    def read_name(self) -> str:
        return name_of(self.next())

    def is_at(self, *words: str) -> bool:
        return self.words[self.position : self.position + len(words)] == words

    def take(self, *words: str) -> bool:
        matches = self.is_at(*words)
        self.position += len(words) if matches else 0
        return matches

    def skip_to(self, word: str) -> None:
        while not self.is_at(word):
            if self.next() is END_OF_TOKENS:
                raise self.make_error()

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise self.make_error()

    def read_group(self) -> Tokens:
        """Read ``( … )`` and return what is inside."""
        self.expect("(")
        start, depth = self.position, 1
        while depth:
            token = self.next()
            if token is END_OF_TOKENS:
                raise self.make_error()
            depth += token.is_symbol("(") - token.is_symbol(")")
        return self.tokens[start : self.position - 1]

    def make_error(self) -> UnreadableDefinition:
        near = format_tokens(self.tokens[self.position : self.position + 4])
        return UnreadableDefinition(subject=self.subject, near=near)


def read_table(name: str, sql: str) -> RawTable:
    """Return the clauses of a ``CREATE TABLE`` statement."""
    tokens = tokenize(sql)
    reader = TokenReader(tokens, f"table {name}")
    reader.skip_to("(")
    body = TokenReader(reader.read_group(), reader.subject)
    table = RawTable()
    while body.peek() is not END_OF_TOKENS:
        if not body.take(",") and not _read_constraint(body, table):
            _read_column(body, table)
    rest = format_tokens(tokens[reader.position :]).rstrip(";").upper()
    table.options = tuple(
        sorted(part.strip() for part in rest.split(",") if part.strip())
    )
    return table


def _read_constraint(reader: TokenReader, table: RawTable) -> bool:
    """Read one table constraint, if there is one; commas between them are optional."""
    name = reader.read_name() if reader.take("CONSTRAINT") else None
    if reader.take("PRIMARY", "KEY"):
        body = reader.read_group()
        autoincrement = bool(body) and body[-1].is_word("AUTOINCREMENT")
        clause = ConstraintClause(
            name=name,
            type="primary key",
            body=body[:-1] if autoincrement else body,
            autoincrement=autoincrement,
            on_conflict=_read_conflict(reader),
        )
    elif reader.take("UNIQUE"):
        body = reader.read_group()
        clause = ConstraintClause(
            name=name, type="unique", body=body, on_conflict=_read_conflict(reader)
        )
    elif reader.take("CHECK"):
        clause = ConstraintClause(name=name, type="check", body=reader.read_group())
        # Accepted, but without effect: https://www.sqlite.org/lang_conflict.html
        _read_conflict(reader)
    elif reader.take("FOREIGN", "KEY"):
        columns = reader.read_group()
        reader.expect("REFERENCES")
        clause = _read_reference(reader, name, columns)
    else:
        return name is not None
    table.constraints.append(clause)
    return True


def _read_column(reader: TokenReader, table: RawTable) -> None:
    column = RawColumn(name=reader.read_name())
    column.type = _read_type(reader)
    table.columns.append(column)
    name: str | None = None
    while not (reader.is_at(",") or reader.peek() is END_OF_TOKENS):
        if reader.take("CONSTRAINT"):
            name = reader.read_name()
        elif clause := _read_column_constraint(reader, column, name):
            table.constraints.append(clause)
            name = None
        elif _read_column_attribute(reader, column):
            name = None
        else:
            raise reader.make_error()


_WORDS_AFTER_TYPE = (
    *("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT"),
    *("COLLATE", "REFERENCES", "GENERATED", "AS"),
)


def _read_type(reader: TokenReader) -> Tokens:
    start = reader.position
    while not (
        reader.peek() is END_OF_TOKENS
        or reader.is_at(",")
        or reader.peek().is_word(*_WORDS_AFTER_TYPE)
    ):
        if reader.is_at("("):
            reader.read_group()
        else:
            reader.next()
    return reader.tokens[start : reader.position]


def _read_column_constraint(
    reader: TokenReader, column: RawColumn, name: str | None
) -> ConstraintClause | None:
    """Read a constraint that could also be written below the columns."""
    columns = (Token("name", column.name),)
    if reader.take("PRIMARY", "KEY"):
        descending = reader.take("DESC")
        reader.take("ASC")
        conflict = _read_conflict(reader)
        return ConstraintClause(
            name=name,
            type="primary key",
            body=(*columns, Token("word", "DESC")) if descending else columns,
            on_conflict=conflict,
            autoincrement=reader.take("AUTOINCREMENT"),
            inline=True,
        )
    if reader.take("UNIQUE"):
        conflict = _read_conflict(reader)
        return ConstraintClause(
            name=name, type="unique", body=columns, on_conflict=conflict
        )
    if reader.take("CHECK"):
        return ConstraintClause(name=name, type="check", body=reader.read_group())
    if reader.take("REFERENCES"):
        return _read_reference(reader, name, columns)
    return None


def _read_column_attribute(reader: TokenReader, column: RawColumn) -> bool:
    """Read an attribute that belongs to the column alone."""
    if reader.take("NOT", "NULL"):
        column.nullable = False
        column.not_null_conflict = _read_conflict(reader)
    elif reader.take("NULL"):
        _read_conflict(reader)
    elif reader.take("DEFAULT"):
        column.default = _read_default(reader)
    elif reader.take("COLLATE"):
        column.collation = reader.read_name()
    elif reader.take("GENERATED", "ALWAYS", "AS") or reader.take("AS"):
        column.generated = reader.read_group()
        column.generated_kind = "stored" if reader.take("STORED") else "virtual"
        reader.take("VIRTUAL")
    else:
        return False
    return True


def _read_default(reader: TokenReader) -> Tokens:
    if reader.is_at("("):
        return reader.read_group()
    first = reader.next()
    if first.is_symbol("-", "+"):
        return (first, reader.next())
    is_constant = first.is_word(
        *("NULL", "TRUE", "FALSE"),
        *("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"),
    )
    if first.kind == "name" or (first.kind == "word" and not is_constant):
        # SQLite takes a name for a string here: https://www.sqlite.org/quirks.html
        return (Token("string", "'" + first.text.replace("'", "''") + "'"),)
    return (first,)


def _read_conflict(reader: TokenReader) -> str:
    """Read ``ON CONFLICT …``; the default, ABORT, is left out."""
    if not reader.take("ON", "CONFLICT"):
        return ""
    action = reader.next().text.upper()
    return "" if action == "ABORT" else f" ON CONFLICT {action}"


def _read_reference(
    reader: TokenReader, name: str | None, columns: Tokens
) -> ConstraintClause:
    """Read what follows ``REFERENCES``, without clauses that have no effect on SQLite.

    https://www.sqlite.org/foreignkeys.html#fk_deferred
    """
    target = reader.read_name()
    target_columns = reader.read_group() if reader.is_at("(") else ()
    actions: dict[str, str] = {}
    while True:
        if reader.take("ON", "DELETE"):
            actions["ON DELETE"] = _read_action(reader)
        elif reader.take("ON", "UPDATE"):
            actions["ON UPDATE"] = _read_action(reader)
        elif reader.take("MATCH"):
            reader.next()
        elif reader.take("NOT", "DEFERRABLE"):
            _read_deferral(reader)
            actions.pop("DEFERRABLE", None)
        elif reader.take("DEFERRABLE"):
            actions["DEFERRABLE"] = _read_deferral(reader)
        else:
            break
    order = ("ON DELETE", "ON UPDATE", "DEFERRABLE")
    clauses = " ".join(f"{key} {actions[key]}" for key in order if actions.get(key))
    return ConstraintClause(
        name=name,
        type="foreign key",
        body=columns,
        target_table=target,
        target_columns=target_columns,
        reference_actions=clauses,
    )


def _read_action(reader: TokenReader) -> str:
    words = [reader.next().text.upper()]
    if words[0] in ("SET", "NO"):
        words.append(reader.next().text.upper())
    action = " ".join(words)
    return "" if action == "NO ACTION" else action


def _read_deferral(reader: TokenReader) -> str:
    if not reader.take("INITIALLY"):
        return ""
    return "INITIALLY DEFERRED" if reader.next().is_word("DEFERRED") else ""
