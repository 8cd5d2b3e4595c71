"""What is for sale: categories, products of three kinds, their variants and prices."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    ArrayField,
    DateTimeRangeField,
    RangeOperators,
)
from django.contrib.postgres.indexes import BrinIndex, GinIndex, HashIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now, Upper


class Stamped(models.Model):
    """Abstract: when a row was made and last changed."""

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Currency(models.Model):
    code = models.CharField(primary_key=True, max_length=3, db_collation="C")
    name = models.CharField(max_length=50)
    minor_units = models.PositiveSmallIntegerField(db_default=2)

    class Meta:
        verbose_name_plural = "currencies"

    def __str__(self) -> str:
        return self.code


class Category(Stamped):
    """A tree; two categories below one parent, or at the top, never share a slug."""

    parent = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="children",
    )
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, allow_unicode=True)
    related = models.ManyToManyField("self", blank=True)
    position = models.IntegerField(db_default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "slug"],
                name="catalogue_category_slug_within_parent",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """Kept in a table that the previous shop software named."""

    name = models.CharField(max_length=100, db_column="Brand Name")
    slug = models.SlugField(unique=True)
    website = models.URLField(blank=True)
    founded = models.PositiveSmallIntegerField(null=True, blank=True, db_column="year")

    class Meta:
        db_table = "Brands and Makers"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="Brands and Makers: one name each"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Product(Stamped):
    """What a customer looks at; the kinds below add their own table to it."""

    class Status(models.IntegerChoices):
        DRAFT = 0
        LIVE = 1
        RETIRED = 2

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True, default="")
    status = models.SmallIntegerField(choices=Status, default=Status.DRAFT)
    brand = models.ForeignKey(
        Brand, on_delete=models.SET_NULL, null=True, blank=True, related_name="products"
    )
    categories = models.ManyToManyField(
        Category, related_name="products", db_table="catalogue_product_filed_under"
    )
    accessories = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="accessory_of"
    )
    tags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    main_variant = models.OneToOneField(
        "Variant", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    search = models.GeneratedField(
        expression=SearchVector("title", "description", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    attachments = GenericRelation("Attachment")

    class Meta:
        get_latest_by = "created_at"
        permissions = [("publish_product", "Can put a product on sale")]
        db_table_comment = "One row per thing on sale, whatever its kind."
        indexes = [
            GinIndex(fields=["tags"], name="catalogue_product_tags"),
            GinIndex(
                fields=["attributes"],
                opclasses=["jsonb_path_ops"],
                name="catalogue_product_attributes",
            ),
            GinIndex(
                fields=["search"], fastupdate=False, name="catalogue_product_search"
            ),
            BrinIndex(
                fields=["created_at"], pages_per_range=64, name="catalogue_product_age"
            ),
            models.Index(
                F("updated_at").desc(),
                "title",
                condition=Q(status=1),
                name="catalogue_product_live",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Book(Product):
    isbn = models.CharField(max_length=13, unique=True, db_collation="C")
    authors = ArrayField(models.CharField(max_length=120), size=20)
    pages = models.PositiveIntegerField(null=True, blank=True)
    published_on = models.DateField(null=True, blank=True)


class Garment(Product):
    material = models.CharField(max_length=80)
    size_chart = models.ForeignKey(
        "SizeChart", on_delete=models.PROTECT, null=True, blank=True
    )
    care = models.TextField(db_default="")


class Download(Product):
    """A product without a parcel; named ``item`` so that it may have a ``product``."""

    item = models.OneToOneField(
        Product, on_delete=models.CASCADE, parent_link=True, primary_key=True
    )
    file = models.FileField(upload_to="downloads/%Y", max_length=255)
    size_in_bytes = models.BigIntegerField()
    seconds_to_stream = models.FloatField(null=True, blank=True)


class SizeChart(models.Model):
    """Came with the German branch, and so did its names."""

    name = models.CharField(max_length=60, db_column="größe")
    waist_cm = models.DecimalField(
        max_digits=4, decimal_places=1, db_column="Taille (cm)"
    )
    order = models.IntegerField(default=0)

    class Meta:
        db_table = "größentabelle"
        indexes = [models.Index(fields=["order", "-name"], name="größentabelle_folge")]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What is in the warehouse: a product in one size and colour."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="variants"
    )
    sku = models.CharField(max_length=40, db_collation="C")
    colour = models.CharField(max_length=30, blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    cost = models.DecimalField(max_digits=10, decimal_places=2, db_default=0)
    margin = models.GeneratedField(
        expression=F("price") - F("cost"),
        output_field=models.DecimalField(max_digits=10, decimal_places=2),
        db_persist=True,
        db_comment="Computed by the database; never written.",
    )
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, db_default="EUR")
    stock = models.IntegerField(db_default=0)
    weight_grams = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        order_with_respect_to = "product"
        indexes = [
            models.Index(
                fields=["product", "price"],
                include=["stock"],
                name="catalogue_variant_shelf",
            ),
            models.Index(
                fields=["sku"],
                opclasses=["varchar_pattern_ops"],
                name="catalogue_variant_sku_prefix",
            ),
            HashIndex(fields=["colour"], name="catalogue_variant_colour"),
        ]
        constraints = [
            models.UniqueConstraint(Upper("sku"), name="catalogue_variant_sku_once"),
            models.CheckConstraint(
                condition=Q(price__gte=0) & Q(stock__gte=0),
                name="catalogue_variant_price_and_stock_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class Attachment(models.Model):
    """A file beside anything: a manual, a care label, a signed contract."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    file = models.FileField(upload_to="attachments")
    checksum = models.CharField(max_length=64, db_index=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["content_type", "object_id"], name="catalogue_attachment_target"
            ),
        ]

    def __str__(self) -> str:
        return self.file.name


