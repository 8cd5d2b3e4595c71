"""Long sentences are broken between words on a terminal; what is copied stays whole."""

from __future__ import annotations

import pytest

from schema_migrations.management.output.lines import (
    TERMINAL_WIDTH,
    wrap_labelled,
    wrap_prose,
)

WORDS = "a word and " * 20


@pytest.mark.parametrize(
    ("start", "indent"),
    [
        pytest.param("", 0, id="a sentence"),
        pytest.param("  - ", 4, id="an item"),
        pytest.param(" 1) ", 4, id="an option"),
        pytest.param("12) ", 4, id="an option of many"),
        pytest.param("  ", 2, id="below a sentence"),
        pytest.param("warning: ", 9, id="a warning"),
        pytest.param("Next     ", 9, id="a label"),
    ],
)
def test_a_long_line_is_broken_between_words(start: str, indent: int) -> None:
    first, *others = wrap_prose(start + WORDS).split("\n")

    assert first.startswith(start + "a word")
    assert all(len(line) <= TERMINAL_WIDTH for line in (first, *others))
    assert {len(line) - len(line.lstrip()) for line in others} == {indent}
    assert " ".join([first, *map(str.strip, others)]) == (start + WORDS).rstrip()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("    SELECT " + "a, " * 40, id="SQL"),
        pytest.param("python manage.py schemadiff" + " --a" * 40, id="a command"),
        pytest.param("  python manage.py schemadiff" + " 'a b'" * 40, id="below"),
        pytest.param("x" * 200, id="one word"),
        pytest.param("short", id="short"),
    ],
)
def test_what_is_copied_stays_whole(line: str) -> None:
    assert wrap_prose(f"{line}\n{line}") == f"{line}\n{line}"


def test_a_command_begins_a_line_when_it_does_not_fit() -> None:
    command = "python manage.py schemadiff" + " --rename a=b" * 4

    assert wrap_prose(f"The same again: {command}") == f"The same again:\n{command}"


@pytest.mark.parametrize(
    "words",
    [
        "python manage.py schemaset 20260112093000 --dir migrations/lite",
        "python manage.py schemaset VERSION",
        "python manage.py schemaapply --url postgres://me@db.org:5432/a --dir x",
        "python manage.py schemahash --dir 'my files'",
        "python manage.py schemastatus --drift --format sql --output mend.sql",
        "SCHEMA_MIGRATIONS_URL=... python manage.py schemaapply",
        "-- atlas:txmode none",
    ],
)
def test_what_is_copied_from_a_sentence_stays_whole(words: str) -> None:
    for length in range(TERMINAL_WIDTH):
        wrapped = wrap_prose(f"{'x' * length} run {words}; {WORDS}")
        assert words in wrapped
        assert all(len(line) <= TERMINAL_WIDTH for line in wrapped.split("\n"))


def test_of_the_output_only_lines_with_a_label_are_wrapped() -> None:
    sql = "SELECT  " + WORDS

    assert wrap_labelled(sql) == sql
    assert wrap_labelled(f"Next     {WORDS}") == wrap_prose(f"Next     {WORDS}")
