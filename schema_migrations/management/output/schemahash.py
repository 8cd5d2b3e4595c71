"""How ``schemahash`` shows what became of ``atlas.sum``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from schema_migrations.management.output.lines import Formats, View, make_json_format


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehash:
    """The sum file as it is now."""

    path: Path
    file_count: int
    changed: bool


class RehashJson(TypedDict):
    file: str
    """The path of the sum file."""
    files: int
    """Number of files in it."""
    changed: bool
    """Whether it was rewritten."""


def format_rehash(result: Rehash, view: View) -> Iterator[str]:
    if result.changed:
        yield f"Wrote {result.path} for {result.file_count} files."
        yield "Next  commit it together with the files."
    else:
        yield f"Nothing to do: {result.path} matches its {result.file_count} files."


def rehash_as_json(result: Rehash) -> RehashJson:
    return {
        "file": str(result.path),
        "files": result.file_count,
        "changed": result.changed,
    }


FORMATS: Formats = {
    "text": lambda result, view: (),  # shown before the files were verified
    "json": make_json_format(rehash_as_json),
}
