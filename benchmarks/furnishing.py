"""What a measurement trades with: a provider, customers, orders and their money."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import count

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from benchmarks.crew import QUEUES
from ledger import actions as ledger
from ledger.enums import AccountKind, Bucket, TransferKind
from ledger.models import Transfer
from orders import actions as orders
from orders.enums import Outcome, Submission
from orders.models import Attempt, Order
from provider import actions as providers
from provider.models import Offer, Provider, Service
from shop.celery import app

CREDIT = Decimal(1_000_000)
UNITS = 1000
CHARGE = Decimal(2)
COST = Decimal(1)

_names = count(1)


def add_provider(
    url: str, *, max_in_flight: int = 64, calls_per_minute: int = 32_000
) -> Provider:
    """Add the sandbox at `url` with its services on sale; its limits are out of the way."""
    provider = providers.add_provider(
        name=f"Sandbox {next(_names)}",
        url=url,
        key="practice",
        currency="USD",
        publish=True,
        calls_per_minute=calls_per_minute,
    )
    Provider.objects.filter(pk=provider.pk).update(max_in_flight=max_in_flight)
    providers.sync(provider=provider)
    provider.refresh_from_db()
    return provider


def add_customers(number: int) -> list[User]:
    """Add customers with plenty of money; without passwords, which take long to make."""
    made = []
    for _customer in range(number):
        no = next(_names)
        user = User.objects.create_user(f"customer{no}@example.com")
        ledger.credit(customer=user, amount=CREDIT, subject=no, by=None)
        made.append(user)
    return made


def a_service(provider: Provider) -> Service:
    """Return one of the provider's services that take a link and a quantity."""
    found = Service.objects.filter(
        type="default",
        off_reason="",
        min__lte=UNITS,
        max__gte=UNITS,
        routes__offer__provider=provider,
    )
    return found.order_by("id")[0]


def place(provider: Provider, number: int) -> list[int]:
    """Place `number` orders as 20 customers do; nobody has been rung for them yet."""
    service = a_service(provider)
    customers = add_customers(20)
    placed = [
        orders.place_order(
            customer=customers[place % len(customers)],
            service_id=service.pk,
            raw={
                "link": f"https://example.com/film/{place}#complete",
                "quantity": str(service.min),
            },
        ).pk
        for place in range(number)
    ]
    purge()
    return placed


def purge() -> None:
    """Forget all messages."""
    with app.connection_for_write() as broker:
        for queue in QUEUES.split(","):
            broker.default_channel.queue_purge(queue)


def publish(order_ids: Sequence[int]) -> None:
    """Ring for each order, as placing it does."""
    with app.producer_pool.acquire(block=True) as producer:
        for order_id in order_ids:
            app.send_task(
                "orders.submit", kwargs={"order_id": order_id}, producer=producer
            )


@transaction.atomic(durable=True)
def accepted(
    provider: Provider, customers: Sequence[User], upstream_ids: Sequence[str]
) -> list[Order]:
    """Make orders that upstream has, with attempts, charges and costs; in a few statements.

    They are looked at now; customers take turns.
    """
    service = a_service(provider)
    offer = Offer.objects.get(routes__service=service)
    made = Order.objects.bulk_create(
        Order(
            customer=customers[place % len(customers)],
            service=service,
            type=service.type,
            link=f"https://example.com/film/{upstream_id}",
            quantity=UNITS,
            units=UNITS,
            price=CHARGE,
            charge=CHARGE,
            submission=Submission.ACCEPTED,
            provider=provider,
            upstream_id=upstream_id,
            next_at=Now(),
        )
        for place, upstream_id in enumerate(upstream_ids)
    )
    Attempt.objects.bulk_create(
        Attempt(
            order=order,
            no=1,
            provider=provider,
            offer=offer,
            expected_cost=COST,
            currency=provider.currency,
            fx_rate=Decimal(1),
            lease_until=Now(),
            answered_at=Now(),
            outcome=Outcome.ACCEPTED,
            upstream_id=order.upstream_id,
        )
        for order in made
    )
    _charge(made)
    _book_costs(provider, made)
    return made


def _charge(made: Sequence[Order]) -> None:
    """Book the charges as ledger.charge does, all at once."""
    ledger.lock_customers(customer_ids=[order.customer_id for order in made])
    paid = {
        customer_id: ledger.customer_account(customer_id=customer_id)
        for customer_id in {order.customer_id for order in made}
    }
    sales = ledger.system_account(kind=AccountKind.SALES)
    transfers = []
    for order in made:
        account = paid[order.customer_id]
        account.balance = (account.balance or Decimal(0)) - order.charge
        transfers.append(
            Transfer(
                source=account,
                target=sales,
                currency=sales.currency,
                amount=order.charge,
                kind=TransferKind.ORDER_CHARGE,
                subject=order.pk,
                bucket=Bucket.PAID,
                source_balance_after=account.balance,
            )
        )
    Transfer.objects.bulk_create(transfers)
    for account in paid.values():
        account.save(update_fields=["balance"])


def _book_costs(provider: Provider, made: Sequence[Order]) -> None:
    cost = ledger.system_account(kind=AccountKind.COST, currency=provider.currency)
    Transfer.objects.bulk_create(
        Transfer(
            source=provider.account,
            target=cost,
            currency=provider.currency,
            amount=COST,
            kind=TransferKind.ORDER_COST,
            subject=order.pk,
        )
        for order in made
    )
