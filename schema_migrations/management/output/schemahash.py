"""How ``schemahash`` shows what became of ``atlas.sum``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.durations import format_duration
from schema_migrations.management.output.lines import (
    Formats,
    format_count,
    make_json_format,
    shorten_path,
)

if TYPE_CHECKING:
    from schema_migrations.workflows.states.replayed_files import ReplayedFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehash:
    """The sum file as it is now; also what is printed as JSON."""

    file: str
    """The path of the sum file."""
    files: int
    """Number of files in it."""
    changed: bool
    """Whether it was rewritten."""
    replayed: int | None = None
    """Number of files that ran on a dev database, from the last checkpoint on; null:
    nobody asked for it."""
    dev: str = ""
    """The dev database; empty: there was none."""


NEXT_STEP = "Next     commit it together with the files."


def format_rehash(result: Rehash) -> Iterator[str]:
    file = shorten_path(Path(result.file))
    count = format_count(result.files, "file")
    if result.changed:
        yield f"Wrote    {file} for {count}"
    else:
        yield f"Nothing to do: {file} matches its {count}."


def format_replay(replayed: ReplayedFiles, total: int) -> Iterator[str]:
    """Yield which of a directory's files ran."""
    if not total:
        yield "Nothing to replay: there are no files."
        return
    count = len(replayed.names)
    if count == total:
        ran = f"all {format_count(count, 'file')}" if count > 1 else "the file"
    else:
        ran = f"{format_count(count, 'file')} of {total}, from the checkpoint {replayed.names[0]}"
    yield f"Replayed {ran} on the dev database in {format_duration(replayed.seconds)}."


FORMATS: Formats = {
    "text": lambda result, view: (),  # shown before the files were verified
    "json": make_json_format(asdict),
}
