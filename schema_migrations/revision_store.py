"""The table ``atlas_schema_revisions`` of a target: read, create, write, delete rows.

Invariants: a row is identified by its version, and an update never changes the version,
the description or the time of the first attempt, as with Atlas.  A row is written only
over what the writer knows to be there, so that of two runs that the lock did not keep
apart one rolls back.  A file of which nothing is applied has no row after a failure:
Atlas never corrects the total of a row, and runs into it when the file has another
number of statements by then.  The failure is a note in the row that Atlas never reads
as one of a file.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import RevisionsNotReadable, RevisionTaken
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import EXECUTE, Revision
from schema_migrations.history.revisions_table import (
    ATLAS_CLOUD_VERSION,
    REVISIONS_TABLE,
)
from schema_migrations.history.session_changes import (
    add_to_statement,
    split_statement,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine

ATLAS_NAMESPACE = "atlas_schema_revisions"
"""The schema in which Atlas keeps the table if its URL names none:
https://atlasgo.io/versioned/apply"""

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
PARTIAL_HASHES = "partial_hashes"
FIXED_COLUMNS = COLUMNS[:3]
"""The columns that an update does not change."""
IDENTIFYING_COLUMNS = ("version", "applied", "execution_time")
"""The columns that show whether a row is still the one that was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionStore:
    connection: Connection
    engine: Engine
    namespace: str
    """Resolved once, since a file may change ``search_path`` while it runs.  Empty, for
    a single read: the target namespace of the connection."""

    def has_table(self) -> bool:
        return REVISIONS_TABLE in self.engine.executor.list_tables(
            self.connection, self.namespace
        )

    def ensure_table(self) -> None:
        """Create the table if it is missing; raise the driver's exceptions.

        Also add the column that an old Atlas did not know, as Atlas itself does.
        """
        if not self.has_table():
            self.engine.executor.create_revisions_table(self.connection, self.namespace)
            return
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {self._qualified_table} LIMIT 0")
            known = {column[0] for column in cursor.description}
            if PARTIAL_HASHES not in known:
                cursor.execute(
                    f"ALTER TABLE {self._qualified_table} ADD COLUMN"
                    f" {self.engine.dialect.quote(PARTIAL_HASHES)}"
                    f" {self.engine.executor.partial_hashes_type} NULL"
                )

    def read(self) -> tuple[Revision, ...]:
        """Return the rows by version; none without the table.

        Raises ``ConfigError`` when the server refuses to show them.
        """
        if not self.has_table():
            return ()
        with translate_driver_errors(self.engine, self._make_read_error):
            return self.query_rows()

    def _make_read_error(
        self, driver_error: DriverError
    ) -> RevisionsNotReadable | None:
        if driver_error.retryable:
            return None
        return RevisionsNotReadable(
            table=f"{self.namespace}.{REVISIONS_TABLE}", reason=driver_error.message
        )

    def query_rows(self) -> tuple[Revision, ...]:
        """Return the rows by version, in one query; raise the driver's exceptions.

        A failure that left nothing is among them, unless its file has a row by now.
        """
        dialect = self.engine.dialect
        quoted = {name: dialect.quote(name) for name in COLUMNS}
        quoted["executed_at"] = dialect.format_time(quoted["executed_at"])
        version, hashes = quoted["version"], quoted[PARTIAL_HASHES]
        # A name that the table within does not have is looked up outside: an old Atlas
        # made the table without this column.
        quoted[PARTIAL_HASHES] = (
            f"(SELECT {hashes} FROM {self._qualified_table} AS same"
            f" WHERE same.{version} = found.{version})"
        )
        columns = ", ".join(quoted.values())
        own = "" if self.namespace else self.engine.executor.own_revisions_condition
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {self._qualified_table} AS found,"
                f" (SELECT NULL AS {hashes}) AS absent"
                f"{f' WHERE {own}' if own else ''} ORDER BY {version}"
            )
            found = [
                _revision_from_row(dict(zip(COLUMNS, row, strict=True)))
                for row in cursor.fetchall()
            ]
        rows = {row.version: row for row in found if row.version != ATLAS_CLOUD_VERSION}
        for row in found:
            if row.version == ATLAS_CLOUD_VERSION and row.error:
                noted = _read_note(row)
                rows.setdefault(noted.version, noted)
        return tuple(rows[version] for version in sorted(rows))

    def write(self, revision: Revision, *, over: Revision | None) -> None:
        """Update the row, which must still be ``over`` as it was written; None: insert it.

        The hashes are left as they are if both have the same tuple.

        Raises ``RevisionTaken`` when another run wrote the row.
        """
        quote, values = self.engine.dialect.quote, _row_from_revision(revision)
        if over is None or over.is_rolled_back:
            values["partial_hashes"] = _format_hashes(revision)
            self._write_row(
                f"INSERT INTO {self._table_beside_values} ({', '.join(map(quote, values))}) "
                f"VALUES ({', '.join(['%s'] * len(values))}) "
                f"ON CONFLICT ({quote('version')}) DO NOTHING",
                [*values.values()],
                revision.version,
            )
            return
        changed = {
            name: value for name, value in values.items() if name not in FIXED_COLUMNS
        }
        if revision.partial_hashes is not over.partial_hashes:  # long, and kept apart
            changed["partial_hashes"] = _format_hashes(revision)
        self._write_row(
            f"UPDATE {self._table_beside_values} "
            f"SET {', '.join(f'{quote(name)} = %s' for name in changed)} "
            f"WHERE {self._condition}",
            [*changed.values(), *_identify(over)],
            over.version,
        )

    def note_failure(self, revision: Revision, *, file: str) -> None:
        """Keep the failure of a file of which nothing is applied, instead of a row."""
        values = _row_from_revision(revision) | {
            "version": ATLAS_CLOUD_VERSION,
            "description": str(uuid4()),
            "type": EXECUTE,
            "applied": 0,
            "total": 0,
            "hash": file,
            "partial_hashes": None,
        }
        quote = self.engine.dialect.quote
        changed = [
            f"{quote(name)} = excluded.{quote(name)}"
            for name in values
            if name not in ("version", "description")
        ]
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self._table_beside_values} ({', '.join(map(quote, values))}) "
                f"VALUES ({', '.join(['%s'] * len(values))}) "
                f"ON CONFLICT ({quote('version')}) DO UPDATE SET {', '.join(changed)}",
                [*values.values()],
            )

    def clear_note(self) -> None:
        """Forget the failure that left nothing, since something was written after it."""
        quote = self.engine.dialect.quote
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self._table_beside_values} SET {quote('error')} = NULL,"
                f" {quote('error_stmt')} = NULL, {quote('hash')} = ''"
                f" WHERE {quote('version')} = %s AND {quote('error')} IS NOT NULL",
                [ATLAS_CLOUD_VERSION],
            )

    def write_again(self, revision: Revision) -> None:
        """Write a row that the open transaction wrote and something in it changed."""
        with self.connection.cursor() as cursor:
            version = self.engine.dialect.quote("version")
            cursor.execute(
                f"DELETE FROM {self._table_beside_values} WHERE {version} = %s",
                [revision.version],
            )
        self.write(revision, over=None)

    def delete(self, revision: Revision) -> None:
        """Delete the row, which must still be as given; raise ``RevisionTaken``."""
        if revision.is_rolled_back:
            self.clear_note()
            return
        self._write_row(
            f"DELETE FROM {self._table_beside_values} WHERE {self._condition}",
            _identify(revision),
            revision.version,
        )

    def _write_row(self, sql: str, values: list[object], version: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            if cursor.rowcount != 1:
                raise RevisionTaken(version=version)

    @property
    def _condition(self) -> str:
        quoted = map(self.engine.dialect.quote, IDENTIFYING_COLUMNS)
        return " AND ".join(f"{name} = %s" for name in quoted)

    @property
    def _qualified_table(self) -> str:
        names = filter(None, (self.namespace, REVISIONS_TABLE))
        return ".".join(map(self.engine.dialect.quote, names))

    @property
    def _table_beside_values(self) -> str:
        """The name in a statement with values, where ``%`` begins a placeholder."""
        return self._qualified_table.replace("%", "%%")


READABLE_TABLES_QUERY = """
SELECT n.nspname
  FROM unnest(%s::text[]) AS wanted (name),
       LATERAL (SELECT oid, nspname FROM pg_namespace
                 WHERE nspname = wanted.name OFFSET 0) n,
       LATERAL (SELECT oid FROM pg_class
                 WHERE relname = %s AND relnamespace = n.oid AND relkind = 'r'
                OFFSET 0) c
 WHERE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
