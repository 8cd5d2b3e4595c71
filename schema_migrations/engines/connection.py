"""What engines use of Django's connections, and of a driver's cursors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

DatabaseSettings = dict[str, Any]
"""One entry of Django's ``DATABASES``."""


class Cursor(Protocol):
    """The part of a driver's cursor that engines use."""

    @property
    def connection(self) -> Any: ...
    def execute(self, query: Any, params: Any = ..., /) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """The part of a Django connection (``BaseDatabaseWrapper``) that engines use."""

    alias: str
    vendor: str
    settings_dict: DatabaseSettings

    @property
    def connection(self) -> Any: ...
    @property
    def creation(self) -> Any: ...
    def ensure_connection(self) -> None: ...
    def get_connection_params(self) -> dict[str, Any]: ...
    def close(self) -> None: ...
    def cursor(self) -> Any: ...
    def schema_editor(self, *args: Any, **kwargs: Any) -> Any: ...
