"""``EXTRA``: SQL files that belong to the desired state besides the models.

Some statements need the models' tables (views, triggers), others are needed by them
(types, functions in defaults).  Nobody has to sort them: each is tried before the
models, and what fails is tried again after them, as long as that gets further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from schema_migrations.engines.engine import Connection, Engine, Failure
from schema_migrations.errors import ConfigError, StatementFailed, SyntaxProblem
from schema_migrations.history.file import SUFFIX, MigrationFile
from schema_migrations.history.statements import (
    SourceStatement,
    Syntax,
    transaction_control,
)
from schema_migrations.workflows.refusal import refused

MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """One statement of an ``EXTRA`` file."""

    file: str
    statement: SourceStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A statement that failed, and may not fail once more is there."""

    extra: Extra
    failure: Failure

    def __str__(self) -> str:
        place = f"{self.extra.file}:{self.extra.statement.line}"
        return f"{place}: {self.failure.message}"


def read_extra(paths: Iterable[Path], syntax: Syntax) -> tuple[Extra, ...]:
    """Return the statements of all files; those of a folder in order of their paths.

    Raises ``ConfigError`` for a path that is not there, ``SyntaxProblem``.
    """
    return tuple(
        extra
        for path in paths
        for file in _files(path)
        for extra in _statements(file, syntax)
    )


def _files(path: Path) -> Sequence[Path]:
    """Return a file itself, or every ``.sql`` file below a folder."""
    if path.is_dir():
        return sorted(file for file in path.rglob(f"*{SUFFIX}") if file.is_file())
    if path.is_file():
        return [path]
    raise ConfigError(
        f"EXTRA: {path} does not exist.",
        hint="Name SQL files, or folders of them; a relative path is below BASE_DIR.",
    )


def _statements(path: Path, syntax: Syntax) -> Iterator[Extra]:
    # Line ends are part of a function's body: a checkout must not change them.
    content = path.read_bytes().replace(b"\r\n", b"\n")
    file = MigrationFile(name=_shown(path), content=content)
    for statement in file.statements(syntax):
        if word := transaction_control(statement.sql):
            raise SyntaxProblem(
                f"{word} has no place in EXTRA: its statements are tried one by one",
                file=file.name,
                line=statement.line,
                hint="Remove it.",
            )
        yield Extra(file=file.name, statement=statement)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def attempt(
    engine: Engine, connection: Connection, statements: Iterable[Extra]
) -> tuple[Waiting, ...]:
    """Run statements on a scratch database, again and again while one more succeeds.

    Returns those that fail.  Raises what the driver raises when the server is gone.
    """
    left = tuple(statements)
    while True:
        failed = tuple(_failed(engine, connection, left))
        if not failed or len(failed) == len(left):
            return failed
        left = tuple(waiting.extra for waiting in failed)


def _failed(
    engine: Engine, connection: Connection, statements: Iterable[Extra]
) -> Iterator[Waiting]:
    for extra in statements:
        try:
            engine.session.execute(connection, extra.statement.sql)
        except Exception as error:
            failure = engine.failure(error)
            if failure is None or failure.retryable:
                raise
            yield Waiting(extra=extra, failure=failure)


def finish(engine: Engine, connection: Connection, waiting: Iterable[Waiting]) -> None:
    """Run what had to wait for the models.  Raises ``StatementFailed``."""
    failed = attempt(engine, connection, [each.extra for each in waiting])
    if failed:
        raise cannot(failed)


def cannot(failed: Sequence[Waiting]) -> StatementFailed:
    """Return the error for statements that fail whatever is there.

    The first one that misses nothing is the likeliest cause of the others.
    """
    first = min(failed, key=lambda waiting: waiting.failure.missing)
    others = [f"  {waiting}" for waiting in failed if waiting is not first]
    more = [f"  and {len(others) - MOST_NAMED} more"] if others[MOST_NAMED:] else []
    named = ["Refused as well:", *others[:MOST_NAMED], *more] if others else []
    hint = "EXTRA is tried before the models' tables are made and after; nothing was written."
    return refused(
        first.extra.statement,
        first.failure,
        file=first.extra.file,
        hint="\n".join([*named, hint]),
    )


def put_off(waiting: Sequence[Waiting]) -> str:
    """Say, for models that failed, which statements had to wait for them."""
    if not waiting:
        return ""
    shown = [f"  {each}" for each in waiting[:MOST_NAMED]]
    return "\n".join(["Of EXTRA, these statements wait for the models:", *shown])
