"""Every time an order was sent."""

from uuid import uuid4

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.enums import Outcome
from orders.models.orders import Order
from provider.models import Offer, Provider, Reply
from shop.money import MoneyField, RateField


class Attempt(models.Model):
    """One sending of an order, recorded before its first byte leaves."""

    # Order and provider lead unique indexes below.
    order = models.ForeignKey(
        Order, models.PROTECT, db_index=False, related_name="attempts"
    )
    no = models.PositiveSmallIntegerField(_("no."))
    provider = models.ForeignKey(
        Provider, models.PROTECT, db_index=False, related_name="attempts"
    )
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="attempts")
    # Its place among the provider's orders under way, 1 to max_in_flight, until it is
    # answered or given up: no two have the same, so there are no more.
    place = models.PositiveSmallIntegerField(_("place"), null=True, editable=False)
    # Sent along where the provider answers the same id with the same order.
    request_id = models.UUIDField(
        _("request id"), unique=True, default=uuid4, db_default=RandomUUID()
    )
    # In the provider's currency; fx_rate is what one of it costs in the shop's.
    expected_cost = MoneyField(_("expected cost"))
    currency = models.CharField(_("currency"), max_length=3)
    fx_rate = RateField(_("rate of exchange"))
    # The newest reading before it was sent: how it moves since is a hint for staff.
    balance_before = RateField(_("balance before"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), db_default=Now())
    lease_until = models.DateTimeField(_("waited for until"))
    # While its request id is sent again: nobody decides about it at that moment.
    repeated_until = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    upstream_id = models.CharField(  # noqa: DJ001
        _("upstream id"), max_length=64, null=True, blank=True
    )
    error = models.CharField(_("error"), max_length=300, blank=True)
    reply = models.ForeignKey(
        Reply, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "no"], name="attempt_one_per_number"
            ),
            models.UniqueConstraint(
                fields=["provider", "upstream_id"], name="attempt_one_per_upstream_id"
            ),
            models.UniqueConstraint(
                fields=["provider", "place"],
                condition=Q(answered_at__isnull=True),
                name="attempt_one_per_place",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, outcome="")
                | (Q(answered_at__isnull=False) & ~Q(outcome="")),
                name="attempt_answered_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.ACCEPTED) | Q(upstream_id__isnull=False),
                name="attempt_accepted_has_upstream_id",
            ),
        ]
        indexes = [
            # How many are under way at a provider.
            models.Index(
                fields=["provider", "lease_until"],
                condition=Q(answered_at__isnull=True),
                name="attempt_in_flight",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.order_id}/{self.no}"