"""
"""One look-up in an index for each name: as a join it may read, each time, the rows of
all tables of that name that the database has."""

JUDGED_COLUMNS = ("version", "description", "type", "applied", "total", "error", "hash")
"""The columns that decide where a history stands in which every row is done."""


def compute_digests(
    connection: Connection, engine: Engine, namespaces: Sequence[str]
) -> dict[str, str]:
    """Return a digest of the rows of each namespace that has any which can be read.

    For an engine whose databases have namespaces; raise the driver's exceptions.
    """
    quote = engine.dialect.quote
    columns = ", ".join(map(quote, JUDGED_COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(READABLE_TABLES_QUERY, [list(namespaces), REVISIONS_TABLE])
        names = [name for (name,) in cursor.fetchall()]
        if not names:
            return {}
        queries = [
            "SELECT (SELECT encode(sha256(convert_to(string_agg("
            f"ROW({columns})::text, chr(10) ORDER BY {quote('version')}), 'UTF8')), 'hex')"
            f" FROM {quote(name)}.{quote(REVISIONS_TABLE)})"
            for name in names
        ]
        # Without values in it, a name may hold %.
        cursor.execute("\nUNION ALL\n".join(queries))
        digests = [digest for (digest,) in cursor.fetchall()]
    pairs = zip(names, digests, strict=True)
    return {name: digest for name, digest in pairs if digest is not None}


def _identify(revision: Revision) -> list[object]:
    return [getattr(revision, name) for name in IDENTIFYING_COLUMNS]


def _row_from_revision(revision: Revision) -> dict[str, object]:
    """Return the values of all columns but the hashes."""
    values: dict[str, object] = {
        name: getattr(revision, name) for name in COLUMNS if name not in FIXED_COLUMNS
    }
    values |= {
        "version": revision.version,
        "description": revision.description,
        # As text: sqlite3 deprecates adapting a datetime, and Atlas reads this form.
        "executed_at": revision.executed_at.astimezone(UTC).isoformat(sep=" "),
        "error": revision.error or None,
        "error_stmt": add_to_statement(revision.error_stmt, revision.session_changes)
        or None,
    }
    return {name: values[name] for name in COLUMNS if name != "partial_hashes"}


def _format_hashes(revision: Revision) -> str | None:
    hashes = list(revision.partial_hashes)
    return json.dumps(hashes) if hashes else None


def _revision_from_row(row: dict[str, Any]) -> Revision:
    hashes = row["partial_hashes"]
    if isinstance(hashes, str | bytes):
        hashes = json.loads(hashes)
    statement, changes = split_statement(row["error_stmt"] or "")
    return Revision(
        version=row["version"],
        description=row["description"],
        type=row["type"],
        applied=row["applied"],
        total=row["total"],
        executed_at=_make_aware(row["executed_at"]),
        execution_time=row["execution_time"],
        error=row["error"] or "",
        error_stmt=statement,
        session_changes=changes,
        hash=row["hash"],
        partial_hashes=tuple(hashes or ()),
        operator_version=row["operator_version"],
    )


def _read_note(row: Revision) -> Revision:
    """Return a failure that left nothing as the row that its file would have."""
    file = MigrationFile(name=row.hash, content=b"")
    return replace(
        row,
        version=file.version,
        description=file.description,
        hash="",
        is_rolled_back=True,
    )


def _make_aware(value: object) -> datetime:
    """Return an aware time; the earliest one for any other value (SQLite)."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return datetime.min.replace(tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
