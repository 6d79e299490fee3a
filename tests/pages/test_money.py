"""Balance and statement."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from ledger import actions as ledger
from orders import actions as orders
from tests.factories import make_customer
from tests.pages.rows import make_orders
from tests.payments.test_receipts import texts

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
        address = context["older"] and f"/statement/?{context['older']}"
    assert seen == [5, 4, 3, 2, 1]


def test_three_lines_take_as_many_queries_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    customer = make_customer(credit="10")
    client = signed_in(customer)
    client.get("/statement/")
    with django_assert_num_queries(5):
        client.get("/statement/")
    make_orders(customer, 2)
    with django_assert_num_queries(5):
        client.get("/statement/")


def test_what_is_wanted_is_shown_with_its_sums() -> None:
    customer = make_customer(credit="10")
    (order,) = make_orders(customer, 1)
    client = signed_in(customer)

    context = client.get("/statement/?kind=orders").context

    assert [line.change for line in context["lines"]] == [Decimal(-2)]
    assert (context["sums"].came, context["sums"].gone) == (0, 2)
    page = client.get("/statement/?from=2001-01-01&to=2001-01-31").content.decode()
    assert "Nothing moved" in page
    everything = client.get("/statement/?kind=nonsense&from=x&to=0001-01-01")
    assert len(everything.context["lines"]) == 2
    assert everything.context["sums"] is None
    assert f'href="/orders/{order.pk}/"' in everything.content.decode()


def test_a_filter_that_is_chosen_brings_the_lines_alone() -> None:
    client = signed_in(make_customer(credit="10"))

    response = client.get("/statement/?kind=orders", headers={"HX-Request": "true"})

    assert b"<html" not in response.content
    assert b'id="lines"' in response.content


def test_a_payments_line_leads_to_its_page() -> None:
    customer = make_customer()
    with transaction.atomic():
        ledger.top_up(
            customer_id=customer.pk, amount=Decimal(5), bonus=Decimal(1), subject=7
        )

    page = signed_in(customer).get("/statement/").content.decode()

    assert page.count('href="/funds/7/"') == 2
    assert "Bonus #7" in page


def test_a_statement_is_taken_home_as_a_table() -> None:
    customer = make_customer()
    ledger.credit(
        customer=customer, amount=Decimal("1.5"), subject=1, by=None, note="=1+1"
    )
    (line,) = signed_in(customer).get("/statement/").context["lines"]

    response = signed_in(customer).get("/statement.csv?from=2020-01-01")

    assert response["Content-Disposition"] == (
        'attachment; filename="statement-2020-01-01.csv"'
    )
    text = b"".join(response).decode()  # type: ignore[arg-type]
    at = line.at.replace(microsecond=0).isoformat()
    assert text.splitlines() == [
        (
            "\ufeffNumber,Time,What for,Order,Payment,Note,Amount,Balance after,"
            "Balance of,Currency"
        ),
        f"{line.number},{at},Credit,,,'=1+1,1.5,1.5,balance,USD",
    ]


def test_a_table_speaks_the_language_of_who_asked_for_it() -> None:
    client = signed_in(make_customer(credit="1", language="ko"))

    text = b"".join(client.get("/statement.csv")).decode()  # type: ignore[arg-type]

    assert ",Credit," not in text


def test_a_statement_is_taken_home_on_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make_customer(credit="10")
    make_orders(customer, 1)
    client = signed_in(customer)

    response = client.get("/statement.pdf")

    assert response["Content-Type"] == "application/pdf"
    said = texts(response.content)
    assert said[:2] == ["Magpie", "Statement"]
    for part in (customer.email, "$10.00", "$2.00", "-$2.00", "+$10.00", "$8.00"):
        assert part in said, part
    assert "This statement lists what moved the balance. It is no tax invoice." in said

    monkeypatch.setattr("ledger.views.MOST_ON_PAPER", 1)
    refused = client.get("/statement.pdf?from=2020-01-01", follow=True)
    assert refused.redirect_chain == [("/statement/?from=2020-01-01", 302)]
    assert "at most 1 lines" in refused.content.decode()


def test_a_long_statement_in_korean_goes_on_over_pages() -> None:
    customer = make_customer(language="ko")
    for number in range(60):
        ledger.credit(
            customer=customer,
            amount=Decimal(1),
            subject=number,
            by=None,
            note="아주 긴 이야기 " * 10,
        )

    pdf = signed_in(customer).get("/statement.pdf?kind=payments").content

    assert pdf.count(b"/Type /Page\n") == 2
    assert b"HYGothic" in pdf


def test_nobody_takes_home_the_statement_of_another() -> None:
    make_orders(make_customer(credit="10"), 1)
    client = signed_in(make_customer())

    assert len(list(client.get("/statement.csv"))) == 1
    assert "$10.00" not in texts(client.get("/statement.pdf").content)
