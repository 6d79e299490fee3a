"""Choosing where an order is bought: pure decisions over a service's routes.

The first offer that sells, by position, is taken; the next ones stand in for an offer
that has refused this order, was withdrawn, costs more than it brings, or whose provider
takes nothing at present. An order that may be upstream already never comes here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from orders.enums import HoldReason
from orders.models import Order
from provider.enums import LossPolicy
from provider.models import Offer, Provider
from shop.money import PLACES, round_up


@dataclass(frozen=True)
class Way:
    """An offer that sells, and what one unit of its currency costs in the shop's."""

    offer: Offer
    fx_rate: Decimal


@dataclass(frozen=True)
class NoWay:
    """Nothing sells now. `held_for` is None where the order only waits for a provider."""

    held_for: HoldReason | None
    why: str


class AllRefused(Exception):
    """Every offer there is has refused this order."""


def choose(
    order: Order,
    offers: Sequence[Offer],
    *,
    refused: frozenset[int],
    rates: Mapping[str, Decimal],
    now: datetime,
) -> Way | NoWay:
    """Return where `order` can be bought at `now` (the database's clock), or why not.

    `offers` are the service's, by position, each with its provider; `refused` the ids of
    those that have refused this order; `rates` what one of each currency costs in the
    shop's. Raises AllRefused where none is left to be asked.
    """
    fitting = [offer for offer in offers if offer.type == order.type]
    if not fitting:
        return NoWay(HoldReason.ROUTE, "nobody sells it to us at present")
    left = [offer for offer in fitting if offer.pk not in refused]
    if not left:
        raise AllRefused
    obstacles = [_obstacle(order, offer, rates, now) for offer in left]
    for offer, obstacle in zip(left, obstacles, strict=True):
        if obstacle is None:
            return Way(offer, rates[offer.provider.currency])
    found = [obstacle for obstacle in obstacles if obstacle is not None]
    # Waiting costs nothing: a provider that takes orders again is worth it.
    return min(found, key=lambda obstacle: obstacle.held_for is not None)


def usable(provider: Provider, *, now: datetime) -> bool:
    """Whether the provider takes orders: on, not paused, and its circuit not open."""
    return (
        provider.active
        and provider.paused_at is None
        and (provider.open_until is None or provider.open_until <= now)
    )


def places(provider: Provider) -> int:
    """Return how many orders may be under way there at once: one where it is tried."""
    return 1 if provider.open_until is not None else provider.max_in_flight


def _obstacle(
    order: Order, offer: Offer, rates: Mapping[str, Decimal], now: datetime
) -> NoWay | None:
    provider = offer.provider
    if offer.withdrawn_at is not None or not provider.active:
        return NoWay(HoldReason.ROUTE, "nobody sells it to us at present")
    if not usable(provider, now=now):
        return NoWay(None, f"{provider} takes no orders at present")
    rate = rates.get(provider.currency)
    if rate is None:
        why = f"nobody said lately what one {provider.currency} costs"
        return NoWay(HoldReason.RATE, why)
    if not earns(order, offer, rate):
        return NoWay(HoldReason.COST, "it would cost more than the customer paid")
    return None


def earns(order: Order, offer: Offer, rate: Decimal) -> bool:
    """Whether the newest cost is covered by the charge, or by recorded consent (I6)."""
    service = order.service
    with localcontext(prec=60):
        exact: Decimal = offer.rate_seen * rate * order.units
        if not order.rule.per_package:
            exact /= 1000
        covered: Decimal = order.charge
        if service.loss_policy == LossPolicy.SEND:
            covered = order.charge * (100 + service.loss_limit) / 100
        if order.consent_margin is not None:
            # The price came from what somebody lets it be above, or below, the cost.
            covered = max(covered, order.charge * 100 / (100 + order.consent_margin))
        return round_up(exact, Decimal(1).scaleb(-PLACES)) <= covered
