"""Only what Atlas reads in another way is found; the conformance tests ask Atlas."""

from __future__ import annotations

from time import perf_counter

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.other_readings import find_other_readings

A = "CREATE TABLE a (t text);\n"
NONE = "-- atlas:txmode none\n\n"
ROLE = "CREATE ROLE dsm_reader;\nGRANT ALL ON SCHEMA public TO dsm_reader;\n"
OPERATOR = (
    "CREATE FUNCTION f(int, int) RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
    "CREATE OPERATOR {} (leftarg = int, rightarg = int, function = f);\n"
)

READINGS: dict[str, list[tuple[str, list[int]]]] = {
    "postgresql": [
        (A, []),
        (f"\ufeff{A}", [1]),
        (f"\ufeff\n{A}", [1]),
        # Comments in comments
        (f"{A}\n/* a\n/* b */ c */\n{A.replace(' a ', ' b ')}", [3]),
        (f"{A}/* a /* b */ c */\n", [2]),
        (f"{A}SELECT /* a /* b; */ c; */ 1;\n", [2]),
        (f"{A}SELECT /* a /* b */ c */ 1;\n", []),
        (f"{A}/* a */ /* b */\nSELECT '/* /* ';\n", []),
        # Text with escapes
        (f"{A}INSERT INTO a\nVALUES (E'it\\'s');\n", [3]),
        (f"{A}INSERT INTO a VALUES (E'\\'it\\'');\n", []),
        (f"{A}INSERT INTO a VALUES (E'\\'i;t\\'');\n", []),
        (f"{A}SELECT E'\\'i;t\\'';\n", [2]),
        (f"{A}INSERT INTO a VALUES ('C:\\');\nSELECT E'\\\\';\n", []),
        (f"{A}SELECT $$E'it\\'s'$$;\n", []),
        # Ends of comments
        (f"-- one\r{A}{A.replace(' a ', ' b ')}", [1]),
        ("CREATE TABLE a ( -- one\r t text);\n", [1]),
        (f"-- one\r\n{A}-- two\r\nSELECT 1;\r\n", []),
        (f"SELECT '-- one\r';\n{A}", []),
        (f"{A}-- it's\n", []),
        (f"{A}-- it is", []),
        (f"{A}-- one\n-- it's", [3]),
        (f"{A}SELECT '--'; -- a; b", [2]),
        (f"{A}SELECT '--' -- a b", []),
        (f"{A}-- DROP TABLE a;", []),
        (f"{A}-- $$ of /* [", []),
        (f"{A}-- /* it's */", []),
        (f"{A}-- so `", [2]),
        # Dollars
        (f"{A}DO $ж$ BEGIN PERFORM 1; PERFORM 2; END $ж$;\n", [2]),
        (f"{A}SELECT $ж$ a $ж$;\n", []),
        (f"{A}SELECT '$ж$;$ж$';\n", []),
        (f"CREATE TABLE abc$x$y (t text);\n{A}", [1]),
        (f"CREATE TABLE abc$x (t text);\n{A}", []),
        (f"{A}CREATE TABLE abc$x$y (t text);\n", []),
        (f"CREATE TABLE abc$ж$y (t text);\n{A}", []),
        (f'CREATE TABLE "abc$x$y" (t text);\n{A}', []),
        (f"DO $x$ BEGIN PERFORM 1;END$x$;\n{A}", []),
        # Backticks
        (OPERATOR.format("`") + A, [2]),
        (OPERATOR.format("`=`") + A, []),
        # Transactions
        (f"{NONE}BEGIN TRANSACTION;\n{A}END;\n", [3]),
        (f"{NONE}BEGIN WORK;\n{A}END;\nSELECT 1;\n", [3]),
        (f"{NONE}BEGIN;\n{A}END;\n", []),
        (f"{NONE}BEGIN TRANSACTION;\n{A}END TRANSACTION;\n", []),
        (f"{NONE}BEGIN TRANSACTION;\n{A}COMMIT;\n", []),
        # Roles
        (f"{ROLE}SET ROLE dsm_reader;\n{A}", [3]),
        (f"{ROLE}SET LOCAL ROLE dsm_reader;\n{A}RESET ROLE;\n", [3]),
        (f"{ROLE}SET SESSION AUTHORIZATION dsm_reader;\n{A}", [3]),
        (f"{ROLE}SET ROLE NONE;\n{A}", []),
        (f"{ROLE}SET ROLE  NONE;\n{A}", []),
        (f"{ROLE}SET ROLE 'none';\n{A}", []),
        (f'{ROLE}SET LOCAL ROLE "none";\n{A}', []),
        (f"{ROLE}SET role TO NONE;\n{A}", []),
        (f"{ROLE}SET role='none';\n{A}", []),
        (f"{ROLE}SET SESSION role = DEFAULT;\n{A}", []),
        (f"{ROLE}SET ROLE /* all */ NONE;\n{A}", []),
        (f"{ROLE}SET SESSION AUTHORIZATION  DEFAULT;\n{A}", []),
        (f"{ROLE}SET session_authorization TO DEFAULT;\n{A}", []),
        (f"{ROLE}SET role TO dsm_reader;\n{A}", [3]),
        (f"{ROLE}SET role='dsm_reader';\n{A}", [3]),
        (f"{ROLE}SET /* to */ ROLE -- this\n dsm_reader;\n{A}", [3]),
        (f"{ROLE}SET session_authorization = dsm_reader;\n{A}", [3]),
        # Several of one kind
        (f"{ROLE}SET ROLE dsm_reader;\n{A}SET ROLE 'dsm_reader';\n", [3, 5]),
        (A + "INSERT INTO a VALUES (E'\\'');\n" * 2, [2, 3]),
        (f"{NONE}BEGIN WORK;\n{A}END;\nBEGIN WORK;\nEND;\n", [3, 6]),
        # Several at once, and a delimiter of the file's own
        (f"\ufeff-- one\r{A}\nSELECT E'it\\'s';\n", [1, 1, 3]),
        (f"-- atlas:delimiter GO\n\n{A}GO\nSELECT E'it\\'s';\nGO\n", [5]),
        (f"-- atlas:delimiter GO\n\n{A}GO\nSELECT 'it''s';\nGO\n", []),
    ],
    "sqlite": [
        (A, []),
        (f"\ufeff{NONE}{A}VACUUM;\n", [1]),
        (f"{A}CREATE TABLE b ([it's] text);\n", [2]),
        (f"{A}CREATE TABLE b ([a;b] text);\n", []),
        (f"{A}SELECT 1 AS [a;b];\n", [2]),
        (f"{A}CREATE TABLE b (`it's` text);\n", []),
        (f"CREATE TABLE abc$x$y (t text);\n{A}", []),
        (f"/* a /* b */\n{A}", []),
        (f"{A}-- it's", [2]),
        (f"{A}-- see [1];", []),
        (f"-- one\r{A}{A.replace(' a ', ' b ')}", []),
        (f"{A}INSERT INTO a VALUES ('C:\\');\n", []),
        (f"{NONE}BEGIN IMMEDIATE;\n{A}END;\n", [3]),
        (f"{NONE}BEGIN;\n{A}END;\n", []),
    ],
}
"""Engine → texts, with the lines of what Atlas reads in another way."""


