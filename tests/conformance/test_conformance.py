"""Every case of ``tests/cases/apply``, on each engine.

With Atlas's community program on ``PATH`` each case is also played by it, and by the two
in turns, so that either goes on where the other stopped.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schema_migrations.history.statements import compute_partial_hashes
from tests.conformance.case import Case, DiffersError, play, read
from tests.conformance.tools import ATLAS, atlas, in_atlas, ours

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = [read(path) for path in sorted((ROOT / "tests/cases/apply").glob("*.txt"))]
PAGE = ROOT / "docs/reference/atlas.md"

PLAYERS = {
    "ours": (ours, ours),
    **({"atlas": (atlas, atlas)} if ATLAS else {}),
    **({"atlas-first": (atlas, ours), "ours-first": (ours, atlas)} if ATLAS else {}),
}


def players(case: Case) -> list[str]:
    if case.needs_atlas:
        return ["ours"] if ATLAS else []
    if not all(map(in_atlas, case.commands)):
        return ["ours"]
    if case.atlas or case.turns:  # in turns either may be the one that decides
        return [name for name in PLAYERS if name in ("ours", "atlas")]
    return list(PLAYERS)


@pytest.mark.parametrize(
    ("case", "vendor", "player"),
    [
        pytest.param(case, vendor, player, id=f"{case.name}-{vendor}-{player}")
        for case in CASES
        for vendor in case.vendors
        for player in players(case)
    ],
)
def test_case(
    case: Case, vendor: str, player: str, request: pytest.FixtureRequest
) -> None:
    place: Place = request.getfixturevalue(
        "sqlite_place" if vendor == "sqlite" else "pg_place"
    )
    tools = PLAYERS[player]

    def played() -> None:
        play(case, place, lambda n: tools[n % 2], keeps_failures=player == "ours")

    if player == "atlas" and case.atlas:
        with pytest.raises(DiffersError) as caught:
            played()
        assert caught.value.is_known, str(caught.value)
        return
    played()
    if ATLAS:
        run_both_again(place, is_known=bool(case.atlas))


def run_both_again(place: Place, *, is_known: bool) -> None:
    """Check that after a story neither program runs into what the other left.

    ``is_known``: what only this package refuses may do anything to Atlas.
    """
    mine = ours(place, ["schemaapply"])
    rows = place.read_revisions()
    for _ in range(2):
        theirs = atlas(place, ["schemaapply"])
        said = f"{theirs.text}\n{mine.text}"
        if not mine.code:
            assert not theirs.code, said
            assert place.read_revisions() == rows
        elif not is_known:
            assert theirs.code, said
            assert "Error: " in theirs.text, said
            assert "panic" not in theirs.text, said


def test_where_atlas_differs_is_documented() -> None:
    text = PAGE.read_text()
    said = [known for case in CASES for known in (case.atlas, case.turns) if known]
    assert said
    assert [sentence for sentence in said if f"| {sentence} |" not in text] == []


@pytest.mark.parametrize("player", PLAYERS)
def test_a_directory_that_schemadiff_wrote(pg_place: Place, player: str) -> None:
    first, second = PLAYERS[player]
    shutil.copytree(ROOT / "demo_project/migrations", pg_place.folder)
    checked = second(pg_place, ["schemahash", "--check"])
    assert checked.code == 0, checked.text
    applied = first(pg_place, ["schemaapply"])
    assert applied.code == 0, applied.text
    syntax = pg_place.engine.dialect.syntax
    expected = {
        file.version: (len(file.split_statements(syntax)),) * 2
        for file in pg_place.directory.files
    }
    found = {
        row.version: (row.applied, row.total)
        for row in pg_place.read_revisions().values()
    }
    assert found == expected
    assert second(pg_place, ["schemastatus", "--check"]).code == 0


@pytest.mark.parametrize("player", [p for p in PLAYERS if p in ("ours", "ours-first")])
def test_hashes_of_statements_that_come_next_stop_nobody(
    pg_place: Place, player: str
) -> None:
    """A killed run leaves them in the row of a long file: ``HASHES_AHEAD``."""
    first, second = PLAYERS[player]
    begun = (
        "-- atlas:txmode none\n\nCREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\n"
    )
    rest = "INSERT INTO a VALUES (2);\nINSERT INTO a VALUES (3);\n"
    pg_place.write(_1=f"{begun}SELECT 1 / 0;\nSELECT 2;")
    assert first(pg_place, ["schemaapply"]).code
    pg_place.write(_1=begun + rest)
    statements = pg_place.directory.files[0].split_statements(
        pg_place.engine.dialect.syntax
    )
    hashes = json.dumps(compute_partial_hashes(statements))
    pg_place.execute(
        "UPDATE atlas_schema_revisions SET error = NULL, error_stmt = NULL,"
        f" partial_hashes = '{hashes}' WHERE version = '1'"
    )
    assert first(pg_place, ["schemahash"]).code == 0
    applied = second(pg_place, ["schemaapply"])
    assert applied.code == 0, applied.text
    assert pg_place.execute("SELECT x FROM a ORDER BY 1") == [(1,), (2,), (3,)]
    row = pg_place.read_revisions()["1"]
    assert (row.applied, row.total, row.partial_hashes) == (4, 4, ())


def test_hashes_that_atlas_puts_behind_those_ahead_are_found(pg_place: Place) -> None:
    """Atlas went on after a killed run, and the statement after that had been edited."""
    done = [f"INSERT INTO a VALUES ({n});" for n in range(3)]
    old = "INSERT INTO a VALUES (9);"
    pg_place.write(_1="CREATE TABLE a (x int);", _2="\n".join([*done[:2], old]))
    before = hashes_of(pg_place, "2.sql")
    pg_place.write(_2="\n".join([*done, "INSERT INTO a VALUES (4);"]))
    now = hashes_of(pg_place, "2.sql")
    pg_place.apply(count=1)
    hashes = json.dumps([*before, now[2]])
    for statement in done:
        pg_place.execute(statement)
    pg_place.execute(
        "INSERT INTO atlas_schema_revisions (version, description, applied, total,"
        " executed_at, execution_time, hash, operator_version, partial_hashes) VALUES"
        f" ('2', '', 3, 4, now(), 1, '', 'Atlas CLI v1', '{hashes}')"
    )
    pg_place.apply()
    assert pg_place.execute("SELECT x FROM a ORDER BY 1") == [(0,), (1,), (2,), (4,)]


def hashes_of(place: Place, name: str) -> tuple[str, ...]:
    (file,) = (each for each in place.directory.files if each.name == name)
    return compute_partial_hashes(file.split_statements(place.engine.dialect.syntax))
