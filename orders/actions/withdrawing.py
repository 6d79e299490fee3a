"""Ending an order that is not upstream, with its whole charge given back."""

from accounts.models import User
from orders.actions.telling import tell_customer
from orders.actions.transitions import transition
from orders.changes import Change
from orders.enums import Status, Submission
from orders.models import Order
from provider.models import Reply


def withdraw(
    *,
    order: Order,
    reason: str,
    reply: Reply | None = None,
    by: User | None = None,
    flag: str = "",
    watch: float | None = None,
) -> Order:
    """End an order that is not upstream, give the whole charge back, and return it.

    Tells its customer, unless it was they who asked. With `watch` it is looked at again
    in so many seconds, as it may be upstream after all. Inside the caller's step, which
    has locked the customer's accounts.
    """
    (withdrawn,) = transition(
        [
            Change(
                order_id=order.pk,
                submission=Submission.WITHDRAWN,
                status=Status.CANCELED,
                refunded=order.charge,
                reason=reason,
                wait=watch,
                done_waiting=watch is None,
                flag=flag,
                reply=reply,
                by=by,
            )
        ]
    )
    if by is None or by.pk != order.customer_id:
        tell_customer(withdrawn)
    return withdrawn
