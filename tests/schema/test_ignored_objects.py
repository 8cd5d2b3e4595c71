"""What other tools own: found by pattern, and what goes along with it."""

from __future__ import annotations

from typing import Any

import pytest

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.schema.ignored_objects import (
    find_unmade_needs,
    hide_ignored,
    hide_unmade_references,
    hide_users_of_ignored,
    matches_pattern,
    with_needed_ignored,
)
from schema_migrations.schema.model import (
    EMPTY,
    Column,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    Table,
    table_key,
)

A = Column(name="a", type="integer")
MINE, THEIRS = table_key("mine"), table_key("theirs")
AWAY = table_key("theirs", "jobs")


def table(key: Key) -> Table:
    return Table(key=key, columns=(A,))


def index(name: str, on: Key) -> Index:
    key = Key(kind="index", namespace=on.namespace, name=name)
    return Index(key=key, table=on, definition="")


def opaque(name: str, *needs: Key) -> Opaque:
    key = Key(kind="opaque", name=name, part="view")
    return Opaque(key=key, trait=TRAITS["view"], definition="", needs=frozenset(needs))


REFERENCE = ForeignKey(
    key=MINE.constraint("to_theirs"),
    table=MINE,
    definition="",
    referenced_table=THEIRS,
)
SEQUENCE = Sequence(
    key=Key(kind="sequence", name="s"), definition="", owned_by=THEIRS.column("a")
)
VIEW = opaque("v", THEIRS.column("a"))
ON_VIEW = opaque("w", VIEW.key)
COMMENT = Opaque(
    key=Key(kind="opaque", name="theirs", part="comment"),
    trait=TRAITS["comment"],
    definition="",
    owner=THEIRS,
    needs=frozenset({THEIRS}),
)
TRIGGER = Opaque(
    key=Key(kind="opaque", name="ours", part="trigger on theirs"),
    trait=TRAITS["trigger"],
    definition="",
    owner=THEIRS,
    needs=frozenset({THEIRS}),
)
POLICY = Opaque(
    key=Key(kind="opaque", name="p", part="policy on mine"),
    trait=TRAITS["policy"],
    definition="",
    owner=MINE,
    needs=frozenset({MINE, THEIRS.column("a")}),
)


def about(obj: Opaque, noun: str = "comment") -> Opaque:
    return Opaque(
        key=Key(kind="opaque", name=obj.key.name, part=f"{noun} of {obj.key.part}"),
        trait=TRAITS[noun],
        definition="",
        owner=obj.owner,
        needs=frozenset({obj.key}),
    )


NAMESPACE = Definition(key=Key(kind="namespace", name="jobs"), definition="")


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("theirs", THEIRS, True),
        ("their?", THEIRS, True),
        ("public.theirs", THEIRS, True),
        ("main.theirs", THEIRS, True),
        ("theirs", AWAY, False),
        ("jobs.theirs", AWAY, True),
        ("jobs.*", AWAY, True),
        ("j*.th*", AWAY, True),
        ("other.*", AWAY, False),
        ("jobs.*", NAMESPACE.key, True),
        ("jobs.theirs", NAMESPACE.key, False),
        ("jobs", NAMESPACE.key, False),
        ("public.*", THEIRS, False),  # it would hide all that is ours
        ("THEIRS", THEIRS, False),
        ("pg_trgm", Key(kind="extension", name="pg_trgm"), True),
    ],
)
def test_a_pattern(pattern: str, key: Key, expected: bool) -> None:
    assert matches_pattern(pattern, key) is expected


def left(
    *patterns: str, of: list[Object], beside: frozenset[Key] = frozenset()
) -> set[Key]:
    return set(
        hide_ignored(Schema(frozenset(of)), patterns, excluded_tables=beside).by_key
    )


def schema(*objects: Object) -> Schema:
    return Schema(frozenset(objects))


def test_parts_of_an_ignored_table_go_with_it() -> None:
    kept = index("j", MINE)
    on_it: list[Object] = [index("i", THEIRS), SEQUENCE, COMMENT]
    assert left("theirs", of=[table(MINE), table(THEIRS), kept, *on_it]) == {
        MINE,
        kept.key,
    }


