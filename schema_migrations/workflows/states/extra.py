"""``EXTRA``: SQL files that belong to the desired state besides the models.

Some statements need the models' tables (views, triggers), others are needed by them
(types, functions in defaults).  Nobody has to sort them: each is tried before the
models, and what fails is tried again after them, as long as that gets further.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from schema_migrations.engines.engine import Connection, Engine, Failure
from schema_migrations.engines.refusal import refused
from schema_migrations.errors import ConfigError, StatementFailed, SyntaxProblem
from schema_migrations.history.file import FILE_SUFFIX, MigrationFile
from schema_migrations.history.statements import (
    SourceStatement,
    Syntax,
    find_transaction_control,
)
from schema_migrations.workflows.states.prerequisites import dev_server_with

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


def read_extra(
    paths: Iterable[Path], syntax: Syntax, *, apart_from: Path
) -> tuple[Extra, ...]:
    """Return the statements of all files; those of a folder in order of their paths.

    Raises ``ConfigError`` for a path that is not there, or holds the migration
    directory (``apart_from``), and ``SyntaxProblem``.
    """
    files = [file for path in paths for file in _files(path)]
    for file in files:
        if file.parent.resolve() == apart_from.resolve():
            raise ConfigError(
                f"EXTRA: {file} is a file of the migration directory.",
                hint="Keep the SQL that EXTRA names in a folder of its own.",
            )
    return tuple(extra for file in files for extra in _statements(file, syntax))


_EXTENSION = re.compile(
    r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"([^"]+)"|(\w+))', re.IGNORECASE
)


def extension_of(extra: Extra) -> str:
    """Return the extension that a statement makes, or nothing."""
    found = _EXTENSION.match(extra.statement.sql)
    return (found[1] or found[2].lower()) if found else ""


def _files(path: Path) -> Sequence[Path]:
    """Return a file itself, or every ``.sql`` file below a folder."""
    if path.is_dir():
        return sorted(file for file in path.rglob(f"*{FILE_SUFFIX}") if file.is_file())
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
    for statement in file.split_statements(syntax):
        if word := find_transaction_control(statement.sql):
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
        raise _cannot(engine, failed)


def _cannot(engine: Engine, failed: Sequence[Waiting]) -> StatementFailed:
    """Return the error for statements that fail whatever is there.

    The first one that misses nothing is the likeliest cause of the others.
    """
    first = min(failed, key=lambda waiting: waiting.failure.missing)
    others = [f"  {waiting}" for waiting in failed if waiting is not first]
    more = [f"  and {len(others) - MOST_NAMED} more"] if others[MOST_NAMED:] else []
    named = ["Refused as well:", *others[:MOST_NAMED], *more] if others else []
    return refused(
        first.extra.statement,
        first.failure,
        file=first.extra.file,
        hint="\n".join([*named, _hint(engine, first)]),
    )


def _hint(engine: Engine, waiting: Waiting) -> str:
    name = extension_of(waiting.extra)
    if name:
        return dev_server_with(engine, name)
    lack = engine.lacking(waiting.failure) if engine.lacking else None
    if lack is not None and lack.extension:
        return f"It comes with the extension {lack.extension}: add it to EXTENSIONS."
    if _RIGHTS.match(waiting.extra.statement.sql):
        return (
            "Roles, owners and grants are no part of a schema here: keep them in a file "
            "of the migration directory."
        )
    return (
        "EXTRA is tried before the models' tables are made and after; nothing was "
        "written."
    )


_RIGHTS = re.compile(r"GRANT\b|REVOKE\b|.*\bOWNER\s+TO\b", re.IGNORECASE | re.DOTALL)


def put_off(waiting: Sequence[Waiting]) -> str:
    """Say, for models that failed, which statements had to wait for them."""
    if not waiting:
        return ""
    shown = [f"  {each}" for each in waiting[:MOST_NAMED]]
    return "\n".join(["Of EXTRA, these statements wait for the models:", *shown])
