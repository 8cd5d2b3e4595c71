"""A sketch of some models: what a law draws, mutates and turns into a ``ProjectState``.

Models and fields are known by a number that stays when they are renamed, so what a
mutation renamed need not be guessed.  Invariant: ``sound`` sketches are models that
Django takes; whatever refers to something that is gone is gone with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

TEXTS = ("char", "short", "text", "slug")
NUMBERS = ("small", "integer", "big", "positive")
RELATIONS = ("fk", "one", "many")
AUTOMATIC = ("auto", "big auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    uid: int
    name: str
    kind: str
    primary: bool = False
    null: bool = False
    unique: bool = False
    index: bool = False
    default: bool = False
    db_default: bool = False
    choices: bool = False
    column: str = ""
    comment: str = ""
    target: int = 0
    """Of a relation: a model's number; of a generated field: a field's."""
    through: int = 0
    """Of a many-to-many field: the number of the model that holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An index or a constraint."""

    kind: Literal["index", "unique", "check"]
    name: str
    fields: tuple[int, ...]
    variant: str = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    uid: int
    name: str
    fields: tuple[Field, ...]
    parts: tuple[Part, ...] = ()
    together: tuple[int, ...] = ()
    composite: tuple[int, ...] = ()
    """The fields of a composite primary key."""
    parent: int = 0
    table: str = ""
    comment: str = ""

    def field(self, uid: int) -> Field | None:
        return next((each for each in self.fields if each.uid == uid), None)

    def named(self, uids: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(each.name for uid in uids if (each := self.field(uid)))


Sketch = tuple[Model, ...]


def model(sketch: Sketch, uid: int) -> Model | None:
    return next((each for each in sketch if each.uid == uid), None)


def sound(sketch: Sketch) -> Sketch:
    """Return the models without what does not hold together."""
    found: Sketch = ()
    for each in sketch:  # a parent stands before its children, and is no child
        parent = model(found, each.parent)
        lone = parent is None or parent.parent or parent.composite
        found += (_keyed(replace(each, parent=0) if lone else each),)
    found = tuple(_related(each, found) for each in found)
    return tuple(_parts(_told_apart(each, found)) for each in found)


def _keyed(each: Model) -> Model:
    """One key: the parent's, a composite one, or one field."""
    composite = tuple(
        uid
        for uid in each.composite
        if (field := each.field(uid))
        and field.kind in (*NUMBERS, "char", "uuid", "date")
        and not (field.null or field.primary)
    )
    composite = composite if len(composite) > 1 and not each.parent else ()
    fields = tuple(f for f in each.fields if not f.primary)
    keys = tuple(f for f in each.fields if f.primary)[:1]
    if each.parent or composite:
        keys = ()
    elif not keys:
        keys = (Field(uid=-each.uid, name="id", kind="big auto", primary=True),)
    return replace(each, composite=composite, fields=keys + fields)


def _related(each: Model, sketch: Sketch) -> Model:
    def fits(field: Field) -> bool:
        if field.kind not in RELATIONS:
            return True
        target = model(sketch, field.target)
        return (
            target is not None
            and not target.composite
            and (field.kind != "many" or not each.composite)
        )

    def held(field: Field) -> Field:
        """A many-to-many field without the links it is to go through has its own."""
        through = model(sketch, field.through)
        links = [] if through is None else links_of(field, each, through)
        return field if len(links) == 2 else replace(field, through=0)

    return replace(each, fields=tuple(held(f) for f in each.fields if fits(f)))


def links_of(field: Field, owner: Model, through: Model) -> list[str]:
    """Return the names of the two foreign keys that a many-to-many field goes by."""
    keys = [f for f in through.fields if f.kind == "fk"]
    source = next((f for f in keys if f.target == owner.uid), None)
    other = next((f for f in keys if f.target == field.target and f != source), None)
    return [f.name for f in (source, other) if f is not None]


def column(field: Field) -> str:
    link = "_id" if field.kind in ("fk", "one") else ""
    return field.column or f"{field.name}{link}"


def pointer(parent: Model) -> Field:
    """Return the link of a child to its parent."""
    name = f"{parent.name.lower()}_ptr"
    return Field(uid=-parent.uid, name=name, kind="one", target=parent.uid)


def _told_apart(each: Model, sketch: Sketch) -> Model:
    """No name and no column twice, those of a parent included."""
    parent = model(sketch, each.parent)
    taken = set[str]()
    if parent is not None:
        link = pointer(parent)
        taken = {link.name, column(link)}
        taken |= {name for f in parent.fields for name in (f.name, column(f))}
    kept = []
    for field in each.fields:
        names = {field.name, column(field).lower()}
        if not names & taken:
            kept.append(field)
            taken |= names
    return _keyed(replace(each, fields=tuple(kept)))


def _parts(each: Model) -> Model:
    def column_of(uid: int) -> Field | None:
        field = each.field(uid)
        return None if field is None or field.kind in ("many", "generated") else field

    def live(uids: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(uid for uid in uids if column_of(uid)))

    def computed(field: Field) -> bool:
        source = column_of(field.target)
        return field.kind != "generated" or (
            source is not None
            and source.kind in (*TEXTS, *NUMBERS)
            and not source.primary
        )

    parts = (
        replace(part, fields=fields)
        for part in each.parts
        if (fields := live(part.fields)) and _suits(part, each.field(fields[0]))
    )
    together = live(each.together)
    return replace(
        each,
        fields=tuple(f for f in each.fields if computed(f)),
        parts=tuple(parts),
        together=together if len(together) > 1 else (),
    )


def _suits(part: Part, first: Field | None) -> bool:
    """Tell whether a part's first field has a kind that its variant can take."""
    kind = first.kind if first else ""
    plain = not first or not first.primary
    match part.kind, part.variant:
        case _, "lower":
            return kind in TEXTS
        case _, "gin":
            return kind in ("array", "json")
        case "check", "plain":
            return kind in (*NUMBERS, *TEXTS) and plain
        case "unique", _:
            return kind not in ("json", "boolean")  # few values, or none to compare
        case _:
            return kind != "json" or part.kind == "check"


def fields_of(sketch: Sketch) -> Iterator[tuple[Model, Field]]:
    for each in sketch:
        for field in each.fields:
            yield each, field
