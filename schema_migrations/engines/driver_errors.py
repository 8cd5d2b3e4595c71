"""Translate the drivers' exceptions into errors of this package, in one place.

Invariant: any other exception passes unchanged, and so does an error of this package.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.errors import (
    LeavesDevDatabase,
    ReachesOtherFile,
    RoleMissing,
    SchemaMigrationsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine


@contextmanager
def translate_driver_errors(
    engine: Engine, error_of: Callable[[DriverError], SchemaMigrationsError | None]
) -> Iterator[None]:
    """Raise what ``error_of`` makes of a driver's exception, or the exception itself."""
    try:
        yield
    except SchemaMigrationsError:
        raise
    except Exception as exception:  # only the engine knows its driver's exceptions
        driver_error = engine.executor.read_driver_error(exception)
        error = error_of(driver_error) if driver_error else None
        if error is None or driver_error is None:
            raise
        if driver_error.leaves_dev_database:
            error = _make_leaving_error(engine, error, driver_error)
        raise error from exception


def _make_leaving_error(
    engine: Engine, error: SchemaMigrationsError, driver_error: DriverError
) -> LeavesDevDatabase | ReachesOtherFile:
    kind: type[LeavesDevDatabase | ReachesOtherFile] = LeavesDevDatabase
    if engine.dev_server.seal is None:
        kind = ReachesOtherFile
    elif driver_error.cause == "no role":
        kind = RoleMissing
    return kind(
        problem=error.message,
        file=getattr(error, "file", ""),
        line=getattr(error, "line", 0),
        sql=getattr(error, "sql", ""),
        server_message=driver_error.message,
        sqlstate=driver_error.sqlstate,
    )
