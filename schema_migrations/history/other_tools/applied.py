"""What another tool has recorded in a database, and how far our files are applied by it.

Invariant: a last file is returned only where all files up to it were run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schema_migrations.errors import (
    OtherHistoryFailed,
    OtherHistoryIncomplete,
    OtherHistoryWithoutFile,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.other_tools.migration import read_version
from schema_migrations.history.other_tools.origin import find_other_origin
from schema_migrations.history.other_tools.tools import (
    DBMATE,
    DJANGO,
    FLYWAY,
    GOLANG_MIGRATE,
    GOOSE,
    SQLX,
)

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherHistory:
    """What a tool has recorded."""

    applied: tuple[str, ...] = ()
    """Versions."""
    failed: tuple[str, ...] = ()
    up_to: str = ""
    """All files up to this version count as applied, whatever else is recorded."""
    scripts: frozenset[str] = frozenset()
    """The file names of the repeatable migrations that were run."""


def _read_flyway(rows: Rows) -> OtherHistory:
    """Of each version the last row counts: it may be undone, or deleted by a repair.

    https://documentation.red-gate.com/fd/flyway-schema-history-table-273973417.html
    """
    states = dict[str, str]()
    scripts, baseline, failed = set[str](), "", list[str]()
    for version, kind, script, success in rows:
        kind = (kind or "").upper()
        if version is None:
            if success and kind == "SQL":
                scripts.add(script.replace("\\", "/").rpartition("/")[2])
            elif not success:
                failed.append(script)
        elif kind.endswith("BASELINE"):
            baseline = version
        elif not success:
            states[version] = "failed"
        else:
            undone = kind == "DELETE" or kind.startswith("UNDO")
            states[version] = "undone" if undone else "applied"
    return OtherHistory(
        applied=tuple(v for v, state in states.items() if state == "applied"),
        failed=(*(v for v, state in states.items() if state == "failed"), *failed),
        up_to=baseline,
        scripts=frozenset(scripts),
    )


def _read_goose(rows: Rows) -> OtherHistory:
    """Of each version the last row counts; version 0 is the empty database."""
    states = {str(version): bool(is_applied) for version, is_applied in rows}
    return OtherHistory(
        applied=tuple(v for v, is_applied in states.items() if is_applied and v != "0")
    )


def _read_golang_migrate(rows: Rows) -> OtherHistory:
    """The one row is the last version; -1 is the empty database."""
    found = [(str(version), bool(dirty)) for version, dirty in rows if version >= 0]
    applied = tuple(version for version, dirty in found if not dirty)
    return OtherHistory(
        applied=applied,
        failed=tuple(version for version, dirty in found if dirty),
        up_to=applied[0] if applied else "",
    )


def _read_dbmate(rows: Rows) -> OtherHistory:
    return OtherHistory(applied=tuple(str(version) for (version,) in rows))


def _read_sqlx(rows: Rows) -> OtherHistory:
    found = [(str(version), bool(success)) for version, success in rows]
    return OtherHistory(
        applied=tuple(version for version, success in found if success),
        failed=tuple(version for version, success in found if not success),
    )


def _read_django(rows: Rows) -> OtherHistory:
    return OtherHistory(applied=tuple(f"{app}.{name}" for app, name in rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryTable:
    """Where a tool records what it ran, how that is read, and repaired."""

    name: str
    columns: tuple[str, ...]
    order: str
    read: Callable[[Rows], OtherHistory]
    repair: str


HISTORY_TABLES: Mapping[str, HistoryTable] = {
    FLYWAY: HistoryTable(
        name="flyway_schema_history",
        columns=("version", "type", "script", "success"),
        order="installed_rank",
        read=_read_flyway,
        repair="flyway repair",
    ),
    DBMATE: HistoryTable(
        name="schema_migrations",
        columns=("version",),
        order="version",
        read=_read_dbmate,
        repair="dbmate records no failure",
    ),
    GOOSE: HistoryTable(
        name="goose_db_version",
        columns=("version_id", "is_applied"),
        order="id",
        read=_read_goose,
        repair="goose records no failure",
    ),
    GOLANG_MIGRATE: HistoryTable(
        name="schema_migrations",
        columns=("version", "dirty"),
        order="version",
        read=_read_golang_migrate,
        repair="migrate force VERSION",
    ),
    SQLX: HistoryTable(
        name="_sqlx_migrations",
        columns=("version", "success"),
        order="version",
        read=_read_sqlx,
        repair="delete its row from _sqlx_migrations",
    ),
    DJANGO: HistoryTable(
        name="django_migrations",
        columns=("app", "name"),
        order="id",
        read=_read_django,
        repair="Django records no failure",
    ),
}


def find_adopted_tool(files: Iterable[MigrationFile]) -> str:
    """Return the tool that the files came from; empty: none."""
    origins = map(find_other_origin, files)
    return next((each.tool for each in origins if each), "")


def find_last_applied(
    files: Sequence[MigrationFile], history: OtherHistory, *, tool: str
) -> MigrationFile | None:
    """Return the last of the directory's files that the tool ran; None: it ran none.

    Raise ``IntegrityError`` for a history that the files cannot continue.
    """
    table = HISTORY_TABLES[tool]
    if history.failed:
        raise OtherHistoryFailed(
            table=table.name, tool=tool, versions=history.failed, repair=table.repair
        )
    ran = {read_version(version): version for version in history.applied}
    limit = read_version(history.up_to) if history.up_to else None
    known, done, repeatable = (
        set[tuple[int, ...]](),
        list[bool](),
        list[MigrationFile](),
    )
    counted = list[MigrationFile]()
    for file in files:
        origin = find_other_origin(file)
        if origin and origin.is_repeatable:
            repeatable.append(file)
            continue
        counted.append(file)
        if origin is None:
            done.append(False)
            continue
        key = read_version(origin.version)
        known.add(key)
        done.append(key in ran or (limit is not None and key <= limit))
    lost = tuple(
        version
        for key, version in ran.items()
        if key not in known and (limit is None or key >= limit)
    )
    if lost:
        raise OtherHistoryWithoutFile(table=table.name, tool=tool, versions=lost)
    if True not in done:
        return None
    end = len(done) - done[::-1].index(True)
    holes = tuple(
        f.name for f, ran_it in zip(counted[:end], done, strict=False) if not ran_it
    )
    last = counted[end - 1]
    if holes:
        raise OtherHistoryIncomplete(
            table=table.name, tool=tool, files=holes, last=last.version
        )
    return _pass_repeatable(last, counted[end:], repeatable, history)


def _pass_repeatable(
    last: MigrationFile,
    pending: Sequence[MigrationFile],
    repeatable: Sequence[MigrationFile],
    history: OtherHistory,
) -> MigrationFile:
    """Return the last repeatable file that was run after ``last``.

    They come after all others and may run twice: what a pending file comes before, or
    follows one that never ran, stays pending with it.
    """
    for file in repeatable:
        origin = find_other_origin(file)
        is_late = any(other.name < file.name for other in pending)
        if is_late or origin is None or origin.script not in history.scripts:
            break
        last = file
    return last
