"""Leave checks to a parent table, and keep those that only the child shall have.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import NO_KEYS, Constraint, Key, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def recreate_lost_checks(
    table: Key,
    ancestors: Iterable[Key],
    reached: Sequence[ddl.Change],
    current: Schema,
    desired: Schema,
) -> Iterator[ddl.Change]:
    """Make a check anew that the child had from its parents alone, and none has now."""
    for name, keys in _map_dropped(reached).items():
        before = current.get(table.constraint(name))
        after = desired.get(table.constraint(name))
        if (
            isinstance(before, Constraint)
            and not before.is_local
            and before == after
            and not any(_is_inherited(desired, a.constraint(name)) for a in ancestors)
        ):
            yield ddl.Create(object=after, gone_first=keys)


def _map_dropped(reached: Sequence[ddl.Change]) -> dict[str, frozenset[Key]]:
    """Return name → the checks of that name that ancestors lose."""
    checks = [check.key for check in _select_checks(reached, ddl.Drop)]
    return {
        key.part: frozenset(k for k in checks if k.part == key.part) for key in checks
    }


def _is_inherited(schema: Schema, key: Key) -> bool:
    check = schema.get(key)
    return isinstance(check, Constraint) and _reaches_children(check)


def _reaches_children(check: Constraint) -> bool:
    return not check.definition.endswith(" NO INHERIT")


def omit_inherited_checks(
    own: Iterable[ddl.Change], reached: Sequence[ddl.Change]
) -> Iterator[ddl.Change]:
    """Yield what is left to do for a child's checks after the changes of its ancestors."""
    created = {(o.key.part, o.definition) for o in _select_checks(reached, ddl.Create)}
    dropped = _map_dropped(reached)
    renamed = {
        (c.before.key.part, c.after.key.part)
        for c in reached
        if isinstance(c, ddl.Rename)
    }
    for change in own:
        match change:
            case ddl.Create(object=Constraint() as check):
                if (check.key.part, check.definition) not in created:
                    gone = dropped.get(check.key.part, NO_KEYS)
                    yield replace(change, gone_first=change.gone_first | gone)
            case ddl.Drop(object=Constraint() as check):
                if check.key.part not in dropped:
                    yield change
                elif check.is_local:
                    yield replace(change, gone_first=dropped[check.key.part])
            case ddl.Rename(before=before, after=after):
                if (before.key.part, after.key.part) not in renamed:
                    yield change
            case _:
                pass


def _select_checks(
    changes: Iterable[ddl.Change], type_: type[ddl.Create] | type[ddl.Drop]
) -> Iterator[Constraint]:
    """Yield the checks that children inherit among those created or dropped."""
    for change in changes:
        if (
            isinstance(change, type_)
            and isinstance(change.object, Constraint)
            and _reaches_children(change.object)
        ):
            yield change.object
