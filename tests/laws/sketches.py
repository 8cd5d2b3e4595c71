"""A strategy's parts: sketches of models, drawn with a pen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.laws.sketch import (
    AUTOMATIC,
    NUMBERS,
    TEXTS,
    Field,
    Model,
    Part,
    Sketch,
    sound,
)
from tests.laws.sketched import KINDS, POSTGRESQL_ONLY

MODELS = ("Author", "Book", "Order", "Tag", "Shelf")
FIELDS = ("title", "size", "order", "state", "note", "price", "place", "since")
COLUMNS = ("Mixed Case", "select", "c", "d")
TABLES = ("t", "Books and more", "order", "u")
COMMENTS = ("", "one's words", "others")
VARIANTS = {
    "index": ("plain", "desc", "lower", "partial"),
    "unique": ("plain", "lower", "partial"),
    "check": ("plain", "given"),
}
POSTGRESQL_VARIANTS: dict[str, tuple[str, ...]] = {
    "index": ("covering", "gin", "hash", "brin"),
    "unique": ("covering", "deferrable"),
    "check": (),
}
PLAIN = tuple(kind for kind in KINDS if kind not in AUTOMATIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """What draws a sketch and its mutations."""

    draw: st.DrawFn
    vendor: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def extra(self) -> bool:
        return self.vendor == "postgresql"

    def one(self, choices: tuple[Any, ...]) -> Any:
        return self.draw(st.sampled_from(choices))

    def seldom(self) -> bool:
        return bool(self.draw(st.integers(0, 3)) == 3)

    def kind(self) -> str:
        return str(self.one((*PLAIN, *POSTGRESQL_ONLY) if self.extra else PLAIN))

    def variant(self, kind: str) -> str:
        more = POSTGRESQL_VARIANTS[kind] if self.extra else ()
        return str(self.one((*VARIANTS[kind], *more)))


def sketch(pen: Pen) -> Sketch:
    names = pen.draw(st.lists(st.sampled_from(MODELS), unique=True, max_size=4))
    found: Sketch = tuple(
        Model(uid=next(pen.numbers), name=n, fields=()) for n in names
    )
    for number, each in enumerate(found):
        size = pen.draw(st.integers(1, 5))
        named = pen.draw(
            st.lists(st.sampled_from(FIELDS), unique=True, min_size=size, max_size=size)
        )
        parent = found[number - 1].uid if number and pen.seldom() else 0
        each = replace(each, parent=parent, table=drawn_table(pen, found))
        found = replaced(found, replace(each, fields=drawn_key(pen)))
        for name in named:
            each = found[number]
            drawn = drawn_field(pen, found, each, name)
            found = replaced(found, replace(each, fields=(*each.fields, drawn)))
        for _ in range(pen.draw(st.integers(0, 2))):
            found = replaced(found, with_part(pen, found[number]))
        found = replaced(
            found, drawn_composite(pen, drawn_together(pen, found[number]))
        )
    return sound(found)


def replaced(found: Sketch, changed: Model) -> Sketch:
    return tuple(changed if each.uid == changed.uid else each for each in found)


def drawn_table(pen: Pen, found: Sketch) -> str:
    free = tuple(t for t in TABLES if t not in {each.table for each in found})
    return str(pen.one(free)) if pen.seldom() else ""


def drawn_key(pen: Pen) -> tuple[Field, ...]:
    kind = pen.one(("big auto", "auto", "uuid", "char", "integer"))
    return (Field(uid=next(pen.numbers), name="id", kind=kind, primary=True),)


def drawn_field(pen: Pen, found: Sketch, owner: Model, name: str) -> Field:
    if pen.seldom():
        return Field(
            uid=next(pen.numbers),
            name=name,
            kind=pen.one(("fk", "fk", "one", "many")),
            target=pen.one(found).uid,
            through=pen.one(found).uid if pen.seldom() else 0,
            null=pen.draw(st.booleans()),
        )
    sources = tuple(f for f in owner.fields if f.kind in (*TEXTS, *NUMBERS))
    if sources and pen.seldom():
        source = pen.one(sources).uid
        return Field(uid=next(pen.numbers), name=name, kind="generated", target=source)
    plain = Field(uid=next(pen.numbers), name=name, kind=pen.kind())
    return with_options(pen, plain)


def with_options(pen: Pen, drawn: Field) -> Field:
    value = drawn.kind not in ("range",)
    served = value and drawn.kind not in ("json", "binary", "array", "duration")
    return replace(
        drawn,
        null=pen.draw(st.booleans()),
        unique=pen.seldom() and drawn.kind not in ("json", "boolean"),
        index=pen.seldom() and drawn.kind != "json",
        default=value and pen.seldom() and drawn.kind not in ("json", "array"),
        db_default=served and pen.seldom(),
        choices=served and pen.seldom() and drawn.kind != "moment",
        column=pen.one(COLUMNS) if pen.seldom() else "",
        comment=pen.one(COMMENTS),
    )


def with_part(pen: Pen, each: Model) -> Model:
    plain = tuple(f.uid for f in each.fields if f.kind not in ("many", "generated"))
    kind = pen.one(tuple(VARIANTS))
    part = Part(
        kind=kind,
        name=f"{kind}_{next(pen.numbers)}",
        fields=tuple(pen.draw(st.permutations(plain))[: pen.draw(st.integers(1, 2))]),
        variant=pen.variant(kind),
    )
    return replace(each, parts=(*each.parts, part))


def drawn_together(pen: Pen, each: Model) -> Model:
    uids = [f.uid for f in each.fields if f.kind in (*NUMBERS, "fk", "char", "date")]
    return replace(each, together=tuple(uids[:2]) if pen.seldom() else ())


def drawn_composite(pen: Pen, each: Model) -> Model:
    uids = [f.uid for f in each.fields if f.kind in (*NUMBERS, "char") and not f.null]
    chosen = pen.seldom() and pen.seldom()
    return replace(each, composite=tuple(uids[:2]) if chosen else ())
