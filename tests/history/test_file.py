"""Names, text, directives and the shape of generated files."""

from __future__ import annotations

import base64
import hashlib
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.directives import Directives, collect_nolint_codes
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.statements import compute_partial_hashes


def file(text: str, name: str = "1_a.sql") -> MigrationFile:
    return MigrationFile(name=name, content=text.encode())


@pytest.mark.parametrize(
    ("name", "version", "description"),
    [
        ("20250102030405_add_a_table.sql", "20250102030405", "add_a_table"),
        ("20250102030405.sql", "20250102030405", ""),
        ("1_with space.sql", "1", "with space"),
        ("1.a_b.up.sql", "1.a", "b.up"),
    ],
)
def test_version_and_description_come_from_the_name(
    name: str, version: str, description: str
) -> None:
    """The version ends at the first underscore."""
    assert file("", name).version == version
    assert file("", name).description == description


def test_text_is_utf8_with_or_without_a_byte_order_mark() -> None:
    """A byte order mark is not part of the first statement."""
    marked = MigrationFile(name="1.sql", content="\ufeffSELECT 'é';\r\n".encode())
    assert marked.text == "SELECT 'é';\r\n"
    assert marked.split_statements(SYNTAX)[0].sql == "SELECT 'é'"


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"SELECT 1;\n-- caf\xe9\n", 2, "byte 0xe9 is not UTF-8"),
        ("SELECT 1;".encode("utf-16"), 1, "UTF-16"),
        ("SELECT 1;".encode("utf-16-le"), 1, "NUL character"),
        (b"SELECT 1;\n\nUPDATE t SET a = 1\0 WHERE id = 1;\n", 3, "NUL character"),
        (b"-- note\n-- \0\n", 2, "NUL character"),
    ],
)
def test_other_encodings_are_named_with_their_line(
    content: bytes, line: int, words: str
) -> None:
    """The message says which byte, the hint what to do."""
    with pytest.raises(SyntaxProblem, match=words) as caught:
        _ = MigrationFile(name="1.sql", content=content).text
    assert (caught.value.file, caught.value.line) == ("1.sql", line)
    assert "UTF-8" in caught.value.hint


READ = [
    ("SELECT 1;", Directives()),
    ("-- atlas:txmode none\n\nSELECT 1;", Directives(txmode="none")),
    ("-- atlas:txmode file", Directives(txmode="file")),
    ("--atlas:txmode none\n-- Words.\n \t\nSELECT 1;", Directives(txmode="none")),
    ("-- Words.\r\n-- atlas:txmode none\r\n\r\nSELECT 1;", Directives(txmode="none")),
    ("-- atlas:txmode none\nSELECT 1;", Directives()),
    ("\n-- atlas:txmode none\n\nSELECT 1;", Directives()),
    ("-- see atlas:txmode none\n\nSELECT 1;", Directives()),
    ("-- atlas:checkpoint\n\n", Directives(is_checkpoint=True)),
    ("-- atlas:checkpoint v1 \n\n", Directives(is_checkpoint=True)),
    ("-- atlas:nolint\n\n", Directives(nolint=("*",))),
    (
        "-- atlas:nolint DS101 PG105\n-- atlas:nolint DS101\n\n",
        Directives(nolint=("DS101", "PG105")),
    ),
    ("-- atlas:sum ignore\nSELECT 1;", Directives(is_sum_ignored=True)),
    ("-- atlas:sum ignored\nSELECT 1;", Directives()),
    ("-- atlas:sum ignore\r\nSELECT 1;", Directives()),
    ("-- atlas:delimiter \\n\\n\\n\nSELECT 1;", Directives(delimiter="\n\n\n")),
    ("-- atlas:delimiter \\n\\n\r\n\r\nSELECT 1;", Directives(delimiter="\n\n")),
    ("-- atlas:delimiter -- end", Directives(delimiter="-- end")),
    ("-- atlas:delimiter \\t\\r", Directives(delimiter="\t\r")),
    ("--atlas:delimiter //\n", Directives()),
    ("-- atlas:delimiters //\n", Directives()),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_directives_are_read_as_atlas_reads_them(
    text: str, expected: Directives
) -> None:
    """With line feeds as Atlas; with CRLF as it was meant."""
    assert file(text).directives == expected


def test_crlf_lines_count_as_blank_for_a_delimiter_of_line_feeds() -> None:
    """A delimiter written as line feeds also splits a file with CRLF."""
    text = "-- atlas:delimiter \\n\\n\r\nSELECT 1;\r\n\r\nSELECT 2\r\n"
    assert [s.sql for s in file(text).split_statements(SYNTAX)] == [
        "SELECT 1;",
        "SELECT 2",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("-- atlas:txmode all\n\n", 1, "must be none or file, not 'all'"),
        ("-- A\n-- atlas:txmode\n\n", 2, "must be none or file, not ''"),
        ("-- atlas:txmode none\n-- atlas:txmode none\n\n", 2, "second atlas:txmode"),
        ("-- atlas:delimiter\nSELECT 1", 1, "delimiter is empty"),
        ("-- atlas:txtar\n\n-- migration.sql --\nSELECT 1;", 1, "txtar"),
    ],
)
def test_directives_that_cannot_be_obeyed_are_errors(
    text: str, line: int, words: str
) -> None:
    """Going on with a guess could run a file in the wrong kind of transaction."""
    with pytest.raises(SyntaxProblem, match=words) as caught:
        _ = file(text).directives
    assert caught.value.line == line
    assert caught.value.hint


