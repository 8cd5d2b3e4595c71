"""What stays although no model knows it, and what goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.schema.carried_objects import carry_over, limit_to_tables
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    Table,
    table_key,
)

T, AWAY = table_key("t"), table_key("t", "away")
A = Column(name="a", type="integer")
TABLE = Table(key=T, columns=(A,))
ELSEWHERE = Table(key=AWAY, columns=(A,))


def opaque(
    name: str, type_: str, *needs: Key, owner: Key | None = None, space: str = ""
) -> Opaque:
    key = Key(kind="opaque", namespace=space, name=name, part=type_)
    needed = frozenset(needs)
    return Opaque(
        key=key, trait=TRAITS[type_], definition=name, owner=owner, needs=needed
    )


VIEW = opaque("v", "view", T.column("a"))
COMMENT = Opaque(
    key=VIEW.key._replace(part="comment on view"),
    trait=TRAITS["comment"],
    definition="",
    needs=frozenset({VIEW.key}),
)
TRIGGER = opaque("g", "trigger", T, owner=T)
STATISTICS = opaque("s", "statistics", T.column("a"), owner=T)
MOOD = Definition(key=Key(kind="enum", name="mood"), definition="")
FREE = Sequence(key=Key(kind="sequence", name="free"), definition="")
OWNED = Sequence(
    key=Key(kind="sequence", name="s"), definition="", owned_by=T.column("a")
)
INDEX = Index(key=Key(kind="index", name="i"), table=T, definition="")
INDEX_AWAY = Index(
    key=Key(kind="index", namespace="away", name="i"), table=AWAY, definition=""
)


def kept(
    current: list[Object], desired: list[Object], *abandoned: Key
) -> frozenset[Object]:
    before, after = Schema(frozenset(current)), Schema(frozenset(desired))
    return (
        carry_over(before, after, obsolete_keys=set(abandoned)).objects - after.objects
    )


@pytest.mark.parametrize("obj", [VIEW, TRIGGER, STATISTICS, MOOD, FREE, OWNED])
def test_what_models_cannot_describe_stays_with_its_table(obj: Object) -> None:
    assert kept([TABLE, obj], [TABLE]) == {obj}


@pytest.mark.parametrize("obj", [TRIGGER, STATISTICS, OWNED, INDEX])
def test_and_goes_with_it(obj: Object) -> None:
    assert kept([TABLE, obj], []) == frozenset()


@pytest.mark.parametrize("obj", [VIEW, TRIGGER, MOOD, FREE, ELSEWHERE])
def test_what_is_abandoned_goes(obj: Object) -> None:
    assert kept([TABLE, obj], [TABLE], obj.key) == frozenset()


def test_an_unmanaged_table_stays_with_all_that_is_on_it() -> None:
    objects: frozenset[Object] = frozenset({TABLE, INDEX, TRIGGER, OWNED})
    current, desired = Schema(objects), Schema(frozenset())

    assert carry_over(current, desired, unmanaged_tables={T}).objects == objects
    assert carry_over(desired, desired, unmanaged_tables={T}) == desired


def test_comments_go_with_what_they_are_on() -> None:
    assert kept([TABLE, VIEW, COMMENT], [TABLE]) == {VIEW, COMMENT}
    assert kept([TABLE, VIEW, COMMENT], [TABLE], VIEW.key) == frozenset()


def test_an_index_that_no_model_has_goes() -> None:
    assert kept([TABLE, INDEX], [TABLE]) == frozenset()


def test_tables_elsewhere_stay_with_all_that_stands_on_them() -> None:
    """Also where the desired state has a table in the same namespace."""
    other = Table(key=table_key("other", "away"), columns=(A,))
    on_it = opaque("g", "trigger", AWAY, owner=AWAY, space="away")

    assert kept([ELSEWHERE, INDEX_AWAY, on_it], [other]) == {
        ELSEWHERE,
        INDEX_AWAY,
        on_it,
    }
    assert kept([ELSEWHERE, INDEX_AWAY], [ELSEWHERE]) == frozenset()
    assert kept([ELSEWHERE, INDEX_AWAY], [other], AWAY) == frozenset()


def test_a_limited_change_leaves_what_needs_another_table_alone() -> None:
    """A view of a table to come waits; one that is there stays, whatever it needs."""
    other = Table(key=table_key("other"), columns=(A,))
    both = opaque("both", "view", T, other.key)
    on_both = opaque("on_both", "view", both.key)
    mine = opaque("mine", "view", T)
    there = opaque("there", "view", T.column("gone"))
    current = Schema(frozenset({there}))
    desired = Schema(frozenset({TABLE, other, both, on_both, mine, there}))

    assert limit_to_tables(current, desired, {T}).objects == {TABLE, mine, there}


def test_a_comment_follows_what_it_is_about_to_its_new_name() -> None:
    old = Constraint(
        key=Key(kind="constraint", name="t", part='o"d'),
        table=T,
        type="unique",
        columns=("a",),
        definition="UNIQUE (a)",
    )
    new = replace(old, key=old.key._replace(part="new"))
    comment = Opaque(
        key=Key(kind="opaque", name="t", part='comment on constraint o"d'),
        trait=TRAITS["comment"],
        definition="""COMMENT ON CONSTRAINT "o""d" ON "t" IS '"o""d"'""",
        drop_sql='COMMENT ON CONSTRAINT "o""d" ON "t" IS NULL',
        owner=T,
        needs=frozenset({old.key}),
    )

    assert kept([TABLE, old, comment], [TABLE, new]) == {
        Opaque(
            key=Key(kind="opaque", name="t", part="comment on constraint new"),
            trait=TRAITS["comment"],
            definition="""COMMENT ON CONSTRAINT "new" ON "t" IS '"o""d"'""",
            drop_sql='COMMENT ON CONSTRAINT "new" ON "t" IS NULL',
            owner=T,
        )
    }
    assert kept([TABLE, old, comment], [TABLE]) == frozenset()
