"""Admin pages for people and organisations."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from demo_project.accounts import models


class AddressInline(admin.TabularInline):
    model = models.Address
    fk_name = "organisation"
    exclude = ["user"]
    extra = 0


class MembershipInline(admin.TabularInline):
    model = models.Membership
    fk_name = "organisation"
    extra = 0


@admin.register(models.User)
class PersonAdmin(UserAdmin):
    list_display = ["email", "full_name", "is_staff", "date_joined"]
    search_fields = ["email", "full_name"]
    ordering = ["email"]
    readonly_fields = ["public_id", "date_joined", "last_login"]
    fieldsets = [
        (None, {"fields": ["email", "password", "full_name"]}),
        ("Region", {"fields": ["locale", "time_zone"]}),
        (
            "Permissions",
            {
                "fields": [
                    "is_active",
                    "is_staff",
                    "is_superuser",
                    "groups",
                    "user_permissions",
                ]
            },
        ),
        ("Record", {"fields": ["public_id", "date_joined", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "usable_password", "password1", "password2"]}),
    ]


@admin.register(models.Customer)
class CustomerAdmin(admin.ModelAdmin):
    list_display = ["full_name", "email"]
    fields = ["full_name", "email"]


@admin.register(models.Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    list_display = ["name", "vat_number", "parent"]
    search_fields = ["name", "vat_number"]
    inlines = [MembershipInline, AddressInline]


@admin.register(models.Address)
class AddressAdmin(admin.ModelAdmin):
    list_display = ["recipient", "city", "country"]
    list_filter = ["country"]


@admin.register(models.LoyaltyAccount)
class LoyaltyAccountAdmin(admin.ModelAdmin):
    list_display = ["user", "points", "tier"]


@admin.register(models.ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    list_display = ["label", "user", "last_used_at"]
    readonly_fields = ["last_used_at", "last_used_from", "request_count"]
