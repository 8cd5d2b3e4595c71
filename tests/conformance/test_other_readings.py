"""Atlas reads those files otherwise that are said to be, and the others alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connections

from tests.conformance.tools import ATLAS, atlas, ours
from tests.history.test_other_readings import READINGS, A

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conformance.case import Tool
    from tests.fixtures.targets import Place


def apply_with(tool: Tool, place: Place) -> tuple[object, ...]:
    """Apply the files to an empty database; return what that left, and empty it again."""
    tool(place, ["schemahash"])
    said = tool(place, ["schemaapply"])
    rows = [(row.applied, row.total) for row in place.read_revisions().values()]
    left = (said.code != 0, sorted(place.list_tables()), rows)
    empty(place)
    return left


def empty(place: Place) -> None:
    connections["default"].close()
    if place.engine.vendor == "sqlite":
        place.folder.with_name("db.sqlite3").unlink()
        return
    place.execute("DROP SCHEMA public CASCADE")
    place.execute("CREATE SCHEMA public")
    place.execute("DROP ROLE IF EXISTS dsm_reader")


@pytest.mark.parametrize(
    ("vendor", "text", "lines"),
    [(vendor, *each) for vendor, texts in READINGS.items() for each in texts],
)
def test_atlas_reads_it_otherwise(
    vendor: str, text: str, lines: Sequence[int], request: pytest.FixtureRequest
) -> None:
    place: Place = request.getfixturevalue(
        "sqlite_place" if vendor == "sqlite" else "pg_place"
    )
    place.folder.mkdir()
    file = place.folder / "1.sql"
    if ATLAS:  # one that fails whatever it reads would seem to read it otherwise
        file.write_text(A)
        assert apply_with(atlas, place) == apply_with(ours, place)
    file.write_bytes(text.encode())
    here = apply_with(ours, place)
    assert here[0] is False, "it does not run here"
    if ATLAS:
        assert (apply_with(atlas, place) != here) == bool(lines)
