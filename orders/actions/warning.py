"""Telling customers whose orders have brought their balance down."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from ledger import queries as ledger
from notices import actions as notices
from notices import queries as told
from notices.actions import News
from notices.enums import Kind
from orders.models import Order
from shop.money import show

# Longer than it takes to place an order.
SETTLED = timedelta(seconds=10)


@transaction.atomic(durable=True)
def tell_of_low_balances() -> int:
    """Tell who has ordered since the last time and has little left; return how many.

    1. Read on in the orders: placing one knows nothing of all this.
    2. Note the balances of their customers, and of those who know that theirs is low.
    3. Tell those for whom it is new.
    """
    orders = notices.read_on(
        name="orders.low_balances", rows=Order.objects.all(), settled=SETTLED
    )
    charged: dict[int, int] = dict(
        orders.order_by().values_list("customer").annotate(Max("id"))
    )
    balances = ledger.balances(customer_ids={*charged, *told.low_customers()})
    fallen = notices.note_balances(balances=balances, charged=charged)
    notices.tell_all(
        [
            News(
                user_id=customer_id,
                kind=Kind.BALANCE_LOW,
                key=f"balance-low:{customer_id}:{charged[customer_id]}",
                write=partial(_low, show(balances[customer_id])),
                url=reverse("funds"),
            )
            for customer_id in fallen
        ]
    )
    return len(fallen)


def _low(balance: str) -> tuple[str, str]:
    subject = _("Your balance is low: %(balance)s") % {"balance": balance}
    return subject, _("Add funds, so that your next orders start at once.")
