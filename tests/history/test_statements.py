"""Splitting: case files a person can read, refusals, places, hashes.

``UPDATE_GOLDEN=1 pytest tests/history/test_statements.py`` writes the ``.golden``
files anew; review them as a diff.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX as POSTGRESQL
from schema_migrations.engines.sqlite.syntax import SYNTAX as SQLITE
from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.statements import (
    SourceStatement,
    compute_partial_hashes,
    find_transaction_control,
    split,
)

CASES = Path(__file__).parent.parent / "cases" / "split"
SYNTAXES = {"postgresql": POSTGRESQL, "sqlite": SQLITE}


def shown(statement: SourceStatement) -> str:
    place = f"== {statement.line}:{statement.column}"
    above = f" (comments from line {statement.first_line})"
    lines = [place + above * bool(statement.comments), *statement.comments]
    return "\n".join([*lines, "--", statement.sql.replace("\r", "␍"), ""])


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("*/*.sql")), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_case_file_splits_as_its_golden_says(path: Path) -> None:
    """Statements, their places and the comments above them are as reviewed."""
    file = MigrationFile(name=path.name, content=path.read_bytes())
    statements = file.split_statements(SYNTAXES[path.parent.name])
    golden = path.with_suffix(".golden")
    text = "".join(map(shown, statements))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, newline="\n")
    assert text == golden.read_text()
    for each in statements:
        assert file.text[each.offset :].startswith(each.sql)
        assert each.terminated_sql in {
            each.sql,
            each.sql + ";",
        } or each.terminated_sql.endswith(";")


REFUSED = [
    (POSTGRESQL, "SELECT 1;\nSELECT 'a;", 2, "string"),
    (POSTGRESQL, "SELECT E'a\\';", 1, "string"),
    (POSTGRESQL, 'SELECT 1,\n "a;', 2, "quoted name"),
    (POSTGRESQL, "\n\nDO $a$ BEGIN; END $b$;", 3, "$a$"),
    (POSTGRESQL, "/* /* */ SELECT 1;", 1, "comment"),
    (POSTGRESQL, "SELECT 1 /* a", 1, "comment"),
    (POSTGRESQL, "CREATE TABLE t (\n a int,\n b numeric(1;\nSELECT 1;", 1, "'('"),
    (POSTGRESQL, "SELECT 1;\nSELECT 2);", 2, "')'"),
    (POSTGRESQL, "CREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC SELECT 1;", 2, "body"),
    (POSTGRESQL, "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END x;", 1, "body"),
    (
        POSTGRESQL,
        "SELECT 1;\n\\connect shop\nSELECT 2;",
        2,
        "\\connect is a command of",
    ),
    (POSTGRESQL, "SELECT 1 \\gset\n", 1, "\\gset is a command of psql"),
    (POSTGRESQL, "SELECT (1 \\; 2);", 1, "\\ is a command of psql"),
    (POSTGRESQL, "COPY t FROM stdin;\n1\tit's\n\\.\n", 1, "COPY"),
    (
        POSTGRESQL,
        "--\ncopy t (a, b) from /* x */ STDIN with (format csv);\n1",
        2,
        "COPY",
    ),
    (POSTGRESQL, 'COPY public."t" FROM STDOUT;', 1, "COPY"),
    (SQLITE, "SELECT `a;", 1, "quoted name"),
    (SQLITE, "SELECT 1;\n.mode csv\n", 2, ".mode is a command of the sqlite3 shell"),
    (SQLITE, "SELECT [a;", 1, "quoted name"),
    (SQLITE, "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;", 1, "body"),
    (SQLITE, "/* a", 1, "comment"),
]


@pytest.mark.parametrize(("syntax", "text", "line", "words"), REFUSED)
def test_what_cannot_be_split_is_refused_with_its_line(
    syntax: object, text: str, line: int, words: str
) -> None:
    """The error names file, line and the thing that is open or does not belong."""
    with pytest.raises(SyntaxProblem) as caught:
        split(text, SQLITE if syntax is SQLITE else POSTGRESQL, file="1_x.sql")
    assert caught.value.message.startswith(f"1_x.sql:{line}: ")
    assert words in caught.value.message


def test_features_that_are_off_are_plain_text() -> None:
    """What is a quote or a command elsewhere does not disturb the other dialect."""
    assert len(split("SELECT `a; SELECT [1; .5", POSTGRESQL, file="")) == 3
    assert (
        len(split("SELECT '$$'; SELECT $$; SELECT \\; SELECT 1", SQLITE, file="")) == 4
    )
    assert len(split("COPY t FROM stdin; SELECT 1", SQLITE, file="")) == 2


def test_a_position_in_a_statement_has_its_place_in_the_file() -> None:
    """Server positions are 1-based characters in the statement."""
    text = "SELECT 1;\n  SELECT é,\n   b\nFROM t;"
    second = split(text, POSTGRESQL, file="")[1]
    assert (second.line, second.column) == (2, 3)
    assert second.locate(1) == (2, 3)
    assert second.locate(8) == (2, 10)
    assert second.locate(second.sql.index("b") + 1) == (3, 4)
    assert second.locate(second.sql.index("FROM") + 1) == (4, 1)
    assert second.locate(0) == (2, 3)


def test_columns_are_right_on_a_line_with_many_statements() -> None:
    """The column counts from the start of the line, not of the file."""
    found = split("\ufeffSELECT 1; SELECT 2;\nSELECT 3;  SELECT 4", SQLITE, file="")
    assert [(s.line, s.column) for s in found] == [(1, 1), (1, 11), (2, 1), (2, 12)]


def test_partial_hashes_chain_the_texts_with_their_semicolons() -> None:
    """As Atlas computes them: SHA-256 never reset, comments above left out."""
    statements = split("-- c\nSELECT 1 ;\n\nSELECT 2", POSTGRESQL, file="")
    expected = [
        "h1:" + base64.b64encode(hashlib.sha256(text).digest()).decode()
        for text in (b"SELECT 1 ;", b"SELECT 1 ;SELECT 2")
    ]
    assert compute_partial_hashes(statements) == tuple(expected)
    assert compute_partial_hashes(()) == ()


def test_a_delimiter_of_ones_own_is_not_part_of_the_text() -> None:
    """As in Atlas: only the default delimiter is hashed with the statement."""
    found = split("SELECT 1;\nGO\nSELECT 2\nGO\n", SQLITE, file="", delimiter="\nGO\n")
    assert [s.terminated_sql for s in found] == ["SELECT 1;", "SELECT 2"]
    (quoted,) = split("SELECT (1 | 2) '|'|", SQLITE, file="", delimiter="|")
    assert quoted.sql == "SELECT (1 | 2) '|'"


@pytest.mark.parametrize(
    ("sql", "keyword"),
    [
        ("BEGIN", "BEGIN"),
        ("begin immediate", "BEGIN"),
        ("BEGIN WORK", "BEGIN"),
        ("Start Transaction READ ONLY", "START TRANSACTION"),
        ("START x", ""),
        ("COMMIT AND CHAIN", "COMMIT"),
        ("/* a /* b */ c */ COMMIT -- x\n", "COMMIT"),
        ("-- x\rEND", "END"),
        ("ROLLBACK", "ROLLBACK"),
        ("ROLLBACK TRANSACTION", "ROLLBACK"),
        ("ROLLBACK TO a", ""),
        ("ROLLBACK /* x */ WORK TO SAVEPOINT a", ""),
        ("ABORT", "ABORT"),
        ("PREPARE TRANSACTION 'a'", "PREPARE TRANSACTION"),
        ("PREPARE transaction AS SELECT 1", ""),
        ("PREPARE transaction (int) AS SELECT 1", ""),
        ("PREPARE p AS SELECT 1", ""),
        ("COMMIT PREPARED 'a'", ""),
        ("ROLLBACK PREPARED 'a'", ""),
        ("SAVEPOINT a", ""),
        ("RELEASE a", ""),
        ("-- COMMIT\nSELECT 1", ""),
        ("BEGINNING", ""),
        ("", ""),
    ],
)
def test_transaction_control_names_the_keyword(sql: str, keyword: str) -> None:
    """Only what starts or ends the transaction of the session counts."""
    assert find_transaction_control(sql) == keyword
