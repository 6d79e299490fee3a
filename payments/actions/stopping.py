"""Ending what frozen customers have ordered and nobody has sent."""

import logging

from django.db.models import Q

from orders import actions as orders
from orders.enums import Submission
from orders.errors import OrderError
from orders.models import Order

logger = logging.getLogger(__name__)

BATCH = 500
UNSENT = (Submission.QUEUED, Submission.HELD)


def stop_orders(*, customer_id: int | None = None) -> int:
    """End the unsent orders of frozen customers with a full refund; return how many.

    Of one customer, or of all. What is sent meanwhile is under way and stays; what the
    lost message of a freezing should have ended, the sweeper ends, and so it does with
    what was placed in the moment in which its customer closed the account.
    """
    stopped = Q(customer__frozen_at__isnull=False) | Q(
        customer__closed_at__isnull=False
    )
    found = Order.objects.filter(stopped, submission__in=UNSENT)
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    return sum(_cancel(order) for order in found.order_by("pk")[:BATCH])


def _cancel(order: Order) -> bool:
    try:
        orders.cancel_order(
            order=order,
            by=None,
            reason="the customer is frozen, or has closed their account",
        )
    except OrderError as error:
        logger.info("Order %s was not stopped: %s", order.pk, error)
        return False
    return True
