"""``atlas_schema_revisions`` in a target database: read it, make it, write or delete a row.

Invariant: a row is found by its version, and an update never touches the version, the
description or the start of the first attempt, as with Atlas.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from schema_migrations.engines.driver_errors import failures_as
from schema_migrations.errors import ConfigError
from schema_migrations.history.revision import Revision

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Connection, Engine, Failure

TABLE = "atlas_schema_revisions"

ATLAS_CLOUD = ".atlas_cloud_identifier"
"""A row that Atlas keeps for its cloud; no file has this version."""

COLUMNS = (
    "version",
    "description",
    "executed_at",
    "type",
    "applied",
    "total",
    "execution_time",
    "error",
    "error_stmt",
    "hash",
    "partial_hashes",
    "operator_version",
)
KEPT = COLUMNS[:3]
"""Columns that an update leaves alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionStore:
    connection: Connection
    engine: Engine
    schema: str
    """Resolved once: a file may change ``search_path`` while it runs.  Empty, for one
    look: wherever the connection finds the table."""

    def exists(self) -> bool:
        return TABLE in self.engine.session.tables(self.connection, self.schema)

    def ensure(self) -> None:
        """Make the table where it is missing; raises the driver's exceptions."""
        if not self.exists():
            self.engine.session.create_revisions_table(self.connection, self.schema)

    def read(self) -> tuple[Revision, ...]:
        """Return the rows by version; none where there is no table.

        Raises ``ConfigError`` when the server does not show them.
        """
        if not self.exists():
            return ()
        with failures_as(self.engine, self._unreadable):
            return self.rows()

    def _unreadable(self, failure: Failure) -> ConfigError | None:
        if failure.retryable:
            return None
        return ConfigError(
            f"{self.schema}.{TABLE} cannot be read: {failure.message}",
            hint="Connect as the role that applies the files, or grant it SELECT,"
            " INSERT and UPDATE on this table. Was the table made by another"
            " program? Then name another schema: --revisions-schema.",
        )

    def rows(self) -> tuple[Revision, ...]:
        """Return the rows by version, in one query; raises the driver's exceptions."""
        columns = ", ".join(map(self.engine.quote, COLUMNS))
        version = self.engine.quote("version")
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {self._table} "
                f"WHERE {version} <> %s ORDER BY {version}",
                [ATLAS_CLOUD],
            )
            found = cursor.fetchall()
        return tuple(_revision(dict(zip(COLUMNS, row, strict=True))) for row in found)

    def write(self, revision: Revision) -> None:
        """Insert a row, or update the one of the same version."""
        quoted = {name: self.engine.quote(name) for name in COLUMNS}
        updates = ", ".join(
            f"{column} = excluded.{column}"
            for name, column in quoted.items()
            if name not in KEPT
        )
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self._table} ({', '.join(quoted.values())}) "
                f"VALUES ({', '.join(['%s'] * len(COLUMNS))}) "
                f"ON CONFLICT ({quoted['version']}) DO UPDATE SET {updates}",
                _values(revision),
            )

    def delete(self, version: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self._table} WHERE {self.engine.quote('version')} = %s",
                [version],
            )

    @property
    def _table(self) -> str:
        names = filter(None, (self.schema, TABLE))
        return ".".join(map(self.engine.quote, names))


def _values(revision: Revision) -> list[object]:
    hashes = list(revision.partial_hashes)
    values: dict[str, object] = {
        name: getattr(revision, name) for name in COLUMNS if name not in KEPT
    }
    values |= {
        "version": revision.version,
        "description": revision.description,
        # As text: Python's sqlite3 gives up adapting a datetime, Atlas reads this form.
        "executed_at": revision.executed_at.astimezone(UTC).isoformat(sep=" "),
        "error": revision.error or None,
        "error_stmt": revision.error_stmt or None,
        "partial_hashes": json.dumps(hashes) if hashes else None,
    }
    return [values[name] for name in COLUMNS]


def _revision(row: dict[str, Any]) -> Revision:
    hashes = row["partial_hashes"]
    if isinstance(hashes, str | bytes):
        hashes = json.loads(hashes)
    return Revision(
        version=row["version"],
        description=row["description"],
        type=row["type"],
        applied=row["applied"],
        total=row["total"],
        executed_at=_moment(row["executed_at"]),
        execution_time=row["execution_time"],
        error=row["error"] or "",
        error_stmt=row["error_stmt"] or "",
        hash=row["hash"],
        partial_hashes=tuple(hashes or ()),
        operator_version=row["operator_version"],
    )


def _moment(value: object) -> datetime:
    """Return an aware moment; SQLite holds whatever text was written."""
    if not isinstance(value, datetime):
        return datetime.min.replace(tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
