"""How ``schemastatus --way-back`` tells whether Django's own commands can go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypedDict

from schema_migrations.management.output.lines import format_count

if TYPE_CHECKING:
    from schema_migrations.workflows.standing.way_back import WayBack

MAX_NAMED = 5
"""The most migrations to name one by one."""


class WayBackJson(TypedDict):
    open: bool
    """Without this app, ``migrate`` has nothing to do and ``makemigrations`` nothing to
    write."""
    unwritten_apps: list[str]
    """Apps of which Django's ``makemigrations`` would write migrations."""
    own_makemigrations: str
    """The app that replaces ``makemigrations``, and may leave some of them out; empty:
    none does."""
    unrecorded: list[str]
    """APP.MIGRATION that ``migrate`` would run."""
    disabled_apps: list[str]
    """Apps whose migrations ``MIGRATION_MODULES`` turns off."""
    problem: str
    """Why Django's commands would fail; empty: they would not."""
    managed: bool
    """Files made the tables that are there; else none did anything in this database."""
    waiting_files: int
    """Files that a managed database lacks: only after them is the answer known."""


def way_back_as_json(way_back: WayBack) -> WayBackJson:
    return {
        "open": way_back.is_open,
        "unwritten_apps": list(way_back.unwritten_apps),
        "own_makemigrations": way_back.own_makemigrations,
        "unrecorded": list(way_back.unrecorded),
        "disabled_apps": list(way_back.disabled_apps),
        "problem": way_back.problem,
        "managed": way_back.is_managed,
        "waiting_files": way_back.waiting_files,
    }


def format_way_back(way_back: WayBack, apply: str) -> Iterator[str]:
    """Yield what Django would do without this app, and the steps until it does nothing.

    ``apply`` is the command that applies the files.
    """
    if way_back.is_open:
        yield "Way back open: without this app, migrate has nothing to do and"
        yield "         makemigrations nothing to write."
        return
    if way_back.waiting_files:
        files = format_count(way_back.waiting_files, "file")
        yield f"Way back is not known while {files} {_be(way_back.waiting_files)} not applied."
        yield f"         Apply first, then look again: {apply}"
        return
    if way_back.is_managed:
        yield "Way back needs steps. Once this app is out of INSTALLED_APPS:"
    else:
        yield f"Way back from nothing: {_describe_unmanaged(way_back)}."
        yield "         Without this app:"
    if way_back.problem:
        yield f"         Django's commands fail: {way_back.problem}"
        yield "           correct that, and look again"
    if way_back.disabled_apps:
        names = ", ".join(way_back.disabled_apps)
        yield f"         Django has no migrations of {names}: MIGRATION_MODULES turns them off"
        yield "           take these entries out"
    yield from _format_steps(way_back)


def _format_steps(way_back: WayBack) -> Iterator[str]:
    """Yield what ``makemigrations`` and ``migrate`` would do, each with its command."""
    if way_back.unwritten_apps:
        names = ", ".join(way_back.unwritten_apps)
        yield f"         makemigrations has something to write for {names}"
        if way_back.own_makemigrations:
            yield (
                f"           {way_back.own_makemigrations} has a makemigrations of its own,"
                " which may leave some of it out"
            )
        yield "           python manage.py makemigrations"
    if way_back.unrecorded or way_back.unwritten_apps:
        where, flag = " on tables that the files made", " --fake"
        if not way_back.is_managed:
            where = flag = ""
        if way_back.unrecorded:
            count = format_count(len(way_back.unrecorded), "migration")
            yield f"         migrate would run {count}{where}:"
            yield from (
                f"           {name}" for name in way_back.unrecorded[:MAX_NAMED]
            )
            if len(way_back.unrecorded) > MAX_NAMED:
                yield f"           … and {len(way_back.unrecorded) - MAX_NAMED} more"
        yield f"           python manage.py migrate{flag}"


def _describe_unmanaged(way_back: WayBack) -> str:
    if way_back.is_empty:
        return "this database is empty"
    return "no file made anything in this database"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"
