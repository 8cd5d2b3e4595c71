"""How ``schemahash`` shows what became of ``atlas.sum``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from schema_migrations.management.output.lines import Formats, make_json_format


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehash:
    """The sum file as it is now; also what is printed as JSON."""

    file: str
    """The path of the sum file."""
    files: int
    """Number of files in it."""
    changed: bool
    """Whether it was rewritten."""


def format_rehash(result: Rehash) -> Iterator[str]:
    if result.changed:
        yield f"Wrote {result.file} for {result.files} files."
        yield "Next  commit it together with the files."
    else:
        yield f"Nothing to do: {result.file} matches its {result.files} files."


FORMATS: Formats = {
    "text": lambda result, view: (),  # shown before the files were verified
    "json": make_json_format(asdict),
}