def find_lines(text: str, engine: str) -> list[int]:
    file = MigrationFile(name="1.sql", content=text.encode())
    found = find_other_readings(file, engine_for(engine).dialect.syntax)
    return [each.line for each in found]


@pytest.mark.parametrize(
    ("engine", "text", "lines"),
    [(engine, *each) for engine, texts in READINGS.items() for each in texts],
)
def test_what_is_read_otherwise_is_found(
    engine: str, text: str, lines: list[int]
) -> None:
    assert find_lines(text, engine) == lines


@pytest.mark.parametrize(
    ("count", "end"),
    [(10, ""), (11, " 1 more place is below."), (40, " 30 more places are below.")],
)
def test_of_many_places_the_first_are_found(count: int, end: str) -> None:
    text = "SELECT E'\\'i;t\\'';\n" * count
    file = MigrationFile(name="1.sql", content=text.encode())
    found = find_other_readings(file, engine_for("postgresql").dialect.syntax)
    assert [each.line for each in found] == list(range(1, 11))
    assert found[-1].message == f"{found[0].message}{end}"


@pytest.mark.parametrize("text", ["SELECT 'open\n", "SELECT \x00;"])
def test_a_file_that_does_not_run_has_none(text: str) -> None:
    assert find_lines(f"\ufeff{text}", "postgresql") == []


@pytest.mark.parametrize("text", ["/* ", "$a", "$ж", "a$", "*/", "[", "`", "--", "\r"])
def test_a_long_comment_is_read_at_once(text: str) -> None:
    started = perf_counter()
    find_lines(f"{A}-- {text * 20_000}", "postgresql")
    assert perf_counter() - started < 3
