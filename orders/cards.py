"""Services as pages list them: with the customer's price, their star, and how it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from orders.health import starts_within
from orders.models import ServiceHealth
from provider.models import Service
from provider.queries import favourites, prices


@dataclass(frozen=True)
class Card:
    """One service on a page. `starts` is how soon orders usually start, or empty."""

    service: Service
    price: Decimal
    health: ServiceHealth | None
    starts: str
    is_favourite: bool
    per_package: bool


def cards(
    services: Sequence[Service], *, customer: User | AnonymousUser
) -> dict[int, Card]:
    """Return a card for each service, by its number, in their order.

    Takes a constant number of queries: one for a visitor, two for a customer.
    """
    buyer = customer if isinstance(customer, User) else None
    health = ServiceHealth.objects.in_bulk([service.pk for service in services])
    stars = favourites(customer=buyer) if buyer else set()
    paid = prices(services=services, customer=buyer)
    return {
        service.pk: Card(
            service=service,
            price=paid[service.pk],
            health=health.get(service.pk),
            starts=starts_within(health.get(service.pk)),
            is_favourite=service.pk in stars,
            per_package=service.rule.per_package,
        )
        for service in services
    }
