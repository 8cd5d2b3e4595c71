"""Take from new objects what default privileges give and nobody asked for.  Pure.

A default privilege that only files by hand set says what models do not: new objects keep
what it gives.  https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.assemble_privileges import (
    render_grant_subject,
)
from schema_migrations.engines.postgresql.catalog.traits import GRANT, REVOCATION
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Key,
    Object,
    Opaque,
    Schema,
    owner_of,
    trait_of,
)
from schema_migrations.schema.privileges import (
    find_made_anew,
    is_default_privilege,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema_migrations.plan.plan import Changes

_DEFAULT = re.compile(
    r"ALTER DEFAULT PRIVILEGES(?P<scope> IN SCHEMA .+?)? (?P<verb>GRANT|REVOKE)"
    r" (?P<words>[A-Z, ]+) ON (?P<plural>[A-Z]+) (?:TO|FROM) (?P<named>.+?)"
    r"(?P<option> WITH GRANT OPTION)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gift:
    """What a default privilege gives a new object, or takes from it."""

    key: Key
    """Of the privilege that the object has then."""
    statement: str
    undoing: Opaque


def omit_default_privileges(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Undo what default privileges do to new objects, where that is not desired."""
    defaults = [obj for obj in current.of(Opaque) if is_default_privilege(obj)]
    made = {obj.key: obj for obj in _list_made(changes)}
    if defaults:
        wanted = [obj for obj in desired.of(Opaque) if obj.trait.is_privilege]
    else:  # privileges are not compared: what is made anew has those that it had
        defaults = [p.setting for p in current.privileges if p.subject is None]
        anew = set(find_made_anew(changes, current))
        made = {key: obj for key, obj in made.items() if key in anew}
        wanted = [obj for obj in _list_made(changes) if isinstance(obj, Opaque)]
    statements = {obj.key: obj.definition for obj in wanted}
    undone = {
        gift.key: gift.undoing
        for obj in made.values()
        for default in defaults
        if (gift := _make_gift(default, obj)) is not None
        and statements.get(gift.key) != gift.statement
        and (gift.key in statements or default.key not in desired.carried)
    }
    return (
        *(_let_wait(change, undone) for change in changes),
        *(ddl.Create(object=undoing) for undoing in undone.values()),
    )


def _list_made(changes: Changes) -> Iterator[Object]:
    for change in changes:
        match change:
            case ddl.CreateTable(table=obj) | ddl.Create(object=obj):
                yield obj
            case _:
                pass


def _let_wait(change: ddl.Change, undone: Mapping[Key, Opaque]) -> ddl.Change:
    """Let owners and grants come after what is taken away on the same object."""
    match change:
        case ddl.Create(object=Opaque() as obj) if obj.trait.is_privilege:
            waits = {each.key for each in undone.values() if each.needs & obj.needs}
            return replace(change, object=replace(obj, needs=obj.needs | waits))
        case _:
            return change


def _make_gift(default: Opaque, obj: Object) -> _Gift | None:
    """Return what a default privilege does to a new object; None: nothing."""
    match = _DEFAULT.fullmatch(default.definition)
    if (
        match is None  # another role's objects
        or match["plural"] != trait_of(obj).default_privileges_on
        or (match["scope"] and default.key.namespace != obj.key.namespace)
    ):
        return None
    key, words, on = obj.key, match["words"], render_grant_subject(obj)
    grant = f"GRANT {words} ON {on} TO {match['named']}{match['option'] or ''}"
    revoke = f"REVOKE {words} ON {on} FROM {match['named']}"
    given, undo = (grant, revoke) if match["verb"] == "GRANT" else (revoke, grant)
    kind = key.part if key.kind == "opaque" else key.kind
    part = f"{default.key.part.removeprefix('default ')} on {kind}"
    return _Gift(
        key=key._replace(kind="opaque", part=part),
        statement=given,
        undoing=Opaque(
            key=key._replace(kind="opaque", part=f"undone {part}"),
            trait=REVOCATION if undo == revoke else GRANT,
            definition=undo,
            drop_sql=given,
            owner=key if key.kind == "table" else owner_of(obj),
            needs=frozenset({key}),
        ),
    )
