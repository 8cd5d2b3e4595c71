"""``schemaset``: what it writes, says, asks and refuses."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from schema_migrations.errors import StatementFailed
from schema_migrations.history.revision import RESOLVED
from tests.fixtures.json_schemas import read_answer
from tests.fixtures.terminal import type_answers

if TYPE_CHECKING:
    from tests.fixtures.project import Project
    from tests.fixtures.targets import Place

A = "CREATE TABLE a (id integer PRIMARY KEY);\n"
B = "CREATE TABLE b (id integer PRIMARY KEY);\n"
BAD = "INSERT INTO nope VALUES (1);\n"


def run(place: Place, version: str, **options: Any) -> str:
    out = StringIO()
    call_command(
        "schemaset",
        version,
        dir=place.folder,
        stdout=out,
        **{"interactive": False, **options},
    )
    return out.getvalue()


def refused(place: Place, version: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        run(place, version, **options)
    return caught.value.returncode, str(caught.value)


def test_files_are_marked_and_none_is_run(place: Place) -> None:
    place.write(_1_first=A, _2_second=B)
    lines = run(place, "1").splitlines()
    assert lines[0].startswith("Target   ")
    assert lines[1:] == [
        "  [x] 1_first  not run",
        "Done     1 revision written, 0 deleted; no file was run.",
        f"Next     python manage.py schemastatus --dir {place.folder}",
    ]
    assert place.list_tables() == []
    place.apply()
    assert (place.done, place.list_tables()) == (["2"], ["b"])


def test_on_a_database_that_has_tables(place: Place) -> None:
    place.execute(A)
    place.write(_1_first=A, _2_second=B)
    run(place, "1_first.sql")
    place.apply()
    assert place.list_tables() == ["a", "b"]


def test_a_half_applied_file_counts_as_complete(place: Place) -> None:
    place.write(_1=f"-- atlas:txmode none\n\n{A}{BAD}")
    with pytest.raises(StatementFailed, match="nope"):
        place.apply()
    assert "  [x] 1  not finished" in run(place, "1")
    row = place.read_revisions()["1"]
    assert (row.applied, row.total, row.error) == (2, 2, "")
    assert row.type & RESOLVED
    assert row.partial_hashes == ()
    place.apply()
    assert place.done == []


def test_later_revisions_are_deleted_and_their_files_run_again(place: Place) -> None:
    place.write(_1=A, _2=B)
    place.apply()
    assert "  [ ] 2  newer" in run(place, "1")
    assert list(place.read_revisions()) == ["1"]
    place.execute("DROP TABLE b")
    place.apply()
    assert place.done == ["2"]


def test_zero_is_the_version_before_the_first(place: Place) -> None:
    place.write(_1=A)
    place.apply()
    run(place, "zero")
    assert place.read_revisions() == {}
    assert place.list_tables() == ["a"]


def test_an_edited_and_a_deleted_file_no_longer_stop_an_apply(place: Place) -> None:
    place.write(_1=A, _2="SELECT 2;", _3=B)
    place.apply()
    (place.folder / "2.sql").unlink()
    place.write(_1=f"{A}SELECT 1;", _3=f"{B}SELECT 3;", _4="SELECT 4;")
    out = run(place, "3")
    assert "  [ ] 2  file is gone" in out
    run(place, "3")
    place.apply()
    assert place.done == ["4"]


def test_nothing_to_do(place: Place) -> None:
    place.write(_1=A)
    place.apply()
    before = place.read_revisions()
    assert "Nothing to do: the revisions are already at 1." in run(place, "1")
    assert place.read_revisions() == before


def test_a_dry_run_writes_nothing(place: Place) -> None:
    place.write(_1=A, _2=B)
    out = run(place, "1", dry_run=True)
    assert "Nothing was changed: 1 revision would be written, 0 deleted." in out
    again = f"python manage.py schemaset 1 --dir {place.folder}"
    assert out.splitlines()[-1] == f"Next     {again}"
    place.connection.ensure_connection()
    assert "atlas_schema_revisions" not in place.engine.executor.list_tables(
        place.connection, None
    )


def test_json(place: Place) -> None:
    place.write(_1=A, _2=B)
    place.apply(count=1)
    found = read_answer("schemaset", run(place, "2", format="json"))
    assert found["written"] == [{"version": "2", "reason": "not run"}]
    assert found["deleted"] == []
    assert "://" in found["target"]


def test_deleting_needs_an_answer_where_nobody_can_be_asked(place: Place) -> None:
    place.write(_1=A, _2_b=B)
    place.apply()
    code, said = refused(place, "1", interactive=True)
    assert code == 3
    assert said.splitlines() == [
        "1 revision would be deleted: 2_b",
        "To skip the question: --no-input. To only look: --dry-run.",
    ]
    assert list(place.read_revisions()) == ["1", "2"]


def test_an_unknown_version_is_named_with_the_nearest(place: Place) -> None:
    place.write(_20250101000000_a=A, _20250202000000_b=B)
    code, said = refused(place, "20250202000001")
    assert code == 2
    assert "has the version 20250202000001." in said
    assert "Did you mean 20250202000000?" in said
    assert place.read_revisions() == {}


def test_a_directory_that_is_not_sound_is_refused(place: Place) -> None:
    place.write(_1=A)
    (place.folder / "1.sql").write_text(B)
    code, said = refused(place, "1")
    assert code == 4
    assert "atlas.sum:2: 1.sql was edited" in said


def test_another_run_is_waited_for(place: Place) -> None:
    place.write(_1=A)
    session = place.engine.executor
    place.connection.ensure_connection()
    schema = session.describe_target(place.connection).schema
    other = place.connection.copy()
    try:
        with (
            override_settings(SCHEMA_MIGRATIONS={"default": {"LOCK_WAIT": "0s"}}),
            session.hold_lock(other, schema, wait=0.0, report_holder=print),
        ):
            assert refused(place, "1")[0] == 5
    finally:
        other.close()
    run(place, "1")


def test_revisions_in_a_schema_of_their_own(pg_place: Place) -> None:
    pg_place.write(_1=A)
    run(pg_place, "1", revisions_schema="history")
    assert pg_place.execute("SELECT version FROM history.atlas_schema_revisions") == [
        ("1",)
    ]


def applied_project(project: Project) -> None:
    for number, text in enumerate((A, B), 1):
        project.write(f"migrations/{number}.sql", text)
    assert project.manage("schemahash").code == 0
    assert project.manage("schemaapply", "--no-signals").code == 0


def versions(project: Project) -> list[str]:
    found: list[str] = project.manage("schemastatus", "--format", "json").json[
        "applied"
    ]
    return found


def test_on_a_terminal_deleting_is_asked_about(project: Project) -> None:
    applied_project(project)
    code, screen = type_answers(project, ["n\n"], "1", command="schemaset")
    assert code == 3
    assert "  [ ] 2  newer" in screen
    assert "1 revision will be deleted. Continue? [y/N]" in screen
    assert "Cancelled: nothing was changed." in screen
    code, screen = type_answers(project, ["\x04"], "1", command="schemaset")
    assert code == 3
    assert "--no-input" in screen
    assert versions(project) == ["1", "2"]
    code, screen = type_answers(project, ["y\n"], "1", command="schemaset")
    assert code == 0
    assert versions(project) == ["1"]


def test_an_interruption_at_the_question_changed_nothing(project: Project) -> None:
    applied_project(project)
    code, screen = type_answers(project, ["^C"], "1", command="schemaset")
    assert code == 130, screen
    assert "Interrupted.\nNothing was changed.\nNext     python manage.py" in screen
    assert versions(project) == ["1", "2"]
