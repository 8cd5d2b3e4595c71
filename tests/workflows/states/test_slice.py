"""Which part of a known schema a change of models can touch."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import pytest

from schema_migrations.schema.model import (
    Column,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    table_key,
)
from schema_migrations.schema.trait import Trait
from schema_migrations.workflows.states.known_schema import (
    KnownModel,
    KnownSchema,
    known_schema_as_json,
    known_schema_from_json,
    make_known_schema,
)
from schema_migrations.workflows.states.slice import Slice, choose_slice

ID = Column(name="id", type="bigint")


def refer(source: str, target: str) -> ForeignKey:
    table = table_key(source)
    return ForeignKey(
        key=table.constraint(f"to_{target}"),
        table=table,
        definition=f"FOREIGN KEY (x) REFERENCES {target}(id)",
        referenced_table=table_key(target),
    )


def index(name: str, table: str) -> Index:
    return Index(key=Key("index", "", name), table=table_key(table), definition="(id)")


# a -> b -> c -> d -> e, and five more that stand alone.
NAMES = "abcdefghij"
SCHEMA = Schema(
    frozenset[Object](
        [
            *(Table(key=table_key(name), columns=(ID,)) for name in NAMES),
            *(refer(*pair) for pair in ("ab", "bc", "cd", "de")),
            index("of_a", "a"),
            index("of_j", "j"),
        ]
    )
)


VIEW = Opaque(
    key=Key("opaque", "", "v"), trait=Trait(noun="view"), definition="CREATE VIEW …"
)


def models(*changed: str, gone: str = "") -> dict[str, KnownModel]:
    return {
        name: KnownModel(
            digest="changed" if name in changed else "same", tables=(table_key(name),)
        )
        for name in NAMES
        if name not in gone
    }


def know(schema: Schema = SCHEMA, filled: Iterable[str] = ()) -> KnownSchema:
    known = make_known_schema(
        schema,
        models=models(),
        other_models="others",
        filled_tables=frozenset(map(table_key, filled)),
    )
    assert known is not None
    return known_schema_from_json(json.loads(json.dumps(known_schema_as_json(known))))


def choose(
    now: Mapping[str, KnownModel],
    known: KnownSchema | None = None,
    references: Mapping[str, Collection[Key]] | None = None,
) -> Slice | None:
    return choose_slice(known or know(), now, "others", references or {})


def test_it_has_what_changes_and_what_is_one_step_away() -> None:
    part = choose(models("c"))
    assert part is not None
    assert part.tables == {table_key(name) for name in "bcd"}
    assert part.neighbours == {table_key(name) for name in "bd"}
    assert part.labels == {"b", "c", "d"}
    objects = {obj.key for obj in part.schema}
    assert objects == {
        *map(table_key, "bcd"),
        refer("b", "c").key,
        refer("c", "d").key,  # and not from d to e, which is outside
    }


def test_a_new_model_brings_the_tables_that_it_refers_to() -> None:
    now = {**models(), "new": KnownModel(digest="new", tables=(table_key("new"),))}
    part = choose(now, references={"new": [table_key("e"), table_key("new")]})
    assert part is not None
    assert part.tables == {table_key("e")}
    assert part.labels == {"e", "new"}


def test_a_model_that_is_gone_brings_those_that_referred_to_it() -> None:
    part = choose(models(gone="e"))
    assert part is not None
    assert part.tables == {table_key("d"), table_key("e")}
    assert part.labels == {"d"}


def test_where_the_rest_could_matter_there_is_none() -> None:
    assert choose(models("c"), know(filled="c")) is None
    assert choose(models("c"), know(filled="bd")) is not None
    new = KnownModel(digest="new", tables=(table_key("a"),))
    assert choose({**models(), "new": new}) is None  # a has a model
    assert choose(models("c"), references={"c": [table_key("elsewhere")]}) is None
    assert choose(models("a", "d", "f", "g")) is None  # more than half
    assert choose_slice(know(), models("c"), "other models", {}) is None
    without = SCHEMA.replace_objects([table_key("j"), index("of_j", "j").key], ())
    assert choose(models("j"), know(without)) is None  # no file makes it


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA.replace_objects((), [VIEW]),
        replace(SCHEMA, ignored=frozenset([index("of_others", "a")])),
    ],
    ids=["view", "ignored"],
)
def test_what_is_not_kept(schema: Schema) -> None:
    known = make_known_schema(
        schema, models=models(), other_models="", filled_tables=()
    )
    assert known is None


def test_where_a_table_may_be_renamed_there_is_none() -> None:
    new = {"new": KnownModel(digest="new", tables=(table_key("new"),))}
    assert choose({**models(gone="j"), **new}) is None
    other = {"other": KnownModel(digest="same", tables=(table_key("j"),))}
    assert choose({**models(gone="j"), **other}) is None  # the table has another model
    swapped = {
        "i": KnownModel(digest="changed", tables=(table_key("j"),)),
        "j": KnownModel(digest="changed", tables=(table_key("i"),)),
    }
    assert choose({**models(), **swapped}) is None
    more = (table_key("j"), table_key("j_tags"))
    assert choose({**models(), "j": KnownModel(digest="changed", tables=more)})


def test_what_shows_that_it_is_too_small() -> None:
    part = choose(models("a"))
    assert part is not None
    before = part.schema
    new, taken = index("new", "a"), index("of_j", "a")
    assert not part.find_taken_names(before.replace_objects((), [new]))
    assert part.find_taken_names(before.replace_objects((), [taken])) == {("", "of_j")}
    assert part.has_same_neighbours(before, before.replace_objects((), [new]))
    beside = before.replace_objects((), [index("new", "b")])
    assert not part.has_same_neighbours(before, beside)


def test_what_changed_is_known_afterwards() -> None:
    part = choose(models("c"))
    assert part is not None
    new = index("new", "c")
    reached = part.schema.replace_objects((), [new])
    known = part.read_changed(reached, [table_key("d")], models("c"))
    assert known is not None
    assert known.models["c"].digest == "changed"
    objects = frozenset(known.read_objects(known.tables))
    assert objects == SCHEMA.objects | {new}
    assert known.tables.keys() == know().tables.keys()
    assert known.tables[table_key("d")].referenced == {table_key("e")}
    assert part.table_count == 3
