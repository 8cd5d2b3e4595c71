"""How a database differs from what its files say, sorted by what it means.  Pure.

Changes lead from the database to the files, so that what is *missing* would be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from schema_migrations.plan.losses import losses
from schema_migrations.plan.summary import Line, summarize
from schema_migrations.schema.changes import (
    AddColumn,
    AlterColumn,
    Change,
    Create,
    CreateTable,
    Drop,
    DropColumn,
    DropTable,
    Rename,
    subject,
)
from schema_migrations.schema.model import Constraint, Key, Object

Kind = Literal["missing", "different", "surplus", "name", "serial", "wider"]
"""``surplus``: only the database has it.  ``name``: equal in all but its name.
``serial``: a column that numbers its rows as tables made before Django 4.1 do.
``wider``: a column of a larger integer type."""

KINDS: tuple[Kind, ...] = get_args(Kind)
REAL: tuple[Kind, ...] = ("missing", "different", "surplus")
"""The others work as the files' own do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    kind: Kind
    line: Line


def sorted_out(changes: Iterable[Change]) -> dict[Kind, tuple[Change, ...]]:
    """Return the changes by kind; none of them is ``serial`` or ``wider``."""
    changes = tuple(changes)
    dropped = {c.object.key for c in changes if isinstance(c, Drop)}
    made = {c.object.key for c in changes if isinstance(c, Create)}
    anew = _primary_keys(changes, Drop) & _primary_keys(changes, Create)

    def kind(change: Change) -> Kind:
        match change:
            case CreateTable() | AddColumn():
                return "missing"
            case DropTable() | DropColumn():
                return "surplus"
            case Create(object=obj) if not (
                obj.key in dropped or _primary(obj) in anew
            ):
                return "missing"
            case Drop(object=obj) if not (obj.key in made or _primary(obj) in anew):
                return "surplus"
            case Rename():
                return "name"
            case AlterColumn(before=before, after=after) if after == replace(
                before, sequence=after.sequence
            ):
                return "name"
            case _:
                return "different"

    found: dict[Kind, list[Change]] = {each: [] for each in KINDS}
    for change in changes:
        found[kind(change)].append(change)
    return {kind: tuple(group) for kind, group in found.items()}


def _primary(obj: Object) -> Key | None:
    """Return the table of a primary key: it can have only one."""
    if isinstance(obj, Constraint) and obj.type == "primary key":
        return obj.table
    return None


def _primary_keys(
    changes: Iterable[Change], type_: type[Drop] | type[Create]
) -> set[Key | None]:
    found = {_primary(c.object) for c in changes if isinstance(c, type_)}
    return found - {None}


def differences(changes: Iterable[Change]) -> tuple[Difference, ...]:
    """Return what a person is told of changes, one line each, kind by kind."""
    return tuple(
        Difference(kind=kind, line=line)
        for kind, group in sorted_out(changes).items()
        for line in _lines(group)
    )


def left_alone(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes that nobody makes without asking.

    What only the database has is dropped, or rows and values could be lost.
    """
    changes = tuple(changes)
    risky = {key for key, _ in losses(changes)}
    risky |= {subject(change) for change in sorted_out(changes)["surplus"]}
    return tuple(change for change in changes if subject(change) in risky)


def _lines(changes: tuple[Change, ...]) -> Iterator[Line]:
    """Yield a line each; what would be dropped and made by the same key is one."""
    old = {c.object.key: c.object for c in changes if isinstance(c, Drop)}
    new = {c.object.key: c.object for c in changes if isinstance(c, Create)}
    both = old.keys() & new.keys()
    rest = [
        c
        for c in changes
        if not (isinstance(c, Drop | Create) and c.object.key in both)
    ]
    yield from summarize(rest)
    for key in sorted(both):
        (line,) = summarize([Create(object=new[key])])
        yield replace(line, sign="~", detail=_redefined(old[key], new[key]))


def _redefined(before: Object, after: Object) -> str:
    texts = [getattr(obj, "definition", "") for obj in (before, after)]
    if any(len(text) > 60 or "\n" in text for text in texts):
        return "definition"
    return " -> ".join(texts)


_ALIKE: Mapping[Kind, str] = {
    "serial": "serial instead of identity",
    "wider": "larger than the files say",
}


def alike(kind: Kind, columns: Iterable[Key]) -> tuple[Difference, ...]:
    """Return the differences of columns that work as the files' own do."""
    return tuple(
        Difference(
            kind=kind,
            line=Line(
                sign="~",
                kind="column",
                table=column.path.removesuffix(f".{column.part}"),
                name=column.part,
                detail=_ALIKE[kind],
            ),
        )
        for column in columns
    )
