"""``schemastatus``: what a target has of the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schema_migrations.conf import settings_for
from schema_migrations.management.commands._apply_output import (
    counted,
    describe,
    one_line,
)
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._target import (
    add_exec_order,
    add_target_options,
    url_of,
)
from schema_migrations.workflows.events import Reached
from schema_migrations.workflows.status import Status, status
from schema_migrations.workflows.targets import directory_of, target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

    from schema_migrations.history.revision import Revision

CODES = {"ok": 0, "pending": 1, "failed": 1, "out-of-order": 4, "edited": 4}
"""Exit codes with ``--check``."""


class Command(SchemaCommand):
    help = "Show which migration files a database has."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_target_options(parser)
        add_exec_order(parser)
        parser.add_argument(
            "--check",
            action="store_true",
            help="exit 1 when files are pending, 4 when the history does not match",
        )

    def run(self, options: Options) -> int:
        alias = options["database"]
        settings = settings_for(alias, directory=options["dir"])
        directory = directory_of(settings.directory)
        with target(alias, url_of(options)) as (connection, engine):
            found = status(
                connection,
                engine,
                directory,
                exec_order=options["exec_order"] or settings.exec_order,
                revisions_schema=options["revisions_schema"]
                or settings.revisions_schema,
                wait=options["wait"],
            )
        for line in lines_of(found):
            self.say(line)
        self.answer(as_json(found))
        return CODES[found.word] if options["check"] else 0


def lines_of(found: Status) -> Iterator[str]:
    """Yield the screen; the last line says what to do next."""
    yield describe(Reached(target=found.target))
    state = found.state
    applied, pending = len(found.applied), len(state.files)
    yield f"Status   {found.word}: {counted(applied, 'file')} applied, {pending} pending"
    marks = {file.version: "edited since" for file in state.edited}
    marks |= {row.version: "file is gone" for row in (*state.missing, *state.abandoned)}
    marks |= {row.version: "newer than the directory" for row in state.ahead}
    for row in found.applied:
        mark = f"  {marks[row.version].upper()}" if row.version in marks else ""
        yield f"  [x] {row.title}  {row.executed_at:%Y-%m-%d %H:%M}{mark}"
    for file in state.out_of_order:
        yield f"  [!] {file.name}  out of order"
    late = {file.version for file in state.out_of_order}
    for each in state.files:
        if each.file.version not in late:
            done = f"  {counted(each.start, 'statement')} done" if each.start else ""
            yield f"  [ ] {each.file.name}{done}"
    if found.failed is not None:
        word = "Stopped" if found.failed.interrupted else "Failed "
        yield f"{word}  {found.failed.title}: {found.failed.error}"
        if found.failed.error_stmt:
            yield f"         {one_line(found.failed.error_stmt)}"
    yield f"Next     {_next(found)}"


def _next(found: Status) -> str:
    match found.word:
        case "edited":
            return (
                "restore these files from version control; python manage.py schemahash"
            )
        case "out-of-order":
            return "give these files newer versions, or schemaapply --exec-order"
        case "failed" if found.failed and found.failed.interrupted:
            return "python manage.py schemaapply: it looks at the database and goes on"
        case "failed":
            return "correct the file; python manage.py schemahash, then schemaapply"
        case "pending" if found.unknown_tables:
            return (
                f"the database has {counted(found.unknown_tables, 'table')} and no"
                " history: python manage.py schemaapply --baseline VERSION"
            )
        case "pending":
            return "python manage.py schemaapply"
        case "ok":
            return "nothing: every file of the directory is applied"


def as_json(found: Status) -> dict[str, Any]:
    """Return the contract's JSON object."""
    state = found.state
    return {
        "target": found.target.name,
        "status": found.word,
        "current": state.current or None,
        "applied": [row.version for row in found.applied],
        "pending": [each.file.version for each in state.files],
        "out_of_order": [file.version for file in state.out_of_order],
        "edited": [file.version for file in state.edited],
        "missing": [row.version for row in state.missing],
        "ahead": [row.version for row in state.ahead],
        "drift": [],
        "error": _failure(found.failed) if found.failed else None,
    }


def _failure(row: Revision) -> dict[str, Any]:
    """Return what the row keeps of an error, in the shape of a command's own."""
    return {
        "version": row.version,
        "statement": row.error_stmt or None,
        "line": None,
        "message": row.error,
        "sqlstate": None,
    }
