"""What the tests of payments share: one begun, and what a gateway says of it."""

from decimal import Decimal
from typing import Any

from accounts.models import User
from ledger.models import Account
from payments import actions
from payments.enums import Outcome
from payments.gateways.bank import BankGateway
from payments.gateways.protocol import Report, State
from payments.gateways.test.gateway import TestGateway, notification_of
from payments.models import TopUp
from tests.factories import make_customer

GATEWAY = TestGateway()


def begin(customer: User | None = None, amount: str = "10", bonus: str = "0") -> TopUp:
    """Begin a payment through the test gateway."""
    top_up = actions.start_top_up(
        customer=customer or make_customer(), gateway=GATEWAY, amount=Decimal(amount)
    )
    if Decimal(bonus):
        TopUp.objects.filter(pk=top_up.pk).update(bonus=Decimal(bonus))
        top_up.refresh_from_db()
    return top_up


def begin_transfer(customer: User | None = None, amount: str = "10") -> TopUp:
    """Begin a bank transfer; the settings must name an account."""
    return actions.start_top_up(
        customer=customer or make_customer(),
        gateway=BankGateway(),
        amount=Decimal(amount),
    )


def report(top_up: TopUp, state: State, **fields: Any) -> Report:
    """Return what a gateway says of a payment; by itself all of it was paid."""
    values: dict[str, Any] = {
        "reference": top_up.reference,
        "remote_id": top_up.remote_id,
        "amount": top_up.total,
        "currency": top_up.currency,
        **fields,
    }
    return Report(state, **values)


def tell(top_up: TopUp, state: State, **fields: Any) -> Outcome:
    """Apply what a gateway says of a payment, and read it anew."""
    outcome, _found = actions.apply_report(
        gateway="test", report=report(top_up, state, **fields)
    )
    top_up.refresh_from_db()
    return outcome


def deliver(said: Report) -> Outcome:
    """Let a signed notification arrive."""
    headers, body = notification_of(said)
    return actions.receive(gateway=GATEWAY, headers=headers, body=body)


def buckets(customer: User) -> dict[str, Decimal]:
    """Return what is in the customer's accounts, but for the empty ones."""
    rows = Account.objects.filter(customer=customer).exclude(balance=0)
    return {
        kind: balance or Decimal(0)
        for kind, balance in rows.values_list("kind", "balance")
    }
