"""Balance and statement."""

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from ledger import actions as ledger
from orders import actions as orders
from tests.factories import make_customer
from tests.pages.rows import make_orders

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def test_without_transfers_the_statement_says_what_it_is_for() -> None:
    page = signed_in(make_customer()).get("/statement/").content.decode()
    assert "Nothing has moved yet" in page
    assert "$0.00" in page


def test_every_transfer_is_a_line_with_its_sign_and_the_balance_after() -> None:
    customer = make_customer(credit="10")
    (order,) = make_orders(customer, 1)
    orders.cancel_order(order=order, by=customer)
    lines = signed_in(customer).get("/statement/").context["lines"]
    assert [(line.change, line.after, line.order_id) for line in lines] == [
        (Decimal(2), Decimal(10), order.pk),
        (Decimal(-2), Decimal(8), order.pk),
        (Decimal(10), Decimal(10), 0),
    ]


def test_nobody_reads_the_statement_of_another() -> None:
    make_orders(make_customer(credit="10"), 1)
    assert signed_in(make_customer()).get("/statement/").context["lines"] == []


def test_older_lines_follow_without_gap_or_repeat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ledger.views.ROWS", 2)
    customer = make_customer()
    for number in range(1, 6):
        ledger.credit(
            customer=customer, amount=Decimal(number), subject=number, by=None
        )
    client = signed_in(customer)
    seen: list[Decimal] = []
    address = "/statement/"
    while address:
        context = client.get(address).context
        seen += [line.change for line in context["lines"]]
        address = context["older"] and f"/statement/?before={context['older']}"
    assert seen == [5, 4, 3, 2, 1]


def test_three_lines_take_as_many_queries_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    customer = make_customer(credit="10")
    client = signed_in(customer)
    with django_assert_num_queries(4):
        client.get("/statement/")
    make_orders(customer, 2)
    with django_assert_num_queries(4):
        client.get("/statement/")
