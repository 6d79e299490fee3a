"""Services as pages list them: with the customer's price, their star, and how it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from orders.health import starts_within
from orders.models import ServiceHealth
from provider.models import Service
from provider.prices import prices_of
from provider.queries import favourites


@dataclass(frozen=True)
class Card:
    """One service on a page, with the words that a template would put together slowly.

    `starts` is how soon orders usually start, or empty.
    """

    service: Service
    address: str
    number: str
    star: str
    least: str
    most: str
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
    paid = prices_of(services=services, customer=buyer)
    # Below it stand the addresses of all services: asking for each takes its time.
    home = reverse("services")
    within = _("starts within %(time)s")
    number, star = _("No. %(number)s"), _("Favourite: No. %(number)s")
    return {
        service.pk: Card(
            service=service,
            address=f"{home}{service.pk}/",
            number=number % {"number": service.pk},
            star=star % {"number": service.pk},
            least=f"{service.min:,}",
            most=f"{service.max:,}",
            price=paid[service.pk],
            health=health.get(service.pk),
            starts=within % {"time": time}
            if (time := starts_within(health.get(service.pk)))
            else "",
            is_favourite=service.pk in stars,
            per_package=service.rule.per_package,
        )
        for service in services
    }
