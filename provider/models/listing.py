"""What the catalogue page filters and sorts by: a narrow copy of every service.

The database keeps it (the triggers of migration 0007_search), whatever way a service, its
price or its category is written. Nothing else writes here but `speed`. That is also why
its keys are not checked a second time.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.models.catalogue import Category, Service
from shop.money import MoneyField


class Word(models.Model):
    """A word of the catalogue's names, as search compares it (shop_search_text)."""

    id = models.AutoField(primary_key=True)
    text = models.TextField(unique=True, db_collation="C")

    def __str__(self) -> str:
        return self.text


class Listing(models.Model):
    """One service, as it is looked for. Narrow, so that reading all of them is quick."""

    service = models.OneToOneField(
        Service, models.CASCADE, primary_key=True, db_constraint=False
    )
    # It stands in the index below, behind its own position.
    category = models.ForeignKey(
        Category, models.CASCADE, db_index=False, db_constraint=False
    )
    position = models.PositiveIntegerField()
    on_sale = models.BooleanField()
    price = MoneyField(null=True)
    type = models.CharField(max_length=30)
    refill = models.BooleanField()
    cancel = models.BooleanField()
    dripfeed = models.BooleanField()
    # The name's beginning without marks before its first letter.
    sort_name = models.TextField(db_collation="C")
    # Seconds until half of the orders had started, where enough were measured.
    speed = models.PositiveIntegerField(null=True)
    # Numbers of the words in the service's and its category's names, in all languages.
    words = ArrayField(models.IntegerField())

    class Meta:
        indexes = [
            # The catalogue in its own order, whole or one category of it.
            models.Index(
                fields=["position", "category", "service"],
                condition=Q(on_sale=True),
                name="listing_in_order",
            ),
            GinIndex(OpClass(F("words"), name="gin__int_ops"), name="listing_words"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.sort_name}"


class Favourite(models.Model):
    """A service that a customer has put a star on."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        # It leads the constraint below.
        db_index=False,
        related_name="favourites",
        verbose_name=_("customer"),
    )
    service = models.ForeignKey(
        Service, models.CASCADE, related_name="favourites", verbose_name=_("service")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "service"], name="favourite_once_per_service"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.service_id}"
