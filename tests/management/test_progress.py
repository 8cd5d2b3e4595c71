"""A slow command says what it does, in lines or in one that is drawn again."""

from __future__ import annotations

import io
import os
import pty
import time
from typing import TYPE_CHECKING

import pytest

from schema_migrations.management.progress import ProgressDisplay
from tests.fixtures.children import wait_until
from tests.fixtures.terminal import type_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.project import Project

SLOW = "SELECT pg_sleep(5);\n"


def test_elsewhere_there_is_a_line_each_interval() -> None:
    lines: list[str] = []
    display = ProgressDisplay(io.StringIO(), lines.append, delay=0.01, interval=0.05)
    display.show("replay: file 3 of 7")
    assert wait_until(lambda: len(lines) >= 2)
    display.end()
    written = len(lines)
    time.sleep(0.1)
    assert len(lines) == written
    assert all(line.startswith("replay: file 3 of 7 (") for line in lines)


def test_nothing_is_said_while_a_person_is_asked() -> None:
    lines: list[str] = []
    display = ProgressDisplay(io.StringIO(), lines.append, delay=0.01, interval=0.05)
    display.show("inspect")
    display.hide()
    time.sleep(0.3)
    display.end()
    assert lines == []


def test_what_ends_at_once_says_nothing() -> None:
    lines: list[str] = []
    display = ProgressDisplay(io.StringIO(), lines.append, delay=60, interval=60)
    display.show("inspect")
    display.end()
    assert lines == []


def test_a_live_line_goes_before_another_line() -> None:
    outside, inside = pty.openpty()
    with os.fdopen(inside, "w") as stream:
        display = ProgressDisplay(stream, print, delay=0.01, interval=60)
        display.show("replay: file 3 of 7")
        screen = os.read(outside, 4096)
        while screen.count(b"file 3 of 7 (") < 3:
            screen += os.read(outside, 4096)
        display.erase()
        display.hide()
        display.end()
        stream.write("done\n")
        stream.flush()
        while b"done" not in screen:
            screen += os.read(outside, 4096)
    os.close(outside)
    assert b"\x1b[2K" in screen.rpartition(b"file 3 of 7")[2]  # the line is erased
    last = screen.partition(b"file 3 of 7")[2]
    assert b"\n" not in last.rpartition(b"file 3 of 7")[0]  # one line, drawn again
    assert b"\x1b[3" not in screen  # no colours


def test_a_line_that_is_printed_does_not_end_the_clock() -> None:
    lines: list[str] = []
    display = ProgressDisplay(io.StringIO(), lines.append, delay=0.01, interval=0.05)
    display.show("2.sql  1/1")
    display.erase()
    assert wait_until(lambda: len(lines) >= 2)
    display.end()


@pytest.mark.parametrize("command", ["schemadiff", "schemaapply"])
def test_a_slow_statement_has_a_clock(
    on_postgres: Callable[..., Project], pg_database: dict[str, str], command: str
) -> None:
    project = on_postgres(DIR="migrations")
    project.configure(pg_database, DIR="migrations")
    project.write("shop/models.py", "")
    project.write("migrations/1.sql", SLOW)
    assert project.manage("schemahash").code == 0

    options = ["--check"] if command == "schemadiff" else []
    _, screen = type_answers(project, [], *options, command=command)

    assert "(2." in screen
    assert "(4." in screen
    frames = screen.partition("(2.")[2].rpartition("(4.")[0]
    assert "\n" not in frames  # one line, drawn again
