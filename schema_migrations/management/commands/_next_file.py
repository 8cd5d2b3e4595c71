"""The part of ``schemadiff`` that compares, asks and shows the next file.

Apart from the command, which loads it only where a comparison is needed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from time import perf_counter

from schema_migrations.cache import SCHEMAS, Cache
from schema_migrations.management.commands._base import SchemaCommand
from schema_migrations.management.commands._terminal_asker import TerminalAsker
from schema_migrations.management.output.change_tree import format_change_tree
from schema_migrations.management.output.lines import mask_controls_but_colours
from schema_migrations.management.output.migration_differences import (
    FORMATS as DIFFERENCE_FORMATS,
)
from schema_migrations.management.output.schemadiff import (
    EMPTY_FILE_FORMATS,
    FORMATS,
    PlannedFile,
)
from schema_migrations.workflows.planning.known_agreement import (
    AgreementKey,
    keep_agreement,
)
from schema_migrations.workflows.planning.known_schemas import (
    find_slice,
    keep_schema,
)
from schema_migrations.workflows.planning.migration_differences import (
    compare_models_with_migrations,
)
from schema_migrations.workflows.planning.next_file import (
    NextFile,
    write_empty_file,
    write_next_file,
)
from schema_migrations.workflows.planning.next_file_request import NextFileRequest


def plan_next_file(
    command: SchemaCommand,
    request: NextFileRequest,
    key: AgreementKey | None,
    *,
    cache: Cache | None,
    show_sql: bool,
    started: float,
) -> NextFile:
    """Plan the next file, write it as far as the request goes, and show it.

    What is found is kept in the ``cache`` under the ``key``.  ``started`` is the
    ``perf_counter`` of the command's start.  Raises what ``write_next_file`` raises.
    """
    options = command.given
    asker = _choose_asker(command) if request.strict else None
    schemas = cache and replace(cache, section=SCHEMAS)
    within = (
        find_slice(schemas, key) if schemas and key and not options["full"] else None
    )
    planned = write_next_file(
        request,
        asker=asker,
        reporter=command,
        inputs=key.inputs if key else None,
        within=within,
        reads_rows=schemas is not None,
    )
    command.show(
        PlannedFile(
            planned=planned,
            request=request,
            check=options["check"],
            show_sql=show_sql,
            seconds=perf_counter() - started,
            changes_shown=bool(asker and asker.shown == planned.proposal.summary),
            accepted_losses=asker.accepted_losses if asker else (),
        ),
        FORMATS,
    )
    if cache and schemas and key:
        if agreed := keep_agreement(cache, key, planned):
            keep_schema(schemas, agreed, planned)
        for warning in dict.fromkeys(cache.warnings):
            command.warn(warning)
    return planned


def show_kept_sql(command: SchemaCommand) -> None:
    """Show what Django's migrations made by SQL, as SQL for a file of ``EXTRA``."""
    options = command.given
    differences = compare_models_with_migrations(
        options["database"],
        directory=options["dir"],
        dev=options["dev"],
        reporter=command,
    )
    command.show(differences, DIFFERENCE_FORMATS)


def add_empty_file(command: SchemaCommand) -> None:
    """Write an empty file, and show its path."""
    options = command.given
    paths = write_empty_file(
        options["database"], directory=options["dir"], name=options["name"]
    )
    command.show(paths, EMPTY_FILE_FORMATS)


def _choose_asker(command: SchemaCommand) -> TerminalAsker | None:
    """Return who answers questions; None without a terminal."""
    on_terminal = sys.stdin is not None and sys.stdin.isatty()
    is_asked = command.format_name == "text" and command.given["interactive"]
    if not (is_asked and on_terminal):
        return None

    def print_question(text: str) -> None:
        command.hide_progress()
        command.stdout.write(mask_controls_but_colours(text))

    return TerminalAsker(
        say=print_question,
        format_changes=lambda lines: format_change_tree(lines, command.view),
    )
