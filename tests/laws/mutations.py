"""What people do to models, and pairs of models for laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st

from tests.laws.sketch import NUMBERS, RELATIONS, Field, Model, Sketch, sound
from tests.laws.sketches import (
    COMMENTS,
    FIELDS,
    MODELS,
    Pen,
    drawn_composite,
    drawn_field,
    drawn_key,
    drawn_table,
    drawn_together,
    replaced,
    sketch,
    with_options,
    with_part,
)

Mutation = Callable[[Pen, Sketch], Sketch]


def mutated(pen: Pen, found: Sketch) -> Sketch:
    for _ in range(pen.draw(st.integers(1, 6))):
        found = sound(pen.one(MUTATIONS)(pen, found))
    return found


def _of_model(change: Callable[[Pen, Sketch, Model], Model]) -> Mutation:
    def mutation(pen: Pen, found: Sketch) -> Sketch:
        return replaced(found, change(pen, found, pen.one(found))) if found else found

    return mutation


def _of_field(change: Callable[[Pen, Sketch, Field], Field]) -> Mutation:
    def changed(pen: Pen, found: Sketch, each: Model) -> Model:
        fields = tuple(f for f in each.fields if not f.primary)
        if not fields:
            return each
        old = pen.one(fields)
        new = change(pen, found, old)
        return replace(each, fields=tuple(new if f == old else f for f in each.fields))

    return _of_model(changed)


def _free(names: tuple[str, ...], taken: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in taken) or ("further",)


@_of_model
def add_field(pen: Pen, found: Sketch, each: Model) -> Model:
    name = pen.one(_free(FIELDS, {f.name for f in each.fields}))
    return replace(each, fields=(*each.fields, drawn_field(pen, found, each, name)))


@_of_model
def drop_field(pen: Pen, found: Sketch, each: Model) -> Model:
    gone = pen.one(each.fields) if each.fields else None
    kept = tuple(f for f in each.fields if f != gone or f.primary)
    return replace(each, fields=kept)


@_of_model
def rename_field(pen: Pen, found: Sketch, each: Model) -> Model:
    fields = tuple(f for f in each.fields if not f.primary)
    if not fields:
        return each
    old = pen.one(fields)
    new = replace(old, name=pen.one(_free(FIELDS, {f.name for f in each.fields})))
    return replace(each, fields=tuple(new if f == old else f for f in each.fields))


@_of_model
def change_places(pen: Pen, found: Sketch, each: Model) -> Model:
    fields = [f for f in each.fields if not f.primary]
    if len(fields) < 2:
        return each
    one, other = pen.draw(st.permutations(fields))[:2]
    names = {one.uid: other.name, other.uid: one.name}
    return replace(
        each,
        fields=tuple(replace(f, name=names.get(f.uid, f.name)) for f in each.fields),
    )


@_of_model
def turn_fields(pen: Pen, found: Sketch, each: Model) -> Model:
    return replace(each, fields=tuple(pen.draw(st.permutations(each.fields))))


@_of_field
def alter_options(pen: Pen, found: Sketch, old: Field) -> Field:
    if old.kind in RELATIONS or old.kind == "generated":
        return replace(old, null=not old.null, index=pen.draw(st.booleans()))
    return with_options(pen, old)


@_of_field
def alter_kind(pen: Pen, found: Sketch, old: Field) -> Field:
    if old.kind in RELATIONS:
        return replace(old, kind=pen.one(RELATIONS), target=pen.one(found).uid)
    if old.kind == "generated":
        return replace(old, kind=pen.kind())
    altered = with_options(pen, replace(old, kind=pen.kind()))
    return replace(altered, default=False, db_default=False)


@_of_field
def link(pen: Pen, found: Sketch, old: Field) -> Field:
    """A number becomes a foreign key, and the other way round."""
    if old.kind in ("fk", "one"):
        return replace(old, kind=pen.one(("big", "integer", "char")))
    if old.kind in (*NUMBERS, "char", "uuid"):
        return Field(
            uid=old.uid,
            name=old.name,
            kind="fk",
            target=pen.one(found).uid,
            null=old.null,
        )
    return old


@_of_model
def change_key(pen: Pen, found: Sketch, each: Model) -> Model:
    """Among whole numbers, or to anything where nothing refers to it."""
    used = {f.target for other in found for f in other.fields if f.kind in RELATIONS}
    used |= {other.parent for other in found}
    kinds = ("big auto", "auto", "integer")
    fields = []
    for f in each.fields:
        lone = each.uid not in used and pen.draw(st.booleans())
        if f.primary and (lone or f.kind in kinds):
            f = replace(f, kind=pen.one(("uuid", "char", *kinds) if lone else kinds))
        fields.append(f)
    return replace(each, fields=tuple(fields))


def add_model(pen: Pen, found: Sketch) -> Sketch:
    name = pen.one(_free(MODELS, {each.name for each in found}))
    new = Model(uid=next(pen.numbers), name=name, fields=drawn_key(pen))
    new = replace(new, table=drawn_table(pen, found))
    fields = [
        drawn_field(pen, (*found, new), new, n)
        for n in FIELDS[: pen.draw(st.integers(1, 3))]
    ]
    return (*found, with_part(pen, replace(new, fields=(*new.fields, *fields))))


def drop_model(pen: Pen, found: Sketch) -> Sketch:
    gone = pen.one(found) if found else None
    return tuple(each for each in found if each != gone)


@_of_model
def rename_model(pen: Pen, found: Sketch, each: Model) -> Model:
    return replace(each, name=pen.one(_free(MODELS, {other.name for other in found})))


def exchange_models(pen: Pen, found: Sketch) -> Sketch:
    if len(found) < 2:
        return found
    one, other = pen.draw(st.permutations(found))[:2]
    names = {one.uid: other.name, other.uid: one.name}
    return tuple(replace(m, name=names.get(m.uid, m.name)) for m in found)


@_of_model
def move_table(pen: Pen, found: Sketch, each: Model) -> Model:
    return replace(each, table="" if each.table else drawn_table(pen, found))


@_of_model
def comment(pen: Pen, found: Sketch, each: Model) -> Model:
    return replace(each, comment=pen.one(COMMENTS))


@_of_model
def add_part(pen: Pen, found: Sketch, each: Model) -> Model:
    return with_part(pen, each) if each.fields else each


@_of_model
def drop_part(pen: Pen, found: Sketch, each: Model) -> Model:
    return replace(each, parts=each.parts[1:])


@_of_model
def alter_part(pen: Pen, found: Sketch, each: Model) -> Model:
    if not each.parts:
        return each
    first, *others = each.parts
    changed = replace(first, variant=pen.variant(first.kind))
    if pen.seldom():
        changed = replace(first, name=f"{first.kind}_{next(pen.numbers)}")
    return replace(each, parts=(changed, *others))


@_of_model
def together(pen: Pen, found: Sketch, each: Model) -> Model:
    return drawn_together(pen, each)


@_of_model
def composite(pen: Pen, found: Sketch, each: Model) -> Model:
    return drawn_composite(pen, each)


@_of_model
def inherit(pen: Pen, found: Sketch, each: Model) -> Model:
    return replace(each, parent=0 if each.parent else pen.one(found).uid)


MUTATIONS: tuple[Mutation, ...] = (
    *(add_field, drop_field, rename_field, change_places, turn_fields),
    *(alter_options, alter_options, alter_kind, alter_kind, link, change_key),
    *(add_model, drop_model, rename_model, exchange_models, move_table, comment),
    *(add_part, drop_part, alter_part, together, composite, inherit),
)


@st.composite
def pairs(draw: st.DrawFn, vendor: str) -> tuple[Sketch, Sketch]:
    """Return a sketch, and what became of it; once in a while, another one."""
    pen = Pen(draw=draw, vendor=vendor)
    before = sketch(pen)
    if draw(st.integers(0, 9)) == 9:
        return before, sketch(pen)
    return before, mutated(pen, before)
