"""Functions that name what goes away."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.plan.mentions import find_mentions, find_words
from schema_migrations.schema.changes import (
    AddColumn,
    Change,
    DropColumn,
    DropTable,
    Rename,
    RenameColumn,
)
from schema_migrations.schema.model import Column, Key, Opaque, Schema, Table, table_key

T, NEW = table_key("orders"), table_key("sales")
TOTAL = Column(name="total", type="integer")
TABLE, RENAMED = Table(key=T, columns=(TOTAL,)), Table(key=NEW, columns=(TOTAL,))
RENAMING = Rename(before=TABLE, after=RENAMED)
DROPPING = DropColumn(table=T, column=TOTAL)


def function(text: str) -> Opaque:
    key = Key(kind="opaque", name="f", part="function()")
    return Opaque(key=key, trait=TRAITS["function"], definition=text)


def looks(changes: list[Change], text: str, *others: Opaque) -> tuple[str, ...]:
    both = Schema(frozenset({function(text), *others}))
    return find_mentions(changes, both, both)


@pytest.mark.parametrize(
    ("change", "text", "said"),
    [
        (RENAMING, "SELECT 1 FROM Orders", "names table orders, which is renamed"),
        (DropTable(table=TABLE), 'SELECT "orders"', "table orders, which is dropped"),
        (DROPPING, "SELECT total FROM orders", "names column orders.total"),
        (
            RenameColumn(table=T, before=TOTAL, after=Column(name="a", type="integer")),
            "SELECT o.total FROM orders o",
            "names column orders.total, which is renamed",
        ),
    ],
)
def test_it_is_named(change: Change, text: str, said: str) -> None:
    (found,) = looks([change], text)

    assert found.startswith("function f names")
    assert said in found


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (RENAMING, "SELECT 1 FROM orders_by_day"),
        (RENAMING, 'SELECT 1 FROM "Orders"'),
        (DROPPING, "SELECT total FROM payments"),
        (DROPPING, "SELECT totals FROM orders"),
        (AddColumn(table=T, column=TOTAL), "SELECT total FROM orders"),
    ],
)
def test_others_are_not(change: Change, text: str) -> None:
    assert looks([change], text) == ()


def test_a_trigger_need_not_name_its_table() -> None:
    text = "BEGIN NEW.total := 1; END"
    trigger = Opaque(
        key=Key(kind="opaque", name="g", part="trigger on orders"),
        trait=TRAITS["trigger"],
        definition="",
        owner=T,
        needs=frozenset({function(text).key}),
    )

    assert len(looks([DROPPING], text, trigger)) == 1


def test_the_table_may_have_another_name_by_then() -> None:
    drop = DropColumn(table=NEW, column=TOTAL)

    assert len(looks([RENAMING, drop], "SELECT total FROM orders")) == 2
    assert len(looks([RENAMING, drop], "SELECT total FROM sales")) == 1


def test_a_function_that_changes_as_well_is_left_out() -> None:
    text = "SELECT total FROM orders"
    before, after = (Schema(frozenset({function(t)})) for t in (text, f"{text} o"))

    assert find_mentions([DROPPING], before, after) == ()


def test_words() -> None:
    assert find_words('AS $f$SELECT "A ""b""", Total FROM t1$f$') == {
        *("as", "f", "select", 'A "b"', "total", "from", "t1"),
    }
