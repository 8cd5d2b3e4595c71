"""The driver's exceptions → errors of ours, in one place.

Invariant: what is not a driver's exception passes as it is, and so does an error of
ours that was made of one already.
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
    """Raise what ``error_of`` makes of a driver's exception; None: that one itself."""
    try:
        yield
    except SchemaMigrationsError:
        raise
    except Exception as exception:
        failure = engine.read_driver_error(exception)
        error = error_of(failure) if failure else None
        if error is None:
            raise
        raise error from exception
