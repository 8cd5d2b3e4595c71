"""Admin pages for products and what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from demo_project.catalogue import models

if TYPE_CHECKING:
    from django.http import HttpRequest


class VariantInline(admin.TabularInline):
    model = models.Variant
    extra = 0


class SupplyAgreementInline(admin.TabularInline):
    model = models.SupplyAgreement
    extra = 0


@admin.register(models.Product, models.Book, models.Garment, models.Download)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["title", "brand", "status", "updated_at"]
    list_filter = ["status", "brand"]
    search_fields = ["title"]
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["accessories"]
    filter_horizontal = ["categories"]
    inlines = [VariantInline]


@admin.register(models.Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["name", "parent", "position"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(models.Brand)
class BrandAdmin(admin.ModelAdmin):
    list_display = ["name", "website"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(models.Variant)
class VariantAdmin(admin.ModelAdmin):
    list_display = ["sku", "product", "price", "margin", "stock"]
    readonly_fields = ["margin"]


@admin.register(models.Supplier)
class SupplierAdmin(admin.ModelAdmin):
    list_display = ["name", "opens", "closes"]
    inlines = [SupplyAgreementInline]


@admin.register(models.Review)
class ReviewAdmin(admin.ModelAdmin):
    list_display = ["product", "rating", "author", "created_at"]


@admin.register(models.Sale)
class SaleAdmin(admin.ModelAdmin):
    list_display = ["name", "period", "percent", "cancelled"]


@admin.register(models.StockReport)
class StockReportAdmin(admin.ModelAdmin):
    """Read-only: its rows come from a view."""

    list_display = ["product", "variants", "pieces", "value"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: object | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: object | None = None
    ) -> bool:
        return False


admin.site.register([models.Attachment, models.Currency, models.SizeChart])
