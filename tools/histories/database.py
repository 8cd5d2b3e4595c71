"""Run SQL on the database that lives through a history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.schema.model import Column, Key


class Refused(Exception):
    """The server refuses a statement; the text is its message in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A connection together with its engine."""

    engine: Engine
    connection: Connection

    @property
    def is_postgresql(self) -> bool:
        return self.engine.vendor == "postgresql"

    @property
    def major(self) -> int:
        """The version of a PostgreSQL server."""
        return int(self.query_value("SHOW server_version_num")) // 10000

    def quote_name(self, key: Key | str) -> str:
        """Quote the name of a table or column; qualify it where needed."""
        if isinstance(key, str):
            return self.engine.dialect.quote(key)
        prefix = f"{self.engine.dialect.quote(key.namespace)}." if key.namespace else ""
        return prefix + self.engine.dialect.quote(key.name)

    def query_rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query without parameters that is known to work."""
        cursor = self.connection.connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]

    def query_value(self, sql: str) -> Any:
        """Return the first value of a query."""
        return self.query_rows(sql)[0][0]

    def query_literals(self, column: str, *, of: Key, order: str = "") -> list[str]:
        """Return the values of a column as SQL literals, NULL as ``NULL``."""
        shown = self.render_literal(self.quote_name(column))
        ordered = f" ORDER BY {order}" if order else ""
        return [
            row[0]
            for row in self.query_rows(
                f"SELECT {shown} FROM {self.quote_name(of)}{ordered}"
            )
        ]

    def render_literal(self, expression: str) -> str:
        """Render the SQL that prints the value of an expression as a literal."""
        if self.is_postgresql:
            return f"quote_nullable({expression}::text)"
        return f"quote({expression})"

    def cast(self, literal: str, column: Column) -> str:
        """Render a literal as a value of a column's type."""
        if not self.is_postgresql:
            return literal
        return f"CAST({literal} AS {column.type})"

    def run(self, *statements: str) -> int:
        """Run statements in a transaction; return how many rows the last one changed.

        Raises ``Refused``, also for what the server checks at the end only.
        """
        cursor = self.connection.connection.cursor()
        with (
            self.translate_errors(),
            self.engine.executor.open_transaction(self.connection),
        ):
            for statement in statements:
                cursor.execute(statement)
        return max(0, int(cursor.rowcount))

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn the driver's exceptions into ``Refused`` until the block ends."""
        try:
            yield
        except Exception as error:
            failure = self.engine.executor.read_driver_error(error)
            if failure is None:
                raise
            raise Refused(
                " ".join(f"{failure.message} {failure.detail}".split())
            ) from error
