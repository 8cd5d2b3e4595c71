"""Every error this package raises, in one tree.

    SchemaMigrationsError
    ├── ConfigError            settings, options, URLs, models that do not load
    ├── IntegrityError         files or history that do not match: stop, do not retry
    ├── SyntaxProblem          SQL text that cannot be split, with its line
    ├── StatementFailed        a statement that the server refused, with its place
    ├── PlanError              a change that cannot be planned
    │   ├── UnsupportedChange
    │   └── ProofFailed      the proof found a remaining difference
    ├── AnswerNeeded           a question, and nobody to ask
    └── Unreachable            no server, or no lock: a retry is safe
        └── LockNotAcquired

``str()`` says what is wrong and where; ``hint`` says what to do next; ``exit_code``
is the exit code of the command.  This module imports nothing of the package.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SchemaMigrationsError(Exception):
    """Base class of every error of this package."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Let pickle copy any subclass without calling its ``__init__``."""
        return _recreate_error, (type(self), self.args, self.__dict__)


def _recreate_error(
    error_class: type[SchemaMigrationsError],
    args: tuple[object, ...],
    state: dict[str, object],
) -> SchemaMigrationsError:
    error = error_class.__new__(error_class, *args)
    error.__dict__.update(state)
    return error


class ConfigError(SchemaMigrationsError):
    """Wrong settings, options or URLs; nothing was run."""


class IntegrityError(SchemaMigrationsError):
    """Edited, missing, duplicate or out-of-order files, or a history that differs."""

    exit_code = 4


class SyntaxProblem(SchemaMigrationsError):
    """SQL text that cannot be split into statements."""

    def __init__(self, message: str, *, file: str, line: int, hint: str = "") -> None:
        super().__init__(f"{file}:{line}: {message}", hint=hint)
        self.file = file
        self.line = line


class StatementFailed(SchemaMigrationsError):
    """A statement that the server refused."""

    def __init__(
        self,
        message: str,
        *,
        file: str = "",
        line: int = 0,
        sql: str = "",
        server_message: str = "",
        sqlstate: str = "",
        retryable: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        if retryable:  # the connection was lost, or a lock was not obtained in time
            self.exit_code = Unreachable.exit_code
        self.retryable = retryable
        self.file = file
        self.line = line
        self.sql = sql
        self.server_message = server_message
        self.sqlstate = sqlstate


class PlanError(SchemaMigrationsError):
    """A difference for which no plan can be made."""


class UnsupportedChange(PlanError):
    """A change that the engine has no statement for; the message names the object."""


class ProofFailed(PlanError):
    """Replaying the directory with the new file leaves a difference."""


class AnswerNeeded(SchemaMigrationsError):
    """A question that nobody can be asked; the hint names the option that answers it."""

    exit_code = 3


class Unreachable(SchemaMigrationsError):
    """A server that does not answer; a retry is safe."""

    exit_code = 5


class LockNotAcquired(Unreachable):
    """Another run holds the lock of this target; the message names its holder."""


def suggest_nearest(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean X? `` to begin a hint with, or ``""`` if nothing is close."""
    by_lower_case = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower_case, n=1)
    return f"Did you mean {by_lower_case[close[0]]}? " if close else ""
