"""Rows for tests: honest ones, made by the same actions as real ones where it matters."""

from decimal import Decimal
from itertools import count
from typing import Any

from accounts.models import User
from ledger import actions as ledger
from orders import actions as orders
from orders.models import Order
from provider.actions import add_provider
from provider.models import Category, Offer, Provider, Route, Service
from provider.protocol.types import ServiceType

_numbers = count(1)


def make_customer(email: str = "", credit: Decimal | str = "0", **fields: Any) -> User:
    """Make a customer whose balance is `credit`."""
    customer = User.objects.create_user(
        email or f"customer{next(_numbers)}@example.com", "a good password", **fields
    )
    if Decimal(credit):
        ledger.credit(
            customer=customer, amount=Decimal(credit), subject=next(_numbers), by=None
        )
    return customer


def make_admin(email: str = "admin@example.com") -> User:
    """Make a superuser."""
    return User.objects.create_superuser(email, "a good password")


def make_provider(url: str = "http://127.0.0.1:9/api/v2", **fields: Any) -> Provider:
    """Make a provider; nothing answers at the default address."""
    values: dict[str, Any] = {
        "name": f"Provider {next(_numbers)}",
        "key": "practice",
        "currency": "USD",
        "calls_per_minute": 6000,
        **fields,
    }
    later = {k: values.pop(k) for k in list(values) if k in {"max_in_flight"}}
    provider = add_provider(url=url, **values)
    if later:
        Provider.objects.filter(pk=provider.pk).update(**later)
        provider.refresh_from_db()
    return provider


def make_service(
    provider: Provider | None = None, offer: dict[str, Any] | None = None, **fields: Any
) -> Service:
    """Make a service on sale with one route, at a price of 2.00 and a cost of 1.00."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "name": f"Subtitles {number}",
        "type": ServiceType.DEFAULT,
        "min": 10,
        "max": 10_000,
        "price": Decimal("2"),
        "refill": True,
        "cancel": True,
        "active": True,
        **fields,
    }
    if "category" not in values:
        values["category"], _made = Category.objects.get_or_create(name="Subtitles")
    service = Service.objects.create(**values)
    bought = Offer.objects.create(
        provider=provider or make_provider(),
        **{
            "upstream_id": str(1000 + number),
            "name": service.name,
            "category": service.category.name,
            "type": service.type,
            "rate_seen": Decimal("1"),
            "min": service.min,
            "max": service.max,
            **(offer or {}),
        },
    )
    Route.objects.create(service=service, offer=bought, position=1)
    return service


LINK = "https://example.com/film"


def make_order(
    customer: User | None = None,
    service: Service | None = None,
    raw: dict[str, str] | None = None,
    **arguments: Any,
) -> Order:
    """Place an order of 1,000 units, paid and queued."""
    service = service or make_service()
    return orders.place_order(
        customer=customer or make_customer(credit="100"),
        service_id=service.pk,
        raw=raw or {"link": LINK, "quantity": "1000"},
        **arguments,
    )
