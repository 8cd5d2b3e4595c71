"""Carts, orders, payments and parcels: what happens after a customer has chosen."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper

from demo_project.accounts.models import Address, Organisation
from demo_project.catalogue.models import Currency, Product, Variant


class Cart(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True
    )
    # Sessions are cleaned up on their own schedule: no constraint, no index.
    session = models.ForeignKey(
        "sessions.Session",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    variants = models.ManyToManyField(Variant, through="CartLine")
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    def __str__(self) -> str:
        return str(self.id)


class CartLine(models.Model):
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE)
    quantity = models.PositiveSmallIntegerField(default=1)

    class Meta:
        unique_together = [("cart", "variant")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"


class Order(models.Model):
    class Status(models.TextChoices):
        PLACED = "placed"
        PAID = "paid"
        SENT = "sent"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True
    )
    ship_to = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="+")
    bill_to = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=20, choices=Status, default=Status.PLACED, db_default="placed"
    )
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, to_field="code")
    total = models.DecimalField(max_digits=12, decimal_places=2)
    note = models.TextField(blank=True, default="")
    source = models.JSONField(
        null=True, blank=True, db_comment="Campaign and referrer."
    )
    placed_at = models.DateTimeField(db_default=Now())
    last_event = models.ForeignKey(
        "OrderEvent", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table_comment = "Never deleted: cancelled orders keep their number."
        ordering = ["-placed_at"]
        indexes = [
            models.Index(
                fields=["customer", "-placed_at"], name="orders_order_history"
            ),
            models.Index(
                fields=["placed_at"],
                condition=Q(status__in=["placed", "paid"]),
                name="orders_order_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(total__gte=0), name="orders_order_total_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["placed", "paid", "sent", "cancelled"]),
                name="orders_order_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class OrderEvent(models.Model):
    """What happened to an order; the order in turn points at its latest event."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        get_latest_by = "at"

    def __str__(self) -> str:
        return self.kind


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT)
    title = models.CharField(max_length=200, db_comment="As it was when it was sold.")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)
    line_total = models.GeneratedField(
        expression=F("quantity") * F("unit_price"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"],
                name="orders_orderline_position",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="orders_orderline_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.title}"


class Payment(models.Model):
    """Money in; a refund is a payment that points at the one it gives back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    refund_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    provider = models.SlugField(max_length=20)
    reference = models.CharField(max_length=100)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    captured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference"], name="orders_payment_reference"
            ),
            models.CheckConstraint(
                condition=Q(refund_of__isnull=True, amount__gt=0)
                | Q(refund_of__isnull=False, amount__lt=0),
                name="orders_payment_refunds_are_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"


class Carrier(models.Model):
    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=60, unique=True)
    tracking_url = models.URLField(max_length=500, blank=True)
    collects_at = models.TimeField(null=True, blank=True)
    usual_duration = models.DurationField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Shipment(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT)
    lines = models.ManyToManyField(OrderLine, through="ShipmentLine")
    tracking_code = models.CharField(max_length=64, null=True, blank=True)
    sent_on = models.DateField(null=True, blank=True)
    weight_kg = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "carrier",
                F("tracking_code"),
                condition=Q(tracking_code__isnull=False),
                name="orders_shipment_tracking_code",
            ),
        ]

    def __str__(self) -> str:
        return self.tracking_code or f"shipment {self.pk}"


class ShipmentLine(models.Model):
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE)
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE)
    quantity = models.PositiveIntegerField()

    class Meta:
        unique_together = [("shipment", "line")]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line}"


class Coupon(models.Model):
    code = models.CharField(max_length=24)
    percent = models.PositiveSmallIntegerField()
    products = models.ManyToManyField(Product, blank=True, related_name="coupons")
    redeemed_by = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="CouponRedemption",
        through_fields=("coupon", "user"),
    )
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        default_permissions = ("add", "change", "view")
        constraints = [
            models.UniqueConstraint(Upper("code"), name="orders_coupon_code_ci"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_until__gt=F("valid_from")),
                name="orders_coupon_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponRedemption(models.Model):
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="redemptions"
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    order = models.OneToOneField(Order, on_delete=models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.coupon} by {self.user}"


class ExchangeRate(models.Model):
    """One rate a day and currency: a key of two columns."""

    pk = models.CompositePrimaryKey("currency_id", "day")
    currency = models.ForeignKey(Currency, on_delete=models.CASCADE)
    day = models.DateField()
    per_euro = models.DecimalField(max_digits=18, decimal_places=8)

    def __str__(self) -> str:
        return f"{self.currency_id} {self.day}"
