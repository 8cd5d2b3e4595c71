"""Renames are found in Django's operations."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.state import ProjectState

from tools.histories.history import Labelled, render_apps
from tools.histories.renames import Renames, RenderedState, find_renames, trace_origins


def label_operations(*operations: Any) -> tuple[Labelled, ...]:
    return tuple(("shop", operation) for operation in operations)


def render_after(operations: tuple[Labelled, ...]) -> RenderedState:
    state = ProjectState()
    for label, operation in operations:
        operation.state_forwards(label, state)
    return RenderedState(state=state.clone(), apps=render_apps(state))


def find_renames_after(before: tuple[Any, ...], operations: tuple[Any, ...]) -> Renames:
    """Find the renames of operations that follow others."""
    first, then = label_operations(*before), label_operations(*operations)
    return find_renames(then, render_after(first), render_after((*first, *then)))


ID: Any = ("id", models.BigAutoField(primary_key=True))
TAG = migrations.CreateModel("Tag", [ID])
ORDER = migrations.CreateModel(
    "Order",
    [
        ID,
        ("total", models.IntegerField()),
        ("first", models.ForeignKey("shop.Tag", models.CASCADE)),
        ("tags", models.ManyToManyField("shop.Tag", related_name="orders")),
    ],
)


@pytest.mark.parametrize(
    ("operations", "tables", "columns"),
    [
        (
            (migrations.RenameField("order", "total", "amount"),),
            {},
            {("shop_order", "total"): "amount"},
        ),
        (
            (migrations.RenameField("order", "first", "main"),),
            {},
            {("shop_order", "first_id"): "main_id"},
        ),
        (
            (migrations.RenameModel("Order", "Sale"),),
            {"shop_order": "shop_sale", "shop_order_tags": "shop_sale_tags"},
            {("shop_sale_tags", "order_id"): "sale_id"},
        ),
        (
            (migrations.RenameModel("Tag", "Label"),),
            {"shop_tag": "shop_label"},
            {("shop_order_tags", "tag_id"): "label_id"},
        ),
        (
            (migrations.RenameField("order", "tags", "labels"),),
            {"shop_order_tags": "shop_order_labels"},
            {},
        ),
        (
            (
                migrations.RenameModel("Order", "Sale"),
                migrations.RenameField("sale", "total", "sum"),
                migrations.RenameField("sale", "sum", "amount"),
            ),
            {"shop_order": "shop_sale", "shop_order_tags": "shop_sale_tags"},
            {
                ("shop_sale", "total"): "amount",
                ("shop_sale_tags", "order_id"): "sale_id",
            },
        ),
        (
            (migrations.AlterModelTable("order", "sales"),),
            {"shop_order": "sales", "shop_order_tags": "sales_tags"},
            {},
        ),
        (
            (
                migrations.AlterField(
                    "order", "total", models.IntegerField(db_column="sum")
                ),
            ),
            {},
            {("shop_order", "total"): "sum"},
        ),
        (
            (
                migrations.RemoveField("order", "total"),
                migrations.AddField("order", "total", models.TextField(db_column="t")),
            ),
            {},
            {},
        ),
    ],
)
def test_names_follow_models_and_fields(
    operations: tuple[Any, ...],
    tables: dict[str, str],
    columns: dict[tuple[str, str], str],
) -> None:
    assert find_renames_after((TAG, ORDER), operations) == Renames(
        tables=tables, columns=columns
    )


def test_a_model_made_on_the_table_of_another_is_that_model() -> None:
    """So are models moved between apps, whose state alone changes."""
    bill = migrations.CreateModel(
        "Bill",
        [ID, ("sum", models.IntegerField(db_column="total"))],
        options={"db_table": "shop_order"},
    )
    moved = migrations.SeparateDatabaseAndState(
        state_operations=[migrations.DeleteModel("Order"), bill]
    )

    renamed = find_renames_after(
        (TAG, ORDER), (moved, migrations.AlterModelTable("bill", None))
    )

    assert renamed.tables == {"shop_order": "shop_bill"}


def test_renames_by_hand_are_read_from_the_database_operations() -> None:
    sql = 'ALTER TABLE "shop_order_tags" RENAME TO shop_link; ALTER TABLE shop_link RENAME tag_id TO label_id'
    link = migrations.CreateModel("Link", [ID])
    by_hand = migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(sql)], state_operations=[link]
    )

    assert find_renames_after((TAG, ORDER), (by_hand,)) == Renames(
        tables={"shop_order_tags": "shop_link"},
        columns={("shop_link", "tag_id"): "label_id"},
    )


def test_a_one_off_default_follows_its_field() -> None:
    note: Any = models.TextField(default="none")
    operations = label_operations(
        migrations.AddField("order", "note", note, preserve_default=False),
        migrations.RenameField("order", "note", "remark"),
        migrations.RenameModel("Order", "Sale"),
    )

    before = render_after(label_operations(TAG, ORDER))

    assert trace_origins(operations, before.state).one_off_defaults == {
        (("shop", "sale"), "remark"): "none"
    }


def test_a_rename_to_a_table_that_the_state_has_made_is_none() -> None:
    """Two apps of one history: in the state, the second made its table long before."""
    moved = migrations.SeparateDatabaseAndState(
        database_operations=[migrations.AlterModelTable("order", "shop_tag")],
        state_operations=[migrations.DeleteModel("Order")],
    )

    assert find_renames_after((TAG, ORDER), (moved,)) == Renames()


def test_a_renamed_model_may_take_the_name_of_one_that_goes() -> None:
    operations = (
        migrations.RemoveField("order", "tags"),
        migrations.RemoveField("order", "first"),
        migrations.DeleteModel("Tag"),
        migrations.RenameModel("Order", "Tag"),
    )

    assert find_renames_after((TAG, ORDER), operations) == Renames(
        tables={"shop_order": "shop_tag"}
    )
