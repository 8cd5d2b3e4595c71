"""Make every failure an error of Django's commands, with the exit code of its class."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from schema_migrations.errors import SchemaMigrationsError, ServerFailed, Unexpected
from schema_migrations.management.commands._interruption import error_from_interruption
from schema_migrations.management.hints import text_of
from schema_migrations.management.output.lines import mask_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@contextmanager
def raise_command_errors(
    on_error: Callable[[SchemaMigrationsError], None] = lambda error: None,
    given: Mapping[str, Any] = MappingProxyType({}),
    more: Callable[[SchemaMigrationsError], str] = lambda error: "",
) -> Iterator[None]:
    """Translate our errors into Django's, with their exit codes; call ``on_error`` for
    each, and for an interruption.  The commands in a hint repeat the ``given`` options;
    ``more`` returns what comes after it."""
    try:
        yield
    except SchemaMigrationsError as error:
        # Here and below: not imported above, since most commands end well.
        from schema_migrations.management.output.next_command import format_command

        on_error(error)
        text = text_of(error, partial(format_command, given=given)) + more(error)
        raise CommandError(mask_controls(text), returncode=error.exit_code) from error
    except KeyboardInterrupt as interruption:
        on_error(error_from_interruption(interruption))
        raise


@contextmanager
def translate_unexpected() -> Iterator[None]:
    """Raise an error of ours for any other: Python's exit code 1 would mean that a check
    found something."""
    try:
        yield
    except (SchemaMigrationsError, CommandError):
        raise
    except Exception as caught:  # a bug, or a server that went away: nobody foresaw it
        raise _describe_unexpected(caught) from caught


def _describe_unexpected(caught: Exception) -> Unexpected | ServerFailed:
    from schema_migrations.engines.registry import read_driver_error
    from schema_migrations.history.secrets import mask_secrets

    if driver_error := read_driver_error(caught):
        return ServerFailed(
            reason=mask_secrets(driver_error.message), retryable=driver_error.retryable
        )
    return Unexpected(problem=mask_secrets(f"{type(caught).__name__}: {caught}"))
