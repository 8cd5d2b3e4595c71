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

from schema_migrations.engines.engine import Connection, DriverError, Engine
from schema_migrations.engines.statement_error import make_statement_error
from schema_migrations.errors import ConfigError, StatementFailed, SyntaxProblem
from schema_migrations.history.file import FILE_SUFFIX, MigrationFile
from schema_migrations.history.statements import (
    SourceStatement,
    Syntax,
    find_transaction_control,
)
from schema_migrations.workflows.states.prerequisites import format_dev_server_hint

MAX_LISTED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraStatement:
    """One statement of an ``EXTRA`` file."""

    file: str
    statement: SourceStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredStatement:
    """A statement that failed, and may not fail once more is there."""

    extra: ExtraStatement
    driver_error: DriverError

    def __str__(self) -> str:
        place = f"{self.extra.file}:{self.extra.statement.line}"
        return f"{place}: {self.driver_error.message}"


def read_extra(
    paths: Iterable[Path], syntax: Syntax, *, migration_directory: Path
) -> tuple[ExtraStatement, ...]:
    """Return the statements of all files; those of a folder in order of their paths.

    Raises ``ConfigError`` for a path that is not there, or holds the migration
    directory (``apart_from``), and ``SyntaxProblem``.
    """
    files = [file for path in paths for file in _list_files(path)]
    for file in files:
        if file.parent.resolve() == migration_directory.resolve():
            raise ConfigError(
                f"EXTRA: {file} is a file of the migration directory.",
                hint="Keep the SQL that EXTRA names in a folder of its own.",
            )
    return tuple(extra for file in files for extra in _read_statements(file, syntax))


_CREATE_EXTENSION = re.compile(
    r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"([^"]+)"|(\w+))', re.IGNORECASE
)


def extension_of(extra: ExtraStatement) -> str:
    """Return the extension that a statement makes, or nothing."""
    found = _CREATE_EXTENSION.match(extra.statement.sql)
    return (found[1] or found[2].lower()) if found else ""


def _list_files(path: Path) -> Sequence[Path]:
    """Return a file itself, or every ``.sql`` file below a folder."""
    if path.is_dir():
        return sorted(file for file in path.rglob(f"*{FILE_SUFFIX}") if file.is_file())
    if path.is_file():
        return [path]
    raise ConfigError(
        f"EXTRA: {path} does not exist.",
        hint="Name SQL files, or folders of them; a relative path is below BASE_DIR.",
    )


def _read_statements(path: Path, syntax: Syntax) -> Iterator[ExtraStatement]:
    # Line ends are part of a function's body: a checkout must not change them.
    content = path.read_bytes().replace(b"\r\n", b"\n")
    file = MigrationFile(name=_shorten_path(path), content=content)
    for statement in file.split_statements(syntax):
        if word := find_transaction_control(statement.sql):
            raise SyntaxProblem(
                f"{word} has no place in EXTRA: its statements are tried one by one",
                file=file.name,
                line=statement.line,
                hint="Remove it.",
            )
        yield ExtraStatement(file=file.name, statement=statement)


def _shorten_path(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def try_repeatedly(
    engine: Engine, connection: Connection, statements: Iterable[ExtraStatement]
) -> tuple[DeferredStatement, ...]:
    """Run statements on a scratch database, again and again while one more succeeds.

    Returns those that fail.  Raises what the driver raises when the server is gone.
    """
    left = tuple(statements)
    while True:
        failed = tuple(_try_once(engine, connection, left))
        if not failed or len(failed) == len(left):
            return failed
        left = tuple(waiting.extra for waiting in failed)


def _try_once(
    engine: Engine, connection: Connection, statements: Iterable[ExtraStatement]
) -> Iterator[DeferredStatement]:
    for extra in statements:
        try:
            engine.session.execute(connection, extra.statement.sql)
        except Exception as error:
            failure = engine.read_driver_error(error)
            if failure is None or failure.retryable:
                raise
            yield DeferredStatement(extra=extra, driver_error=failure)


def run_deferred(
    engine: Engine, connection: Connection, deferred: Iterable[DeferredStatement]
) -> None:
    """Run what had to wait for the models.  Raises ``StatementFailed``."""
    failed = try_repeatedly(engine, connection, [each.extra for each in deferred])
    if failed:
        raise _make_extra_error(engine, failed)


def _make_extra_error(
    engine: Engine, failed: Sequence[DeferredStatement]
) -> StatementFailed:
    """Return the error for statements that fail whatever is there.

    The first one that misses nothing is the likeliest cause of the others.
    """
    first = min(failed, key=lambda waiting: waiting.driver_error.names_missing_object)
    others = [f"  {waiting}" for waiting in failed if waiting is not first]
    more = [f"  and {len(others) - MAX_LISTED} more"] if others[MAX_LISTED:] else []
    named = ["Refused as well:", *others[:MAX_LISTED], *more] if others else []
    return make_statement_error(
        first.extra.statement,
        first.driver_error,
        file=first.extra.file,
        hint="\n".join([*named, _choose_hint(engine, first)]),
    )


def _choose_hint(engine: Engine, deferred: DeferredStatement) -> str:
    name = extension_of(deferred.extra)
    if name:
        return format_dev_server_hint(engine, name)
    lack = (
        engine.find_missing_object(deferred.driver_error)
        if engine.find_missing_object
        else None
    )
    if lack is not None and lack.extension:
        return f"It comes with the extension {lack.extension}: add it to EXTENSIONS."
    if _RIGHTS_PATTERN.match(deferred.extra.statement.sql):
        return (
            "Roles, owners and grants are no part of a schema here: keep them in a file "
            "of the migration directory."
        )
    return (
        "EXTRA is tried before the models' tables are made and after; nothing was "
        "written."
    )


_RIGHTS_PATTERN = re.compile(
    r"GRANT\b|REVOKE\b|.*\bOWNER\s+TO\b", re.IGNORECASE | re.DOTALL
)


def describe_deferred(deferred: Sequence[DeferredStatement]) -> str:
    """Say, for models that failed, which statements had to wait for them."""
    if not deferred:
        return ""
    shown = [f"  {each}" for each in deferred[:MAX_LISTED]]
    return "\n".join(["Of EXTRA, these statements wait for the models:", *shown])
