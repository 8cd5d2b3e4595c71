"""Translate the drivers' exceptions into errors of this package, in one place.

Invariant: any other exception passes unchanged, and so does an error of this package.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.errors import SchemaMigrationsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.engine import DriverError, Engine


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
        if error is None:
            raise
        raise error from exception
