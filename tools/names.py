"""List public functions, of the package and of the tools, by the first word of their names.

    python -m tools names

A function is named by a verb of the domain, a predicate, or a conversion (``…_of``,
``…_from_…``, ``…_as_…``, ``with_…``).  Names that are none of these come first, for review,
and the exit code is then 1; ``CONTRIBUTING.md`` says how names are chosen.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools import ROOT

FOLDERS = ("schema_migrations",)
TOOL_FOLDERS = ("tools", "tests/changes", "tests/fixtures")
"""What developers run; these functions may use ``TOOL_VERBS`` as well."""

VERBS = frozenset(
    [
        "absorb",
        "acknowledge",
        "add",
        "adopt",
        "advance",
        "apply",
        "ask",
        "assemble",
        "build",
        "cancel",
        "canonicalize",
        "carry",
        "cast",
        "change",
        "check",
        "choose",
        "classify",
        "clear",
        "close",
        "collect",
        "colour",
        "commit",
        "compare",
        "complete",
        "compose",
        "compute",
        "confirm",
        "connect",
        "continue",
        "copy",
        "create",
        "decide",
        "defer",
        "delete",
        "describe",
        "diff",
        "disable",
        "drop",
        "encode",
        "end",
        "ensure",
        "erase",
        "execute",
        "exit",
        "expect",
        "explain",
        "extend",
        "fail",
        "fan",
        "fetch",
        "fill",
        "find",
        "finish",
        "fold",
        "forbid",
        "format",
        "freeze",
        "get",
        "guard",
        "handle",
        "hide",
        "hold",
        "infer",
        "inspect",
        "judge",
        "keep",
        "limit",
        "list",
        "load",
        "locate",
        "log",
        "make",
        "map",
        "mask",
        "measure",
        "merge",
        "move",
        "note",
        "observe",
        "omit",
        "open",
        "order",
        "pair",
        "parse",
        "peek",
        "plan",
        "prepare",
        "preview",
        "probe",
        "propose",
        "protect",
        "prove",
        "qualify",
        "query",
        "quote",
        "raise",
        "rank",
        "read",
        "rebuild",
        "record",
        "recreate",
        "refuse",
        "rehash",
        "remove",
        "render",
        "repeat",
        "replace",
        "replay",
        "resolve",
        "restore",
        "retake",
        "retry",
        "roll",
        "run",
        "save",
        "say",
        "seal",
        "select",
        "send",
        "set",
        "shorten",
        "show",
        "skip",
        "sort",
        "spell",
        "split",
        "start",
        "strip",
        "suggest",
        "summarize",
        "survey",
        "take",
        "tokenize",
        "track",
        "translate",
        "try",
        "unquote",
        "use",
        "validate",
        "verify",
        "warn",
        "watch",
        "work",
        "wrap",
        "write",
    ]
)
TOOL_VERBS = frozenset(
    [
        "adapt",
        "align",
        "answer",
        "assert",
        "break",
        "configure",
        "count",
        "crash",
        "cut",
        "declare",
        "flatten",
        "fork",
        "go",
        "group",
        "import",
        "inject",
        "leave",
        "lose",
        "manage",
        "mark",
        "mount",
        "plant",
        "release",
        "reverse",
        "sample",
        "serve",
        "stop",
        "trace",
        "type",
        "unmount",
        "update",
        "wait",
        "walk",
    ]
)
PREDICATES = ("can_", "has_", "in_", "is_", "matches_", "may_", "needs_", "would_")
CONVERSIONS = ("_as_", "_for", "_from_", "_of")
KEYS = ("Key.column", "Key.constraint", "opaque_key", "table_key")
"""Each returns the key that it names."""
REASONS = {
    "Connection.cursor": "Django's",
    "Connection.schema_editor": "Django's",
    "Connection.inc_thread_sharing": "Django's",
    "Connection.dec_thread_sharing": "Django's",
    "Cursor.fetchall": "Python's database API",
    "Cursor.fetchone": "Python's database API",
    "DatabaseFilter.choices": "Django's",
    "DatabaseFilter.lookups": "Django's",
    "DatabaseFilter.queryset": "Django's",
    "FaultsConfig.ready": "Django's",
    "HstoreDumper.dump": "psycopg's",
    "Revision.refresh_from_db": "Django's",
    "RevisionAdmin.changelist_view": "Django's",
    "RevisionsTable.as_sql": "Django's",
    "Schema.of": "reads as schema.of(Table)",
    "SchemaMigrationsConfig.ready": "Django's",
    "TakeoverConfig.ready": "Django's",
    "TemplateRunner.setup_databases": "Django's",
    "TokenReader.next": "what Python calls taking the next one",
    "fingerprint": "a verb as well",
    "health": "a stable name of the Python API",
    "hash_of_chain": "a conversion",
    "main": "what starts a program",
    "next_name": "a stable name of the Python API",
    "rollback": "SQL's own word",
}
"""Names that are none of the above, and why they stay."""


def list_functions(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield each function and method below a folder with its file.

    Properties are not functions to their readers, nor are the tests, fixtures and hooks
    that pytest calls.
    """
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                if not _is_called_by_pytest(node):
                    yield node.name, path
            elif isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, ast.FunctionDef) and not _has_decorator(
                        member, "property"
                    ):
                        yield f"{node.name}.{member.name}", path


def _is_called_by_pytest(function: ast.FunctionDef) -> bool:
    return function.name.startswith(("pytest_", "test_")) or _has_decorator(
        function, "fixture"
    )


def _has_decorator(function: ast.FunctionDef, word: str) -> bool:
    return any(word in ast.unparse(each) for each in function.decorator_list)


def is_public(name: str) -> bool:
    return not any(part.startswith("_") for part in name.split("."))


def is_well_named(name: str, *, is_tool: bool = False) -> bool:
    """Tell whether a name is a verb, a predicate, a conversion, or has a reason."""
    bare = name.rpartition(".")[2]
    return (
        name in REASONS
        or name in KEYS
        or bare.split("_")[0] in (VERBS | TOOL_VERBS if is_tool else VERBS)
        or bare.startswith((*PREDICATES, "with_"))
        or any(mark in f"{bare}_" for mark in CONVERSIONS)
    )


def list_names() -> Iterator[tuple[str, Path, bool]]:
    """Yield each public function with its file, and whether it is named well."""
    for folder in (*FOLDERS, *TOOL_FOLDERS):
        for name, path in list_functions(ROOT / folder):
            if is_public(name):
                yield name, path, is_well_named(name, is_tool=folder in TOOL_FOLDERS)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools names", description="List public functions by first word."
    )
    parser.parse_args(arguments)
    words: dict[str, list[str]] = {}
    unclear = 0
    for name, path, is_clear in list_names():
        words.setdefault(name.rpartition(".")[2].split("_")[0], []).append(name)
        if not is_clear:
            unclear += 1
            print(f"REVIEW  {name}  {path.relative_to(ROOT)}")
    for word in sorted(words):
        print(f"{word:<14}{len(words[word]):>3}  {' '.join(sorted(set(words[word])))}")
    count = sum(map(len, words.values()))
    print(f"{count} public functions, {unclear} to review.")
    return 1 if unclear else 0
