"""What a terminal obeys is shown, not sent: SQL, names and a server's words may hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.core.management.color import make_style, no_style

from schema_migrations.management.output.change_tree import (
    colour_sql,
    format_change_tree,
)
from schema_migrations.management.output.lines import (
    STATEMENT_WIDTH,
    View,
    mask_controls,
    mask_controls_but_colours,
    shorten_lines,
    shorten_to_line,
)
from schema_migrations.plan.summary import SummaryLine

if TYPE_CHECKING:
    from pathlib import Path

CLEAR = "\x1b[2J"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\n\x1b[31;1mred\x1b[0m", "a\tb\n\x1b[31;1mred\x1b[0m"),
        (f"a{CLEAR}b", r"a\x1b[2Jb"),
        ("title \x1b]0;x\x07", r"title \x1b]0;x\x07"),
        ("over\rwritten\x08", r"over\rwritten\x08"),
        ("one\r\ntwo", "one\r\ntwo"),
        ("\x9b2J", r"\x9b2J"),
        ("Größe → ✓", "Größe → ✓"),
    ],
)
def test_only_line_ends_tabs_and_colours_are_sent(text: str, shown: str) -> None:
    assert mask_controls_but_colours(text) == shown
    assert mask_controls(text) == shown.replace("\x1b", r"\x1b")


def test_a_failing_statement_is_shown_without_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "1_a.sql").write_text(f"SELECT '{CLEAR}' FROM nowhere;\n")
    call_command("schemahash", dir=folder)
    with pytest.raises(CommandError) as caught:
        call_command("schemaapply", dir=folder, url=f"sqlite:///{tmp_path}/db.sqlite3")
    assert CLEAR not in str(caught.value)
    assert r"\x1b[2J" in str(caught.value)
    out, err = capsys.readouterr()
    assert CLEAR not in out + err


RED = "\x1b[31m"


@pytest.mark.parametrize(
    "options", [{"verbosity": 2}, {"verbosity": 3}, {"dry_run": True}]
)
def test_a_statement_has_no_colours_of_its_own(
    options: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "1_a.sql").write_text(f"-- {RED}\nSELECT '{RED}';\n")
    call_command("schemahash", dir=folder)
    target = {"dir": folder, "url": f"sqlite:///{tmp_path}/db.sqlite3"}
    call_command("schemaapply", **target, **options, signals=False, force_color=True)
    out, err = capsys.readouterr()
    assert r"SELECT '\x1b[31m'" in out
    assert RED not in out + err


def test_an_error_has_no_colours_of_the_sql(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "1_a.sql").write_text(f"SELECT '{RED}' FROM nowhere;\n")
    call_command("schemahash", dir=folder)
    url = f"sqlite:///{tmp_path}/db.sqlite3"
    with pytest.raises(CommandError) as caught:
        call_command("schemaapply", dir=folder, url=url, force_color=True)
    assert RED not in str(caught.value)


def test_changes_and_planned_sql_have_no_colours_of_their_own() -> None:
    shown = colour_sql(f"SELECT '{RED}'", make_style("light"))
    assert RED not in shown
    assert r"'\x1b[31m'" in shown
    line = SummaryLine(
        sign="+", kind="table", table="", name=f"a{RED}", detail=f"b{RED}"
    )
    assert RED not in "".join(format_change_tree([line], View(style=no_style())))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a" * 58, "a" * 58),
        ("a" * 59, "a" * 57 + "…"),
        ("表" * 29, "表" * 29),
        ("表" * 30, "表" * 28 + "…"),
        ("a" + "表" * 29, "a" + "表" * 28 + "…"),
        ("e\u0301" * 58, "e\u0301" * 58),
        ("ü" * 58, "ü" * 58),
        ("\x1b" * 15, r"\x1b" * 14 + r"\…"),
    ],
)
def test_a_line_is_as_wide_as_a_terminal_shows_it(line: str, shown: str) -> None:
    assert list(shorten_lines([line])) == [shown]
    if shown == line:
        assert shorten_to_line(line) == shown
    else:
        assert shorten_to_line(line).endswith("...")


def test_of_a_failed_statement_as_much_is_shown() -> None:
    assert shorten_to_line("表" * 30) == "表" * 27 + "..."
    assert len(shorten_to_line("a " * 99)) == STATEMENT_WIDTH
