"""Asking for many orders at once: each has its own answer, and stands by itself."""

import pytest

from ledger.queries import balance
from orders import actions
from orders.enums import RequestKind, Status
from orders.errors import OrderError
from orders.models import OrderRequest
from tests.factories import make_customer, make_order
from tests.orders.acting import Script, accepted, again, book, completed

pytestmark = pytest.mark.django_db


def test_each_order_is_answered_once_in_the_order_given(script: Script) -> None:
    customer = make_customer(credit="100")
    sent = accepted(script, make_order(customer))
    queued = make_order(customer)
    ended = completed(script, accepted(script, make_order(customer)))

    answers = actions.ask_for_many(
        customer=customer,
        kind=RequestKind.CANCEL,
        order_ids=[ended.pk, queued.pk, sent.pk, queued.pk],
        by=customer,
    )

    assert [(answer.order, answer.done, answer.text) for answer in answers] == [
        (ended, False, "This order has ended."),
        (
            queued,
            True,
            "The order is cancelled, and its charge is back on your balance.",
        ),
        (
            sent,
            True,
            "Cancelling was asked for. What is not delivered will be refunded.",
        ),
    ]
    assert again(queued).status == Status.CANCELED
    assert OrderRequest.objects.get().order == sent


def test_a_refill_is_asked_for_where_it_may_be(script: Script) -> None:
    customer = make_customer(credit="100")
    ended, queued = (
        completed(script, accepted(script, make_order(customer))),
        make_order(customer),
    )

    answers = actions.ask_for_many(
        customer=customer,
        kind=RequestKind.REFILL,
        order_ids=[queued.pk, ended.pk],
        by=customer,
    )

    assert [(answer.done, answer.text) for answer in answers] == [
        (False, "Only completed orders can be refilled."),
        (True, "The refill was asked for."),
    ]
    request = OrderRequest.objects.get()
    assert (request.order, request.kind, request.by) == (ended, "refill", customer)


def test_the_same_again_is_refused_and_changes_nothing(script: Script) -> None:
    order = completed(script)
    ask = {"customer": order.customer, "kind": RequestKind.REFILL, "by": order.customer}
    actions.ask_for_many(**ask, order_ids=[order.pk])

    (answer,) = actions.ask_for_many(**ask, order_ids=[order.pk])

    assert (answer.done, answer.text) == (False, "A refill is under way already.")
    assert OrderRequest.objects.count() == 1


@pytest.mark.parametrize("kind", RequestKind)
def test_somebody_elses_order_is_answered_like_one_that_never_was(
    kind: RequestKind,
) -> None:
    order = make_order()
    stranger = make_customer()
    before = book(order.customer)

    answers = actions.ask_for_many(
        customer=stranger, kind=kind, order_ids=[order.pk, 10**17], by=stranger
    )

    assert [(answer.order, answer.done, answer.text) for answer in answers] == [
        (None, False, "Incorrect order ID")
    ] * 2
    assert book(order.customer) == before
    assert again(order).status == Status.PENDING


def test_more_than_fit_at_once_are_refused_as_a_whole() -> None:
    order = make_order()
    numbers = [order.pk, *range(10**6, 10**6 + actions.MOST_AT_ONCE)]

    with pytest.raises(OrderError, match="At most 100 orders at once"):
        actions.ask_for_many(
            customer=order.customer,
            kind=RequestKind.CANCEL,
            order_ids=numbers,
            by=order.customer,
        )

    assert again(order).status == Status.PENDING
    assert balance(customer=order.customer) == 98
