"""A module of the package has a test module of its name; the table says where others are tested."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.fixtures.commands import REPOSITORY

PACKAGE = REPOSITORY / "schema_migrations"
TESTS = REPOSITORY / "tests"
ELSEWHERE = {
    "apps": ["test_checks.py", "commands/test_deprecated_fields.py"],
    "dev": ["dev/test_embedded.py"],
    "engines": ["changes/test_cases.py", "workflows/applying/test_apply.py"],
    "engines/postgresql/catalog": ["engines/postgresql/catalog/test_inspect.py"],
    "engines/postgresql/ddl": ["changes/test_cases.py"],
    "engines/postgresql/online": ["changes/test_online.py"],
    "engines/postgresql/passes": ["changes/test_cases.py"],
    "engines/postgresql/session": [
        "engines/postgresql/session/test_session.py",
        "workflows/applying/test_apply_postgresql.py",
    ],
    "engines/sqlite/catalog": ["engines/sqlite/catalog/test_parse.py"],
    "engines/sqlite/ddl": ["changes/test_cases.py"],
    "engines/sqlite/passes": ["engines/sqlite/passes/test_rebuild.py"],
    "engines/sqlite/session": ["engines/sqlite/session/test_session.py"],
    "errors": ["commands/test_schemaapply.py"],
    "history": [
        "history/test_comparison.py",
        "history/test_directory.py",
        "history/test_file.py",
    ],
    "history/excerpt": ["workflows/applying/test_apply.py"],
    "management": [
        "commands/test_schemaapply.py",
        "commands/test_schemaapply_many.py",
        "commands/test_schemadiff.py",
        "commands/test_schemadiff_answers.py",
        "commands/test_schemaset.py",
        "commands/test_schemastatus_drift.py",
    ],
    "management/commands/schemahash": ["conformance/test_conformance.py"],
    "models": ["test_revision_model.py"],
    "plan": ["changes/test_cases.py"],
    "revision_store": ["workflows/applying/test_apply.py"],
    "schema": ["laws/test_schema_laws.py", "changes/test_cases.py"],
    "takeover": ["takeover/test_migrate.py", "takeover/test_makemigrations.py"],
    "testing": ["takeover/test_runners.py", "workflows/standing/test_templates.py"],
    "workflows/applying": [
        "commands/test_schemaset.py",
        "workflows/applying/test_apply.py",
    ],
    "workflows/planning/adopt_migrations": ["commands/test_schemaadopt_django.py"],
    "workflows/planning/first_of_history": ["commands/test_schemaadopt_django.py"],
    "workflows/states/replay": ["workflows/states/test_state.py"],
    "workflows/planning": [
        "commands/test_schemadiff_answers.py",
        "commands/test_schemadiff_extra.py",
        "workflows/planning/test_next_file.py",
    ],
    "workflows/standing": ["commands/test_schemastatus_drift.py"],
    "workflows/standing/app_ownership": ["takeover/test_migrate.py"],
    "workflows/management_modules": ["workflows/states/test_django_migrations.py"],
    "workflows/states": [
        "commands/test_schemadiff_extra.py",
        "commands/test_schemadiff_prerequisites.py",
        "commands/test_schemadiff_some_apps.py",
        "commands/test_schemastatus_drift.py",
    ],
    "workflows/states/recorded_sql": ["commands/test_schemaadopt_django.py"],
    "workflows/states/collecting": ["commands/test_own_backends.py"],
    "workflows/states/migrated_database": ["commands/test_schemadiff_rows.py"],
    "workflows/states/hidden_fields": ["commands/test_deprecated_fields.py"],
    "workflows/states/package_objects": ["commands/test_other_backends.py"],
    "workflows/targets": ["commands/test_schemaapply.py"],
}
"""Module or folder of the package → the test modules that run it; the longest path counts."""
LOADED_BY_DJANGO = {"admin", "apps", "models"}
"""Nothing imports these modules: Django finds them by name in an installed app."""

MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix()
    for path in PACKAGE.rglob("*.py")
    if path.stem != "__init__"
}
UNNAMED = sorted(
    module
    for module in MODULES
    if not (TESTS / module).with_name(f"test_{Path(module).name}.py").exists()
)


def entry_of(module: str) -> str | None:
    """Return the key of the table that covers a module."""
    parents = [module, *(each.as_posix() for each in Path(module).parents)]
    return next((path for path in parents if path in ELSEWHERE), None)


@cache
def files() -> dict[str, Path]:
    """Return dotted name → file of all modules, and name → file of the commands."""
    found = {
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts): path
        for top in (PACKAGE, TESTS)
        for path in top.rglob("*.py")
    }
    commands = {path.stem: path for path in PACKAGE.rglob("management/commands/*.py")}
    packages = {n.removesuffix(".__init__"): path for n, path in found.items()}
    return commands | packages


@cache
def loaded_by_name(package: str) -> set[str]:
    """Return the modules of a folder in the package, as engines load their parts."""
    inside = rf"{re.escape(package)}\.\w+"
    return {name for name in files() if "." in package and re.fullmatch(inside, name)}


@cache
def named_in(path: Path) -> set[Path]:
    """Return the modules that a module imports, names as text or calls as commands."""
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(module=str(module)):
                names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
            case ast.Constant(value=str(word)):
                names |= {word, *(loaded_by_name(word) if word in files() else ())}
            case _:
                pass
    return {files()[name] for name in names & files().keys()}


@cache
def reached_from(test: str) -> set[str]:
    """Return the modules of the package that a test module comes to, step by step."""
    found, waiting = set[Path](), {TESTS / test}
    while waiting:
        found |= waiting
        waiting = {each for path in waiting for each in named_in(path)} - found
    return {
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in found
        if path.is_relative_to(PACKAGE)
    }


@pytest.mark.parametrize("module", UNNAMED)
def test_a_module_says_where_it_is_tested(module: str) -> None:
    entry = entry_of(module)
    assert entry, f"add tests/{Path(module).parent}/test_{Path(module).name}.py"
    if Path(module).name not in LOADED_BY_DJANGO:
        assert any(module in reached_from(test) for test in ELSEWHERE[entry])


def test_the_table_holds_what_is_needed() -> None:
    assert ELSEWHERE.keys() == {entry_of(module) for module in UNNAMED}
