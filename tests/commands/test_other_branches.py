"""After a merge, a rebase or a switch of branches: what is printed can be pasted, and ends it.

Each test follows the commands that ``schemastatus`` prints until nothing is left to do.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.fixtures.json_schemas import read_answer

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

BASE = "CREATE TABLE base (id integer PRIMARY KEY);\n"
MINE = "CREATE TABLE mine (id integer PRIMARY KEY);\n"
MORE = "ALTER TABLE mine ADD COLUMN note text;\n"
THEIRS = "CREATE TABLE theirs (id integer PRIMARY KEY);\n"


@pytest.fixture(autouse=True)
def alias(place: Place) -> Iterator[None]:
    entry = {"DIR": str(place.folder)}
    with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
        yield


def rename(place: Place, old: str, new: str) -> None:
    (place.folder / f"{old}.sql").rename(place.folder / f"{new}.sql")
    place.write()


def delete(place: Place, *names: str) -> None:
    for name in names:
        (place.folder / f"{name}.sql").unlink()
    place.write()


def status(**options: Any) -> str:
    out = StringIO()
    call_command("schemastatus", stdout=out, **options)
    return out.getvalue()


PRINTED = re.compile(
    r"python manage\.py (\w+(?: --[a-z-]+ [\w=-]+| \d+)*)"  # with its options
)


def paste(text: str, name: str) -> None:
    """Run the first command of this name that a text prints."""
    words = next(w for w in map(shlex.split, PRINTED.findall(text)) if w[0] == name)
    options = {"schemaapply": ["--no-signals"], "schemaset": ["--no-input"]}[name]
    call_command(*words, *options, stdout=StringIO())


def assert_in_order(place: Place) -> None:
    assert "Status   ok: " in status()
    call_command("schemastatus", check=True, stdout=StringIO())
    call_command("schemaapply", check=True, stdout=StringIO())


def test_my_file_got_a_later_version_after_a_merge(place: Place) -> None:
    """As the how-to says: theirs came first, so mine is written anew."""
    place.write(_1_base=BASE, _3_mine=MINE)
    place.apply()
    place.write(_2_theirs=THEIRS)
    rename(place, "3_mine", "4_mine")
    text = status()
    assert "  [ ] 4_mine.sql  applied as 3_mine\n" in text
    assert text.splitlines()[-4:] == [
        "Next     Same content under another name:",
        "           3_mine is now 4_mine.sql",
        "         Give it to the revision, too:",
        "           python manage.py schemaset --move 3=4",
    ]
    paste(text, "schemaset")
    paste(status(), "schemaapply")  # theirs, which is out of order here
    assert place.list_tables() == ["base", "mine", "theirs"]
    assert list(place.read_revisions()) == ["1", "2", "4"]
    assert_in_order(place)


def test_a_newer_release_gave_the_file_a_later_version(place: Place) -> None:
    """The directory is behind: its own name is not to be forced upon the revision."""
    place.write(_1_base=BASE, _3_mine=MINE)
    place.apply()
    rename(place, "3_mine", "2_mine")
    text = status()
    assert text.splitlines()[-6:] == [
        "Next     Same content under another name:",
        "           3_mine is now 2_mine.sql",
        "         3 is newer than every file here: a newer release or another",
        "         branch has the file under that name. Deploy it, or switch to it.",
        "         Only if you renamed the file here, give that name to the revision, too:",
        "           python manage.py schemaset --move 3=2",
    ]
    paste(text, "schemaset")
    assert_in_order(place)


def test_several_of_my_files_move_with_one_command(place: Place) -> None:
    place.write(_1_base=BASE, _3_mine=MINE, _4_more=MORE)
    place.apply()
    place.write(_2_theirs=THEIRS)
    rename(place, "3_mine", "6_mine")
    rename(place, "4_more", "7_more")
    text = status()
    assert "schemaset --move 3=6 --move 4=7" in text
    paste(text, "schemaset")
    paste(status(), "schemaapply")
    assert_in_order(place)


def test_their_file_is_older_than_mine(place: Place) -> None:
    place.write(_1_base=BASE, _3_mine=MINE)
    place.apply()
    place.write(_2_theirs=THEIRS)
    text = status()
    assert "If a merge brought it, and other databases have it, run it now:" in text
    paste(text, "schemaapply")
    assert place.list_tables() == ["base", "mine", "theirs"]
    assert_in_order(place)


def test_a_file_of_the_other_branch_is_forgotten(place: Place) -> None:
    """Back on the main branch, whose next file is newer than the one left behind."""
    place.write(_1_base=BASE, _2_theirs=THEIRS)
    place.apply()
    delete(place, "2_theirs")
    text = status()
    assert "Status   ok: 2 files applied, 0 pending" in text
    assert "2_theirs" in text
    assert text.splitlines()[-1] == (
        "         2_theirs is from a newer release or another branch"
    )
    place.write(_3_mine=MINE)
    text = status()
    assert "No file has the content of 2.\n" in text
    with pytest.raises(CommandError) as caught:
        call_command("schemaapply", stdout=StringIO())
    assert "Did you switch branches?" in str(caught.value)
    paste(text, "schemaset")
    paste(status(), "schemaapply")
    assert place.list_tables() == ["base", "mine", "theirs"]
    assert_in_order(place)


def test_back_on_the_branch_that_has_the_file_all_is_well(place: Place) -> None:
    place.write(_1_base=BASE, _2_theirs=THEIRS)
    place.apply()
    delete(place, "2_theirs")
    place.write(_3_mine=MINE)
    assert "missing: " in status()
    place.write(_2_theirs=THEIRS)
    call_command("schemaapply", signals=False, stdout=StringIO())
    assert_in_order(place)


def test_my_file_is_edited_after_it_was_applied_here(place: Place) -> None:
    place.write(_1_base=BASE, _3_mine=MINE)
    place.apply()
    place.write(_3_mine=f"{MINE}SELECT 1;\n")
    text = status()
    assert "If the database is right as it is, take the files as they are now:" in text
    paste(text, "schemaset")
    assert_in_order(place)


def test_a_half_applied_file_that_is_gone_is_forgotten(place: Place) -> None:
    place.write(_1_base=BASE, _2_bad=f"-- atlas:txmode none\n\n{MINE}SELECT nope;\n")
    with pytest.raises(Exception, match="nope"):
        place.apply()
    delete(place, "2_bad")
    text = status()
    assert "Status   missing: " in text
    assert "If what it did was finished or undone by hand:\n" in text
    place.execute("DROP TABLE mine")
    paste(text, "schemaset")
    assert_in_order(place)


def test_the_last_file_is_undone_as_the_how_to_says(place: Place) -> None:
    place.write(_1_base=BASE, _2_mine=MINE)
    place.apply()
    delete(place, "2_mine")
    call_command("schemaset", forget=["2"], interactive=False, stdout=StringIO())
    undo = status(drift=True, format="sql", allow_data_loss=True)
    for statement in undo.split(";\n"):
        if any(line and line[:2] != "--" for line in statement.splitlines()):
            place.execute(statement)
    assert place.list_tables() == ["base"]
    assert "Status   ok: " in status(drift=True)


def test_the_same_correction_again_does_nothing(place: Place) -> None:
    place.write(_1_base=BASE, _3_mine=MINE, _4_more=MORE)
    place.apply()
    rename(place, "3_mine", "5_mine")
    delete(place, "4_more")
    change = "--move 3=5 --forget 4"
    call_command("schemaset", *change.split(), interactive=False, stdout=StringIO())
    rows = place.read_revisions()
    out = StringIO()
    call_command("schemaset", *change.split(), stdout=out)
    assert out.getvalue().splitlines()[1:] == [
        f"Nothing to do: the revisions are already as {change} makes them."
    ]
    assert place.read_revisions() == rows


def test_a_failed_attempt_at_the_new_version_gives_way(place: Place) -> None:
    """Its description and its time are not those of the file that moves there."""
    place.write(_1_base=BASE, _2_mine=MINE)
    place.apply()
    before = place.read_revisions()["2"]
    place.write(_3_oops="SELECT nope;\n")
    with pytest.raises(Exception, match="nope"):
        place.apply()
    delete(place, "3_oops")
    rename(place, "2_mine", "3_mine")
    out = StringIO()
    call_command("schemaset", move=["2=3"], stdout=out)
    assert out.getvalue().splitlines()[1:4] == [
        "  [x] 3_mine  moved",
        "  [ ] 2_mine  moved",
        "  [ ] 3_oops  not finished",
    ]
    row = place.read_revisions()["3"]
    assert (row.description, row.executed_at) == ("mine", before.executed_at)
    assert (row.error, row.error_stmt) == ("", "")
    assert_in_order(place)


def test_moving_asks_nobody_and_forgetting_does(place: Place) -> None:
    place.write(_1_base=BASE, _3_mine=MINE, _4_more=MORE)
    place.apply()
    rename(place, "3_mine", "5_mine")
    with pytest.raises(CommandError) as caught:
        call_command("schemaset", forget=["3"], stdout=StringIO())
    assert caught.value.returncode == 3
    assert "1 revision would be deleted: 3_mine" in str(caught.value)
    assert list(place.read_revisions()) == ["1", "3", "4"]
    out = StringIO()
    call_command("schemaset", move=["3=5"], dry_run=True, stdout=out)
    assert out.getvalue().splitlines()[1:] == [
        "  [x] 5_mine  moved",
        "  [x] 4_more  rehashed",
        "  [ ] 3_mine  moved",
        "Nothing was changed: 2 revisions would be written, 1 deleted.",
        "Next     python manage.py schemaset --move 3=5",
    ]
    out = StringIO()
    call_command("schemaset", move=["3=5"], format="json", stdout=out)
    found = read_answer("schemaset", out.getvalue())
    assert found["written"] == [
        {"version": "5", "reason": "moved"},
        {"version": "4", "reason": "rehashed"},
    ]
    assert found["deleted"] == [{"version": "3", "reason": "moved"}]
    assert_in_order(place)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Give either a version, or --move and --forget."),
        ({"version": "1", "forget": ["3"]}, "Give either a version, or --move"),
        ({"move": ["3"]}, "--move 3: two versions are needed, OLD=NEW."),
        ({"move": ["3=4"]}, "version 4 does not have the content that 3 had"),
        ({"move": ["8=5"]}, "The database has no revision 8."),
        (
            {"move": ["3=5"], "forget": ["3"]},
            "--move and --forget both name version 3.",
        ),
        ({"forget": ["1"]}, "The file of revision 1 is there: 1_base.sql."),
    ],
)
def test_what_makes_no_sense_is_refused(
    place: Place, options: dict[str, Any], words: str
) -> None:
    place.write(_1_base=BASE, _3_mine=MINE)
    place.apply()
    rename(place, "3_mine", "5_mine")
    more = dict(options)
    version = [more.pop("version")] if "version" in more else []
    with pytest.raises(CommandError) as caught:
        call_command(
            "schemaset", *version, interactive=False, stdout=StringIO(), **more
        )
    assert (caught.value.returncode, words in str(caught.value)) == (2, True)
    assert list(place.read_revisions()) == ["1", "3"]


def test_the_commands_repeat_the_options(place: Place) -> None:
    place.write(_1_base=BASE, _3_mine=MINE)
    place.apply()
    rename(place, "3_mine", "5_mine")
    again = f"python manage.py schemaset --move 3=5 --dir {place.folder}"
    assert again in status(dir=place.folder)
    with pytest.raises(CommandError) as caught:
        call_command("schemaapply", dir=place.folder, stdout=StringIO())
    assert again in str(caught.value)
