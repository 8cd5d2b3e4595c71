"""A shop: 106 models, many of them swapped or forked, trees by treebeard."""

from __future__ import annotations

from oscar.defaults import *  # noqa: F403

from tools.real_projects.common_settings import *  # noqa: F403
from tools.real_projects.common_settings import DJANGO_APPS

DASHBOARDS = [
    "Catalogue",
    "Communications",
    "Offers",
    "Orders",
    "Pages",
    "Partners",
    "Ranges",
    "Reports",
    "Reviews",
    "Shipping",
    "Users",
    "Vouchers",
]
INSTALLED_APPS = [
    *DJANGO_APPS,
    "oscar.config.Shop",
    "oscar.apps.address.apps.AddressConfig",
    "oscar.apps.analytics.apps.AnalyticsConfig",
    "oscar.apps.basket.apps.BasketConfig",
    "oscar.apps.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.communication.apps.CommunicationConfig",
    "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.offer.apps.OfferConfig",
    "oscar.apps.order.apps.OrderConfig",
    "oscar.apps.partner.apps.PartnerConfig",
    "oscar.apps.payment.apps.PaymentConfig",
    "oscar.apps.search.apps.SearchConfig",
    "oscar.apps.shipping.apps.ShippingConfig",
    "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig",
    "oscar.apps.dashboard.apps.DashboardConfig",
    *(f"oscar.apps.dashboard.{n.lower()}.apps.{n}DashboardConfig" for n in DASHBOARDS),
    "django_tables2",
    "haystack",
    "sorl.thumbnail",
    "treebeard",
    "widget_tweaks",
]
HAYSTACK_CONNECTIONS = {
    "default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
}
SILENCED_SYSTEM_CHECKS = ["models.W042"]  # keys without a configured type
