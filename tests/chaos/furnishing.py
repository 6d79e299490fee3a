"""What the shop has before the storm: providers with catalogues, customers with money."""

from dataclasses import dataclass
from decimal import Decimal

from accounts import actions as accounts
from accounts.models import User
from ledger import actions as ledger
from provider import actions as providers
from provider.models import Provider, Service
from tests.chaos.processes import Sandbox

PASSWORD = "a good password"
CUSTOMERS = 20
# The last ones are poor: they meet refusals.
POOR = 2
CREDIT = Decimal(1_000_000)
POOR_CREDIT = Decimal(60)


@dataclass(frozen=True)
class Customer:
    """A customer as a client knows them, and what they began with."""

    user_id: int
    email: str
    key: str
    credit: Decimal


@dataclass(frozen=True)
class Shelf:
    """A service on sale, as a customer reads it."""

    id: int
    type: str
    min: int
    max: int
    drip_feed: bool


@dataclass(frozen=True)
class Market:
    """The customers and what they can buy; `providers` by the sandbox's name."""

    customers: list[Customer]
    shelves: list[Shelf]
    providers: dict[str, int]
    # Those that tell whether they have an order that we do not know of.
    telling: frozenset[str]


def furnish(sandboxes: list[Sandbox]) -> Market:
    """Add the providers, read and publish their catalogues, make the customers."""
    made = {sandbox.name: _provider(sandbox) for sandbox in sandboxes}
    # Refills at once: nobody waits for a day here.
    Service.objects.update(refill_hours=0)
    services = Service.objects.filter(active=True, off_reason="").order_by("id")
    shelves = [
        Shelf(one.pk, one.type, one.min, one.max, one.dripfeed)
        for one in services
        if one.on_sale
    ]
    customers = [_customer(number) for number in range(CUSTOMERS)]
    return Market(
        customers,
        shelves,
        {name: provider.pk for name, provider in made.items()},
        frozenset(sandbox.name for sandbox in sandboxes if sandbox.tells),
    )


def _provider(sandbox: Sandbox) -> Provider:
    provider = providers.add_provider(
        name=sandbox.name,
        url=f"{sandbox.address}/api/v2",
        key=sandbox.key,
        currency="USD",
        # An odd one, so that charges and refunds have something to round.
        markup=Decimal("37.317"),
        publish=True,
        calls_per_minute=6000,
    )
    # The catalogue comes before the faults are felt: a broken one is refused and read again.
    for _try in range(20):
        if providers.sync(provider=provider).outcome in {"applied", "unchanged"}:
            break
    Provider.objects.filter(pk=provider.pk).update(
        request_ids=sandbox.tells, list_orders=sandbox.tells
    )
    return provider


def _customer(number: int) -> Customer:
    email = f"customer{number}@example.com"
    user = accounts.add_user(email=email, password=PASSWORD)
    credit = POOR_CREDIT if number >= CUSTOMERS - POOR else CREDIT
    ledger.credit(customer=user, amount=credit, subject=user.pk, by=None)
    key = accounts.rotate_api_key(user=User.objects.get(pk=user.pk))
    return Customer(user.pk, email, key, credit)
