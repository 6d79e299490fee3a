"""What a payment costs and brings, before it is begun."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from payments.enums import OPEN
from payments.errors import PaymentError
from payments.gateways import registry
from payments.gateways.protocol import Gateway
from payments.gateways.units import places
from payments.models import BonusRule, GatewayTerms
from shop.money import ZERO, show


@dataclass(frozen=True)
class Offer:
    """A payment as the customer would make it: `total` is paid, amount and bonus come."""

    gateway: Gateway
    amount: Decimal
    fee: Decimal
    bonus: Decimal = ZERO
    rule: BonusRule | None = None

    @property
    def total(self) -> Decimal:
        return self.amount + self.fee


def smallest() -> Decimal:
    """Return the smallest sum that can be paid, in the shop's currency."""
    return Decimal(1).scaleb(-places(settings.SHOP_CURRENCY))


def offered() -> list[Gateway]:
    """Return the gateways that customers may choose, in the shop's order."""
    terms = {row.gateway: row for row in GatewayTerms.objects.all()}

    def place(gateway: Gateway) -> int:
        row = terms.get(gateway.name)
        return row.position if row else 100

    return [
        gateway
        for gateway in sorted(registry.offered(), key=place)
        if gateway.name not in terms or terms[gateway.name].active
    ]


def terms_of(gateway: Gateway) -> GatewayTerms:
    """Return the shop's terms for a gateway: without a row, no fee and no limits."""
    found = GatewayTerms.objects.filter(gateway=gateway.name).first()
    return found or GatewayTerms(gateway=gateway.name)


def offer(
    *, customer: User, gateway: Gateway, amount: Decimal, code: str = ""
) -> Offer:
    """Return what a payment of `amount` through a gateway costs and brings.

    The fee is rounded up to what can be paid, the bonus down. Of the bonuses that
    everybody gets the highest counts; a coupon's takes its place. Raises PaymentError
    for a coupon that does not fit.
    """
    fee = _round(terms_of(gateway).fee(amount), ROUND_CEILING)
    rules = _rules(customer, gateway)
    code = code.strip().upper()
    rule: BonusRule | None
    if code:
        rule = _coupon(rules, code, amount)
    else:
        fitting = [rule for rule in rules if not rule.code and rule.least <= amount]
        rule = max(fitting, key=lambda rule: rule.bonus(amount), default=None)
    bonus = _round(rule.bonus(amount), ROUND_FLOOR) if rule else ZERO
    return Offer(gateway, amount, fee, bonus, rule)


def _rules(customer: User, gateway: Gateway) -> list[BonusRule]:
    """Return the rules in force for the customer; those used up are left out."""
    in_force = BonusRule.objects.filter(
        Q(starts_at=None) | Q(starts_at__lte=Now()),
        Q(ends_at=None) | Q(ends_at__gt=Now()),
        Q(gateway="") | Q(gateway=gateway.name),
        active=True,
    )
    counted = Q(paid_at__isnull=False) | Q(state__in=OPEN)
    used = customer.top_ups.filter(counted, bonus_rule__once=True)
    return list(
        in_force.exclude(pk__in=used.values("bonus_rule")).order_by("-percent", "pk")
    )


def _coupon(rules: Iterable[BonusRule], code: str, amount: Decimal) -> BonusRule:
    rule = next((rule for rule in rules if rule.code == code), None)
    if rule is None:
        raise PaymentError(
            _("This coupon is not valid, or was used already."), field="coupon"
        )
    if rule.least > amount:
        raise PaymentError(
            _("This coupon is for payments from %(least)s on.")
            % {"least": show(rule.least)},
            field="coupon",
        )
    return rule


def _round(sum_: Decimal, rounding: str) -> Decimal:
    return (sum_ / smallest()).to_integral_value(rounding) * smallest()
