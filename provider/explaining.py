"""Why a service costs what it costs: each step from the provider's rate to the price.

Worked out anew by the Python forms of `provider.pricing` and `provider.prices`; where
that differs from what is kept, something changed since the service was last priced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from django.conf import settings
from django.db.models import Case, Q, When

from accounts.models import User
from provider.agreed import Agreed, agreed_with
from provider.enums import RuleScope
from provider.models import ExchangeRate, MarkupRule, Offer, Quarantine, Route, Service
from provider.prices import Paid, pay
from provider.pricing import Rule, floor_of, marked_up, price_of

# The narrowest first: the first that there is decides.
SCOPES = (
    RuleScope.SERVICE,
    RuleScope.CATEGORY,
    RuleScope.PROVIDER,
    RuleScope.EVERYTHING,
)


@dataclass(frozen=True)
class Bought:
    """Where a service is bought, and what one thousand or a package costs there.

    `rate` is the provider's that was accepted last; `waits` is set where the newest is
    another one, as an odd change waits for approval or was rejected. `fx` is the rate of
    exchange that counts, None where none is needed or none is known. `cost` (by `rate`)
    and `cost_seen` (by the newest) are in the shop's currency, None where nobody knows
    them: a price is made of the former, and its floor of the latter.
    """

    offer: Offer
    position: int
    rate: Decimal
    waits: Quarantine | None
    fx: ExchangeRate | None
    cost: Decimal | None
    cost_seen: Decimal | None

    @property
    def is_abroad(self) -> bool:
        return self.offer.provider.currency != settings.SHOP_CURRENCY


@dataclass(frozen=True)
class Decision:
    """Which markup rule decides, and what it makes of the cost.

    `rules` has the rule of each scope, or None; `scope` is None where the shop's own
    markup holds. `exact` is before rounding; all three are None without a cost.
    """

    rules: Mapping[RuleScope, MarkupRule | None]
    scope: RuleScope | None
    rule: Rule
    exact: Decimal | None
    price: Decimal | None
    floor: Decimal | None


@dataclass(frozen=True)
class Explanation:
    """A service's price, and what a customer pays, if one was named."""

    service: Service
    bought: Bought | None
    decision: Decision
    customer: User | None
    agreed: Agreed
    paid: Paid | None


def explain(*, service: Service, customer: User | None = None) -> Explanation:
    """Return how `service` came to its price, and to what `customer` pays.

    In five queries, four without a customer.
    """
    bought = _bought(service)
    agreed = agreed_with(customer=customer, service_id=service.pk)
    return Explanation(
        service=service,
        bought=bought,
        decision=_decision(service, bought),
        customer=customer,
        agreed=agreed,
        paid=None if service.price is None else pay(service, agreed),
    )


def _bought(service: Service) -> Bought | None:
    """Return the first offer that is not withdrawn, or the first of all; as pricing does."""
    route = (
        Route.objects.filter(service=service)
        .select_related("offer__provider")
        .order_by(Case(When(offer__withdrawn_at=None, then=0), default=1), "position")
        .first()
    )
    if route is None:
        return None
    offer = route.offer
    fx = (
        ExchangeRate.objects.filter(
            base=offer.provider.currency, quote=settings.SHOP_CURRENCY
        )
        .select_related("by")
        .order_by("-created_at", "-id")
        .first()
    )
    waits = Quarantine.objects.filter(offer=offer, ended_at=None).first()
    rate = waits.old_rate if waits is not None else offer.rate_seen
    worth: Decimal | None = fx.rate if fx is not None else None
    if offer.provider.currency == settings.SHOP_CURRENCY:
        worth = Decimal(1)
    return Bought(
        offer=offer,
        position=route.position,
        rate=rate,
        waits=waits,
        fx=fx,
        cost=_times(rate, worth),
        cost_seen=_times(offer.rate_seen, worth),
    )


def _times(rate: Decimal, worth: Decimal | None) -> Decimal | None:
    if worth is None:
        return None
    with localcontext(prec=100):
        return rate * worth


def _decision(service: Service, bought: Bought | None) -> Decision:
    about = Q(service=service) | Q(category=service.category_id)
    about |= Q(scope=RuleScope.EVERYTHING)
    if bought is not None:
        about |= Q(provider=bought.offer.provider_id)
    found = {RuleScope(rule.scope): rule for rule in MarkupRule.objects.filter(about)}
    scope = next((scope for scope in SCOPES if scope in found), None)
    rule = _pure(found.get(scope) if scope else None)
    cost = bought.cost if bought else None
    cost_seen = bought.cost_seen if bought else None
    return Decision(
        rules={scope: found.get(scope) for scope in SCOPES},
        scope=scope,
        rule=rule,
        exact=None if cost is None else marked_up(cost, rule),
        price=None if cost is None else price_of(cost, rule),
        floor=None if cost_seen is None else floor_of(cost_seen, rule),
    )


def _pure(rule: MarkupRule | None) -> Rule:
    if rule is None:
        return Rule(percent=settings.DEFAULT_MARKUP, step=settings.PRICE_STEP)
    return Rule(
        percent=rule.percent,
        fixed=rule.fixed,
        step=rule.step,
        minimum_margin=rule.minimum_margin,
        rounding=rule.rounding,
    )
