"""Whoever is asked where a database stands gives the same answer.

A situation is a set of traits: each adds files and rows of versions of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import override_settings

from schema_migrations import health
from schema_migrations.history.applied_files import find_applied_files
from schema_migrations.history.revision import BASELINE, UNKNOWN_END, Revision
from schema_migrations.history.standing import Verdict
from schema_migrations.revision_store import RevisionStore
from schema_migrations.workflows.applying.events import Warned
from tests.fixtures.json_schemas import read_answer

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

START = datetime(2026, 1, 1, tzinfo=UTC)
TWO = "SELECT 1;\nSELECT 2;\n"
OF_OTHERS = (
    "-- Made by django-schema-migrations 0.1, proved on MySQL 8.4.\n\nSELECT 1;\n"
)
IGNORED = "-- atlas:sum ignore\n\nSELECT 1;\n"


def done(version: str, **values: Any) -> Revision:
    return Revision(
        version=version,
        description="x",
        executed_at=START + timedelta(minutes=int(version)),
        **{"applied": 1, "total": 1, **values},
    )


def stopped(version: str, applied: int = 0, **values: Any) -> Revision:
    return done(version, applied=applied, total=2, error="refused", **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    files: dict[str, str] = field(default_factory=dict)
    rows: tuple[Revision, ...] = ()
    verdict: Verdict = "ok"
    lacks_files: bool = False
    """The database does not have every file of the directory."""


TRAITS = {
    "pending": Trait(files={"90": TWO}, verdict="pending", lacks_files=True),
    "out of order": Trait(files={"30": TWO}, verdict="out-of-order", lacks_files=True),
    "failed": Trait(
        files={"91": TWO}, rows=(stopped("91"),), verdict="failed", lacks_files=True
    ),
    "failed half-way": Trait(
        files={"86": TWO}, rows=(stopped("86", 1),), verdict="failed", lacks_files=True
    ),
    "failed half-way, what ran was edited": Trait(
        files={"87": TWO},
        rows=(stopped("87", 1, partial_hashes=("h1:other",)),),
        verdict="edited",
        lacks_files=True,
    ),
    "failed, file gone, a later one applied": Trait(rows=(stopped("40"),)),
    "failed, file gone": Trait(rows=(stopped("94"),)),
    "interrupted, file gone": Trait(rows=(done("41", applied=0, error=UNKNOWN_END),)),
    "failed, a later one applied": Trait(
        files={"45": TWO},
        rows=(stopped("45"),),
        verdict="out-of-order",
        lacks_files=True,
    ),
    "edited": Trait(files={"20": TWO}, rows=(done("20", hash="x"),), verdict="edited"),
    "missing": Trait(rows=(done("55"),), verdict="missing"),
    "half-way, file gone": Trait(rows=(stopped("56", 1),), verdict="missing"),
    "ahead": Trait(rows=(done("98"),)),
    "ahead, half-way": Trait(rows=(stopped("99", 1),), verdict="missing"),
    "excluded": Trait(files={"95": IGNORED}, verdict="excluded", lacks_files=True),
    "of another engine": Trait(
        files={"93": OF_OTHERS}, verdict="other-engine", lacks_files=True
    ),
    "of another engine, out of order": Trait(
        files={"35": OF_OTHERS}, verdict="other-engine", lacks_files=True
    ),
    "of another engine, failed": Trait(
        files={"92": OF_OTHERS},
        rows=(stopped("92"),),
        verdict="other-engine",
        lacks_files=True,
    ),
    "of another engine, applied": Trait(files={"65": OF_OTHERS}, rows=(done("65"),)),
    "checkpoint": Trait(files={"25": "-- atlas:checkpoint\n\nSELECT 1;\n"}),
    "an older file was deleted before it": Trait(
        files={"26": "-- atlas:checkpoint\n\nSELECT 1;\n"}, rows=(done("22"),)
    ),
}
SERIOUS: list[Verdict] = [
    "other-engine",
    "edited",
    "missing",
    "out-of-order",
    "excluded",
    "failed",
    "pending",
    "ok",
]
EXIT_CODES: dict[Verdict, int] = {
    "ok": 0,
    "pending": 1,
    "failed": 1,
    "out-of-order": 4,
    "excluded": 4,
    "edited": 4,
    "missing": 4,
    "other-engine": 2,
}
JSON_WORDS = dict.fromkeys(("missing", "excluded", "other-engine"), "edited")
HALF_EDITED = "failed half-way, what ran was edited"


REFUSED = (2, 4)
NOT_BEGUN = {"pending", "failed", "excluded"}


def expected(names: tuple[str, ...]) -> Verdict:
    """Return the most serious verdict of the traits.

    Statements of a pending file are looked at last; a file that was not begun is out of
    order once the database has a newer one.
    """
    verdicts = {TRAITS[name].verdict for name in names if name != HALF_EDITED}
    if "ahead" in names and NOT_BEGUN & set(names):
        verdicts.add("out-of-order")
    worst: Verdict = next((each for each in SERIOUS if each in verdicts), "ok")
    if HALF_EDITED in names and worst in ("failed", "pending", "ok", "excluded"):
        return "edited"
    return worst


@contextmanager
def situation(place: Place, names: tuple[str, ...], start: str) -> Iterator[None]:
    """Make a directory and a table of revisions with some traits; the alias is managed."""
    traits = [TRAITS[name] for name in names]
    texts = {"10": TWO, "60": TWO}
    for trait in traits:
        texts |= trait.files
    place.write(**{f"_{version}_x": text for version, text in texts.items()})
    first = done("10", type=BASELINE, applied=0, total=0)
    rows = [first if start == "baseline" else done("10"), done("60")]
    rows += [row for trait in traits for row in trait.rows]
    place.connection.ensure_connection()
    schema = place.engine.executor.describe_target(place.connection).schema
    store = RevisionStore(
        connection=place.connection, engine=place.engine, namespace=schema
    )
    store.ensure_table()
    for row in rows:
        store.write(row, over=None)
    with override_settings(SCHEMA_MIGRATIONS={"default": {"DIR": str(place.folder)}}):
        yield


def code_of(command: str, **options: Any) -> tuple[int, str]:
    """Return the exit code and the message of a command."""
    try:
        call_command(command, stdout=StringIO(), stderr=StringIO(), **options)
    except CommandError as error:
        return error.returncode, str(error)
    except SystemExit as end:
        return int(end.code or 0), ""
    return 0, ""


def text_of(command: str, **options: Any) -> str:
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def assert_one_answer(place: Place, names: tuple[str, ...]) -> None:
    verdict = expected(names)
    code = EXIT_CODES[verdict]
    status = text_of("schemastatus")
    assert f"\nStatus   {verdict}: " in status
    found = read_answer("schemastatus", text_of("schemastatus", format="json"))
    assert found["status"] == JSON_WORDS.get(verdict, verdict)
    assert code_of("schemastatus", check=True)[0] == code
    checked, refusal = code_of("schemaapply", check=True)
    assert checked == code
    assert code_of("migrate", check_unapplied=True)[0] == code
    ids = {str(m.id).partition(".")[2] for m in run_checks(databases=["default"])}
    message = {0: set(), 1: {"W001"}, 2: {"E007"}, 4: {"E007"}}[code]
    assert ids & {"E007", "W001"} == message
    lacks = any(TRAITS[name].lacks_files for name in names)
    assert health().ok is not lacks
    assert_same_advice(status, refusal, code)
    assert_same_error(found, code)
    assert_drift_knows(place, verdict, names)


def assert_same_error(status: dict[str, Any], code: int) -> None:
    """What ``schemaapply`` fails with is what ``schemastatus`` tells programs."""
    if code in REFUSED:
        out = StringIO()
        with pytest.raises(CommandError):
            call_command("schemaapply", format="json", check=True, stdout=out)
        assert json.loads(out.getvalue())["error"] == status["error"]


def assert_same_advice(status: str, refusal: str, code: int) -> None:
    """What ``schemaapply`` says when it refuses is what ``schemastatus`` says is next."""
    if code in REFUSED:
        advice = refusal.partition("\n")[2].split()
        assert advice
        assert status.partition("\nNext     ")[2].split() == advice


def assert_drift_knows(place: Place, verdict: Verdict, names: tuple[str, ...]) -> None:
    """The applied files are known unless their text or their number is not."""
    status = place.read_status()
    applied = find_applied_files(
        place.directory.files, status.revisions, status.standing
    )
    unknown = verdict in ("edited", "missing", "other-engine") or "ahead" in names
    assert bool(applied.unknown_reason) is unknown


@pytest.fixture(autouse=True)
def takeover() -> Iterator[None]:
    apps = [
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "schema_migrations",
        "schema_migrations.takeover",
    ]
    with override_settings(INSTALLED_APPS=apps):
        yield


@pytest.mark.parametrize("start", ["applied", "baseline"])
@pytest.mark.parametrize("name", [*TRAITS, ""])
def test_a_single_trait(place: Place, name: str, start: str) -> None:
    names = (name,) if name else ()
    with situation(place, names, start):
        assert_one_answer(place, names)


@pytest.mark.parametrize("first", TRAITS)
def test_every_pair_of_traits(sqlite_place: Place, first: str) -> None:
    for one, other in combinations(TRAITS, 2):
        if one == first:
            with situation(sqlite_place, (one, other), "applied"):
                assert_one_answer(sqlite_place, (one, other))
            sqlite_place.execute("DROP TABLE atlas_schema_revisions")
            for path in sqlite_place.folder.glob("*.sql"):
                path.unlink()


@pytest.mark.parametrize("order", ["linear-skip", "non-linear"])
@pytest.mark.parametrize("name", ["out of order", "failed, a later one applied"])
def test_another_order_makes_it_fine_or_pending(
    place: Place, name: str, order: str
) -> None:
    with situation(place, (name,), "applied"):
        entry = {"DIR": str(place.folder), "EXEC_ORDER": order}
        with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
            code = 0 if order == "linear-skip" else 1
            assert code_of("schemastatus", check=True)[0] == code
            assert code_of("schemaapply", check=True)[0] == code
            assert code_of("migrate", check_unapplied=True)[0] == code
            assert health().ok is (code == 0)


def test_before_the_first_run(place: Place) -> None:
    place.write(_1_a="SELECT 1;")
    with override_settings(SCHEMA_MIGRATIONS={"default": {"DIR": str(place.folder)}}):
        for command in ("schemastatus", "schemaapply"):
            assert code_of(command, check=True)[0] == 1
        assert not health().ok
        place.execute("CREATE TABLE theirs (id integer)")
        assert code_of("schemastatus", check=True)[0] == 1
        assert "--baseline VERSION" in text_of("schemastatus")
        code, refusal = code_of("schemaapply", check=True)  # it cannot know what to run
        assert (code, "--baseline VERSION" in refusal) == (2, True)
        ids = {str(m.id).partition(".")[2] for m in run_checks(databases=["default"])}
        assert ids & {"E007", "W001"} == {"W001"}


def test_a_failed_file_that_is_gone_can_be_forgotten(place: Place) -> None:
    """Failed and deleted: nothing is wrong, and the failure goes when asked to."""
    place.write(_1_a="SELECT 1;", _2_bad="SELECT nope;")
    with override_settings(SCHEMA_MIGRATIONS={"default": {"DIR": str(place.folder)}}):
        with pytest.raises(Exception, match="nope"):
            place.apply()
        (place.folder / "2_bad.sql").unlink()
        place.write()
        lines = text_of("schemastatus").splitlines()
        assert lines[1] == "Status   ok: 1 file applied, 0 pending"
        assert lines[-3:] == [
            "Left     2_bad failed and took no effect, and its file is gone. To forget it:",
            "         python manage.py schemaset --forget 2",
            "Next     nothing: every file of the directory is applied",
        ]
        assert code_of("schemastatus", check=True)[0] == 0
        found = read_answer("schemastatus", text_of("schemastatus", format="json"))
        assert (found["abandoned"], found["error"]) == (["2"], None)
        call_command("schemaset", forget=["2"], interactive=False, stdout=StringIO())
        assert list(place.read_revisions()) == ["1"]
        assert "2_bad" not in text_of("schemastatus")


def test_a_failed_file_that_was_replaced_is_forgotten(place: Place) -> None:
    place.write(_1_a="SELECT 1;", _2_bad="SELECT nope;")
    with override_settings(SCHEMA_MIGRATIONS={"default": {"DIR": str(place.folder)}}):
        with pytest.raises(Exception, match="nope"):
            place.apply()
        (place.folder / "2_bad.sql").unlink()
        place.write(_3_good="SELECT 3;")
        place.apply()
        told = [event.message for event in place.events if isinstance(event, Warned)]
        assert "failed once, and their files are gone: 2; " in told[0]
        assert list(place.read_revisions()) == ["1", "3"]
        assert "2_bad" not in text_of("schemastatus")


def test_a_renamed_file_is_told_by_everybody(place: Place) -> None:
    place.write(_1_a="SELECT 1;", _3_mine="SELECT 3;")
    place.apply()
    (place.folder / "3_mine.sql").rename(place.folder / "5_mine.sql")
    place.write()
    with override_settings(SCHEMA_MIGRATIONS={"default": {"DIR": str(place.folder)}}):
        status = text_of("schemastatus")
        code, refusal = code_of("schemaapply")
        assert code == 4
        assert_same_advice(status, refusal, code)
        assert "FILE IS NOW 5_mine.sql" in status
        assert "python manage.py schemaset --move 3=5" in refusal
        row = replace(place.read_revisions()["3"], version="5", hash="")
        call_command("schemaset", move=["3=5"], stdout=StringIO())
        moved = place.read_revisions()["5"]
        assert replace(moved, hash="", operator_version=row.operator_version) == row
        assert code_of("schemastatus", check=True)[0] == 0
