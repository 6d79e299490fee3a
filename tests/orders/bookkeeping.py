"""A provider whose balance moves as a test says, and days that pass."""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Now

from ledger import actions as ledger
from orders import actions
from orders.models import Order, ProviderDay
from orders.reconciliation import Books, books, today
from provider.models import Provider
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_customer, make_order, make_service
from tests.orders.acting import Script, accepted, says, tracked


def send_funds(provider: Provider, amount: str, subject: int = 1) -> None:
    ledger.send_funds(
        account=provider.account, amount=Decimal(amount), subject=subject, by=None
    )


def buy(script: Script, provider: Provider, upstream_id: str | None = None) -> Order:
    """Return an order that `provider` has accepted; we book a cost of 1."""
    service = make_service(provider=provider)
    order = make_order(make_customer(credit="100"), service)
    return accepted(script, order, upstream_id)


def complete(script: Script, order: Order, charge: str | None = "1") -> Order:
    return tracked(script, order, says(UpstreamStatus.COMPLETED, charge=charge))


def read_balance(provider: Provider, amount: str, *, minutes_ago: int = 0) -> None:
    """Let the balance have been read, and close the books."""
    Provider.objects.filter(pk=provider.pk).update(
        balance=Decimal(amount), balance_at=Now() - timedelta(minutes=minutes_ago)
    )
    actions.close_books()


def pass_a_day() -> None:
    """Make today's rows yesterday's, and so on."""
    for day in ProviderDay.objects.order_by("date"):
        ProviderDay.objects.filter(pk=day.pk).update(
            date=day.date - timedelta(days=1),
            changed_at=F("changed_at") - timedelta(days=1),
        )


def day_of(provider: Provider, day: date | None = None) -> ProviderDay:
    return ProviderDay.objects.get(provider=provider, date=day or today())


def of_today(provider: Provider) -> Books:
    return books(provider=provider, first=today(), last=today())
