"""The one door through which an order's state changes.

A set of changes is applied together: accounts are locked by id, then orders by id; each
change is checked against the locked row and the table of moves; the money goes back, and one
statement writes the rows, and an event for every change that is news.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from ledger import actions as ledger
from ledger.enums import TransferKind
from orders.changes import LASTING, Change
from orders.enums import (
    FINISHED,
    STATUS_MOVES,
    SUBMISSION_MOVES,
    Status,
    Submission,
)
from orders.models import Order
from provider.models import Reply
from shop.money import plain


class IllegalMove(Exception):
    """A move that the table does not have; nothing was changed."""


class Stale(Exception):
    """The order is not any more where the change expects it; nothing was changed."""


# What a change may write: it is read under the lock, whatever was known before.
_STATE = (
    "status", "submission", "refunded", "provider_id", "upstream_id", "start_count",
    "remains", "upstream_charge", "misses", "held_for", "holds", "flag_reason",
)  # fmt: skip
_WRITE = """
    WITH new AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS new(
            id bigint, status text, submission text, refunded numeric,
            provider_id bigint, upstream_id text, start_count bigint, remains bigint,
            upstream_charge numeric, misses integer, held_for text, holds integer,
            wait double precision, done_waiting boolean, flag_reason text,
            moved boolean, finished boolean,
            told boolean, old_status text, old_submission text, reason text,
            given_back numeric, by_id bigint, reply_id bigint)
    ), told AS (
        INSERT INTO orders_orderevent (order_id, old_status, new_status,
            old_submission, new_submission, reason, refunded, by_id, reply_id)
        SELECT id, old_status, status, old_submission, submission, reason, given_back,
               by_id, reply_id
        FROM new WHERE told
    )
    UPDATE orders_order SET
        status = new.status, submission = new.submission, refunded = new.refunded,
        provider_id = new.provider_id, upstream_id = new.upstream_id,
        start_count = new.start_count, remains = new.remains,
        upstream_charge = new.upstream_charge, misses = new.misses, errors = 0,
        held_for = new.held_for, holds = new.holds,
        next_at = CASE WHEN new.done_waiting THEN NULL
                       WHEN new.wait IS NOT NULL
                       THEN now() + make_interval(secs => new.wait)
                       ELSE next_at END,
        flagged_at = CASE WHEN new.flag_reason = '' THEN NULL
                          ELSE coalesce(flagged_at, now()) END,
        flag_reason = new.flag_reason,
        changed_at = CASE WHEN new.moved THEN now() ELSE changed_at END,
        finished_at = CASE WHEN new.finished THEN coalesce(finished_at, now())
                           ELSE NULL END
    FROM new WHERE orders_order.id = new.id
