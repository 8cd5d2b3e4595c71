"""Parse the text of ``CREATE TABLE`` and ``CREATE INDEX`` into schema objects.

Invariant: spellings that mean the same give the same objects; a constraint written
on its column equals the one written below the columns.  The definition of an unnamed
constraint serves as its name.  https://www.sqlite.org/lang_createtable.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from schema_migrations.engines.sqlite.catalog.clauses import (
    ConstraintClause,
    RawColumn,
    RawTable,
    TokenReader,
    read_table,
)
from schema_migrations.engines.sqlite.catalog.tokens import (
    BUILTIN_COLLATIONS,
    Token,
    Tokens,
    canonicalize_expression,
    format_tokens,
    name_of,
    tokenize,
)
from schema_migrations.engines.sqlite.quote import fold_case, quote
from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Index,
    Key,
    Table,
    table_key,
)

Part = Constraint | ForeignKey
DeclaredNames = Mapping[str, str]
"""Folded name → the spelling it was declared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOutline:
    """A table's clauses, and what other tables' foreign keys need to know about it."""

    name: str
    raw: RawTable
    columns: DeclaredNames
    primary_key: tuple[str, ...]


# One command inspects the same tables several times.
@lru_cache(maxsize=8192)
def read_outline(name: str, sql: str) -> TableOutline:
    raw = read_table(name, sql)
    columns = {fold_case(column.name): column.name for column in raw.columns}
    keys = [c.body for c in raw.constraints if c.type == "primary key"]
    names = _column_names_of(keys[0], columns) if keys else ()
    return TableOutline(name=name, raw=raw, columns=columns, primary_key=names)


def parse_table(
    outline: TableOutline, outlines: Mapping[str, TableOutline]
) -> tuple[Table, tuple[Part, ...]]:
    """Return a table and its constraints, without duplicates.

    ``outlines`` are all tables by folded name: targets of foreign keys.
    """
    name, raw, columns = outline.name, outline.raw, outline.columns
    key = table_key(name)
    parts: dict[Key, Part] = {}
    for clause in raw.constraints:
        if clause.type == "foreign key":
            part: Part = _parse_foreign_key(clause, key, columns, outlines)
        else:
            part = _parse_constraint(clause, key, columns, raw)
        namesake = parts.get(part.key)
        if namesake is not None and namesake != part:
            # SQLite lets two constraints of a table share a name.
            part = replace(part, key=key.constraint(part.definition))
        parts[part.key] = part
    table = Table(
        key=key,
        columns=tuple(
            sorted(
                (
                    _parse_column(i, c, raw, name, columns)
                    for i, c in enumerate(raw.columns)
                ),
                key=lambda column: column.name,
            )
        ),
        options=", ".join(raw.options),
    )
    return table, tuple(parts.values())


def _parse_column(
    index: int, column: RawColumn, raw: RawTable, table: str, columns: DeclaredNames
) -> Column:
    def format_expression(tokens: Tokens | None) -> str | None:
        return (
            format_tokens(canonicalize_expression(tokens, table, columns))
            if tokens
            else None
        )

    default = format_expression(column.default)
    collation = column.collation and canonicalize_collation(column.collation)
    keys = [clause for clause in raw.constraints if clause.type == "primary key"]
    column_keys = [
        c for c in keys if _column_names_of(c.body, columns) == (column.name,)
    ]
    return Column(
        name=column.name,
        type=_format_type(column.type),
        nullable=column.nullable and not _has_implied_not_null(column, raw, columns),
        default=None if default == "NULL" else default,
        collation=None if collation == "BINARY" else collation,
        identity="autoincrement" if any(c.autoincrement for c in column_keys) else "",
        identity_options=f"NOT NULL{column.not_null_conflict}"
        if column.not_null_conflict
        else "",
        generated=format_expression(column.generated),
        generated_kind=column.generated_kind,
        position=index + 1,
    )


def _format_type(tokens: Tokens) -> str:
    """Return a declared type, which may be any words; ``text[]`` is one with an empty name."""
    text, rest = "", tokens
    while Token("name", "") in rest:
        position = rest.index(Token("name", ""))
        text += f"{format_tokens(rest[:position])}[]"
        rest = rest[position + 1 :]
    return " ".join(filter(None, (text, format_tokens(rest)))).lower()


def canonicalize_collation(name: str) -> str:
    return name.upper() if name.upper() in BUILTIN_COLLATIONS else name


def _has_implied_not_null(
    column: RawColumn, raw: RawTable, columns: DeclaredNames
) -> bool:
    """Tell whether a primary key forbids NULL: a rowid, or a WITHOUT ROWID table.

    https://www.sqlite.org/lang_createtable.html#the_primary_key
    """
    for clause in raw.constraints:
        if clause.type == "primary key":
            names = _column_names_of(clause.body, columns)
            if column.name in names:
                return "WITHOUT ROWID" in raw.options or _is_rowid_alias(
                    clause, raw, columns
                )
    return False


