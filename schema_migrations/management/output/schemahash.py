"""How ``schemahash`` shows what became of ``atlas.sum``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from schema_migrations.management.output.lines import (
    Formats,
    format_count,
    make_json_format,
    shorten_path,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehash:
    """The sum file as it is now; also what is printed as JSON."""

    file: str
    """The path of the sum file."""
    files: int
    """Number of files in it."""
    changed: bool
    """Whether it was rewritten."""


NEXT_STEP = "Next     commit it together with the files."


def format_rehash(result: Rehash) -> Iterator[str]:
    file = shorten_path(Path(result.file))
    count = format_count(result.files, "file")
    if result.changed:
        yield f"Wrote    {file} for {count}"
    else:
        yield f"Nothing to do: {file} matches its {count}."


FORMATS: Formats = {
    "text": lambda result, view: (),  # shown before the files were verified
    "json": make_json_format(asdict),
}