"""


def transition(
    changes: Sequence[Change],
    *,
    locked: Mapping[int, Order] | None = None,
    reply: Reply | None = None,
) -> list[Order]:
    """Apply `changes` together, inside the caller's transaction.

    `locked` are the orders, where the caller has locked them for these changes (`lock`);
    they are brought up to date. `reply` is what all those changes were read from that
    name no reply of their own. Returns the orders that moved: a change to the state
    that an order is in already moves nothing, and writes no event. Raises Stale where an
    order left the expected submission, IllegalMove where the table has no such move.
    """
    orders = lock(changes) if locked is None else locked
    returns, rows, movers = [], [], []
    for change in changes:
        order = orders[change.order_id]
        before = (order.status, order.submission)
        given_back = _assign(order, change)
        moved = before != (order.status, order.submission) or given_back > 0
        if given_back > 0:
            returns.append(
                ledger.Return(
                    subject=order.pk,
                    customer_id=order.customer_id,
                    amount=given_back,
                )
            )
        if moved:
            movers.append(order)
        rows.append(
            {
                **_row(order, change, moved=moved),
                **_event(change, reply, before, given_back, moved=moved),
            }
        )
    _give_back(returns)
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [json.dumps(rows)])
    return movers


def lock(changes: Sequence[Change], *, known: Sequence[Order] = ()) -> dict[int, Order]:
    """Lock what `changes` are about: the accounts that get money, then the orders.

    Orders that are `known` are not made anew: what may have changed is read into them.
    """
    refunded = {change.order_id for change in changes if change.refunded is not None}
    orders = {order.pk: order for order in known}
    if refunded:
        ledger.lock_customers(customer_ids=_customers(refunded, orders))
    rows = (
        Order.objects.filter(pk__in=[change.order_id for change in changes])
        .select_for_update(of=("self",), no_key=True)
        .order_by("id")
    )
    if not known:
        return {order.pk: order for order in rows}
    for pk, *state in rows.values_list("pk", *_STATE):
        for name, value in zip(_STATE, state, strict=True):
            setattr(orders[pk], name, value)
    return orders


def _customers(order_ids: set[int], known: Mapping[int, Order]) -> Iterable[int]:
    if known:
        return [known[order_id].customer_id for order_id in order_ids]
    return Order.objects.filter(pk__in=order_ids).values_list("customer_id", flat=True)


def _assign(order: Order, change: Change) -> Decimal:
    """Check `change` against the locked row and put it there; return what goes back."""
    if change.expected is not None and order.submission != change.expected:
        raise Stale(f"{order} is {order.submission}, not {change.expected}")
    if change.submission is not None and change.submission != order.submission:
        if change.submission not in SUBMISSION_MOVES[Submission(order.submission)]:
            raise IllegalMove(f"{order}: {order.submission} → {change.submission}")
        order.submission = change.submission
        _assign_hold(order, change)
    if change.status is not None and change.status != order.status:
        if change.status not in STATUS_MOVES[Status(order.status)]:
            raise IllegalMove(f"{order}: {order.status} → {change.status}")
        order.status = change.status
    given_back = Decimal(0)
    if change.refunded is not None:
        given_back = change.refunded - order.refunded
        if given_back < 0:
            raise IllegalMove(f"{order}: {order.refunded} was refunded already")
        order.refunded = change.refunded
    for name in ("provider_id", "upstream_id", "start_count", "remains"):
        if (value := getattr(change, name)) is not None:
            setattr(order, name, value)
    if change.upstream_charge is not None:
        order.upstream_charge = change.upstream_charge
    order.misses = change.misses
    stays = order.flag_reason.startswith(LASTING) and not change.clears
    if change.flag is not None and not stays:
        order.flag_reason = change.flag[:300]
    return given_back


def _assign_hold(order: Order, change: Change) -> None:
    """Count how often an order was held in a row: until it is upstream, or ended."""
    order.held_for = change.held_for or ""
    if order.submission == Submission.HELD:
        order.holds = min(order.holds + 1, 30_000)
    elif order.submission in {Submission.ACCEPTED, Submission.WITHDRAWN}:
        order.holds = 0


def _row(order: Order, change: Change, *, moved: bool) -> dict[str, Any]:
    return {
        "id": order.pk,
        "status": order.status,
        "submission": order.submission,
        "refunded": plain(order.refunded),
        "provider_id": order.provider_id,
        "upstream_id": order.upstream_id,
        "start_count": order.start_count,
        "remains": order.remains,
        "upstream_charge": None
        if order.upstream_charge is None
        else plain(order.upstream_charge),
        "misses": order.misses,
        "held_for": order.held_for,
        "holds": order.holds,
        "wait": change.wait,
        "done_waiting": change.done_waiting,
        "flag_reason": order.flag_reason,
        "moved": moved,
        "finished": order.status in FINISHED,
    }


def _event(
    change: Change,
    reply: Reply | None,
    before: tuple[str, str],
    given_back: Decimal,
    *,
    moved: bool,
) -> dict[str, Any]:
    reply = change.reply or reply
    return {
        "told": moved or bool(change.flag) or change.clears,
        "old_status": before[0],
        "old_submission": before[1],
        "reason": change.reason[:300],
        "given_back": plain(given_back),
        "by_id": change.by and change.by.pk,
        "reply_id": reply and reply.pk,
    }


def _give_back(returns: list[ledger.Return]) -> None:
    if returns:
        ledger.give_back(
            returns=returns,
            charged=TransferKind.ORDER_CHARGE,
            kind=TransferKind.ORDER_REFUND,
        )
