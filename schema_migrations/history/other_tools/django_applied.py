"""Which files a database has, by what ``migrate`` recorded in it.  Pure.

Invariant: a file counts as applied only if all of its migrations were run, under their own
names or under those that they replace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from schema_migrations.errors import (
    MigrationsNotRun,
    MigrationsWithoutFile,
)
from schema_migrations.history.django_coverage import (
    MigrationNodes,
    find_covered,
    find_uncovered,
    read_coverage,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.other_tools.origin import (
    FIRST_OF_DJANGO,
    find_other_origin,
)
from schema_migrations.history.other_tools.tools import DJANGO
from schema_migrations.history.rows_files import is_part_of_baseline

AppliedMigrations = Mapping[str, Sequence[str]]
"""App label → the names that a database recorded, in the order in which they ran."""


def find_applied_files(
    files: Sequence[MigrationFile],
    applied: AppliedMigrations,
    apps: Mapping[str, MigrationNodes],
    *,
    known: Sequence[MigrationFile] = (),
) -> tuple[MigrationFile, ...]:
    """Return the files whose migrations ``migrate`` ran; ``apps`` are those of the files.

    ``known`` are files that the database has, whatever it recorded of migrations.  Raise ``IntegrityError`` for a database that the files cannot continue.
    """
    adopted = [file for file in files if _is_adopted(file)]
    has = {
        app: find_covered(nodes, applied.get(app, ())) for app, nodes in apps.items()
    }
    _refuse_without_file((*adopted, *known), applied, apps)
    done = [file for file in adopted if not _list_missing(file, applied, apps)]
    first = next((file for file in adopted if is_first_file_of_django(file)), None)
    if first is not None and first not in done and (done or _has_any(first, has)):
        missing = _list_missing(first, applied, apps)
        raise MigrationsNotRun(file=first.name, migrations=missing)
    return tuple(_add_rows(files, done))


def _add_rows(
    files: Sequence[MigrationFile], done: Sequence[MigrationFile]
) -> Iterator[MigrationFile]:
    """Yield the applied files, and those of rows that follow one at once."""
    is_done = False
    for file in files:
        is_done = file in done or (is_done and is_part_of_baseline(file))
        if is_done:
            yield file


def is_first_file_of_django(file: MigrationFile) -> bool:
    """Tell whether a file holds all migrations before a date."""
    origin = find_other_origin(file)
    return origin is not None and (origin.tool, origin.version) == (
        DJANGO,
        FIRST_OF_DJANGO,
    )


def _is_adopted(file: MigrationFile) -> bool:
    origin = find_other_origin(file)
    return origin is not None and origin.tool == DJANGO


def _list_missing(
    file: MigrationFile,
    applied: AppliedMigrations,
    apps: Mapping[str, MigrationNodes],
) -> tuple[str, ...]:
    """Return the migrations of a file that a database lacks: ``shop.0003_stock``."""
    missing = []
    for app, names in read_coverage([file]).items():
        nodes = apps.get(app, {})
        wanted = find_covered(nodes, names)
        lacking = find_uncovered(nodes, applied.get(app, ()))
        missing += [f"{app}.{name}" for name in lacking if name in wanted]
        missing += [
            f"{app}.{name}"
            for name in names
            if name not in nodes
            and name not in find_covered(nodes, applied.get(app, ()))
        ]
    return tuple(missing)


def _has_any(file: MigrationFile, has: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a database has a part of what a file holds."""
    return any(has.get(app) for app in read_coverage([file]))


def _refuse_without_file(
    files: Sequence[MigrationFile],
    applied: AppliedMigrations,
    apps: Mapping[str, MigrationNodes],
) -> None:
    """Raise ``MigrationsWithoutFile`` for what ran and is in no file.

    A name that no migration has counts only after the last one that some has: earlier
    ones were squashed, and deleted since.
    """
    recorded = read_coverage(files)
    lost: list[str] = []
    for app, nodes in apps.items():
        ran = find_covered(nodes, applied.get(app, ()))
        free = find_uncovered(nodes, recorded.get(app, ()))
        lost += [f"{app}.{name}" for name in free if name in ran]
        known = {old for node in nodes.values() for old in node.replaces} | set(nodes)
        for name in reversed(applied.get(app, ())):
            if name in known:
                break
            lost.append(f"{app}.{name}")
    if lost:
        raise MigrationsWithoutFile(migrations=tuple(lost))
