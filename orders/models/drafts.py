"""What a customer filled in and could not pay yet."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from provider.models import Service
from shop.money import MoneyField


class Draft(models.Model):
    """A filled form that waits for its customer to come back with more funds.

    It orders nothing by itself, holds no price, and is one at most: what was kept later
    takes its place.
    """

    customer = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="draft",
        verbose_name=_("customer"),
    )
    # Of a mass order there is none: its lines are in `fields`.
    service = models.ForeignKey(
        Service,
        models.CASCADE,
        null=True,
        blank=True,
        # Nothing looks for them by service.
        db_index=False,
        related_name="+",
        verbose_name=_("service"),
    )
    # The texts of the form, by their names.
    fields = models.JSONField(_("fields"), default=dict)
    # What it came to when it was kept: how much is to be added follows from it.
    charge = MoneyField(_("charge"))
    created_at = models.DateTimeField(_("kept"), db_default=Now())
    expires_at = models.DateTimeField(_("kept until"))

    class Meta:
        verbose_name = _("draft of an order")
        verbose_name_plural = _("drafts of orders")
        constraints = [
            models.CheckConstraint(
                condition=Q(charge__gt=0), name="draft_comes_to_something"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="draft_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.service_id or 'mass order'}"
