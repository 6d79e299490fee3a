"""Telling people about an order, once per cause."""

from collections.abc import Collection, Iterable
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from notices import actions as notices
from notices.actions import News
from notices.enums import Kind
from orders.enums import RefillStatus, Source, Status
from orders.models import Order, OrderRequest
from provider.client import CallFailed
from provider.models import Provider
from shop.money import plain, show


def tell_staff(order_id: int, text: str) -> None:
    """Alert the staff about an order; inside the caller's step."""
    notices.tell_staff(
        key=f"order:{order_id}:{text}"[:200],
        subject=f"Order {order_id}: {text}",
        text=text,
    )


def tell_of_failed_call(provider: Provider, error: CallFailed) -> None:
    """Alert the staff, once a day, about a question that brought no usable answer."""
    notices.tell_staff(
        key=f"track:{provider.pk}:{error.reason}",
        subject=f"{provider}: {error.message}",
        daily=True,
    )


def tell_customer(order: Order, *, later: bool = False) -> None:
    """Tell the customer that an order ended; `later`, that it had ended and changed."""
    tell_customers([order], later=[order.pk] if later else [])


def tell_customers(orders: Iterable[Order], *, later: Collection[int] = ()) -> None:
    """Tell each order's customer how it ended, in a constant number of statements.

    Those whose numbers are in `later` had ended before, and are refunded now. Who does
    not want to be told of it gets no row; a program's orders make no mail.
    """
    notices.tell_all(
        [
            News(
                user_id=order.customer_id,
                kind=kind,
                key=_key(order),
                write=partial(_ended, order.pk, kind, show(order.refunded)),
                url=reverse("order", args=[order.pk]),
                mailed=order.source != Source.API,
            )
            for order in orders
            if (kind := _kind(order, late=order.pk in later)) is not None
        ]
    )


def _key(order: Order) -> str:
    """Return what names this end of an order: the same status with more refunded is new."""
    key = f"order:{order.pk}:{order.status}"
    return f"{key}:{plain(order.refunded)}" if order.refunded else key


def _kind(order: Order, *, late: bool) -> Kind | None:
    if not order.refunded:
        return Kind.ORDER_FINISHED if order.status == Status.COMPLETED else None
    if late or order.status == Status.COMPLETED:
        return Kind.ORDER_REFUNDED
    if order.status == Status.PARTIAL:
        return Kind.ORDER_PARTIAL
    return Kind.ORDER_CANCELED


def _ended(number: int, kind: Kind, amount: str) -> tuple[str, str]:
    if kind == Kind.ORDER_FINISHED:
        subject = _("Order %(number)d is finished") % {"number": number}
        return subject, _("Everything was delivered.")
    subject = _("Order %(number)d: %(amount)s refunded")
    text = (
        _("It was canceled, and its whole charge is on your balance again.")
        if kind == Kind.ORDER_CANCELED
        else _("What was not delivered has been refunded to your balance.")
    )
    return subject % {"number": number, "amount": amount}, text


def tell_of_refill(refill: OrderRequest) -> None:
    """Tell the customer, once, that a refill is done or was rejected."""
    order = refill.order
    news = News(
        user_id=order.customer_id,
        kind=Kind.REFILL,
        key=f"refill:{refill.pk}:{refill.status}",
        write=partial(
            _refilled, order.pk, done=refill.status == RefillStatus.COMPLETED
        ),
        url=reverse("order", args=[order.pk]),
        mailed=order.source != Source.API,
    )
    notices.tell_all([news])


def _refilled(number: int, *, done: bool) -> tuple[str, str]:
    if done:
        subject = _("Order %(number)d: the refill is done")
        text = _("What was lost has been delivered again.")
    else:
        subject = _("Order %(number)d: the refill was rejected")
        text = _("What was lost is not delivered again this time.")
    return subject % {"number": number}, text
