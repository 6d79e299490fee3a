"""Payments in the admin: what staff see, and decide."""

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from content.actions import accept_terms
from content.enums import Where
from payments.enums import TopUpState
from payments.gateways.protocol import State
from payments.gateways.test.gateway import keep, recall
from payments.gateways.test.views import BECOMES
from payments.models import BonusRule, Decision, GatewayTerms, Notification, TopUp
from shop.admin import page_of
from tests.admin.acting import list_of, log_in, press, save, text_of
from tests.content.writing import publish_terms
from tests.factories import make_admin, make_customer, make_order
from tests.payments.paying import begin, buckets, deliver, report

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings", "demo"),
]


@pytest.fixture
def demo(settings: Settings) -> None:
    settings.DEMO = True


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


@pytest.fixture
def top_up() -> TopUp:
    """A payment that was confirmed by a notification."""
    top_up = begin(amount="100")
    payment = recall(top_up.remote_id)
    assert payment is not None
    keep(BECOMES["pay"](payment))
    deliver(report(top_up, State.PAID))
    return top_up


def test_a_payment_shows_its_history_and_what_came_as_it_came(
    client: Client, top_up: TopUp
) -> None:
    page = text_of(client.get(page_of(top_up)))
    said = Notification.objects.get()

    for words in (top_up.reference, "taken by the gateway", page_of(said), "applied"):
        assert words in page
    assert "&quot;state&quot;: &quot;paid&quot;" in text_of(client.get(page_of(said)))


def test_the_flagged_are_one_click_away(client: Client, top_up: TopUp) -> None:
    odd = begin()
    deliver(report(odd, State.PAID, amount=Decimal(1)))

    page = text_of(client.get(f"{list_of(TopUp)}?flagged=yes"))

    assert page_of(odd) in page
    assert page_of(top_up) not in page
    assert "another amount: 1 USD" in page


def test_a_refund_takes_one_person_or_two(
    client: Client, top_up: TopUp, settings: Settings
) -> None:
    page = press(client, top_up, "refund", amount="10", note="asked by phone")
    assert "Done." in text_of(page)
    assert buckets(top_up.customer) == {"paid": 90}

    settings.TOPUP_FOUR_EYES = Decimal(20)
    page = press(client, top_up, "refund", amount="20", note="asked by phone")
    assert "Another person must approve it." in text_of(page)
    decision = Decision.objects.get(closed_at=None)
    assert "Another person" in text_of(press(client, decision, "approve"))
    assert buckets(top_up.customer) == {"paid": 90}

    other = log_in(make_admin("other@example.com"))
    assert "Done." in text_of(press(other, decision, "approve"))
    assert buckets(top_up.customer) == {"paid": 70}
    assert "Rejected" not in text_of(press(other, decision, "reject"))


def test_a_payment_is_credited_by_hand(client: Client) -> None:
    top_up = begin(amount="10")

    press(client, top_up, "confirm", note="seen on the statement")

    top_up.refresh_from_db()
    assert top_up.state == TopUpState.PAID
    assert buckets(top_up.customer) == {"paid": 10}


def test_the_gateway_is_asked(client: Client) -> None:
    top_up = begin(amount="10")
    payment = recall(top_up.remote_id)
    assert payment is not None
    keep(BECOMES["pay_silently"](payment))

    assert "Applied" in text_of(press(client, top_up, "ask"))

    assert buckets(top_up.customer) == {"paid": 10}


def test_only_buttons_that_fit_are_offered(client: Client, top_up: TopUp) -> None:
    def offered(row: TopUp) -> set[str]:
        actions = client.get(page_of(row)).context["actions_detail"]
        return {str(action["title"]) for action in actions}

    assert offered(top_up) == {"Refund", "Sent back by hand", "Ask the gateway"}
    assert offered(begin()) == {"Credit by hand", "Ask the gateway"}


def test_a_flag_is_taken_off_with_a_note(client: Client) -> None:
    top_up = begin()
    deliver(report(top_up, State.PAID, amount=Decimal(1)))

    press(client, top_up, "release", note="a typo of theirs")

    top_up.refresh_from_db()
    assert top_up.flag_reason == ""
    assert "looked at: a typo of theirs" in text_of(client.get(page_of(top_up)))


def test_a_gateway_is_tested_from_its_page(client: Client, settings: Settings) -> None:
    terms = GatewayTerms.objects.create(gateway="test")

    assert "always works" in text_of(press(client, terms, "test"))
    settings.DEMO = False
    assert "not set up" in text_of(press(client, terms, "test"))


def test_terms_are_written_for_the_gateways_that_there_are(client: Client) -> None:
    filled = {"active": "on", "position": 1, "fee_percent": "2.9", "fee_fixed": "0.3"}
    client.post(f"{list_of(GatewayTerms)}add/", {**filled, "gateway": "nobody"})
    assert not GatewayTerms.objects.exists()

    client.post(f"{list_of(GatewayTerms)}add/", {**filled, "gateway": "test"})
    terms = GatewayTerms.objects.get()
    assert (terms.gateway, terms.fee_percent) == ("test", Decimal("2.9"))


def test_a_coupon_is_kept_in_capitals(client: Client) -> None:
    rule = BonusRule.objects.create(name="Summer", percent=Decimal(5))

    save(client, rule, code=" summer ")

    rule.refresh_from_db()
    assert rule.code == "SUMMER"


def test_the_evidence_names_the_terms_that_were_accepted_and_when(
    client: Client, top_up: TopUp
) -> None:
    version = publish_terms()
    accept_terms(
        user=top_up.customer, number=1, where=Where.SIGN_UP, address="192.0.2.1"
    )
    page = client.get(f"{page_of(top_up).removesuffix('change/')}evidence/")
    (line,) = (line for line in text_of(page).splitlines() if "terms" in line)
    assert f"version 1 (SHA-256 {version.digest}): " in line
    assert line.endswith(" UTC from the address 192.0.2.1, sign-up")


def test_the_evidence_of_a_payment_is_a_file_for_those_who_may_see_it(
    client: Client, top_up: TopUp
) -> None:
    order = make_order(top_up.customer)
    make_order()
    url = f"{page_of(top_up).removesuffix('change/')}evidence/"
    assert url in text_of(client.get(page_of(top_up)))

    page = client.get(url)
    lines = text_of(page).splitlines()
    assert page["Content-Disposition"].endswith(f'"payment-{top_up.pk}.txt"')
    assert f"Customer: {top_up.customer.email}, -, number {top_up.customer_id}" in lines
    assert "Paid: 100 USD" in lines
    assert [f"order {order.pk} " in line for line in lines[-1:]] == [True]
    assert "https://example.com/film  charge 2, refunded 0, pending" in lines[-1]
    assert (
        len(lines) - lines.index("Ordered with the balance since it was credited:") == 2
    )

    looker = log_in(make_customer(is_staff=True))
    assert looker.get(url).status_code == 403
    assert client.get(url.replace(str(top_up.pk), "999999")).status_code == 404
