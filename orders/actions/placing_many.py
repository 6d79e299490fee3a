"""Placing the lines of a list, each as an order of its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from accounts.models import User
from ledger.queries import balance
from orders.actions.placing import place_order
from orders.checking import Checked
from orders.errors import BalanceTooLowError, OrderError, PriceChangedError
from orders.intake import FieldErrors
from orders.models import Order
from shop.money import ZERO


@dataclass(frozen=True)
class Placed:
    """What came of a list: every line again, those that were left out as they were."""

    lines: list[Checked]

    @property
    def charged(self) -> Decimal:
        return sum((one.order.charge for one in self.lines if one.order), ZERO)

    @property
    def orders(self) -> int:
        return sum(one.order is not None for one in self.lines)


def place_lines(
    *,
    customer: User,
    checked: Iterable[Checked],
    chosen: frozenset[int],
    shown: Mapping[int, Decimal],
    agreed_terms: int | None = None,
    address: str | None = None,
) -> Placed:
    """Order the chosen lines of a list, by their numbers, and say what came of each.

    1. If the balance does not cover all of them together, nothing is ordered
       (BalanceTooLowError).
    2. Each line is placed in a step of its own, under its own key: a list that is sent
       twice, at once or later, orders nothing twice.

    `shown` are the prices that the customer saw, by service: a line whose price is
    another by now is refused. A line that is refused stops none of the others.
    `agreed_terms` and `address` are those of `place_order`.
    """
    lines = list(checked)
    wanted = [one for one in lines if one.is_good and one.line.number in chosen]
    due = sum((one.charge or ZERO for one in wanted if _as_shown(one, shown)), ZERO)
    missing = due - balance(customer=customer)
    if missing > 0:
        raise BalanceTooLowError(missing)
    place = partial(
        place_order, customer=customer, agreed_terms=agreed_terms, address=address
    )
    placed = {one.line.number: _placed(place, one, shown) for one in wanted}
    return Placed([placed.get(one.line.number, one) for one in lines])


def _as_shown(one: Checked, shown: Mapping[int, Decimal]) -> bool:
    return shown.get(one.line.service_id or 0) == one.price


def _placed(
    place: Callable[..., Order], one: Checked, shown: Mapping[int, Decimal]
) -> Checked:
    assert one.line.service_id is not None  # noqa: S101 - it is good
    price = shown.get(one.line.service_id)
    if price is None:
        refusal = PriceChangedError(one.charge or ZERO)
        return replace(one, fault=refusal.message)
    try:
        order = place(
            service_id=one.line.service_id,
            raw=one.line.raw,
            idempotency_key=one.key,
            expected_charge=one.charge_at(price),
            reference=one.line.reference,
        )
    except OrderError as error:
        return replace(one, fault=error.message)
    except FieldErrors as error:
        sentences = [text for texts in error.errors.values() for text in texts]
        return replace(one, fault=" ".join(sentences))
    return replace(one, order=order)
