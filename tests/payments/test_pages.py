"""Adding funds in a browser without scripts: the form, the way there and back."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from ledger.queries import balance
from payments import actions
from payments.enums import TopUpState
from payments.gateways.protocol import State
from payments.models import Notification, TopUp
from tests.factories import make_customer
from tests.payments.paying import begin, tell

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def text_of(page: object) -> str:
    return re.sub(r"\s+", " ", page.content.decode())  # type: ignore[attr-defined]


def test_funds_are_added_through_the_gateways_page() -> None:
    customer = make_customer()
    client = signed_in(customer)

    page = client.post("/funds/", {"amount": "25", "gateway": "test"}, follow=True)
    top_up = TopUp.objects.get()
    assert page.redirect_chain == [(f"/funds/{top_up.pk}/pay/", 302)]
    assert f'content="0;url={top_up.url}"' in text_of(page)
    assert "$25.00" in text_of(client.get(top_up.url))

    page = client.post(top_up.url, {"action": "pay"}, follow=True)
    assert "The payment has arrived" in text_of(page)
    assert balance(customer=customer) == 25
    assert "+$25.00" in text_of(client.get("/statement/"))


def test_coming_back_without_a_notification_credits_nothing() -> None:
    top_up = begin()
    client = signed_in(top_up.customer)

    page = client.get(
        f"/funds/{top_up.pk}/return/?status=paid&amount=10&reference={top_up.reference}",
        follow=True,
    )

    assert "Waiting for confirmation" in text_of(page)
    assert balance(customer=top_up.customer) == 0
    top_up.refresh_from_db()
    assert top_up.state == TopUpState.PENDING


def test_a_notification_that_was_lost_is_made_up_for_by_the_sweeper() -> None:
    top_up = begin()
    client = signed_in(top_up.customer)
    client.post(top_up.url, {"action": "pay_silently"})
    assert balance(customer=top_up.customer) == 0

    TopUp.objects.update(next_at=top_up.created_at)
    assert actions.sweep_top_ups() == 1

    assert balance(customer=top_up.customer) == 10
    assert actions.sweep_top_ups() == 0


@pytest.mark.parametrize(
    ("action", "state", "words"),
    [
        ("fail", "failed", "did not succeed"),
        ("pay_wrong", "pending", "Waiting for confirmation"),
        ("pay_late", "pending", "Waiting for confirmation"),
    ],
)
def test_what_goes_wrong_at_the_gateway_credits_nothing(
    action: str, state: str, words: str
) -> None:
    top_up = begin()
    client = signed_in(top_up.customer)

    page = client.post(top_up.url, {"action": action}, follow=True)

    top_up.refresh_from_db()
    assert top_up.state == state
    assert words in text_of(page)
    assert balance(customer=top_up.customer) == 0


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("", "This field is required"),
        ("4.99", "The least is $5.00."),
        ("100.01", "The most is $100.00. A first payment may be at most this."),
        ("5.001", "no more than 2 decimal places"),
        ("-5", "greater than or equal to"),
        ("NaN", "Enter a number"),
    ],
)
def test_an_amount_that_does_not_fit_begins_nothing(amount: str, words: str) -> None:
    client = signed_in(make_customer())

    page = client.post("/funds/", {"amount": amount, "gateway": "test"})

    assert page.status_code == 200
    assert words in text_of(page)
    assert not TopUp.objects.exists()


def test_what_is_paid_is_shown_before_it_is_begun() -> None:
    client = signed_in(make_customer())

    page = client.post(
        "/funds/quote/",
        {"amount": "25", "gateway": "test"},
        headers={"HX-Request": "true"},
    )

    assert "$25.00" in text_of(page)
    assert "<html" not in text_of(page)
    assert not TopUp.objects.exists()


def test_a_gateway_that_is_not_offered_cannot_be_chosen(settings: Settings) -> None:
    settings.DEMO = False
    client = signed_in(make_customer())

    page = client.post("/funds/", {"amount": "25", "gateway": "test"})

    assert "added by the shop at present" in text_of(page)
    assert not TopUp.objects.exists()


def test_the_page_of_an_open_payment_changes_only_when_something_did() -> None:
    top_up = begin()
    client = signed_in(top_up.customer)
    address = f"/funds/{top_up.pk}/?seen=pending-0E-8"
    seen = client.get(f"/funds/{top_up.pk}/").context["seen"]
    address = f"/funds/{top_up.pk}/?seen={seen}"

    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
    tell(top_up, State.PAID)
    page = client.get(address, headers={"HX-Request": "true"})

    assert "hx-get" not in text_of(page)
    assert 'id="balance"' in text_of(page)
    assert "$10.00" in text_of(page)


def test_nobody_sees_the_payment_of_another() -> None:
    top_up = begin()
    client = signed_in(make_customer())

    for page in ("", "pay/", "return/"):
        assert client.get(f"/funds/{top_up.pk}/{page}").status_code == 404
    assert f"/funds/{top_up.pk}/" not in text_of(client.get("/funds/"))


def test_a_frozen_customer_looks_but_does_not_pay() -> None:
    top_up = begin()
    tell(top_up, State.PAID)
    tell(top_up, State.DISPUTED)
    client = signed_in(top_up.customer)

    page = client.post("/funds/", {"amount": "25", "gateway": "test"})

    assert "Your account is frozen" in text_of(page)
    assert TopUp.objects.count() == 1
    assert client.get("/statement/").status_code == 200


def test_three_payments_take_as_many_queries_as_one(
    django_assert_max_num_queries: object,
) -> None:
    customer = begin().customer
    client = signed_in(customer)
    with django_assert_max_num_queries(20) as one:  # type: ignore[operator]
        client.get("/funds/")
    begin(customer)
    begin(customer)
    with django_assert_max_num_queries(20) as three:  # type: ignore[operator]
        client.get("/funds/")
    assert len(three) == len(one)


def test_the_hosted_page_is_gone_without_the_demo(settings: Settings) -> None:
    top_up = begin()
    settings.DEMO = False
    client = signed_in(top_up.customer)

    assert client.get(top_up.url).status_code == 404
    assert client.post(top_up.url, {"action": "pay"}).status_code == 404

    assert balance(customer=top_up.customer) == Decimal(0)
    assert not Notification.objects.exists()