WARNED = [
    ("SELECT 1;", None, ""),
    ("SELECT 1;\n-- no directive, atlas.sum, https://atlas:8080\n", None, ""),
    ("-- atlas:txmode none\n\nSELECT 1;", None, ""),
    ("-- atlas:txmode none\nSELECT 1;", 1, "followed by a blank line"),
    ("SELECT 1;\n\n-- atlas:checkpoint\n\nSELECT 2;", 3, "at the top of the file"),
    ("-- A.\n-- atlas:nolint DS101\nDROP TABLE t;", None, ""),
    ("/* atlas:nolint */ DROP TABLE t;", None, ""),
    ("-- atlas:nolint DS101\n\nDROP TABLE t;", None, ""),
    ("SELECT 1;\n\n-- atlas:nolint\n\nDROP TABLE t;", 3, "not above a statement"),
    ("DROP TABLE t; -- atlas:nolint\nSELECT 1;", 1, "not above a statement"),
    ("ALTER TABLE t\n  -- atlas:nolint\n  DROP a;", 2, "not above a statement"),
    ("-- atlas:delimiter \\n\\n\nSELECT 1;", None, ""),
    ("-- A.\n-- atlas:delimiter ;;\nSELECT 1;", 2, "only on the first line"),
    ("-- atlas:sum ignore\n\nSELECT 1;", None, ""),
    ("-- atlas:sum ignore\r\n\r\nSELECT 1;", 1, "with a line feed"),
    ("-- A.\n-- atlas:sum ignore\n\nSELECT 1;", 2, "on the first line"),
    ("-- atlas:txmod none\n\nSELECT 1;", 1, "Did you mean txmode? Known: atlas:"),
    ("-- atlas:xyz\n\nSELECT 1;", 1, "Known: atlas:txmode, atlas:delimiter"),
    ("-- atlas:import a.sql\n\nSELECT 1;", 1, "Atlas Pro"),
    ("-- see atlas:txmode none\n\nSELECT 1;", 1, "works only alone on its line"),
    ("-- see atlas:elsewhere\n\nSELECT 1;", None, ""),
    ("# atlas:txmode none\n\nSELECT 1;", 1, "# does not start a comment"),
]


@pytest.mark.parametrize(("text", "line", "words"), WARNED)
def test_directives_in_vain_are_warned_about(
    text: str, line: int | None, words: str
) -> None:
    """With the line and the reason; those that work are left alone."""
    found = file(text).check_directives(SYNTAX)
    assert [number for number, _ in found] == ([line] if line else [])
    assert all(words in message for _, message in found)


def test_nolint_of_a_statement_is_read_from_its_comments() -> None:
    """Every comment form that Atlas takes, without doubles."""
    comments = ("-- A.", "--atlas:nolint A1 B2", "/* atlas:nolint A1 C3 */", "# x")
    assert collect_nolint_codes(comments) == ("A1", "B2", "C3")
    assert collect_nolint_codes(["-- atlas:nolint"]) == ("*",)
    assert collect_nolint_codes(["-- plain"]) == ()


def test_generated_file_looks_like_this() -> None:
    """Directive block, header block, then a commented statement each."""
    text = format_file(
        txmode="none",
        header=("Adds one index.", "", "Written by schemadiff."),
        statements=(
            ("Add index i on t (a)", "CREATE INDEX CONCURRENTLY i ON t (a)"),
            ("Two lines\nof words", "SELECT 1,\n  2 -- last"),
            ("", "SELECT 3"),
        ),
    )
    assert text == (
        "-- atlas:txmode none\n\n"
        "-- Adds one index.\n--\n-- Written by schemadiff.\n\n"
        "-- Add index i on t (a)\nCREATE INDEX CONCURRENTLY i ON t (a);\n\n"
        "-- Two lines\n-- of words\nSELECT 1,\n  2 -- last\n;\n\n"
        "SELECT 3;\n"
    )
    assert file(text).directives == Directives(txmode="none")