class Supplier(models.Model):
    name = models.CharField(max_length=120, unique=True)
    products = models.ManyToManyField(
        Product, through="SupplyAgreement", related_name="suppliers"
    )
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class SupplyAgreement(models.Model):
    """Names of 63 bytes, the most that PostgreSQL keeps, and longer by default."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    number_of_days_of_notice_before_the_supplier_may_end_agreement = (
        models.PositiveSmallIntegerField(db_default=30)
    )

    class Meta:
        db_table = "catalogue_agreement_between_supplier_and_shop_about_one_product"
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "product"],
                name="catalogue_one_agreement_for_each_pair_of_supplier_and_product_x",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier}: {self.product}"


class Review(Stamped):
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="reviews"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True
    )
    rating = models.SmallIntegerField()
    text = models.TextField(blank=True)
    helpful_to = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="helpful_reviews"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__range=(1, 5)), name="catalogue_review_one_to_five"
            ),
            models.UniqueConstraint(
                fields=["product", "author"],
                include=["rating"],
                name="catalogue_review_one_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.rating}"


class Sale(models.Model):
    """A period of lower prices; the database refuses two at the same time."""

    name = models.CharField(max_length=80)
    period = DateTimeRangeField()
    percent = models.DecimalField(max_digits=4, decimal_places=1)
    cancelled = models.BooleanField(default=False)
    products = models.ManyToManyField(Product, blank=True, related_name="sales")

    class Meta:
        required_db_vendor = "postgresql"
        constraints = [
            ExclusionConstraint(
                name="catalogue_sale_one_at_a_time",
                expressions=[("period", RangeOperators.OVERLAPS)],
                condition=Q(cancelled=False),
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False) & Q(percent__gt=0, percent__lte=90),
                name="catalogue_sale_sensible",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StockReport(models.Model):
    """Rows of a view which one of the SQL files makes; nothing to create here."""

    product = models.OneToOneField(
        Product, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False
    )
    variants = models.IntegerField()
    pieces = models.IntegerField()
    value = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        managed = False
        db_table = "catalogue_stock_report"

    def __str__(self) -> str:
        return f"{self.product_id}: {self.pieces}"
