"""What a status says of money upstream: pure reading."""

from decimal import Decimal

from orders.models import Order
from provider.protocol.replies import StatusRow


def charge_of(order: Order, answer: StatusRow) -> Decimal | None:
    """Return what the provider charges, where it is in the provider's own currency."""
    if answer.charge is None or answer.charge < 0 or order.provider is None:
        return None
    if answer.currency not in (None, "", order.provider.currency):
        return None
    return answer.charge if answer.charge < Decimal(10) ** 10 else None


def cost_nothing(answer: StatusRow) -> bool:
    """Whether nothing was charged: zero, or not a word of it."""
    return answer.charge == 0 or (answer.charge is None and not answer.charge_given)
