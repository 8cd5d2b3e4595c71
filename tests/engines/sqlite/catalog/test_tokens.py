from __future__ import annotations

import sqlite3
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema_migrations.engines.sqlite.catalog.tokens import (
    RESERVED_WORDS,
    canonicalize_expression,
    format_tokens,
    is_literal,
    name_of,
    tokenize,
)
from schema_migrations.engines.sqlite.quote import fold_case, quote
from tests.engines.sqlite.databases import database


@pytest.mark.parametrize(
    ("sql", "printed"),
    [
        ("select\n\t1 -- one\n+ /* two */2", "SELECT 1 + 2"),
        ("a  <=b||'it''s  -- x'", "a <= b || 'it''s  -- x'"),
        ("[a b].`c``d`", '"a b"."c`d"'),
        ("x'0aFF' + X'00'", "x'0aFF' + X'00'"),
        ("-1 - -2 - - - 3", "-1 - -2 - - -3"),
        ("a-1", "a - 1"),
        ("(-1, +2.5e-3, .5, 0xFF)", "(-1, +2.5e-3, .5, 0xFF)"),
        ("f ( a , b )", "f(a, b)"),
        ("a in(1)and b", "a IN (1) AND b"),
        ("cast( a as int )", "cast(a AS int)"),
        ("a -> '$' ->> 'b'", "a -> '$' ->> 'b'"),
        ("größe = 1", "größe = 1"),
        ("case when key then 1 end", "CASE WHEN key THEN 1 end"),
        ("a /* never closed", "a"),
    ],
)
def test_text_is_printed_in_one_layout(sql: str, printed: str) -> None:
    assert format_tokens(tokenize(sql)) == printed
    assert format_tokens(tokenize(printed)) == printed


PIECES = st.sampled_from(
    [
        *("a", '"b c"', "[d]", "`e`", "'f''g'", "x'00'", "1", ".5", "1e3", "0x1F"),
        *("(", ")", ",", ".", ";", "-", "+", "*", "/", "||", "<", "<>", "->>", "~"),
        *("NOT", "in", "Case", "like", "cast", "-- c\n", "/* c */", " ", "\n"),
    ]
)


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_printing_keeps_every_token(sql: str) -> None:
    tokens = tokenize(sql)
    again = tokenize(format_tokens(tokens))
    assert [(t.kind, t.text.upper()) for t in again] == [
        (t.kind, t.text.upper()) for t in tokens
    ]
    assert format_tokens(again) == format_tokens(tokens)


SURROGATES: tuple[Literal["Cs"]] = ("Cs",)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=SURROGATES)))
def test_a_quoted_name_is_the_name(name: str) -> None:
    (token,) = tokenize(quote(name))
    assert (token.kind, token.text) == ("name", name)


@pytest.mark.parametrize("word", sorted(RESERVED_WORDS))
def test_a_reserved_word_can_be_no_name(word: str) -> None:
    with database() as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute(f"CREATE TABLE t ({word} int)")


def test_a_string_where_a_name_stands_is_a_name() -> None:
    (string,) = tokenize("'it''s'")
    assert name_of(string) == "it's"


def test_only_ascii_letters_are_folded() -> None:
    assert fold_case("ÄbC") == "Äbc"


@pytest.mark.parametrize(
    ("sql", "printed"),
    [
        ("((a > 0))", '"A" > 0'),
        ("(a) + (b)", '("A") + ("b")'),
        ("T.a > [b]", '"A" > "b"'),
        ("other.a > 0", 'other."A" > 0'),
        ("LENGTH(b) = length ( a )", 'length("b") = length("A")'),
        ("a like 'x' collate nocase", "\"A\" LIKE 'x' COLLATE NOCASE"),
        ("a collate swedish", '"A" COLLATE "swedish"'),
        ("key and desc", '"key" AND DESC'),
        ('b = "no column"', '"b" = "no column"'),
        ("b is not null or true", '"b" IS NOT NULL OR TRUE'),
        ("b = 'a'", "\"b\" = 'a'"),
    ],
)
def test_expressions_have_one_form(sql: str, printed: str) -> None:
    columns = {"a": "A", "b": "b", "key": "key", "desc": "desc"}
    found = canonicalize_expression(tokenize(sql), "t", columns)
    assert format_tokens(found) == printed
    assert canonicalize_expression(found, "t", columns) == found


@pytest.mark.parametrize(
    ("sql", "literal"),
    [
        *(("1", True), ("-1.5", True), ("'a'", True), ("x'00'", True)),
        *(("TRUE", True), ("NULL", True), ("CURRENT_DATE", False)),
        *(("1 + 1", False), ("- a", False), ("random()", False), ("", False)),
    ],
)
def test_a_literal_needs_no_parentheses(sql: str, literal: bool) -> None:
    assert is_literal(sql) is literal
