"""What a change makes and frees, where an engine decides."""

from __future__ import annotations

import pytest

from schema_migrations.plan.effects import effects_of
from schema_migrations.schema.changes import Create
from schema_migrations.schema.model import EMPTY, Index, Key, table_key


@pytest.mark.parametrize("reserves", [True, False])
def test_an_index_takes_a_name_of_all_relations_or_of_its_table_alone(
    reserves: bool,
) -> None:
    index = Index(
        key=Key(kind="index", namespace="n", name="i"),
        table=table_key("t", "n"),
        definition="(a)",
        reserves_relation_name=reserves,
    )
    other = Index(
        key=Key(kind="opaque", namespace="n", name="i", part="index on u"),
        table=table_key("u", "n"),
        definition="(a)",
        reserves_relation_name=reserves,
    )
    one, two = (effects_of(Create(object=o), EMPTY).made_keys for o in (index, other))
    assert bool(one & two) is reserves