def _is_rowid_alias(
    clause: ConstraintClause, raw: RawTable, columns: DeclaredNames
) -> bool:
    """Tell whether a primary key is another name for the rowid.

    https://www.sqlite.org/lang_createtable.html#rowid; ``DESC`` written on the column
    prevents it, ``DESC`` below the columns does not.
    """
    names = _column_names_of(clause.body, columns)
    types = [_format_type(c.type) for c in raw.columns if c.name in names]
    descending = clause.body[-1].is_word("DESC") and clause.inline
    return types == ["integer"] and len(names) == 1 and not descending


def _parse_constraint(
    clause: ConstraintClause, table: Key, columns: DeclaredNames, raw: RawTable
) -> Constraint:
    kind: Literal["primary key", "unique", "check"]
    if clause.type == "check":
        kind = "check"
        body = canonicalize_expression(clause.body, table.name, columns)
        definition = f"CHECK ({format_tokens(body)})"
        mentioned = {token.text for token in body if token.kind == "name"}
        names = tuple(name for name in columns.values() if name in mentioned)
    else:
        kind = "unique" if clause.type == "unique" else "primary key"
        indexed = clause.body
        if clause.type == "primary key" and not clause.inline:
            indexed = _omit_idle_order(clause, raw, columns)
        body = _canonicalize_indexed_columns(indexed, table.name, columns)
        definition = (
            f"{clause.type.upper()} ({format_tokens(body)}){clause.on_conflict}"
        )
        names = _column_names_of(body, columns)
    return Constraint(
        key=table.constraint(definition if clause.name is None else clause.name),
        table=table,
        type=kind,
        definition=definition,
        columns=names,
        reserves_relation_name=False,
    )


def _omit_idle_order(
    clause: ConstraintClause, raw: RawTable, columns: DeclaredNames
) -> Tokens:
    """Return the indexed columns without a ``DESC`` that has no effect: a rowid's."""
    last = clause.body[-1]
    idle = last.is_word("DESC") and _is_rowid_alias(clause, raw, columns)
    return clause.body[:-1] if idle else clause.body


def _parse_foreign_key(
    clause: ConstraintClause,
    table: Key,
    columns: DeclaredNames,
    outlines: Mapping[str, TableOutline],
) -> ForeignKey:
    names = _column_names_of(clause.body, columns)
    target = outlines.get(fold_case(clause.target_table))
    name = target.name if target else clause.target_table
    targets = tuple(name_of(t) for t in clause.target_columns if not t.is_symbol(","))
    if target:
        # A reference without columns points to the primary key.
        targets = targets or target.primary_key
        targets = tuple(
            target.columns.get(fold_case(column), column) for column in targets
        )
    definition = f"FOREIGN KEY ({_quote_names(names)}) REFERENCES {quote(name)}"
    definition += f" ({_quote_names(targets)})" if targets else ""
    definition += f" {clause.reference_actions}" if clause.reference_actions else ""
    return ForeignKey(
        key=table.constraint(definition if clause.name is None else clause.name),
        table=table,
        definition=definition,
        columns=names,
        referenced_table=table_key(name),
    )


def _quote_names(names: tuple[str, ...]) -> str:
    return ", ".join(map(quote, names))


def parse_index(name: str, table: str, columns: DeclaredNames, sql: str) -> Index:
    """Return an index; ``columns`` are those of its table."""
    tokens = tokenize(sql)
    reader = TokenReader(tokens, f"index {name}")
    reader.skip_to("(")
    body = _canonicalize_indexed_columns(reader.read_group(), table, columns)
    definition = f"({format_tokens(body)})"
    if reader.take("WHERE"):
        where = canonicalize_expression(tokens[reader.position :], table, columns)
        definition += f" WHERE {format_tokens(where)}"
    key = table_key(table)
    return Index(
        key=Key(kind="index", name=name),
        table=key,
        unique=tokens[1].is_word("UNIQUE"),
        definition=definition,
        columns=_column_names_of(body, columns),
        needs=frozenset({key}),
    )


def _canonicalize_indexed_columns(
    tokens: Tokens, table: str, columns: DeclaredNames
) -> Tokens:
    """Return indexed columns in canonical form, without the default ``ASC``."""
    result: list[Token] = []
    for item in _split_at_commas(tokens):
        if result:
            result.append(Token("symbol", ","))
        ordered = item[-1].is_word("ASC", "DESC")
        value = item[:-1] if ordered else item
        if value[0].kind == "string":
            value = (Token("name", name_of(value[0])), *value[1:])
        result += canonicalize_expression(value, table, columns)
        if item[-1].is_word("DESC"):
            result.append(Token("word", "DESC"))
    return tuple(result)


def _split_at_commas(tokens: Tokens) -> list[Tokens]:
    """Return the items between the commas outside parentheses."""
    items: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += token.is_symbol("(") - token.is_symbol(")")
        if depth == 0 and token.is_symbol(","):
            items.append([])
        else:
            items[-1].append(token)
    return [tuple(item) for item in items]


def _column_names_of(tokens: Tokens, columns: DeclaredNames) -> tuple[str, ...]:
    """Return the names of indexed columns, without the expressions."""
    names = []
    for item in _split_at_commas(tokens):
        follows = item[1] if len(item) > 1 else None
        plain = follows is None or follows.is_word("COLLATE", "ASC", "DESC")
        if plain and fold_case(name_of(item[0])) in columns:
            names.append(columns[fold_case(name_of(item[0]))])
    return tuple(names)
