"""The database that lives through a history, as the walk's modules speak to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from schema_migrations.engines.engine import Connection, Engine
from schema_migrations.schema.model import Column, Key


class Refused(Exception):
    """The server refused; the text is its message in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    engine: Engine
    connection: Connection

    @property
    def on_postgresql(self) -> bool:
        return self.engine.vendor == "postgresql"

    @property
    def major(self) -> int:
        """The version of a PostgreSQL server."""
        return int(self.value("SHOW server_version_num")) // 10000

    def name(self, key: Key | str) -> str:
        """Return a table's (or column's) name, quoted and, where needed, qualified."""
        if isinstance(key, str):
            return self.engine.dialect.quote(key)
        prefix = f"{self.engine.dialect.quote(key.namespace)}." if key.namespace else ""
        return prefix + self.engine.dialect.quote(key.name)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query that is known to work; there are no parameters."""
        cursor = self.connection.connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def literals(self, column: str, *, of: Key, order: str = "") -> list[str]:
        """Return the values of a column as SQL literals, NULL as ``NULL``."""
        shown = self.literal(self.name(column))
        ordered = f" ORDER BY {order}" if order else ""
        return [
            row[0] for row in self.rows(f"SELECT {shown} FROM {self.name(of)}{ordered}")
        ]

    def literal(self, expression: str) -> str:
        """Return an expression that prints a value as an SQL literal."""
        if self.on_postgresql:
            return f"quote_nullable({expression}::text)"
        return f"quote({expression})"

    def cast(self, literal: str, column: Column) -> str:
        """Return a literal as a value of a column's type."""
        if not self.on_postgresql:
            return literal
        return f"CAST({literal} AS {column.type})"

    def run(self, *statements: str) -> int:
        """Run statements in a transaction of their own; return the rows of the last.

        Raises ``Refused``, also for what is checked at the end only.
        """
        cursor = self.connection.connection.cursor()
        with self.refusing(), self.engine.executor.open_transaction(self.connection):
            for statement in statements:
                cursor.execute(statement)
        return max(0, int(cursor.rowcount))

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Turn a driver's exceptions into ``Refused``."""
        try:
            yield
        except Exception as error:
            failure = self.engine.executor.read_driver_error(error)
            if failure is None:
                raise
            raise Refused(
                " ".join(f"{failure.message} {failure.detail}".split())
            ) from error
