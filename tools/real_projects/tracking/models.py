"""Event tables, and proxies that only carry triggers."""

from __future__ import annotations

import pghistory
import pgtrigger
from oscar.core.loading import get_model

from tools.real_projects.changing.models import IS_CHANGED

Order = get_model("order", "Order")
Product = get_model("catalogue", "Product")
MORE = ["currency", "guest_email"] if IS_CHANGED else []


class OrderEvent(
    pghistory.create_event_model(Order, fields=["number", "status", *MORE])
):
    pass


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class Category(Product.categories.through):
    class Meta:
        proxy = True


class Guarded(Order):
    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Protect(
                name="keep_orders",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__total_incl_tax__gt=10 if IS_CHANGED else 0),
            ),
            *(
                [pgtrigger.ReadOnly(name="one_number", fields=["number"])]
                if IS_CHANGED
                else []
            ),
        ]
