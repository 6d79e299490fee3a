"""The staff's tools for orders that nobody else can settle."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from ledger.queries import balance
from orders.enums import HoldReason, Outcome, Status, Submission
from orders.models import Attempt, Evidence, Order
from shop.admin import page_of
from tests.admin.acting import button_of, list_of, log_in, press, text_of
from tests.factories import make_admin, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rings")]
TOOLS = {"exists", "again", "absent", "risk", "settle", "retry", "unflag"}


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def make_unknown(hours: int = 1) -> Order:
    order = make_order()
    offer = order.service.routes.get().offer
    Attempt.objects.create(
        order=order,
        no=1,
        provider=offer.provider,
        offer=offer,
        expected_cost=1,
        currency="USD",
        fx_rate=1,
        sent_at=Now() - timedelta(hours=hours),
        lease_until=Now(),
        answered_at=Now(),
        outcome=Outcome.UNKNOWN,
        error="timeout",
    )
    Order.objects.filter(pk=order.pk).update(
        submission=Submission.UNKNOWN,
        flagged_at=Now() - timedelta(hours=hours),
        flag_reason="unknown whether it was accepted: timeout",
    )
    order.refresh_from_db()
    return order


def tools_of(client: Client, order: Order) -> set[str]:
    page = text_of(client.get(page_of(order)))
    return {name for name in TOOLS if button_of(order, name) in page}


def test_an_unknown_order_is_settled_as_existing(client: Client) -> None:
    order = make_unknown()

    page = press(client, order, "exists", upstream_id="77")

    order.refresh_from_db()
    assert "followed as 77" in text_of(page)
    assert (order.submission, order.upstream_id) == (Submission.ACCEPTED, "77")
    assert "said by admin@example.com" in text_of(page)


def test_an_id_is_needed(client: Client) -> None:
    order = make_unknown()

    press(client, order, "exists", upstream_id="")

    order.refresh_from_db()
    assert order.submission == Submission.UNKNOWN
    assert Evidence.objects.count() == 0


def test_what_is_no_id_is_explained(client: Client) -> None:
    order = make_unknown()

    page = press(client, order, "exists", upstream_id="none")

    order.refresh_from_db()
    assert "This is no id" in text_of(page)
    assert order.submission == Submission.UNKNOWN


def test_it_is_sent_again_on_a_persons_word_only(client: Client) -> None:
    order = make_unknown()

    press(client, order, "again")
    order.refresh_from_db()
    assert order.submission == Submission.UNKNOWN

    press(client, order, "again", checked="on")
    order.refresh_from_db()
    assert order.submission == Submission.QUEUED


def test_it_is_refunded_on_a_persons_word(client: Client) -> None:
    order = make_unknown()

    press(client, order, "absent", checked="on")

    order.refresh_from_db()
    assert order.status == Status.CANCELED
    assert balance(customer=order.customer) == 100


@pytest.mark.parametrize(("hours", "paid_back"), [(71, False), (72, True)])
def test_at_the_shops_risk_it_is_refunded_after_its_time(
    client: Client, hours: int, paid_back: bool
) -> None:
    order = make_unknown(hours)

    page = press(client, order, "risk", consent="on")

    assert ("72 hours after" in text_of(page)) is not paid_back
    assert balance(customer=order.customer) == (100 if paid_back else 98)


def test_a_flag_is_taken_away_with_a_note(client: Client) -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(flagged_at=Now(), flag_reason="odd")

    press(client, order, "unflag", note="looked at it")

    order.refresh_from_db()
    assert order.flagged_at is None
    assert order.events.latest("id").reason == "flag taken away: looked at it"


def test_a_held_order_is_sent_now(client: Client) -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(
        submission=Submission.HELD, held_for=HoldReason.WORDING, next_at=None,
        flagged_at=Now(), flag_reason="new wording",
    )  # fmt: skip

    press(client, order, "retry")

    order.refresh_from_db()
    assert (order.submission, order.flagged_at) == (Submission.QUEUED, None)


def test_an_order_is_settled_by_hand(client: Client) -> None:
    order = make_order()
    provider = order.service.routes.get().offer.provider
    Order.objects.filter(pk=order.pk).update(
        submission=Submission.ACCEPTED, provider=provider, upstream_id="7",
        flagged_at=Now(), flag_reason="status: Partial",
    )  # fmt: skip

    press(client, order, "settle", remains="500")

    order.refresh_from_db()
    assert (order.status, order.refunded) == (Status.PARTIAL, 1)


def test_only_tools_that_fit_are_offered(client: Client) -> None:
    queued, unknown = make_order(), make_unknown()

    assert tools_of(client, queued) == {"retry"}
    assert tools_of(client, unknown) == {"exists", "again", "absent", "risk"}


def test_what_is_unknown_for_a_day_comes_first(client: Client) -> None:
    flagged = make_order()
    Order.objects.filter(pk=flagged.pk).update(
        flagged_at=Now() - timedelta(days=9), flag_reason="odd"
    )
    fresh, old = make_unknown(hours=1), make_unknown(hours=25)

    page = client.get(f"{list_of(Order)}?flagged=yes")

    shown = [order.pk for order in page.context["cl"].result_list]
    assert shown == [old.pk, flagged.pk, fresh.pk]
