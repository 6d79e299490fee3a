"""What a frozen customer ordered and nobody sent."""

import pytest
from django.db.models.functions import Now

from accounts.models import User
from ledger.queries import balance
from orders.actions import place_order
from orders.errors import OrderError
from orders.models import Order
from payments import actions, tasks
from payments.gateways.protocol import State
from tests.api.callers import make_caller
from tests.factories import LINK, make_customer, make_order, make_service
from tests.payments.paying import begin, tell

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


def freeze(customer: User) -> None:
    top_up = begin(customer)
    tell(top_up, State.PAID)
    tell(top_up, State.DISPUTED)
    customer.refresh_from_db()


def test_unsent_orders_of_a_frozen_customer_are_ended_and_refunded() -> None:
    customer = make_customer(credit="50")
    waiting, sent = make_order(customer), make_order(customer)
    others = make_order()
    Order.objects.filter(pk=sent.pk).update(submission="sending")
    freeze(customer)

    tasks.stop_orders(customer_id=customer.pk)

    states = dict(Order.objects.values_list("pk", "status"))
    assert states == {
        waiting.pk: "canceled",
        sent.pk: "pending",
        others.pk: "pending",
    }
    # 50 credited and 10 paid; 10 went back to the bank, and 2 are under way.
    assert balance(customer=customer) == 48


def test_the_sweeper_ends_what_a_lost_message_should_have() -> None:
    customer = make_customer(credit="50")
    make_order(customer)
    make_order()
    freeze(customer)

    assert actions.stop_orders() == 1
    assert actions.stop_orders() == 0


def test_what_was_placed_as_its_customer_closed_the_account_is_ended() -> None:
    customer = make_customer(credit="50")
    order = make_order(customer)
    User.objects.filter(pk=customer.pk).update(is_active=False, closed_at=Now())

    assert actions.stop_orders() == 1

    order.refresh_from_db()
    assert order.status == "canceled"
    assert balance(customer=customer) == 50


def test_a_frozen_customer_cannot_order() -> None:
    customer = make_customer(credit="50")
    freeze(customer)

    with pytest.raises(OrderError, match="frozen"):
        place_order(
            customer=customer,
            service_id=make_service().pk,
            raw={"link": LINK, "quantity": "1000"},
        )

    assert not Order.objects.exists()
    assert balance(customer=customer) == 50


def test_a_frozen_customers_program_is_told_so_and_may_read() -> None:
    caller = make_caller("frozen@example.com", credit="50")
    freeze(caller.user)
    service = make_service()

    assert caller("add", service=service.pk, link=LINK, quantity="1000") == {
        "error": "Your account is frozen. Please write to the shop."
    }
    assert caller("balance")["balance"] == "50"
    assert not Order.objects.exists()