def test_a_footer_stands_below_the_statements() -> None:
    """Alone as well; its blanks stay, so that SQL in it can be taken out."""
    made = format_file(
        header=("A.",), statements=[("", "SELECT 1")], footer=("B:", "  SELECT 2;")
    )
    assert made == "-- A.\n\nSELECT 1;\n\n-- B:\n--   SELECT 2;\n"
    assert (
        format_file(header=("A.",), statements=(), footer=("B",)) == "-- A.\n\n-- B\n"
    )


def test_nothing_to_write_is_an_empty_file() -> None:
    """No stray blank lines."""
    assert format_file(header=(), statements=()) == ""


words = st.text(alphabet="aé;'$-/*(\n\r\u2028 ", max_size=12)
statement = st.sampled_from(
    ["SELECT 1", "SELECT '--'", "SELECT 1 -- end", "SELECT 1 /* -- */", "DO $$ ; $$"]
)


@settings(max_examples=150, deadline=None)
@given(
    header=st.lists(words, max_size=2),
    footer=st.lists(words, max_size=2),
    statements=st.lists(st.tuples(words, statement), max_size=3),
    txmode=st.sampled_from(["", "none", "file"]),
)
def test_splitting_a_generated_file_gives_its_statements_and_comments(
    header: list[str],
    footer: list[str],
    statements: list[tuple[str, str]],
    txmode: str,
) -> None:
    """Whatever the words are, they stay comments and above their statement."""
    text = format_file(
        header=header, statements=statements, footer=footer, txmode=txmode
    )
    found = file(text).split_statements(SYNTAX)
    assert [each.sql for each in found] == [sql for _, sql in statements]
    assert [each.comments for each in found] == [
        tuple(f"-- {line}".rstrip() for line in comment.splitlines())
        for comment, _ in statements
    ]
    assert file(text).directives.txmode == txmode


def test_a_large_statement_is_kept_once() -> None:
    sql = b"INSERT INTO t VALUES\n" + b"  ('x'),\n" * 200_000 + b"  ('y')"
    file = MigrationFile(name="1_a.sql", content=b"-- Fills.\n\n" + sql + b"\n;\n")
    tracemalloc.start()
    try:
        statements = file.split_statements(SYNTAX)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert statements[0].terminated_sql == sql.decode() + "\n;"
    assert kept < 1.5 * len(sql)
    assert peak < 2.5 * len(sql)  # the text, and the statement cut out of it


def test_the_top_of_a_large_file_is_read_without_the_rest() -> None:
    text = "-- atlas:txmode none\n-- Fills.\n\n" + "SELECT 1;\n" * 200_000
    file = MigrationFile(name="1_a.sql", content=text.encode())
    tracemalloc.start()
    try:
        assert file.leading_comments == ("-- atlas:txmode none", "-- Fills.")
        assert file.directives.txmode == "none"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * len(text)  # the text itself, of the content


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("SELECT 1;\n", ["SELECT 1;"]),
        ("SELECT 1;;\n", ["SELECT 1;", ";"]),
        ("-- a\n;\n/* b */ ;\nSELECT 1\n", [";", ";", "SELECT 1"]),
        ("SELECT 1;\n-- a\n-- b\n", ["SELECT 1;"]),
        ("SELECT 1;\n-- a\n-- b", ["SELECT 1;", "-- b"]),
        ("SELECT 1; -- a", ["SELECT 1;", "-- a"]),
        ("SELECT 1 -- a", ["SELECT 1 -- a"]),
        ("-- a", ["-- a"]),
        ("/* a */", []),
        ("\ufeff-- a\n\nSELECT 1;SELECT 2;", ["\ufeff-- a\n\nSELECT 1;", "SELECT 2;"]),
        ("-- atlas:delimiter --go\nSELECT 1\n--go\n--go\n", ["SELECT 1", ""]),
    ],
)
def test_statements_are_counted_and_hashed_as_atlas_does(
    text: str, counted: list[str]
) -> None:
    statements = file(text).split_as_counted(SYNTAX)
    assert [each.lead + each.terminated_sql for each in statements] == counted
    expected = base64.b64encode(hashlib.sha256("".join(counted).encode()).digest())
    assert compute_partial_hashes(statements)[-1:] == (
        (f"h1:{expected.decode()}",) if counted else ()
    )
