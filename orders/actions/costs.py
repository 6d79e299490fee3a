"""What orders cost us, booked in the providers' currencies."""

from collections.abc import Iterable, Sequence
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
# Beyond the numbers of attempts: the transfers that take a second order's cost back.
TAKEN_BACK = 10_000


def book_expected_cost(*, attempt: Attempt, provider: Provider) -> None:
    """Book an accepted attempt's expected cost, inside the caller's transaction."""
    _book(attempt, provider, TransferKind.ORDER_COST, no=1)


def book_second_cost(*, attempt: Attempt, provider: Provider) -> None:
    """Book what an upstream order costs that is ours beside the one we follow.

    Apart from the order's own cost, whose correction knows of one upstream order.
    """
    _book(attempt, provider, TransferKind.ORDER_COST_SECOND, no=attempt.no)


def book_as_followed(*, attempt: Attempt, provider: Provider) -> None:
    """Turn the cost of a second upstream order into that of the one that we follow."""
    if attempt.expected_cost > 0:
        ledger.move(
            source=ledger.system_account(
                kind=AccountKind.COST, currency=provider.currency
            ),
            target=provider.account,
            amount=attempt.expected_cost,
            kind=TransferKind.ORDER_COST_SECOND,
            subject=attempt.order_id,
            no=TAKEN_BACK + attempt.no,
        )
    book_expected_cost(attempt=attempt, provider=provider)


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


def settle_costs(*, orders: Sequence[Order], provider: Provider) -> dict[int, Decimal]:
    """Book for each order what its provider charged beyond what is booked already.

    When orders have ended, and again when one ends differently after all; whichever way
    the difference goes. Returns the differences by order, above zero where the provider
    took more, which pauses the service until its price is known again (I6). In a
    constant number of statements, inside the caller's transaction, which has locked the
    orders.
    """
    charged = {
        order: round_up(order.upstream_charge, Decimal(1).scaleb(-PLACES))
        for order in orders
        if order.upstream_charge is not None
    }
    booked = _booked((order.pk for order in charged), provider)
    nothing = (ZERO, 0)
    differences = {
        order: sum_charged - booked.get(order.pk, nothing)[0]
        for order, sum_charged in charged.items()
    }
    ledger.move_all(
        moves=[
            ledger.Move(order.pk, difference, booked.get(order.pk, nothing)[1] + 1)
            for order, difference in differences.items()
        ],
        source=provider.account,
        target=ledger.system_account(kind=AccountKind.COST, currency=provider.currency),
        kind=TransferKind.ORDER_COST_CORRECTION,
    )
    for service_id in {o.service_id for o, d in differences.items() if d > ROUNDING}:
        providers.pause_overcharged(service_id=service_id, provider=provider)
    return {order.pk: difference for order, difference in differences.items()}


def _booked(
    order_ids: Iterable[int], provider: Provider
) -> dict[int, tuple[Decimal, int]]:
    """Return what orders are booked to have cost, and after how many corrections."""
    rows = Transfer.objects.filter(
        kind__in=(TransferKind.ORDER_COST, TransferKind.ORDER_COST_CORRECTION),
        subject__in=list(order_ids),
    ).values_list("subject", "kind", "source", "amount")
    found: dict[int, tuple[Decimal, int]] = {}
    for order_id, kind, source, amount in rows:
        booked, corrections = found.get(order_id, (ZERO, 0))
        booked += amount if source == provider.account_id else -amount
        corrections += kind == TransferKind.ORDER_COST_CORRECTION
        found[order_id] = (booked, corrections)
    return found
