"""Admin pages for orders, payments and parcels."""

from __future__ import annotations

from django.contrib import admin

from demo_project.orders import models


class OrderLineInline(admin.TabularInline):
    model = models.OrderLine
    readonly_fields = ["line_total"]
    extra = 0


class PaymentInline(admin.TabularInline):
    model = models.Payment
    extra = 0


class CartLineInline(admin.TabularInline):
    model = models.CartLine
    extra = 0


class ShipmentLineInline(admin.TabularInline):
    model = models.ShipmentLine
    extra = 0


@admin.register(models.Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["number", "customer", "status", "total", "placed_at"]
    list_filter = ["status"]
    search_fields = ["number", "customer__email"]
    date_hierarchy = "placed_at"
    inlines = [OrderLineInline, PaymentInline]


@admin.register(models.Cart)
class CartAdmin(admin.ModelAdmin):
    list_display = ["id", "user", "changed_at"]
    raw_id_fields = ["session"]
    inlines = [CartLineInline]


@admin.register(models.Shipment)
class ShipmentAdmin(admin.ModelAdmin):
    list_display = ["order", "carrier", "tracking_code", "sent_on"]
    inlines = [ShipmentLineInline]


@admin.register(models.Coupon)
class CouponAdmin(admin.ModelAdmin):
    list_display = ["code", "percent", "valid_from", "valid_until"]


admin.site.register(
    [models.Carrier, models.CouponRedemption, models.OrderEvent, models.Payment]
)
