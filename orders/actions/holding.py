"""Orders that wait for something: why, for how long, and what frees them.

The customer has paid, and may cancel at any time. What was proved refused may be tried
again; each reason to hold has its own end, and the longest wait is the last of
HELD_WAITS in any case.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from orders.actions.telling import tell_staff
from orders.actions.transitions import transition
from orders.changes import Change
from orders.enums import OPEN, HoldReason, Submission
from orders.models import Order
from provider.models import Reply

# Held so often in a row, an order is flagged; it goes on being tried all the same.
PATIENCE = 5
# Seconds until it is looked again whether our other order for the link has ended.
BEHIND_OUR_OWN = 30.0
# What no passing of time mends: staff are asked at once.
_FOR_STAFF = frozenset(
    {HoldReason.COST, HoldReason.RATE, HoldReason.ROUTE, HoldReason.WORDING}
)
# Orders that wait for funds, each provider's in turn, for as long as the balance that
# was read since they were held covers them together. Not those left to staff, which
# are not looked at again.
_FUNDED = """
    SELECT id FROM (
        SELECT waiting.id, provider.balance,
               sum(last.expected_cost) OVER (
                   PARTITION BY last.provider_id ORDER BY waiting.id) AS needed
        FROM orders_order waiting
        JOIN LATERAL (
            SELECT expected_cost, provider_id, answered_at FROM orders_attempt
            WHERE order_id = waiting.id ORDER BY no DESC LIMIT 1
        ) AS last ON true
        JOIN provider_provider provider ON provider.id = last.provider_id
        WHERE waiting.submission = 'held' AND waiting.held_for = 'funds'
          AND waiting.next_at IS NOT NULL
          AND provider.balance_at > last.answered_at
    ) AS covered
    WHERE needed <= balance ORDER BY id LIMIT 500
"""


def held_wait(order: Order) -> float:
    """Return for how many seconds `order`, held `holds` times before, waits now."""
    waits = settings.HELD_WAITS
    return float(waits[min(order.holds, len(waits) - 1)])


def hold(
    *,
    order: Order,
    held_for: HoldReason,
    why: str,
    reply: Reply | None = None,
    stop: bool = False,
) -> None:
    """Hold an order; inside the caller's step, which has locked it.

    Staff are told, and the order is flagged where only they can help, or once it has
    been held PATIENCE times. With `stop` nobody tries it again but staff.
    """
    asks = held_for in _FOR_STAFF or stop or order.holds + 1 >= PATIENCE
    transition(
        [
            Change(
                order_id=order.pk,
                submission=Submission.HELD,
                held_for=held_for,
                reason=why,
                wait=None if stop else held_wait(order),
                done_waiting=stop,
                flag=why if asks else None,
                reply=reply,
            )
        ]
    )
    tell_staff(order.pk, why)


def funded() -> list[int]:
    """Return the orders held for funds that a newer balance covers."""
    with connection.cursor() as cursor:
        cursor.execute(_FUNDED)
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic(durable=True)
def release(*, order_id: int, why: str = "waited long enough to try again") -> bool:
    """Queue a held order again; False where it is not held any more, or waits on.

    One that waits for another order with its link goes on waiting while that order is
    one of our own and open.
    """
    order = (
        Order.objects.filter(pk=order_id, submission=Submission.HELD)
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .first()
    )
    if order is None:
        return False
    if order.held_for == HoldReason.LINK and _is_behind_our_own(order):
        Order.objects.filter(pk=order_id).update(
            next_at=Now() + timedelta(seconds=BEHIND_OUR_OWN)
        )
        return False
    transition(
        [
            Change(
                order_id=order_id,
                expected=Submission.HELD,
                submission=Submission.QUEUED,
                reason=why,
                wait=0,
            )
        ]
    )
    return True


def _is_behind_our_own(order: Order) -> bool:
    """Whether an open order of ours for the same link is upstream where this one was."""
    last = order.attempts.order_by("no").last()
    return (
        last is not None
        and Order.objects.filter(
            provider=last.provider_id,
            submission=Submission.ACCEPTED,
            status__in=OPEN,
            next_at__isnull=False,
        )
        # Orders from before there were keys have none; they are all for links.
        .filter(Q(link_key=order.link_key) if order.link_key else Q(link=order.link))
        .exists()
    )
