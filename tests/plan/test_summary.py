"""Changes in words."""

from __future__ import annotations

from dataclasses import replace

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.plan.summary import (
    format_header,
    make_plural,
    suggest_name,
    summarize,
)
from schema_migrations.schema.changes import (
    AddColumn,
    AlterColumn,
    Create,
    CreateTable,
    Drop,
    DropTable,
    Rename,
    SetComment,
)
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Index,
    Key,
    Opaque,
    Table,
    table_key,
)

PLURALS = {
    "column": "columns",
    "index": "indexes",
    "membership in publication": "memberships in publication",
    "operator class": "operator classes",
    "operator family": "operator families",
    "policy": "policies",
    "replica identity": "replica identities",
    "statistics": "statistics",
    "storage parameters": "storage parameters",
}
T = table_key("shop_order")
TABLE = Table(key=T, columns=(Column(name="id", type="bigint"),))
INDEX = Index(
    key=Key(kind="index", name="order_id"), table=T, definition="USING btree (id)"
)
CHECK = Constraint(
    key=T.constraint("positive"),
    table=T,
    type="check",
    definition="CHECK (id > 0)",
)


def test_plurals() -> None:
    assert {kind: make_plural(kind) for kind in PLURALS} == PLURALS


def test_parts_of_a_new_or_dropped_table_are_left_to_its_line() -> None:
    made = summarize([CreateTable(table=TABLE), Create(object=INDEX)])
    gone = summarize([DropTable(table=TABLE), Drop(object=CHECK)])

    assert [str(line) for line in made] == ["create table shop_order"]
    assert [str(line) for line in gone] == ["drop table shop_order"]


def test_one_column_is_one() -> None:
    assert [each.detail for each in summarize([CreateTable(table=TABLE)])] == [
        "1 column"
    ]


def test_each_change_says_what_and_where() -> None:
    column = Column(name="total", type="numeric", nullable=False, default="0")
    view = Opaque(
        key=Key(kind="opaque", name="totals", part="view"),
        trait=TRAITS["view"],
        definition="",
    )
    other = Column(name="total", type="text", collation="de", identity="always")
    lines = summarize(
        [
            AddColumn(table=T, column=column),
            AlterColumn(table=T, before=column, after=other),
            Create(object=CHECK),
            Rename(before=INDEX, after=INDEX),
            SetComment(key=T.column("id"), before="", after="x"),
            Create(object=view),
        ]
    )

    assert [str(line) for line in lines] == [
        "add column shop_order.total",
        "alter column shop_order.total",
        "add check constraint shop_order.positive",
        "rename index shop_order.order_id",
        "alter comment shop_order.id",
        "add view totals",
    ]
    assert lines[0].detail == "numeric NOT NULL DEFAULT 0"
    assert lines[1].detail == (
        "numeric -> text, collation default -> de, NOT NULL -> NULL, "
        "default 0 -> none, identity none -> always"
    )
    assert lines[3].detail == "from order_id"


def test_what_is_made_anew_shows_both_definitions() -> None:
    view = Opaque(
        key=Key(kind="opaque", name="totals", part="view"),
        trait=TRAITS["view"],
        definition="CREATE VIEW totals AS SELECT 1",
    )
    long = replace(
        CHECK,
        key=T.constraint("long"),
        definition="CHECK (id > 0 OR id < -7 OR id IN (100000, 100001, 100002, 100003, 100004,"
        " 100005, 100006, 100007, 100008, 100009, 100010, 100011, 100012))",
    )
    longer = long.definition.replace("100012", "100013")
    lines = summarize(
        [
            Drop(object=CHECK),
            Create(object=replace(CHECK, definition="CHECK (id > 1)")),
            Drop(object=long),
            Create(object=replace(long, definition=longer)),
            Drop(object=view),
            Create(object=replace(view, definition="CREATE VIEW totals AS SELECT 2")),
            Drop(object=INDEX),
        ]
    )

    assert [(line.sign, line.kind, line.detail) for line in lines] == [
        ("-", "check constraint", "(id > 0)"),
        ("+", "check constraint", "(id > 1)"),
        ("-", "check constraint", "… 100010, 100011, 100012))"),
        ("+", "check constraint", "… 100010, 100011, 100013))"),
        (
            "~",
            "view",
            "CREATE VIEW totals AS SELECT 1 -> CREATE VIEW totals AS SELECT 2",
        ),
        ("-", "index", ""),
    ]


