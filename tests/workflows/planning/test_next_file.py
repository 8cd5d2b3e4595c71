"""The job of ``schemadiff`` as a function: a request in, a value and a file out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from schema_migrations.errors import ConfigError
from schema_migrations.history.directory import load, verify
from schema_migrations.plan.answers import Answers
from schema_migrations.workflows.planning.next_file import (
    write_empty_file,
    write_next_file,
)
from schema_migrations.workflows.planning.next_file_request import NextFileRequest


@pytest.fixture
def request_(tmp_path: Path) -> NextFileRequest:
    return NextFileRequest(directory=tmp_path)


class Lines:
    """Keep what is reported."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def say(self, text: str = "") -> None:
        self.said.append(text)

    def warn(self, text: str) -> None:
        self.warned.append(text)

    def show_progress(self, text: str) -> None:
        """Show nothing."""


def test_the_file_that_is_missing_is_written_once(request_: NextFileRequest) -> None:
    lines = Lines()

    written = write_next_file(request_, reporter=lines)
    again = write_next_file(request_)

    assert written.proposal.proved
    assert [path.name.partition("_")[2] for path in written.paths] == [
        "initial.sql",
        "",
    ]
    assert written.paths[0].read_text() == written.proposal.script
    assert lines.said[0].startswith("Dev      ")
    assert again.paths == ()
    assert again.proposal.script == ""
    assert request_.directory is not None
    verify(load(request_.directory))


def test_it_is_only_shown_where_that_is_asked(request_: NextFileRequest) -> None:
    shown = write_next_file(replace(request_, write=False, prove=False, strict=False))

    assert shown.proposal.plan is not None
    assert not shown.proposal.proved
    assert shown.paths == ()
    assert request_.directory is not None
    assert list(request_.directory.iterdir()) == []


def test_an_answer_that_fits_nothing_writes_nothing(request_: NextFileRequest) -> None:
    answers = Answers(renames=(("nowhere.old", "nowhere.new"),))

    with pytest.raises(ConfigError, match="nowhere"):
        write_next_file(replace(request_, answers=answers))

    assert request_.directory is not None
    assert list(request_.directory.iterdir()) == []


def test_an_empty_file_for_sql_by_hand(tmp_path: Path) -> None:
    paths = write_empty_file("default", directory=tmp_path, name="by hand")

    assert [path.name for path in paths][1] == "atlas.sum"
    assert "by_hand" in paths[0].name
    verify(load(tmp_path))
