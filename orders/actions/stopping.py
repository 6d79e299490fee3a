"""Stopping deliveries to a page, as whoever it belongs to asks for."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from notices import actions as notices
from orders.actions.requesting import cancel_order
from orders.enums import OPEN, RequestKind, Submission
from orders.errors import OrderError
from orders.models import Order, OrderRequest, StoppedLink
from provider.links import key_of
from shop.celery import ring

BATCH = 500
# An order that was being placed, or sent, when the page was stopped is found by then.
WATCHED = timedelta(minutes=2)


@transaction.atomic(durable=True)
def stop_deliveries(
    *, link: str, email: str = "", statement: str = "", by: User | None = None
) -> StoppedLink:
    """Put a page on the refusal list, and have what is under way for it cancelled.

    1. New orders for the page, or for what lies below it, are refused from now on.
    2. Staff are told, with the statement.
    3. On commit it is rung for the orders to be cancelled; the beat finds them anyway.

    Asking again changes nothing. ValueError where `link` is none.
    """
    key = key_of(link)
    if not key:
        raise ValueError("not a link")
    # Of two who ask at once one makes the row, and the other one finds it.
    asked = StoppedLink(
        link_key=key, link=link, email=email, statement=statement, by=by
    )
    StoppedLink.objects.bulk_create([asked], ignore_conflicts=True)
    stop = StoppedLink.objects.get(link_key=key, lifted_at=None)
    if by is None:
        notices.tell_staff(
            key=f"stop:{stop.pk}",
            subject=f"Deliveries to a page were stopped: {key}",
            text=f"{link}\n{email}\n\n{statement}",
        )
    transaction.on_commit(partial(ring, "orders.settle_stops"), robust=True)
    return stop


@transaction.atomic(durable=True)
def lift_stop(*, stop: StoppedLink, by: User) -> bool:
    """Take orders for a page again; False where that was so already."""
    lifted = StoppedLink.objects.filter(pk=stop.pk, lifted_at=None).update(
        lifted_at=Now(), lifted_by=by
    )
    return bool(lifted)


def settle_stops() -> int:
    """Cancel what can be cancelled for stopped pages; return how many orders that were.

    What was not sent is ended and refunded, of the rest a cancel is asked for where the
    service allows. Repeated until nothing that was on its way can be missed.
    """
    cancelled = 0
    for stop in StoppedLink.objects.filter(settled_at=None, lifted_at=None):
        for order in _under_way(stop):
            cancelled += _cancel(order)
    _note_settled()
    return cancelled


def _under_way(stop: StoppedLink) -> QuerySet[Order]:
    page = Q(link_key=stop.link_key)
    if "/" in stop.link_key:
        page |= Q(link_key__startswith=f"{stop.link_key}/")
    possible = Q(submission__in=[Submission.QUEUED, Submission.HELD]) | Q(
        submission=Submission.ACCEPTED, service__cancel=True
    )
    asked = OrderRequest.objects.filter(order=OuterRef("pk"), kind=RequestKind.CANCEL)
    orders = Order.objects.filter(page, possible, ~Exists(asked), status__in=OPEN)
    return orders.exclude(link_key="").order_by("pk")[:BATCH]


def _cancel(order: Order) -> bool:
    try:
        cancel_order(order=order, by=None, reason="the page's owner stopped deliveries")
    except OrderError:
        # It ended, or was sent, meanwhile.
        return False
    return True


@transaction.atomic(durable=True)
def _note_settled() -> None:
    StoppedLink.objects.filter(
        settled_at=None, lifted_at=None, created_at__lt=Now() - WATCHED
    ).update(settled_at=Now())
