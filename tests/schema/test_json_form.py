"""What is written as JSON is read back with every field, also those that never count."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from schema_migrations.schema.json_form import object_as_json, object_from_json
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Sequence,
    Table,
    table_key,
)
from schema_migrations.schema.trait import Trait

ITEM, SHOP = table_key("item"), table_key("shop", "other")
NEEDS = frozenset([Key("enum", "", "colour"), Key("sequence", "", "numbers")])
OBJECTS: list[Object] = [
    Table(
        key=ITEM,
        columns=(
            Column(name="id", type="bigint", identity="always", position=2),
            Column(
                name='"ü\n',
                type="text",
                nullable=False,
                default="''::text",
                generated="lower(a)",
                generated_kind="stored",
                identity_sequence="item_id_seq",
                is_local=False,
                needs=NEEDS,
            ),
        ),
        comment="of a\x7fshop",
        options="STRICT",
        needs=NEEDS,
    ),
    Constraint(
        key=ITEM.constraint("c"),
        table=ITEM,
        type="check",
        definition="CHECK (id > 0)",
        columns=("id",),
        reserves_relation_name=False,
    ),
    ForeignKey(
        key=ITEM.constraint("f"),
        table=ITEM,
        definition="FOREIGN KEY (shop) REFERENCES other.shop(id)",
        columns=("shop",),
        referenced_table=SHOP,
        needs=NEEDS,
    ),
    Index(
        key=Key("index", "", "i"),
        table=ITEM,
        unique=True,
        definition="USING btree (id)",
        columns=("id",),
        method="btree",
    ),
    Sequence(key=Key("sequence", "", "s"), definition="AS integer"),
    Sequence(key=Key("sequence", "", "t"), definition="", owned_by=ITEM.column("id")),
    Definition(key=Key("enum", "", "colour"), definition="", labels=("red", "")),
    Definition(
        key=Key("extension", "", "citext"),
        definition="",
        version="1.6",
        installed_version="1.6",
        is_relocatable=True,
        clauses=("NOT NULL",),
    ),
]


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: type(obj).__name__)
def test_what_is_written_is_read_back(obj: Object) -> None:
    read = object_from_json(json.loads(json.dumps(object_as_json(obj))))
    assert type(read) is type(obj)
    assert asdict(read) == asdict(obj)
    assert hash(read) == hash(obj)


def test_what_only_sql_describes_is_not_written() -> None:
    view = Opaque(key=ITEM, trait=Trait(noun="view"), definition="CREATE VIEW …")
    with pytest.raises(TypeError, match="table item has no form in JSON"):
        object_as_json(view)
