"""A folder that another tool made: nothing that undoes is run, nothing is left out silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fixtures.project import Project
    from tests.fixtures.targets import Place

UP, DOWN = "CREATE TABLE a (id integer);\n", "DROP TABLE a;\n"
FOLDERS = {
    "goose": {"1_a.sql": f"-- +goose Up\n{UP}-- +goose Down\n{DOWN}"},
    "dbmate": {"1_a.sql": f"-- migrate:up\n{UP}-- migrate:down\n{DOWN}"},
    "golang-migrate": {"1_a.up.sql": UP, "1_a.down.sql": DOWN},
}
SAID = {
    "goose": "1_a.sql:3: the part below '-- +goose Down' would run as well; goose runs it"
    " only to undo the file",
    "dbmate": "1_a.sql:3: the part below '-- migrate:down' would run as well; dbmate runs"
    " it only to undo the file",
    "golang-migrate": "1_a.down.sql undoes another file, and would run as well",
}


@pytest.fixture
def here(project: Project, place: Place) -> Project:
    """The project on each engine in turn."""
    project.configure(place.settings, APPS=[])
    return project


@pytest.mark.parametrize("tool", FOLDERS)
def test_what_undoes_is_refused(here: Project, tool: str) -> None:
    for name, text in FOLDERS[tool].items():
        here.write(f"migrations/{name}", text)

    hashed = here.manage("schemahash")
    refused = [
        here.manage(*command)
        for command in (
            ("schemaapply", "--no-signals"),
            ("schemadiff", "--check"),
            ("schemastatus",),
        )
    ]

    for each in (hashed, *refused):
        assert each.code == 4, each.out
        assert SAID[tool] in each.err
        assert "files have the version" not in each.err
    assert not (here.migrations / "atlas.sum").exists()


@pytest.mark.parametrize("tool", FOLDERS)
def test_the_everyday_check_names_it_after_schemahash(here: Project, tool: str) -> None:
    here.write("migrations/0_first.sql", "SELECT 1;\n")
    assert here.manage("schemahash").code == 0
    recorded = (here.migrations / "atlas.sum").read_text()
    for name, text in FOLDERS[tool].items():
        here.write(f"migrations/{name}", text)

    hashed, checked = here.manage("schemahash"), here.manage("check")

    assert hashed.code == 4
    assert "atlas.sum" not in hashed.out
    assert SAID[tool] in checked.err
    assert (here.migrations / "atlas.sum").read_text() == recorded


@pytest.mark.parametrize("tool", FOLDERS)
def test_the_advice_helps(here: Project, tool: str) -> None:
    for name, text in FOLDERS[tool].items():
        here.write(
            f"migrations/{name}",
            text.partition("-- +goose D")[0].partition("-- migrate:d")[0],
        )
    (here.migrations / "1_a.down.sql").unlink(missing_ok=True)

    hashed, applied = (
        here.manage("schemahash"),
        here.manage("schemaapply", "--no-signals"),
    )

    assert (hashed.code, applied.code) == (0, 0), hashed.err + applied.err
    assert "1 statement" in applied.out


def test_names_that_do_not_count_are_told(here: Project) -> None:
    here.write("migrations/1_a.sql", UP)
    here.write("migrations/2_b.SQL", "CREATE TABLE b (id integer);\n")
    (here.migrations / "._1_a.sql").write_bytes(b"\x00\x05\x16\x07\x00\xff")
    (here.migrations / ".#1_a.sql").symlink_to("me@here.1234")

    for command in (
        "schemahash",
        "schemaapply --no-signals",
        "schemastatus",
        "schemadiff --check",
    ):
        ran = here.manage(*command.split())
        assert ran.code in {0, 1}, ran.err
        assert (
            "warning: 2_b.SQL is not run: only names that end in .sql count." in ran.err
        )
        assert "warning: ._1_a.sql is not run: its name begins with a dot" in ran.err
        assert "warning: .#1_a.sql is not run" in ran.err
    assert "1_a.sql h1:" in (here.migrations / "atlas.sum").read_text()
    assert "._1" not in (here.migrations / "atlas.sum").read_text()


def test_a_dot_file_that_atlas_listed_counts(place: Place) -> None:
    """Atlas takes every ``*.sql``; a directory that it hashed stays as it is."""
    place.write(_1_a=UP)
    (place.folder / ".0_b.sql").write_text("CREATE TABLE b (id integer);\n")
    assert [file.name for file in place.directory.files] == ["1_a.sql"]
    with (place.folder / "atlas.sum").open("a") as sums:
        sums.write(".0_b.sql h1:x\n")

    assert [file.name for file in place.directory.files] == [".0_b.sql", "1_a.sql"]
    assert place.directory.overlooked == ()


def test_a_name_without_a_version(here: Project) -> None:
    here.write("migrations/create_a.sql", UP)
    here.manage("schemahash")

    alone = here.manage("schemastatus")
    here.write("migrations/20250101000000_b.sql", "CREATE TABLE b (id integer);\n")
    mixed = here.manage("schemahash")

    assert alone.code == 0
    assert (
        "warning: create_a.sql has no version: 'create' is taken for it. Name files like"
        " 20250101120000_create_a.sql"
    ) in alone.err
    assert mixed.code == 4
    assert "no version at the start of the name: create_a.sql" in mixed.err
    assert "differ in length" not in mixed.err


def test_json_has_the_warnings_in_its_log(here: Project) -> None:
    here.write("migrations/1_a.sql", UP)
    here.write("migrations/2_b.SQL", UP)
    here.manage("schemahash")

    ran = here.manage("schemaapply", "--no-signals", "--format", "json")

    assert ran.code == 0
    assert '"event": "warned", "message": "2_b.SQL is not run' in ran.err
