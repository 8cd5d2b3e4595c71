"""Find the files that Python files import, without importing anything but packages.

Invariant: nothing of what is found runs, but for the packages on the way to a module.
"""

from __future__ import annotations

import ast
import re
import sys
import sysconfig
from collections.abc import Container, Iterable, Iterator
from importlib.util import find_spec, resolve_name
from pathlib import Path

SourceFile = tuple[Path, str]
"""A file, and the package that its relative imports start from."""

_KNOWN_PACKAGES = frozenset({*sys.stdlib_module_names, "django"})
"""What these hold follows from the versions of Python and Django."""
_IMPORT = re.compile(rb"^\s*(?:from|import)\s+([.\w]+)|\b__import__\b", re.MULTILINE)
_INSTALLED = tuple(
    Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")
)


def find_imported_files(
    sources: Iterable[SourceFile], *, imported: Container[str]
) -> tuple[Path, ...]:
    """Return the files that some files import, without Django's and Python's own.

    What a file imports in turn is followed, unless it is an installed package's or among
    the modules that are ``imported`` already: that those can be imported is known.
    """
    remaining = list(sources)
    seen = {path for path, _ in remaining}
    found: list[Path] = []
    while remaining:
        for name in dict.fromkeys(_list_names(*remaining.pop())):
            path, package = _find_source(name)
            if path is None or path in seen:
                continue
            seen.add(path)
            found.append(path)
            is_installed = any(map(path.resolve().is_relative_to, _INSTALLED))
            if name not in imported and not is_installed:
                remaining.append((path, package))
    return tuple(sorted(found))


def _list_names(path: Path, package: str) -> Iterator[str]:
    """Yield the dotted names that a file may import, and those of their packages."""
    try:
        content = path.read_bytes()
    except OSError:
        return
    tops = {
        match[1].partition(b".")[0].decode()
        for match in _IMPORT.finditer(content)
        if match[1]
    }
    if tops <= _KNOWN_PACKAGES:
        return  # most migrations: to parse them takes longest
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = list(_list_imported_from(node, package))
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] not in _KNOWN_PACKAGES:
                yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def _list_imported_from(node: ast.ImportFrom, package: str) -> Iterator[str]:
    try:
        base = resolve_name(f"{'.' * node.level}{node.module or ''}", package)
    except ImportError:
        return
    yield base
    yield from (f"{base}.{alias.name}" for alias in node.names)


def _find_source(name: str) -> tuple[Path | None, str]:
    """Return the file of a module, and the package for what it imports."""
    try:
        spec = find_spec(name)
    except Exception:  # whatever a package on the way, code of others, raises
        return None, ""
    if spec is None or not spec.has_location or spec.origin is None:
        return None, ""
    return Path(spec.origin), spec.parent or ""
