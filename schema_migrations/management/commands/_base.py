"""The base of every command: options, output, errors as exit codes.

Invariant: a failure is one message on standard error and the exit code of its class;
with ``--format json`` standard output holds one JSON object and nothing else.
"""

from __future__ import annotations

import codecs
import json
import os
import signal
import sys
import threading
from abc import ABC, abstractmethod
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from schema_migrations.errors import Interrupted, SchemaMigrationsError
from schema_migrations.management.commands._error_output import error_as_json
from schema_migrations.management.hints import text_of, with_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from django.core.management.base import OutputWrapper

Options = dict[str, Any]
"""The parsed command line."""

GRACE_SECONDS = 8.0
"""Seconds after SIGTERM for rollback and cleanup; then the process exits, and the server
ends the sessions that are left.  Docker kills after 10."""

FORMATS = {
    "text": "for people",
    "json": "one JSON object on standard output",
    "sql": "with --drift, only the SQL that ends it",
}
"""What ``--format`` prints."""

EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """SIGTERM.

    By default Python exits at once and the server keeps running the statement; on a
    ``KeyboardInterrupt`` psycopg cancels it and the transaction rolls back.
    """


class SchemaCommand(BaseCommand, ABC):
    """A command that only parses, calls, prints and exits; subclasses define ``run``."""

    requires_system_checks = ()
    no_input_help = "never ask; exit 3 if an answer is needed"
    """Help of ``--no-input``; a command that needs no answer has its own."""
    formats: tuple[str, ...] = ("text", "json")
    verbosity = 1
    wants_json = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if os.environ.get("NO_COLOR"):  # https://no-color.org
            self.style = make_plain_style()

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
            type=Path,
            help="the migration directory (default: the setting DIR)",
        )
        parser.add_argument(
            "--format",
            choices=self.formats,
            default="text",
            help="; ".join(f"{name}: {FORMATS[name]}" for name in self.formats),
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

    def failed_run_as_json(self, error: SchemaMigrationsError) -> dict[str, Any]:
        """Return the JSON object of a run that failed."""
        return {"error": error_as_json(error)}

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        self.wants_json = options["format"] == "json"
        if options["dir"] is not None:  # call_command may pass a string
            options["dir"] = Path(options["dir"])
        with raise_command_errors(
            lambda error: self.write_json(self.failed_run_as_json(error))
        ):
            code = self.run(options)
        if code:
            sys.exit(code)

    def run_from_argv(self, argv: list[str]) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                # Flush each line, also into a pipe: a killed process flushes nothing.
                stream.reconfigure(errors=ASCII_FALLBACK, line_buffering=True)
        with exit_on_interruption(self.stderr):
            super().run_from_argv(argv)

    def say(self, text: str = "", *, level: int = 1) -> None:
        """Print a line for people, unless JSON is asked for or the verbosity is lower."""
        if not self.wants_json and self.verbosity >= level:
            self.stdout.write(text)

    def warn(self, text: str) -> None:
        """Print a warning on standard error, in every format."""
        if self.verbosity >= 1:
            self.stderr.write(self.style.WARNING(f"warning: {with_options(text)}"))

    def write_json(self, value: dict[str, Any]) -> None:
        """Print the one JSON object, if JSON is asked for."""
        if self.wants_json:
            self.stdout.write(json.dumps(value, default=str, ensure_ascii=False))

    def log(self, values: dict[str, Any]) -> None:
        """Write a line of the log, a JSON object of its own, if JSON is asked for."""
        if self.wants_json and self.verbosity:
            line = {"time": datetime.now(UTC).isoformat(), **values}
            self.stderr.write(json.dumps(line, ensure_ascii=False), str)

    def show_progress(self, text: str) -> None:
        """Show on a terminal what runs now, until the next line."""
        if self.on_terminal and self.verbosity == 1:
            self.stdout.write(f"\r\x1b[K{text} ...", ending="")
            self.stdout.flush()

    def clear_progress(self) -> None:
        if self.on_terminal and self.verbosity == 1:
            self.stdout.write("\r\x1b[K", ending="")

    @property
    def on_terminal(self) -> bool:
        return not self.wants_json and bool(self.stdout.isatty())


def _error_from_interruption(interruption: KeyboardInterrupt) -> SchemaMigrationsError:
    terminated = isinstance(interruption, Terminated)
    return Interrupted(
        problem="Terminated." if terminated else "Interrupted.",
        exit_code=EXIT_TERMINATED if terminated else EXIT_INTERRUPTED,
    )


@contextmanager
def raise_command_errors(
    on_error: Callable[[SchemaMigrationsError], None] = lambda error: None,
) -> Iterator[None]:
    """Translate our errors into Django's, with their exit codes; call ``on_error`` for
    each, and for an interruption."""
    try:
        yield
    except SchemaMigrationsError as error:
        on_error(error)
        raise CommandError(text_of(error), returncode=error.exit_code) from error
    except KeyboardInterrupt as interruption:
        on_error(_error_from_interruption(interruption))
        raise


@contextmanager
def exit_on_interruption(stderr: OutputWrapper) -> Iterator[None]:
    """Unwind a whole command on Ctrl-C and SIGTERM, then exit with their codes."""
    with raise_on_sigterm():
        try:
            yield
        except KeyboardInterrupt as interruption:
            error = _error_from_interruption(interruption)
            stderr.write(error.message)
            sys.exit(error.exit_code)


def make_plain_style() -> Any:
    from django.core.management.color import no_style

    return no_style()


@contextmanager
def raise_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into ``Terminated``; only the main thread may set a handler."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    forced_exit = threading.Timer(GRACE_SECONDS, os._exit, [EXIT_TERMINATED])
    forced_exit.daemon = True

    def terminate(number: int, frame: FrameType | None) -> None:
        # A second signal would only disturb the rollback.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        forced_exit.start()
        raise Terminated

    old_handler = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        forced_exit.cancel()
        signal.signal(signal.SIGTERM, old_handler)


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