def test_a_constraint_without_a_name_is_called_by_what_it_says() -> None:
    said = 'CHECK ("id" > 0)'
    unnamed = replace(CHECK, key=T.constraint(said), definition=said)

    (line,) = summarize([Create(object=unnamed)])

    assert str(line) == 'add check constraint shop_order ("id" > 0)'


def test_a_setting_is_called_by_what_it_is_on() -> None:
    storage = Opaque(
        key=Key("opaque", "", "shop_order", "storage of column id"),
        trait=TRAITS["storage"],
        definition="ALTER TABLE shop_order ALTER COLUMN id SET STORAGE MAIN",
        owner=T,
    )
    security = replace(
        storage,
        key=Key("opaque", "", "shop_order", "row security"),
        trait=TRAITS["row security"],
    )
    trigger = replace(
        storage,
        key=Key("opaque", "", "shop_order", "trigger on shop_order"),
        trait=TRAITS["trigger"],
    )
    grant = replace(
        storage,
        key=Key("opaque", "", "shop_order", "grant to PUBLIC on table"),
        trait=TRAITS["grant"],
        definition="GRANT SELECT ON TABLE shop_order TO PUBLIC",
    )
    made = [Create(object=each) for each in (storage, security, trigger, grant)]

    assert [str(line) for line in summarize(made)] == [
        "add storage shop_order.id",
        "add row security shop_order",
        "add trigger shop_order",
        "add grant shop_order",
    ]
    assert summarize(made)[3].detail == "GRANT SELECT ON TABLE shop_order TO PUBLIC"


def test_a_part_of_a_partition_is_called_by_its_own_name() -> None:
    own = Opaque(
        key=Key("opaque", "", "shop_order_2020", "constraint positive"),
        trait=TRAITS["constraint"],
        definition="ALTER TABLE shop_order_2020 ADD CONSTRAINT positive CHECK (id > 0)",
        owner=T,
    )
    default = replace(
        own,
        key=Key("opaque", "old", "shop_order_2020", "default of column id"),
        trait=TRAITS["default"],
    )
    required = replace(
        own,
        key=Key("opaque", "", "shop_order", "not null of column id"),
        trait=TRAITS["not null"],
    )
    index = replace(
        own,
        key=Key("opaque", "", "shop_order_2020_id_idx", "index"),
        trait=TRAITS["index"],
    )
    made = [Create(object=each) for each in (own, default, required, index)]

    assert [str(line) for line in summarize(made)] == [
        "add constraint shop_order.positive of shop_order_2020",
        "add default shop_order.id of old.shop_order_2020",
        "add not null shop_order.id of shop_order",
        "add index shop_order.shop_order_2020_id_idx",
    ]


def test_a_header_groups_and_does_not_run_on() -> None:
    tables = [Table(key=table_key(f"t{i}"), columns=()) for i in range(10)]
    lines = summarize([*(CreateTable(table=t) for t in tables), Create(object=INDEX)])

    assert format_header(lines) == (
        "Create 10 tables: t0, t1, t2, t3, t4, t5, t6, t7 and 2 more.",
        "Add index shop_order.order_id.",
    )


def test_a_name_is_suggested_from_the_first_change() -> None:
    column = Column(name="total", type="text")
    add = AddColumn(table=T, column=column)

    assert suggest_name(()) == ""
    assert suggest_name(summarize([add])) == "shop_order_total"
    assert suggest_name(summarize([CreateTable(table=TABLE)])) == "shop_order"
    assert suggest_name(summarize([add, add])) == "shop_order_total_and_more"
    assert suggest_name(summarize([Create(object=INDEX)])) == "shop_order_index"
