"""``schemadiff``: the next migration file, planned from the models and proved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import perf_counter
from typing import Any

from django.apps import apps
from django.core.checks import Tags
from django.core.management.base import CommandParser, SystemCheckError

from schema_migrations.cache import find_cache
from schema_migrations.conf import read_settings
from schema_migrations.errors import (
    InvalidModels,
    SchemaMigrationsError,
    WrongUsage,
)
from schema_migrations.history.file import FILE_SUFFIX
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._option_conflicts import (
    refuse_schemadiff_conflicts,
)
from schema_migrations.management.commands._rows_options import (
    add_rows_of_option,
    read_large_tables,
)
from schema_migrations.management.hints import list_answer_options
from schema_migrations.management.output.agreement import FORMATS, ShownAgreement
from schema_migrations.plan.answers import read_answers
from schema_migrations.workflows.planning.known_agreement import (
    find_agreement,
    find_agreement_key,
    is_answered_by_agreement,
)
from schema_migrations.workflows.planning.next_file_request import NextFileRequest
from schema_migrations.workflows.states.models_ddl import hold_back_garbage_collection
from schema_migrations.workflows.states.source_forms import FILES, MODELS

EXIT_DONE, EXIT_CHANGES = 0, 1


class Command(SchemaCommand):
    help = "Write the next SQL migration file from the difference between files and models."
    formats = FORMATS  # of what needs no comparison; the names are the same for all
    output_help = (
        "write the SQL (with --dry-run, --from or --to) or the JSON into this file;"
        " - for standard output (default)"
    )
    document_advice = (
        "Add --dry-run for the SQL or --format json, or leave out --output: migration"
        " files are named by NAME."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.files_before: frozenset[str] | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "name",
            nargs="?",
            default="",
            help="name of the new file (default: made from the changes)",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; show the changes and exit 1 when there are any",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print the SQL, write nothing"
        )
        parser.add_argument(
            "--empty", action="store_true", help="write an empty file for SQL by hand"
        )
        parser.add_argument(
            "--dev",
            metavar="URL",
            help="where temporary databases are made: auto, embedded,"
            " docker://postgres/17, postgres://… (default: the setting DEV)",
        )
        parser.add_argument(
            "--no-cache",
            action="store_true",
            help="use nothing that earlier commands found, and keep nothing",
        )
        parser.add_argument(
            "--full",
            action="store_true",
            help="replay and compare everything, and prove a new file on all of it, even if"
            " earlier commands tell what the change touches",
        )
        parser.add_argument(
            "--app",
            action="append",
            metavar="LABEL",
            dest="apps",
            help="limit the change to this app; repeatable",
        )
        parser.add_argument(
            "--rename",
            action="append",
            default=[],
            metavar="OLD=NEW",
            dest="renames",
            help="a rename: table=table or table.column=column, by their names in the"
            " database; app.Model=app.Model for a model whose table keeps its name;"
            " repeatable",
        )
        parser.add_argument(
            "--default",
            action="append",
            default=[],
            metavar="TABLE.COLUMN=SQL",
            dest="defaults",
            help="the value that existing rows get, as an SQL expression; nothing after the = sets no value, and the file fails if the column is NOT NULL and a row has none",
        )
        parser.add_argument(
            "--allow-data-loss",
            action="store_true",
            help="write the file even if it deletes rows or values; its header lists them",
        )
        parser.add_argument(
            "--acknowledge",
            action="append",
            default=[],
            metavar="APP.MIGRATION",
            help="confirm that you have handled what this Django migration does besides"
            " the schema (RunPython, RunSQL), or do not need it; also APP, for all that an"
            " app brings, or all; repeatable",
        )
        parser.add_argument(
            "--rows",
            action="store_true",
            help="write a file with the rows that the project's Django migrations leave in"
            " a new database, too: they run on the dev database; only what earlier files"
            " lack, and with --app only the tables of that app",
        )
        add_rows_of_option(parser)
        parser.add_argument(
            "--keep",
            action="store_true",
            help="print SQL for a file of EXTRA, and write no file: what the project's Django"
            " migrations made by SQL of the models' objects",
        )
        form = parser.add_mutually_exclusive_group()
        form.add_argument(
            "--online",
            action="store_true",
            help="plan so that others can read and write while the files are applied: indexes"
            " CONCURRENTLY, rules first for new rows and then for all; PostgreSQL alone"
            " (default: the setting PLAN)",
        )
        form.add_argument(
            "--simple",
            action="store_true",
            help="plan with the fewest statements",
        )
        parser.add_argument(
            "--from",
            metavar="SOURCE",
            dest="source",
            help="source to start from: files (default), models, migrations (what Django's"
            " own migrations make), a directory, a .sql file,"
            " their file:// URLs, db:ALIAS or a database URL",
        )
        parser.add_argument(
            "--to",
            metavar="SOURCE",
            dest="target",
            help="source to reach, as with --from (default: models)",
        )
        parser.add_argument(
            "--write",
            action="store_true",
            help="with --from or --to: write the file as well",
        )

    def describe_interruption(self) -> Iterator[str]:
        written = (
            frozenset()
            if self.files_before is None
            else self._list_files() - self.files_before
        )
        if written:
            yield f"Written  {', '.join(sorted(written))}"
            yield "         python manage.py schemahash --check tells whether it counts"
        else:
            yield "Nothing was written."

    def _list_files(self) -> frozenset[str]:
        settings = read_settings(self.given["database"], directory=self.given["dir"])
        found = settings.directory.glob(f"*{FILE_SUFFIX}")
        return frozenset(path.name for path in found)

    def run(self, options: Options) -> int:
        started = perf_counter()
        self.files_before = self._list_files()
        refuse_schemadiff_conflicts(options)
        # Here and below: not imported above, since a known answer needs nothing of it.
        if options["empty"]:
            from schema_migrations.management.commands._next_file import add_empty_file

            add_empty_file(self)
            return EXIT_DONE
        if options["keep"]:
            _restore_collector()
            from schema_migrations.management.commands._next_file import show_kept_sql

            self._check_models()
            show_kept_sql(self)
            return EXIT_DONE
        request = request_from_options(options, in_full=self.verbosity > 1)
        _refuse_unused_acknowledgement(request)
        cache = None if options["no_cache"] else find_cache(os.environ)
        with hold_back_garbage_collection():
            self._check_models()
            key = find_agreement_key(request) if cache else None
        may_be_known = cache and key and self._may_be_known(request)
        known = find_agreement(cache, key) if may_be_known and cache and key else None
        if known:
            shown = ShownAgreement(known=known, seconds=perf_counter() - started)
            self.show(shown)
            return EXIT_DONE
        _restore_collector()
        from schema_migrations.management.commands._next_file import plan_next_file

        planned = plan_next_file(
            self,
            request,
            key,
            cache=cache,
            show_sql=_shows_sql(options),
            started=started,
        )
        found = options["check"] and planned.has_text
        return EXIT_CHANGES if found else EXIT_DONE

    def _may_be_known(self, request: NextFileRequest) -> bool:
        options = self.given
        is_shown = options["full"] or _shows_sql(options)
        return not is_shown and is_answered_by_agreement(request)

    def has_document(self, options: Options) -> bool:
        return super().has_document(options) or _shows_sql(options)

    def describe_answers(self, error: SchemaMigrationsError) -> str:
        """Return the command that holds the answers which an error asks for."""
        answers = list_answer_options(error)
        if not (answers and self.arguments):
            return ""
        from schema_migrations.management.output.next_command import format_command_line

        return f"\n  {format_command_line(self.arguments, answers)}"

    def _check_models(self) -> None:
        """Refuse models that Django itself would refuse; raises ``ConfigError``."""
        try:
            # No databases: Django 6.1 takes None as all, and connects to each of them.
            self.check(tags=[Tags.models], databases=[])
        except SystemCheckError as error:
            raise InvalidModels(
                problem=str(error),
                advice="Correct the models; manage.py check says the same.",
            ) from error


def _restore_collector() -> None:
    """Let the garbage collector run: what comes now takes long."""
    config: Any = apps.get_app_config("schema_migrations")
    config.restore_collector()


def request_from_options(options: Options, *, in_full: bool) -> NextFileRequest:
    """Return what the command line asks for; raises ``ConfigError``."""
    wants_file = not options["check"] and (
        options["write"] or not _has_sources(options)
    )
    return NextFileRequest(
        alias=options["database"],
        directory=options["dir"],
        dev=options["dev"],
        source=options["source"] or FILES,
        target=options["target"] or MODELS,
        name=options["name"],
        app_labels=tuple(options["apps"] or ()),
        answers=read_answers(
            options["renames"],
            options["defaults"],
            allow_data_loss=options["allow_data_loss"],
        ),
        acknowledged=tuple(options["acknowledge"]),
        strict=wants_file,
        prove=not options["check"],
        write=wants_file and not options["dry_run"],
        in_full=in_full,
        rows=options["rows"],
        large_tables=read_large_tables(options["large_tables"]),
        online=_choose_form(options),
    )


def _choose_form(options: Options) -> bool | None:
    """Return whether the plan is online; None: as the setting says."""
    return True if options["online"] else False if options["simple"] else None


def _refuse_unused_acknowledgement(request: NextFileRequest) -> None:
    if request.acknowledged and not request.has_default_sources:
        raise WrongUsage(
            problem="--acknowledge counts only from the files to the models.",
            advice="Leave it out: between other sources nothing is acknowledged.",
        )


def _shows_sql(options: Options) -> bool:
    """Return whether the SQL is the result; ``--write`` counts between sources only."""
    only_compares = _has_sources(options) and not options["write"]
    return bool(options["dry_run"] or options["keep"] or only_compares)


def _has_sources(options: Options) -> bool:
    return options["source"] is not None or options["target"] is not None
