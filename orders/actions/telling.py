"""Telling people about an order, once per cause."""

from collections.abc import Sequence

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from notices import actions as notices
from notices.models import Notice
from orders.enums import RefillStatus
from orders.models import Order, OrderRequest
from provider.client import CallFailed
from provider.models import Provider
from shop.money import show


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


def tell_customer(order: Order) -> None:
    """Tell the customer that an order ended early, and what was refunded."""
    tell_customers([order])


def tell_customers(orders: Sequence[Order]) -> None:
    """Tell each order's customer that it ended early, in a constant number of statements."""
    customers = User.objects.filter(pk__in={order.customer_id for order in orders})
    languages = dict(customers.values_list("pk", "language"))
    news = []
    for order in orders:
        language = languages[order.customer_id] or settings.LANGUAGE_CODE
        with translation.override(language):
            news.append(
                Notice(
                    user_id=order.customer_id,
                    key=f"order:{order.pk}:{order.status}",
                    subject=_("Order %(number)d: %(amount)s refunded")
                    % {"number": order.pk, "amount": show(order.refunded)},
                    text=_("What was not delivered has been refunded to your balance."),
                )
            )
    if news:
        notices.tell_all(news)


def tell_of_refill(refill: OrderRequest) -> None:
    """Tell the customer, once, that a refill is done or was rejected."""
    order = refill.order
    with translation.override(order.customer.language or settings.LANGUAGE_CODE):
        done = refill.status == RefillStatus.COMPLETED
        subject = (
            _("Order %(number)d: the refill is done")
            if done
            else _("Order %(number)d: the refill was rejected")
        )
        notices.tell(
            user_id=order.customer_id,
            key=f"refill:{refill.pk}:{refill.status}",
            subject=subject % {"number": order.pk},
            text=_("What was lost has been delivered again.")
            if done
            else _("What was lost is not delivered again this time."),
        )
