"""People who buy, the organisations they buy for, and how they are reached.

``User`` replaces Django's own user model: people log in with their e-mail address,
and the database itself holds addresses apart that differ only in case.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now


class UserManager(BaseUserManager["User"]):
    """Makes users from an e-mail address instead of a user name."""

    def create_user(self, email: str, password: str | None = None) -> User:
        user = self.model(email=self.normalize_email(email))
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None) -> User:
        user = self.create_user(email, password)
        user.is_staff = user.is_superuser = True
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(
        unique=True, db_comment="Login name; unique without regard to case."
    )
    full_name = models.CharField(max_length=150, blank=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    locale = models.CharField(max_length=10, default="en", db_default="en")
    time_zone = models.CharField(max_length=63, db_default="UTC")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True, db_default=True)
    date_joined = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        swappable = "AUTH_USER_MODEL"
        db_table_comment = "Everybody who can log in, customers and staff alike."
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_ci"),
        ]

    def __str__(self) -> str:
        return self.email


class Customer(User):
    """A user, seen by the people who pack parcels; no table of its own."""

    class Meta:
        proxy = True
        ordering = ["full_name"]


class Organisation(models.Model):
    """A business customer; subsidiaries point at the organisation that owns them."""

    name = models.CharField(max_length=200)
    legal_name = models.TextField(blank=True)
    vat_number = models.CharField(
        max_length=20,
        null=True,
        blank=True,
        unique=True,
        validators=[RegexValidator(r"^[A-Z]{2}[0-9A-Z]{2,18}$")],
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="units"
    )
    billing_address = models.ForeignKey(
        "Address",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="billed_organisations",
        db_comment="One of the organisation's own addresses.",
    )
    members = models.ManyToManyField(
        User, through="Membership", related_name="organisations"
    )
    credit_limit = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    payment_terms = models.DurationField(
        null=True, blank=True, db_comment="Time from invoice to payment."
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="accounts_organisation_not_its_own_parent",
                violation_error_message="An organisation cannot own itself.",
            ),
            models.CheckConstraint(
                condition=Q(credit_limit__isnull=True) | Q(credit_limit__gte=0),
                name="accounts_organisation_credit_limit_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner"
        BUYER = "buyer"
        VIEWER = "viewer"

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    invited_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="invited"
    )
    position = models.PositiveSmallIntegerField(default=0)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"], name="accounts_membership_once"
            ),
            # Deferrable, so that two people can swap places in one transaction.
            models.UniqueConstraint(
                fields=["organisation", "position"],
                name="accounts_membership_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(role="owner"),
                name="accounts_membership_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "buyer", "viewer"]),
                name="accounts_membership_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Address(models.Model):
    """Where parcels and invoices go; belongs to a person or to an organisation."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="addresses"
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="addresses",
    )
    recipient = models.CharField(max_length=150)
    street = models.TextField()
    postcode = models.CharField(max_length=12, db_collation="C")
    city = models.CharField(max_length=100)
    country = models.CharField(max_length=2, db_comment="ISO 3166-1 alpha-2.")
    is_default = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "addresses"
        indexes = [
            models.Index(
                fields=["country", "postcode"],
                include=["city"],
                name="accounts_address_place",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_default=True),
                name="accounts_address_one_default",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, organisation__isnull=True)
                | Q(user__isnull=True, organisation__isnull=False),
                name="accounts_address_exactly_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.city}"


class ApiToken(models.Model):
    """Access for programs; the database makes the key."""

    id = models.UUIDField(primary_key=True, db_default=RandomUUID())
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    label = models.SlugField(max_length=40)
    digest = models.BinaryField(max_length=32, unique=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    request_count = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        unique_together = [("user", "label")]
        indexes = [
            models.Index(
                F("last_used_at").desc(nulls_last=True),
                name="accounts_apitoken_recent",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class LoyaltyAccount(models.Model):
    """Points of one customer: shares its key with the user it belongs to."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="loyalty"
    )
    points = models.IntegerField(db_default=0)
    tier = models.CharField(max_length=10, db_default="basic")
    since = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(points__gte=0), name="accounts_loyalty_points_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.points}"