USERS: list[Object] = [VIEW, ON_VIEW, REFERENCE, TRIGGER, POLICY]


def test_what_uses_an_ignored_table_stays() -> None:
    found = left("theirs", "theirs.*", of=[table(MINE), table(THEIRS), *USERS])
    assert found == {MINE, *(obj.key for obj in USERS)}


def test_what_is_said_of_our_trigger_on_an_ignored_table_stays() -> None:
    said: list[Object] = [TRIGGER, about(TRIGGER, "trigger state"), about(TRIGGER)]
    found = left("theirs", of=[table(THEIRS), *said])
    assert found == {obj.key for obj in said}
    assert left("theirs", "ours", of=[table(THEIRS), *said]) == set()
    assert left(of=[table(THEIRS), *said], beside=frozenset({THEIRS})) == set()


def test_only_in_a_live_database_it_is_a_stranger() -> None:
    """But not what uses something of ours as well, such as a policy on our table."""
    both = opaque("both", MINE.column("a"), THEIRS.column("a"))
    users = [*USERS, both, on_both := opaque("on_both", both.key, VIEW.key)]
    live = hide_ignored(schema(table(MINE), table(THEIRS), *users), ["theirs"])
    assert hide_users_of_ignored(live, schema(table(MINE))).by_key.keys() == {
        MINE,
        POLICY.key,
        REFERENCE.key,
        both.key,
        on_both.key,
    }
    assert hide_users_of_ignored(live, schema(*users)) == live


@pytest.mark.parametrize("kind", ["namespace", "extension"])
def test_what_everybody_uses_is_not_ours(kind: Any) -> None:
    home = Definition(key=Key(kind=kind, name="ours"), definition="")
    theirs = opaque("v", THEIRS.column("a"), home.key)
    live = hide_ignored(schema(home, table(THEIRS), theirs), ["theirs"])
    assert hide_users_of_ignored(live, EMPTY).by_key.keys() == {home.key}


def test_a_copy_has_what_ours_needs() -> None:
    other = table(table_key("theirs_too"))
    objects = (table(MINE), table(THEIRS), index("i", THEIRS), other, REFERENCE)
    live = hide_ignored(schema(*objects), ["theirs*"])
    whole = with_needed_ignored(live)
    assert whole == schema(*objects).replace_objects([other.key], ())


def test_what_needs_an_ignored_object_that_no_file_makes() -> None:
    desired = hide_ignored(schema(table(MINE), table(THEIRS), *USERS), ["theirs"])
    assert {key for key, _ in find_unmade_needs(EMPTY, desired)} == {
        VIEW.key,
        TRIGGER.key,
        POLICY.key,
    }
    made = hide_ignored(schema(table(THEIRS)), ["theirs"])
    assert not [*find_unmade_needs(made, desired)]
    assert REFERENCE.key in hide_unmade_references(made, desired).by_key
    assert REFERENCE.key not in hide_unmade_references(EMPTY, desired).by_key


def test_a_schema_goes_with_all_that_is_in_it() -> None:
    assert left("jobs.*", of=[NAMESPACE, table(AWAY), index("i", AWAY)]) == set()


def test_a_constraint_is_not_found_by_its_tables_name() -> None:
    assert left("to_theirs", of=[table(MINE), table(THEIRS), REFERENCE]) == {
        MINE,
        THEIRS,
        REFERENCE.key,
    }


def test_what_refers_to_a_table_beside_ours_stays() -> None:
    on_it: list[Object] = [index("i", THEIRS), SEQUENCE]
    objects: list[Object] = [table(MINE), table(THEIRS), REFERENCE, VIEW, *on_it]
    found = left(of=objects, beside=frozenset({THEIRS}))
    assert found == {MINE, REFERENCE.key, VIEW.key}


def test_nothing_is_hidden_without_a_match() -> None:
    schema = Schema(frozenset({table(MINE)}))
    assert hide_ignored(schema, ["nope"]) is schema
