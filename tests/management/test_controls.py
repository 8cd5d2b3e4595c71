"""What a terminal obeys is shown, not sent: SQL, names and a server's words may hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from schema_migrations.management.output.lines import replace_controls

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
    assert replace_controls(text) == shown


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
