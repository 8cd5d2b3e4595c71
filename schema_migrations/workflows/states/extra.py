"""``EXTRA``: SQL files that add to the desired state beyond the models.

Some statements need the models' tables (views, triggers); the tables need others
(types, functions in defaults).  No order is required: each statement is tried before
the models, and those that fail are retried after them until no more succeed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.statement_error import make_statement_error
from schema_migrations.errors import (
    SchemaMigrationsError,
    StatementFailed,
)
from schema_migrations.workflows.states.prerequisites import format_dev_server_hint

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine
    from schema_migrations.workflows.states.extra_files import ExtraStatement

MAX_LISTED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredStatement:
    """A statement that failed, and may succeed once more objects exist."""

    extra: ExtraStatement
    driver_error: DriverError

    def __str__(self) -> str:
        place = f"{self.extra.file}:{self.extra.statement.line}"
        return f"{place}: {self.driver_error.message}"


_NAME = r'(?:"((?:[^"]|"")+)"|([^\W\d][\w$]*))'
_CREATE_EXTENSION = re.compile(
    rf"CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}", re.IGNORECASE
)
_CREATE_SCHEMA = re.compile(
    r"CREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:AUTHORIZATION\s+)?" + _NAME,
    re.IGNORECASE,
)
_DROP = re.compile(
    rf"DROP\s+(SCHEMA|EXTENSION)\s+(?:IF\s+EXISTS\s+)?({_NAME}(?:\s*,\s*{_NAME})*)",
    re.IGNORECASE,
)
_SETTING = re.compile(r"(SET|RESET)\b", re.IGNORECASE)


def extension_of(extra: ExtraStatement) -> str:
    """Return the name of the extension that a statement creates; empty if none."""
    return next(_read_names(_CREATE_EXTENSION, extra), "")


def schemas_of(statements: Iterable[ExtraStatement]) -> frozenset[str]:
    """Return the names of the schemas that statements create."""
    return frozenset(
        n for extra in statements for n in _read_names(_CREATE_SCHEMA, extra)
    )


def is_setting(extra: ExtraStatement) -> bool:
    """Tell whether a statement only sets a parameter of the session."""
    return bool(_SETTING.match(extra.statement.sql))


def list_foundations(statements: Sequence[ExtraStatement]) -> list[ExtraStatement]:
    """Return the statements that create schemas and extensions, in their order.

    With them come what drops one of the same name before, and the settings that hold.
    """
    found: list[ExtraStatement] = []
    made: set[tuple[str, str]] = set()
    for extra in reversed(statements):
        created = {
            ("EXTENSION", name) for name in _read_names(_CREATE_EXTENSION, extra)
        }
        created |= {("SCHEMA", name) for name in _read_names(_CREATE_SCHEMA, extra)}
        made |= created
        if created or made & _find_dropped(extra) or (made and is_setting(extra)):
            found.append(extra)
    return found[::-1]


def _find_dropped(extra: ExtraStatement) -> set[tuple[str, str]]:
    """Return the schemas and extensions that a statement drops: (kind, name)."""
    match = _DROP.match(extra.statement.sql)
    if match is None:
        return set()
    names = re.finditer(_NAME, match[2])
    return {(match[1].upper(), _read_name(name)) for name in names}


def _read_names(pattern: re.Pattern[str], extra: ExtraStatement) -> Iterator[str]:
    match = pattern.match(extra.statement.sql)
    if match is not None:
        yield _read_name(match)


def _read_name(match: re.Match[str]) -> str:
    """Return the name that a match of ``_NAME`` found, as the server knows it."""
    return match[1].replace('""', '"') if match[1] else match[2].lower()


def try_repeatedly(
    engine: Engine, connection: Connection, statements: Iterable[ExtraStatement]
) -> tuple[DeferredStatement, ...]:
    """Run statements on a scratch database, retrying failed ones while any succeeds.

    Returns those that still fail.  Raises ``StatementFailed`` if the server is gone.
    """
    remaining = tuple(statements)
    with engine.executor.keep_settings(connection):
        while True:
            failed = tuple(_try_once(engine, connection, remaining))
            if not failed or len(failed) == len(remaining):
                return failed
            remaining = tuple(deferred.extra for deferred in failed)


def _try_once(
    engine: Engine, connection: Connection, statements: Iterable[ExtraStatement]
) -> Iterator[DeferredStatement]:
    for extra in statements:
        try:
            with translate_driver_errors(engine, partial(_make_leaving_error, extra)):
                engine.executor.execute(connection, extra.statement.sql)
        except SchemaMigrationsError:
            raise
        except Exception as error:  # only the engine knows its driver's exceptions
            driver_error = engine.executor.read_driver_error(error)
            if driver_error is None:
                raise
            if driver_error.retryable:
                raise make_statement_error(
                    extra.statement, driver_error, file=extra.file
                ) from error
            yield DeferredStatement(extra=extra, driver_error=driver_error)


def _make_leaving_error(
    extra: ExtraStatement, driver_error: DriverError
) -> StatementFailed | None:
    """Return an error at once for a statement that never may run here."""
    if not driver_error.leaves_dev_database:
        return None
    return make_statement_error(extra.statement, driver_error, file=extra.file)


def run_deferred(
    engine: Engine, connection: Connection, deferred: Iterable[DeferredStatement]
) -> None:
    """Run the statements that failed before the models.  Raises ``StatementFailed``."""
    failed = try_repeatedly(engine, connection, [item.extra for item in deferred])
    if failed:
        raise _make_extra_error(engine, failed)


def _make_extra_error(
    engine: Engine, failed: Sequence[DeferredStatement]
) -> StatementFailed:
    """Return the error for statements that fail both before and after the models.

    It leads with the first one that names no missing object: the likeliest cause.
    """
    first = min(failed, key=lambda item: item.driver_error.names_missing_object)
    others = [f"  {item}" for item in failed if item is not first]
    more = [f"  and {len(others) - MAX_LISTED} more"] if others[MAX_LISTED:] else []
    listed = ["Also refused:", *others[:MAX_LISTED], *more] if others else []
    return make_statement_error(
        first.extra.statement,
        first.driver_error,
        file=first.extra.file,
        advice="\n".join([*listed, _choose_hint(engine, first)]),
    )


def _choose_hint(engine: Engine, deferred: DeferredStatement) -> str:
    name = extension_of(deferred.extra)
    if name:
        return format_dev_server_hint(engine, name)
    missing = (
        engine.dev_server.find_missing_object(deferred.driver_error)
        if engine.dev_server.find_missing_object
        else None
    )
    if missing is not None and missing.extension:
        return f"It comes with the extension {missing.extension}: add it to EXTENSIONS."
    if missing is not None and missing.way_out:
        return missing.way_out
    if is_about_privileges(deferred.extra):
        return (
            "Roles, owners and grants are not part of the schema: put them in a file of "
            "the migration directory."
        )
    return (
        "EXTRA was tried before and after creating the models' tables; nothing was "
        "written."
    )


_RIGHTS_PATTERN = re.compile(
    r"GRANT\b|REVOKE\b|ALTER\s+DEFAULT\s+PRIVILEGES\b|ALTER\b.*\bOWNER\s+TO\b",
    re.IGNORECASE | re.DOTALL,
)


def is_about_privileges(extra: ExtraStatement) -> bool:
    """Tell whether a statement says who owns an object or may use it."""
    return bool(_RIGHTS_PATTERN.match(extra.statement.sql))


def describe_deferred(deferred: Sequence[DeferredStatement]) -> str:
    """Return the lines of a hint that list the statements waiting for the models."""
    if not deferred:
        return ""
    shown = [f"  {item}" for item in deferred[:MAX_LISTED]]
    return "\n".join(["These statements of EXTRA wait for the models:", *shown])
