"""What the shop can show when a payment is disputed, as a text to hand in."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings

from content.queries import acceptances
from orders.models import Order
from payments.models import TopUp
from shop.money import plain

# Orders that are listed; a bank reads no more.
ORDERS = 200


def evidence(*, top_up: TopUp) -> str:
    """Return who paid, from where, when it was credited, and what was bought since.

    In English and UTC, as banks read it. Nothing of a card is in it: the shop has none.
    """
    return "\n".join(_lines(top_up)) + "\n"


def _lines(top_up: TopUp) -> Iterator[str]:
    customer = top_up.customer
    yield f"{settings.SHOP_NAME} ({settings.SITE_URL}): payment {top_up.pk}"
    yield ""
    yield f"Gateway: {top_up.gateway}, {top_up.remote_id}, reference {top_up.reference}"
    yield f"Paid: {plain(top_up.total)} {top_up.currency}"
    yield f"Begun: {_time(top_up.created_at)} from the address {top_up.address or '-'}"
    yield f"Credited: {_time(top_up.paid_at)}"
    yield f"Refunded: {plain(top_up.refunded)} {top_up.currency}"
    yield f"Customer: {customer.email}, {customer.name or '-'}, number {customer.pk}"
    yield f"Customer since: {_time(customer.date_joined)}"
    for accepted in acceptances(user_id=customer.pk):
        yield (
            f"Accepted the terms, version {accepted.version.number} "
            f"(SHA-256 {accepted.version.digest}): {_time(accepted.accepted_at)} "
            f"from the address {accepted.address or '-'}, {accepted.where}"
        )
    yield ""
    yield "Ordered with the balance since it was credited:"
    orders = Order.objects.filter(customer=customer).select_related("service")
    if top_up.paid_at is not None:
        orders = orders.filter(created_at__gte=top_up.paid_at)
    for order in orders.order_by("pk")[:ORDERS]:
        yield (
            f"{_time(order.created_at)}  order {order.pk}  {order.service.name}  "
            f"{order.link or '-'}  charge {plain(order.charge)}, "
            f"refunded {plain(order.refunded)}, {order.status}, "
            f"delivered {_delivered(order)}"
        )


def _delivered(order: Order) -> str:
    return "-" if order.delivered is None else f"{order.delivered} of {order.units}"


def _time(at: datetime | None) -> str:
    return "-" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
