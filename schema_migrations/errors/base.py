"""The roots of the tree, and how an error makes its texts from its facts.

A class states its facts as annotations, like a dataclass, and its texts as templates of
them.  ``str()`` says what is wrong and where; ``hint`` says what to do next, in words
that suit a Python caller: options of commands are the business of ``management``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, dataclass_transform

REHASH_COMMAND = "python manage.py schemahash"
MARK_COMMAND = "python manage.py schemaset"
RESUME_HINT = "Run the command again; it continues from where the database is now."

RETRY_EXIT_CODE = 5


@dataclass_transform(kw_only_default=True)
class SchemaMigrationsError(Exception):
    """Base class of every error of this package."""

    code = "error"
    """The stable name of the situation; no two classes share one."""
    exit_code = 2
    """The exit code of a command that fails with this error."""
    retryable = False
    """Whether the same call may succeed later, with nothing changed."""
    message = "{problem}"
    hint = ""

    def __init__(self, **facts: Any) -> None:
        self.__dict__.update(facts)
        self.message = self.fill_in(self.message)
        self.hint = self.fill_in(self.hint)
        if self.retryable:
            self.exit_code = RETRY_EXIT_CODE
        super().__init__(self.message)

    def fill_in(self, template: str) -> str:
        """Return the template with the error's facts; several are listed with commas."""
        return template.format_map(_Facts(self))

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Let pickle copy any subclass without calling its ``__init__``."""
        return _recreate_error, (type(self), self.args, self.__dict__)


class _Facts(dict[str, Any]):
    def __init__(self, error: SchemaMigrationsError) -> None:
        self._error = error

    def __missing__(self, name: str) -> Any:
        fact = getattr(self._error, name)
        return ", ".join(fact) if isinstance(fact, tuple) else fact


def _recreate_error(
    error_class: type[SchemaMigrationsError],
    args: tuple[object, ...],
    state: dict[str, object],
) -> SchemaMigrationsError:
    error = error_class.__new__(error_class, *args)
    error.__dict__.update(state)
    return error


class ConfigError(SchemaMigrationsError):
    """Settings, options, URLs or the database are not fit for the job; nothing was run."""

    code = "config"


class IntegrityError(SchemaMigrationsError):
    """Files or a history do not match: stop, do not retry."""

    code = "integrity"
    exit_code = 4


class PlanError(SchemaMigrationsError):
    """No plan can be made for a difference."""

    code = "plan"


class AnswerNeeded(SchemaMigrationsError):
    """A question is open, and nobody can be asked."""

    code = "answer-needed"
    exit_code = 3


class Unreachable(SchemaMigrationsError):
    """A server does not answer, or a lock is held; a retry is safe."""

    code = "unreachable"
    retryable = True
    exit_code = RETRY_EXIT_CODE


class Unexpected(SchemaMigrationsError):
    """Something failed that should not: a bug."""

    code = "unexpected"
    hint = "This is a bug; its traceback is in the log schema_migrations."
    problem: str


class ServerFailed(SchemaMigrationsError):
    """A database server went away or refused something where nothing else explains it."""

    code = "server-failed"
    message = "A database server ended the work: {reason}"
    hint = "Try again. If it fails again, the cause of this exception shows where."
    reason: str
    retryable: bool


class Interrupted(SchemaMigrationsError):
    """The command got Ctrl-C or SIGTERM; its exit code is 130 or 143."""

    code = "interrupted"
    exit_code: int
    problem: str


class WrongUsage(ConfigError):
    """The options of a command do not go together."""

    code = "wrong-usage"
    hint = "{advice}"
    problem: str
    advice: str


def suggest_nearest(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean X? `` to begin a hint with, or ``""`` if nothing is close."""
    by_lower_case = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower_case, n=1)
    return f"Did you mean {by_lower_case[close[0]]}? " if close else ""
