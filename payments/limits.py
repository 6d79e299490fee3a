"""How much somebody may pay, and how often: less for those whom nobody knows yet."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from payments.enums import OPEN
from payments.errors import PaymentError
from payments.gateways.protocol import Gateway
from payments.models import TopUp
from payments.offers import Offer, smallest, terms_of
from shop.money import ZERO, show

EARLY = timedelta(hours=72)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Bounds:
    """The least and the most that one payment may be, and why not more."""

    least: Decimal
    most: Decimal
    reason: str = ""


def bounds(*, customer: User, gateway: Gateway) -> Bounds:
    """Return what one payment of the customer through a gateway may be, now.

    The shop's own limits and the gateway's; a first payment is capped, and so are all
    payments together until the first is three days old. Open ones count.
    """
    own, terms = gateway.limits(settings.SHOP_CURRENCY), terms_of(gateway)
    least = max(terms.least or settings.TOPUP_LEAST, own.least)
    most = min(terms.most or settings.TOPUP_MOST, own.most)
    cap, reason = _cap_of_new(customer)
    return Bounds(least, most) if cap >= most else Bounds(least, cap, reason)


def _cap_of_new(customer: User) -> tuple[Decimal, str]:
    """Return the cap for somebody who is new, and what it is; no cap is infinite."""
    paid = TopUp.objects.filter(customer=customer, paid_at__isnull=False)
    if paid.filter(paid_at__lt=Now() - EARLY).exists():
        return Decimal("Infinity"), ""
    counted = TopUp.objects.filter(
        Q(paid_at__isnull=False) | Q(state__in=OPEN), customer=customer
    )
    sum_ = counted.aggregate(total=Sum("amount"))["total"] or ZERO
    left = max(settings.TOPUP_EARLY_MOST - sum_, ZERO)
    if not paid.exists() and left >= settings.TOPUP_FIRST_MOST:
        return settings.TOPUP_FIRST_MOST, _("A first payment may be at most this.")
    return left, _("In the first three days all payments together are limited.")


def insist_on_limits(*, customer: User, wanted: Offer, address: str | None) -> None:
    """Raise PaymentError where a payment may not be begun. Reads only."""
    if customer.closed_at is not None:
        raise PaymentError(_("Your account is closed"))
    if customer.frozen_at is not None:
        raise PaymentError(_("Your account is frozen. Please write to the shop."))
    if wanted.amount % smallest():
        raise PaymentError(_("This has too many decimals."), field="amount")
    limits = bounds(customer=customer, gateway=wanted.gateway)
    if wanted.amount < limits.least:
        raise PaymentError(
            _("The least is %(least)s.") % {"least": show(limits.least)},
            field="amount",
        )
    if wanted.amount > limits.most:
        sentence = _("The most is %(most)s.") % {"most": show(limits.most)}
        raise PaymentError(f"{sentence} {limits.reason}".strip(), field="amount")
    recent = TopUp.objects.filter(created_at__gt=Now() - HOUR)
    whose = (
        Q(customer=customer),
        Q(address=address, address__isnull=False),
        Q(gateway=wanted.gateway.name, instrument__in=_instruments(customer)),
    )
    for who in whose:
        if recent.filter(who).count() >= settings.TOPUP_ATTEMPTS:
            raise PaymentError(
                _("These were many payments within an hour. Please try again later.")
            )


def _instruments(customer: User) -> QuerySet[TopUp, str]:
    """Return the cards and accounts that the customer paid with, or tried to, lately.

    Their numbers are typed on the gateway's page, so the one of a payment that only
    begins is not known; who shares a card shares its attempts from the second one on.
    """
    known = TopUp.objects.filter(
        customer=customer, created_at__gt=Now() - DAY, instrument__regex="[0-9]"
    )
    return known.values_list("instrument", flat=True)
