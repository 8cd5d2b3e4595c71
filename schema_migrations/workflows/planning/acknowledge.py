"""Data operations that somebody must have looked at, and what a file says of them.

Nothing runs them: what they do to rows depends on Python code and on a database, and a
file must do the same on every day it is run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby

from schema_migrations.errors import AnswerNeeded, ConfigError
from schema_migrations.history.django_coverage import format_coverage_line
from schema_migrations.workflows.planning.data_operations import DataOperation
from schema_migrations.workflows.planning.questions import Asker
from schema_migrations.workflows.planning.uncovered import Uncovered
from schema_migrations.workflows.states.django_migrations import DjangoMigrations

OPTION = "--acknowledge"
ALL = "all"
FEW = 3
"""Operations of a new app that are still named, and flags that are spelled out."""
LOOK = (
    "See whether your database needs any of it (how-to guide: When a package brings "
    "data migrations)"
)


def waiting(
    operations: Iterable[DataOperation], given: Collection[str]
) -> tuple[DataOperation, ...]:
    """Return those that ``given`` does not name: APP.MIGRATION, APP, or ``all``."""
    return tuple(
        each
        for each in operations
        if not {ALL, each.app, each.name}.intersection(given)
    )


def check_names(given: Iterable[str], found: DjangoMigrations) -> None:
    """Raise ``ConfigError`` for what names no app or migration that is installed.

    A migration that the files cover already may be named: scripts are run again.
    """
    known = {ALL, *found.on_disk}
    known |= {f"{app}.{name}" for app, names in found.on_disk.items() for name in names}
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            guess = f"Did you mean {close[0]}? " if close else ""
            raise ConfigError(
                f"{OPTION} {name}: no installed app has such a Django migration.",
                hint=f"{guess}It takes APP.MIGRATION, APP or {ALL}.",
            )


def acknowledge(
    found: Uncovered,
    given: Collection[str],
    *,
    asker: Asker | None,
    strict: bool,
    in_full: bool,
) -> tuple[str, ...]:
    """Return what to tell of the operations that need no word any more.

    ``asker`` is asked about those that ``given`` does not name.  Raises ``AnswerNeeded``
    when they are not acknowledged, or nobody can be asked; not ``strict``, they need
    no word.  ``in_full``: name every operation of an app's whole history.
    """
    left = waiting(found.operations, given) if strict else ()
    summed_up = frozenset() if in_full else found.new_apps
    lines = told(left or found.operations, summed_up=summed_up)
    if not left:
        return lines
    if asker is None:
        raise _needed(left, lines, found.new_apps)
    if not asker.acknowledge(lines):
        raise AnswerNeeded("Nothing was written.", hint=f"{LOOK}.")
    return ()


def told(
    operations: Sequence[DataOperation], *, summed_up: Collection[str]
) -> tuple[str, ...]:
    """Return the operations as lines for a person; of some apps only how many."""
    if not operations:
        return ()
    lines = ["Django migrations do more than the schema; no file does this:"]
    for app, group in groupby(operations, key=lambda each: each.app):
        of_app = tuple(group)
        if app in summed_up and len(of_app) > FEW:
            lines.append(f"  {_summed_up(app, of_app)}")
            continue
        for name, named in groupby(of_app, key=lambda each: each.name):
            lines.append(f"  {name}")
            lines += [f"    {each.kind} {_where(each)}" for each in named]
    return tuple(lines)


def _summed_up(app: str, operations: Sequence[DataOperation]) -> str:
    migrations = _counted(len({each.migration for each in operations}), "migration")
    count = _counted(len(operations), "operation")
    return f"{app}: {count} in {migrations}, all its history (-v 2 names each)"


def _where(operation: DataOperation) -> str:
    place = f"  {operation.path}:{operation.line}" if operation.line else ""
    return f"{operation.summary}{place}"


def _needed(
    left: Sequence[DataOperation], lines: Iterable[str], new_apps: Collection[str]
) -> AnswerNeeded:
    """Return the error that names what waits, with the flags that acknowledge it."""
    flags = dict.fromkeys(
        f"{OPTION} {each.app if each.app in new_apps else each.name}" for each in left
    )
    give = " ".join(flags) if len(flags) <= FEW else f"one {OPTION} for each"
    also = f", or {OPTION} {ALL}" if len(flags) > 1 else ""
    return AnswerNeeded(
        "\n".join(lines),
        hint=f"Nothing was written. {LOOK}, then run schemadiff again with {give}{also}.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What a file says of Django's migrations; without its comment signs."""

    look: tuple[str, ...] = ()
    """For the reviewer, at the top."""
    covers: tuple[str, ...] = ()
    """Up to which migration of each app."""
    footer: tuple[str, ...] = ()


NO_NOTES = Notes()


def notes(found: Uncovered) -> Notes:
    count = len(found.operations)
    look = (
        f"NEEDS A LOOK: this file does not do what {_counted(count, 'data operation')} "
        "of Django migrations would: see its end."
    )
    return Notes(
        look=(look,) if count else (),
        covers=tuple(format_coverage_line(app, name) for app, name in found.leaves),
        footer=_footer(found.operations),
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _footer(operations: Iterable[DataOperation]) -> tuple[str, ...]:
    """Return each operation, with its SQL to take out of the comment."""
    lines = [line for each in operations for line in _noted(each)]
    if not lines:
        return ()
    return (
        "NOT DONE by this file: what Django migrations do besides the schema.",
        "Uncomment what your database needs, or write it in SQL; then run schemahash.",
        *lines,
    )


def _noted(operation: DataOperation) -> Iterator[str]:
    if not operation.sql:
        place = f", line {operation.line}" if operation.line else ""
        yield f"{operation.name}: {operation.kind} {operation.summary}{place}"
        return
    yield f"{operation.name}: {operation.kind}"
    for sql in operation.sql:
        yield from (f"    {line}" for line in _terminated(sql).splitlines())


def _terminated(sql: str) -> str:
    """Return the SQL with a semicolon at its end that no comment swallows."""
    text = sql.rstrip()
    if text.endswith(";"):
        return text
    return f"{text}\n;" if "--" in text.rpartition("\n")[2] else f"{text};"


def name_of(operations: Iterable[DataOperation]) -> str:
    """Return the name of a file that records only: the apps whose data it is about."""
    apps = dict.fromkeys(each.app for each in operations)
    return "_".join([*apps, "data"]) if len(apps) <= 3 else "django_data"
