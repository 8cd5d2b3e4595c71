"""The tree of errors: stable codes, and texts made of facts."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import load_command_class

from schema_migrations.errors import DatabaseNotEmpty, SchemaMigrationsError
from schema_migrations.management import hints
from schema_migrations.management.hints import HINTS, hint_of, text_of
from tools.docs.errors import list_errors, list_facts
from tools.docs.reference import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "schema_migrations"

ERRORS = list_errors()
BASES = {error for error in ERRORS if error.__subclasses__() and not list_facts(error)}
RAISED = [error for error in ERRORS if error not in BASES]

VALUES: dict[str, Any] = {
    "int": 2,
    "float": 60.0,
    "bool": True,
    "tuple[str, ...]": ("one", "two"),
    "frozenset[str]": frozenset({"one"}),
    "tuple[OpenQuestion, ...]": (),
    "tuple[tuple[str, str], ...]": (),
    "AcknowledgementNeeded | None": None,
}


def make(error: type[SchemaMigrationsError]) -> SchemaMigrationsError:
    """Return an error with a made-up value for each fact."""
    facts = list_facts(error).items()
    return error(**{name: VALUES.get(kind, f"a {name}") for name, kind in facts})


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in ERRORS]
    assert len(set(codes)) == len(codes)
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []
    assert all("code" in vars(error) for error in ERRORS)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: error.code)
def test_texts_are_made_of_the_facts(error: type[SchemaMigrationsError]) -> None:
    made = make(error)
    copy = pickle.loads(pickle.dumps(made))
    assert (str(copy), vars(copy)) == (str(made), vars(made))
    for text in (str(made), text_of(made)):
        assert text
        assert "{" not in text.replace('{"DIR"', "")


@pytest.mark.parametrize("error", HINTS, ids=lambda error: error.code)
def test_a_hint_of_the_commands_says_more(error: type[SchemaMigrationsError]) -> None:
    made = make(error)
    assert hint_of(made) != made.hint
    assert re.search(r"--[a-z]|manage\.py", hint_of(made))


def test_facts_are_attributes() -> None:
    error = DatabaseNotEmpty(tables=("a", "b", "c", "d"))
    assert error.tables == ("a", "b", "c", "d")
    assert "4 tables (a, b, c, …)" in error.message
    assert "1 table (a)" in DatabaseNotEmpty(tables=("a",)).message


SPEAKS_OF_COMMANDS = ("management/", "takeover/", "checks.py")
"""Its texts appear at a terminal: options are welcome there."""
OTHER_PROGRAMS = {
    "--inserts",
    "--rows-per-insert",
    "--no-sync",
    "--bindir",
    "--version",
}
"""Options of PostgreSQL's programs, some of which Django's commands have as well."""


def test_only_the_commands_name_their_options() -> None:
    """A Python caller never reads of a flag, neither in texts nor in docstrings."""
    known = {
        option
        for command in COMMANDS
        for action in load_command_class("schema_migrations", command)
        .create_parser("manage.py", command)
        ._actions
        for option in action.option_strings
        if option.startswith("--")
    } - OTHER_PROGRAMS
    found = {
        f"{path.relative_to(PACKAGE)}:{node.lineno}: {option}"
        for path in PACKAGE.rglob("*.py")
        if not str(path.relative_to(PACKAGE)).startswith(SPEAKS_OF_COMMANDS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", node.value)
        if option in known
    }
    assert found == set()
    assert "--dev" in known
    assert hints.EMPTY_FILE.partition(" --")[2]
