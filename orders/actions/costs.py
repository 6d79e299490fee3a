"""What orders cost us, booked in the providers' currencies."""

from decimal import Decimal

from ledger import actions as ledger
from ledger.enums import AccountKind, TransferKind
from ledger.models import Transfer
from orders.models import Attempt, Order
from provider import actions as providers
from provider.models import Provider
from shop.money import PLACES, ZERO, round_up

# Charges in the protocol have five decimals: that much more is rounding.
ROUNDING = Decimal("0.00001")


def book_expected_cost(*, attempt: Attempt, provider: Provider) -> None:
    """Book an accepted attempt's expected cost, inside the caller's transaction."""
    _book(attempt, provider, TransferKind.ORDER_COST, no=1)


def book_second_cost(*, attempt: Attempt, provider: Provider) -> None:
    """Book what an upstream order costs that is ours beside the one we follow.

    Apart from the order's own cost, whose correction knows of one upstream order.
    """
    _book(attempt, provider, TransferKind.ORDER_COST_SECOND, no=attempt.no)


def _book(attempt: Attempt, provider: Provider, kind: TransferKind, *, no: int) -> None:
    if attempt.expected_cost > 0:
        ledger.move(
            source=provider.account,
            target=ledger.system_account(
                kind=AccountKind.COST, currency=provider.currency
            ),
            amount=attempt.expected_cost,
            kind=kind,
            subject=attempt.order_id,
            no=no,
        )


def settle_cost(*, order: Order, provider: Provider) -> Decimal:
    """Book the difference between what the provider charged and what is booked already.

    When an order has ended, and again when it ends differently after all; whichever way
    the difference goes. Returns it: above zero where the provider took more, which
    pauses the service until its price is known again (I6). Inside the caller's
    transaction, which has locked the order.
    """
    if order.upstream_charge is None:
        return ZERO
    booked, corrections = _booked(order, provider)
    charged = round_up(order.upstream_charge, Decimal(1).scaleb(-PLACES))
    difference = charged - booked
    if difference == 0:
        return difference
    cost = ledger.system_account(kind=AccountKind.COST, currency=provider.currency)
    source, target = provider.account, cost
    if difference < 0:
        source, target = target, source
    ledger.move(
        source=source,
        target=target,
        amount=abs(difference),
        kind=TransferKind.ORDER_COST_CORRECTION,
        subject=order.pk,
        no=corrections + 1,
    )
    if difference > ROUNDING:
        providers.pause_overcharged(service_id=order.service_id, provider=provider)
    return difference


def _booked(order: Order, provider: Provider) -> tuple[Decimal, int]:
    """Return what the order is booked to have cost, and after how many corrections."""
    rows = Transfer.objects.filter(
        kind__in=(TransferKind.ORDER_COST, TransferKind.ORDER_COST_CORRECTION),
        subject=order.pk,
    ).values_list("kind", "source", "amount")
    booked, corrections = ZERO, 0
    for kind, source, amount in rows:
        booked += amount if source == provider.account_id else -amount
        corrections += kind == TransferKind.ORDER_COST_CORRECTION
    return booked, corrections
