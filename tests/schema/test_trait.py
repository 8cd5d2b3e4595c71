"""What depends on the kind of an object is asked of its trait: no other module has its word.

The kinds that models describe are a closed ``Literal``, which mypy follows; they may be named.
"""

from __future__ import annotations

import ast
from typing import get_args

from schema_migrations.engines.postgresql.catalog import traits as postgresql
from schema_migrations.engines.sqlite.catalog import traits as sqlite
from schema_migrations.schema.model import Kind
from schema_migrations.schema.trait import MODELLED_TRAITS
from tests.fixtures.commands import REPOSITORY

PACKAGE = REPOSITORY / "schema_migrations"
TABLES = {
    "schema/trait.py",
    "engines/postgresql/catalog/traits.py",
    "engines/sqlite/catalog/traits.py",
}
ELSEWHERE = {
    "engines/missing_object.py": "what a server says that it lacks",
    "engines/postgresql/server/missing_objects.py": "what a server says that it lacks",
    "engines/postgresql/session": "the words of statements that people wrote",
    "engines/postgresql/catalog/rows.py": "what the queries of privileges print",
    "engines/postgresql/catalog/assemble_privileges.py": "composes GRANT and REVOKE",
    "engines/sqlite/server/missing_objects.py": "what a server says that it lacks",
    "engines/sqlite/catalog/inspect.py": "what sqlite_schema prints",
    "history/scanner.py": "the words of statements that people wrote",
    "models.py": "a permission of Django's",
}
"""File or folder → why it has words for kinds."""
OTHER_MEANINGS = {
    "comment": "a comment of a table or column, which models describe",
    "default": "an alias, and the default of a column",
    "not null": "why a column needs a value",
    "owner": "a brace of headings",
    "type": "the type of a value",
}
"""Noun → what else it means."""
NOUNS = postgresql.TRAITS.keys() | sqlite.TRAITS.keys()


def words_of(text: str) -> set[str]:
    """Return the string constants of a module, without its docstrings."""
    nodes = list(ast.walk(ast.parse(text)))
    docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
    return {
        node.value.strip().removesuffix("(")
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in docstrings
    }


def test_no_other_module_has_the_words_for_kinds() -> None:
    searched = NOUNS - MODELLED_TRAITS.keys() - OTHER_MEANINGS.keys()
    found = {
        path.relative_to(PACKAGE).as_posix(): words
        for path in sorted(PACKAGE.rglob("*.py"))
        if (words := words_of(path.read_text()) & searched)
    }
    assert {each for each in TABLES if "engines" in each} <= found.keys()
    unknown = {
        name: words
        for name, words in found.items()
        if name not in TABLES and not name.startswith(tuple(ELSEWHERE))
    }
    assert unknown == {}
    assert [e for e in ELSEWHERE if not any(n.startswith(e) for n in found)] == []


def test_no_module_compares_a_noun() -> None:
    """Also not the words that have another meaning elsewhere."""
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare)
        and any(
            isinstance(side, ast.Attribute) and side.attr == "noun"
            for side in (node.left, *node.comparators)
        )
    ]
    assert found == []


def test_every_kind_has_a_row() -> None:
    assert MODELLED_TRAITS.keys() == set(get_args(Kind)) - {"opaque"}
