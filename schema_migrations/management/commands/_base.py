"""The base of every command: options, output, errors as exit codes.

Invariant: a failure is one message on standard error and the exit code of its class;
a format for programs has standard output, or the file of ``--output``, for itself.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
import traceback
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    SystemCheckError,
)
from django.db import DEFAULT_DB_ALIAS

from schema_migrations.conf import read_settings
from schema_migrations.errors import (
    FileNotAccessible,
    SchemaMigrationsError,
    Unexpected,
    WrongUsage,
)
from schema_migrations.errors.interruption import raise_interruption
from schema_migrations.history.path_url import path_from_text
from schema_migrations.management.commands._failures import (
    raise_command_errors,
    translate_unexpected,
)
from schema_migrations.management.commands._interruption import run_interruptible
from schema_migrations.management.commands._lasting_output import keep_output_writable
from schema_migrations.management.commands._output_file import (
    find_output_file,
    write_output_file,
)
from schema_migrations.management.hints import with_options
from schema_migrations.management.output.errors import FORMATS as FAILURE_FORMATS
from schema_migrations.management.output.lines import (
    Document,
    Formats,
    Line,
    LogEntry,
    Progress,
    View,
    mask_controls,
    mask_controls_but_colours,
    shorten_path,
    wrap_labelled,
    wrap_prose,
)
from schema_migrations.management.progress import ProgressDisplay
from schema_migrations.workflows.applying.warned import Warned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from schema_migrations.history.directory import Directory

Options = dict[str, Any]
"""The parsed command line."""

FORMAT_MEANINGS = {
    "text": "for people",
    "json": "one JSON object on standard output",
}
"""What ``--format`` prints; a command may have further formats."""


class SchemaCommand(BaseCommand, ABC):
    """A command that only parses, calls, prints and exits; subclasses define ``run``."""

    requires_system_checks = ()
    no_input_help = "never ask; exit 3 if an answer is needed"
    """Help of ``--no-input``; a command that needs no answer has its own."""
    output_help = "write the JSON into this file; - for standard output (default)"
    formats: ClassVar[Formats]
    """How the result is shown."""
    format_meanings: ClassVar[Mapping[str, str]] = FORMAT_MEANINGS
    document_advice = "Add --format json, or leave out --output."
    """What makes a run print something for programs."""
    format_name = "text"
    verbosity = 1
    given: Options
    output_file: Path | None = None
    """Where a ``Document`` goes; None: to standard output."""
    progress: ProgressDisplay | None = None
    """None: nobody waits for lines."""
    arguments: Sequence[str] = ()
    """The command line from the command's name on; empty: called from Python."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given = {}
        if os.environ.get("NO_COLOR"):  # https://no-color.org
            self.style = make_plain_style()
        self.stderr.style_func = partial(colour_first_line, self.style)

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the shared options; a subclass calls this first."""
        parser.add_argument(
            "--database",
            metavar="ALIAS",
            default=DEFAULT_DB_ALIAS,
            help="the alias in DATABASES (default: %(default)s)",
        )
        parser.add_argument(
            "--dir",
            metavar="DIR",
            help="the migration directory, also as file://DIR (default: the setting DIR)",
        )
        parser.add_argument(
            "--format",
            choices=tuple(self.formats),
            default="text",
            help="; ".join(
                f"{name}: {self.format_meanings[name]}" for name in self.formats
            ),
        )
        parser.add_argument(
            "--output",
            metavar="FILE",
            help=self.output_help,
        )
        parser.add_argument(
            "--no-input",
            "--noinput",
            action="store_false",
            dest="interactive",
            help=self.no_input_help,
        )

    @abstractmethod
    def run(self, options: Options) -> int:
        """Do the work; return the exit code: 0, or 1 when a check found something."""

    def show_failure(self, error: SchemaMigrationsError) -> None:
        """Show a failure to programs; the message for people follows."""
        self.show(error, FAILURE_FORMATS)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except SystemCheckError as error:  # Django gives it the code of a finding
            error.returncode = Unexpected.exit_code
            raise

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        self.format_name = options["format"]
        self.given = options
        self.output_file = None
        if self.format_name == "text" and self.verbosity >= 1:
            stream: Any = self.stderr
            self.progress = ProgressDisplay(
                stream._out,  # Django's wrapper ends each piece of a line with a new one
                lambda text: self.stderr.write(text, str),
                has_colours=self.style.ERROR("x") != "x",
            )
        try:
            with (
                raise_command_errors(
                    self._end_with_failure, options, self.describe_answers
                ),
                translate_unexpected(),
            ):
                code = self._run_or_explain(options)
        finally:
            if self.progress:
                self.progress.end()
        if code:
            sys.exit(code)

    def _run_or_explain(self, options: Options) -> int:
        """Run the command; add to an interruption what it left."""
        if options["dir"] is not None:
            options["dir"] = path_from_text(str(options["dir"]))
        self.output_file = self._find_output_file(options)
        try:
            with raise_interruption():
                return self.run(options)
        except KeyboardInterrupt as interruption:
            if self.format_name == "text":
                for line in self.describe_interruption():
                    interruption.add_note(line)
            raise

    def has_document(self, options: Options) -> bool:
        """Return whether the run prints something for programs."""
        return bool(options["format"] != "text")

    def _find_output_file(self, options: Options) -> Path | None:
        """Return the file of ``--output``, if any; raise ``ConfigError`` before any work."""
        if not self.view.has_output_file:
            return None
        if not self.has_document(options):
            raise WrongUsage(
                problem="--output takes SQL or JSON, and this run prints neither.",
                advice=self.document_advice,
            )
        settings = read_settings(options["database"], directory=options["dir"])
        return find_output_file(
            options["output"], settings.directory, settings.extra_paths
        )

    def describe_interruption(self) -> Iterator[str]:
        """Yield lines about what the interrupted command left: by default nothing."""
        yield from ()

    def choose_next_command(self) -> str:
        """Return the command to run after an interruption: by default the same."""
        # Not at the top: a command that is not interrupted needs none.
        from schema_migrations.management.output.next_command import format_command_line

        return format_command_line(self.arguments)

    def run_from_argv(self, argv: list[str]) -> None:
        self.arguments = argv[1:]
        with keep_output_writable(self, errors=ASCII_FALLBACK):
            run_interruptible(
                partial(self._run_with_exit_code, argv),
                self.stderr,
                lambda: (
                    self.choose_next_command() if self.format_name == "text" else ""
                ),
            )

    def _run_with_exit_code(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as error:  # with --traceback, which keeps the exit code
            traceback.print_exception(error)
            sys.exit(error.returncode)

    def _end_with_failure(self, error: SchemaMigrationsError) -> None:
        self.hide_progress()
        try:
            self.show_failure(error)
        except FileNotAccessible as unwritten:
            if unwritten.message != error.message:
                self.warn(unwritten.message)

    def describe_answers(self, error: SchemaMigrationsError) -> str:
        """Return what comes after an error's hint: how to give the answers it asks for."""
        return ""

    @property
    def on_terminal(self) -> bool:
        return self.format_name == "text" and bool(self.stdout.isatty())

    @property
    def view(self) -> View:
        return View(
            style=self.style,
            verbosity=self.verbosity,
            on_terminal=self.on_terminal,
            arguments=self.arguments,
            given=self.given,
        )

    def show(self, value: object, formats: Formats | None = None) -> None:
        """Print a value, the result or another, in the format that was asked for."""
        chosen = self.formats if formats is None else formats
        if self.format_name in chosen:
            for line in chosen[self.format_name](value, self.view):
                self._print_line(line)

    def _print_line(self, line: Line) -> None:
        match line:
            case Warned():
                self.warn(line.message)
            case LogEntry():
                self._log(line)
            case Progress():
                self.show_progress(line.text)
            case Document():
                self._print_document(line)
            case _ if self.format_name == "text":
                self.say(line)
            case _:
                self._print_document(Document(text=line))

    def _print_document(self, document: Document) -> None:
        """Print what programs read, or write it into the file that was asked for."""
        if self.output_file is not None:
            write_output_file(self.output_file, document.text)
            if self.given["verbosity"] >= 1:
                self.erase_progress()
                content = f"  ({document.content})" if document.content else ""
                name = mask_controls(self.given["output"])
                self.stdout.write(f"Written  {name}{content}")
        elif self.format_name == "text":
            self.say(document.shown or document.text)
        else:
            self.stdout.write(document.text)

    def say(self, text: str = "") -> None:
        """Print a line for people, unless they want none, or programs read the output."""
        if self.format_name == "text" and self.verbosity >= 1:
            self.erase_progress()
            has_colours = self.style.ERROR("x") != "x"
            mask = mask_controls_but_colours if has_colours else mask_controls
            text = mask(text)
            self.stdout.write(wrap_labelled(text) if self.on_terminal else text)

    def warn(self, text: str) -> None:
        """Print a warning on standard error, in every format."""
        if self.verbosity >= 1:
            self.erase_progress()
            shown = f"warning: {mask_controls(with_options(text))}"
            if self.stderr.isatty():
                shown = wrap_prose(shown)
            self.stderr.write(shown, self.style.WARNING)

    def warn_of_names(self, directory: Directory) -> None:
        for warning in directory.warnings:
            self.warn(warning)

    def _log(self, entry: LogEntry) -> None:
        if self.verbosity:
            line = {"time": datetime.now(UTC).isoformat(), **entry.values}
            self.stderr.write(json.dumps(line, ensure_ascii=False), str)

    def show_progress(self, text: str) -> None:
        """Say what runs now, if it takes long."""
        if self.progress:
            self.progress.show(mask_controls(text))

    def erase_progress(self) -> None:
        """Make room for a line."""
        if self.progress:
            self.progress.erase()

    def hide_progress(self) -> None:
        """Say nothing until something else runs."""
        if self.progress:
            self.progress.hide()


def list_directory_warnings(directory: Directory, path: Path) -> Iterator[str]:
    """Yield what somebody who applies the files of a directory must know of it."""
    yield from directory.warnings
    if not directory.files:
        yield (
            f"{shorten_path(path)} has no migration files. Check DIR and --dir, or write"
            " the first file: python manage.py schemadiff"
        )


def colour_first_line(style: Any, text: str) -> str:
    """Return an error's text for a terminal; elsewhere Django calls no such function."""
    first, newline, rest = text.partition("\n")
    return f"{style.ERROR(wrap_prose(first))}{newline}{wrap_prose(rest)}"


def make_plain_style() -> Any:
    from django.core.management.color import no_style

    return no_style()


ASCII_FALLBACK = "schema_migrations.plain"
"""Codec error handler that spells in ASCII what the output's encoding lacks."""

ASCII_SPELLINGS = {"…": "...", "→": "->", "—": "-", "✓": "ok"}


def spell_in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Spell characters that cannot be encoded in ASCII, instead of failing."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    spelled = "".join(
        ASCII_SPELLINGS.get(c, c.encode("ascii", "backslashreplace").decode())
        for c in text
    )
    return spelled, error.end


codecs.register_error(ASCII_FALLBACK, spell_in_ascii)
