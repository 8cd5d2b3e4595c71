"""List the public functions of the package by the first word of their names.

    python -m tools names

A function is named by a verb of the domain, a predicate, or a conversion (``…_of``,
``…_from_…``, ``…_as_…``, ``with_…``).  What is none of these is listed first, for review,
and ends with 1; ``CONTRIBUTING.md`` says how names are chosen.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import schema_migrations

VERBS = frozenset(
    [
        "absorb",
        "acknowledge",
        "add",
        "advance",
        "apply",
        "ask",
        "assemble",
        "build",
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
        "ensure",
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
        "get",
        "guard",
        "handle",
        "hide",
        "hold",
        "infer",
        "inspect",
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
        "move",
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
        "render",
        "repeat",
        "replace",
        "replay",
        "resolve",
        "retry",
        "roll",
        "run",
        "save",
        "say",
        "select",
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
        "take",
        "tokenize",
        "track",
        "translate",
        "try",
        "unquote",
        "use",
        "verify",
        "warn",
        "watch",
        "work",
        "write",
    ]
)
PREDICATES = ("can_", "has_", "in_", "is_", "matches_", "may_", "needs_", "would_")
CONVERSIONS = ("_as_", "_for", "_from_", "_of")
KEYS = ("Key.column", "Key.constraint", "opaque_key", "table_key")
"""Each returns the key that it names."""
REASONS = {
    "Connection.cursor": "Django's",
    "Connection.schema_editor": "Django's",
    "Cursor.fetchall": "Python's database API",
    "Cursor.fetchone": "Python's database API",
    "Schema.of": "reads as schema.of(Table)",
    "SchemaMigrationsConfig.ready": "Django's",
    "TakeoverConfig.ready": "Django's",
    "TemplateRunner.setup_databases": "Django's",
    "TokenReader.next": "what Python calls taking the next one",
    "fingerprint": "a verb as well",
    "health": "a stable name of the Python API",
    "hash_of_chain": "a conversion",
    "next_name": "a stable name of the Python API",
    "rollback": "SQL's own word",
}
"""Names that are none of the above, and why they stay."""


def list_functions(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield each public function and method below a folder with its file.

    Properties are not functions to their readers.
    """
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                yield node.name, path
            elif isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, ast.FunctionDef) and not _is_property(member):
                        yield f"{node.name}.{member.name}", path


def _is_property(member: ast.FunctionDef) -> bool:
    return any("property" in ast.unparse(each) for each in member.decorator_list)


def is_public(name: str) -> bool:
    return not any(part.startswith("_") for part in name.split("."))


def is_well_named(name: str) -> bool:
    bare = name.rpartition(".")[2]
    return (
        name in REASONS
        or name in KEYS
        or bare.split("_")[0] in VERBS
        or bare.startswith((*PREDICATES, "with_"))
        or any(mark in f"{bare}_" for mark in CONVERSIONS)
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools names", description="List public functions by first word."
    )
    parser.parse_args(arguments)
    folder = Path(schema_migrations.__file__).parent
    functions = [each for each in list_functions(folder) if is_public(each[0])]
    unclear = [each for each in functions if not is_well_named(each[0])]
    for name, path in unclear:
        print(f"REVIEW  {name}  {path.relative_to(folder.parent)}")
    words: dict[str, list[str]] = {}
    for name, _ in functions:
        words.setdefault(name.rpartition(".")[2].split("_")[0], []).append(name)
    for word in sorted(words):
        print(f"{word:<14}{len(words[word]):>3}  {' '.join(sorted(set(words[word])))}")
    print(f"{len(functions)} public functions, {len(unclear)} to review.")
    return 1 if unclear else 0
