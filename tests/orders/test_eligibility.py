"""Whether an order may be cancelled or refilled: the reason, and from when on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from orders import actions, queries
from orders.eligibility import POSSIBLE, Eligibility, Known, may_refill
from orders.enums import RequestKind, RequestState, Status, Submission
from orders.errors import NotYetError, OrderError
from orders.models import Order, OrderRequest
from provider.models import Offer, Service
from tests.factories import make_order, make_service
from tests.orders.acting import Script, accepted, again, book, completed

pytestmark = pytest.mark.django_db

ENDED_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOO_EARLY = "A refill is not possible yet."
TOO_LATE = "The time for refills of this order is over."


def refill(
    after: timedelta,
    *,
    last: timedelta | None = None,
    days: int | None = None,
    hours: int | None = None,
) -> Eligibility:
    """Say whether an order may be refilled so long `after` its end."""
    service = Service(refill=True, refill_days=days, refill_hours=hours)
    order = Order(service=service, status=Status.COMPLETED, finished_at=ENDED_AT)
    closed_at = None if last is None else ENDED_AT + last
    return may_refill(order, Known(now=ENDED_AT + after, last_closed_at=closed_at))


def refused(reason: str, possible_from: timedelta | None = None) -> Eligibility:
    at = None if possible_from is None else ENDED_AT + possible_from
    return Eligibility(possible=False, reason=reason, possible_from=at)


def test_a_refill_waits_for_the_hours_after_the_orders_end() -> None:
    assert refill(2 * HOUR, hours=3) == refused(TOO_EARLY, 3 * HOUR)
    assert refill(3 * HOUR, hours=3) == POSSIBLE


def test_a_refill_waits_for_the_hours_after_the_last_one() -> None:
    assert refill(9 * HOUR, last=8 * HOUR, hours=3) == refused(TOO_EARLY, 11 * HOUR)
    assert refill(11 * HOUR, last=8 * HOUR, hours=3) == POSSIBLE


def test_the_shop_says_how_many_hours_where_the_service_does_not(
    settings: Settings,
) -> None:
    settings.REFILL_HOURS = 24

    assert refill(HOUR) == refused(TOO_EARLY, 24 * HOUR)
    assert refill(HOUR, hours=0) == POSSIBLE


def test_a_refill_is_possible_until_the_last_day() -> None:
    assert refill(30 * 24 * HOUR, days=30, hours=0) == POSSIBLE
    late = 30 * 24 * HOUR + timedelta(seconds=1)
    assert refill(late, days=30, hours=0) == refused(TOO_LATE)
    assert refill(9999 * HOUR, hours=0) == POSSIBLE


def test_a_wait_that_would_end_after_the_last_day_is_the_end() -> None:
    assert refill(23 * HOUR, last=22 * HOUR, days=1, hours=3) == refused(TOO_LATE)


def test_a_time_is_told_in_whole_seconds_and_never_too_early() -> None:
    eligibility = refill(HOUR, last=timedelta(microseconds=1), hours=3)

    assert eligibility == refused(TOO_EARLY, 3 * HOUR + timedelta(seconds=1))


def test_an_order_may_be_cancelled_until_it_is_sent() -> None:
    order = make_order(service=make_service(cancel=False))

    assert queries.cancel_eligibility(order=order) == POSSIBLE


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": Status.COMPLETED}, "This order has ended."),
        (
            {"submission": Submission.SENDING},
            "This order is being checked; please wait a moment.",
        ),
        (
            {"submission": Submission.UNKNOWN},
            "This order is being checked; please wait a moment.",
        ),
        (
            {"submission": Submission.ACCEPTED},
            "This service cannot be cancelled once it has started.",
        ),
    ],
    ids=str,
)
def test_a_cancel_that_cannot_be_is_explained(
    fields: dict[str, object], words: str
) -> None:
    order = make_order(service=make_service(cancel=False))
    for name, value in fields.items():
        setattr(order, name, value)

    assert queries.cancel_eligibility(order=order) == refused(words)


def test_one_cancel_at_a_time(script: Script) -> None:
    order = accepted(script)
    assert queries.cancel_eligibility(order=order) == POSSIBLE
    actions.cancel_order(order=order, by=order.customer)

    assert queries.cancel_eligibility(order=order) == refused(
        "Cancelling was asked for already."
    )


def test_a_refill_that_cannot_be_is_explained(script: Script) -> None:
    order = accepted(script)
    assert queries.refill_eligibility(order=order) == refused(
        "Only completed orders can be refilled."
    )
    order = completed(script, order)
    assert queries.refill_eligibility(order=order) == POSSIBLE
    actions.request_refill(order=order, by=order.customer)
    assert queries.refill_eligibility(order=order) == refused(
        "A refill is under way already."
    )

    order.service.refill = False

    assert queries.refill_eligibility(order=order) == refused(
        "This service comes without refill."
    )


def test_a_closed_request_stands_in_nobodys_way(script: Script) -> None:
    order = completed(script)
    OrderRequest.objects.create(order=order, kind=RequestKind.REFILL, closed_at=Now())

    assert queries.refill_eligibility(order=order) == POSSIBLE


def test_a_refused_refill_may_be_asked_for_again_after_the_wait(
    script: Script,
) -> None:
    order = completed(script)
    Service.objects.update(refill_hours=3)
    Order.objects.update(finished_at=F("finished_at") - timedelta(days=1))
    OrderRequest.objects.create(
        order=order,
        kind=RequestKind.REFILL,
        state=RequestState.REFUSED,
        closed_at=Now() - timedelta(hours=2),
    )
    before = book(order.customer)

    with pytest.raises(NotYetError, match="not possible yet") as refusal:
        actions.request_refill(order=again(order), by=order.customer)

    assert OrderRequest.objects.count() == 1
    assert book(order.customer) == before
    closed_at = OrderRequest.objects.get().closed_at
    assert closed_at is not None
    waited = refusal.value.possible_from - closed_at
    assert 3 * HOUR <= waited < 3 * HOUR + timedelta(seconds=1)
    OrderRequest.objects.update(closed_at=Now() - timedelta(hours=4))
    assert actions.request_refill(order=again(order), by=order.customer)


def test_the_wait_is_counted_by_the_databases_clock(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = completed(script)
    Service.objects.update(refill_hours=3)
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + 1000 * HOUR)

    assert queries.refill_eligibility(order=again(order)).reason == TOO_EARLY


@pytest.mark.parametrize("said", [None, False])
def test_staff_may_try_what_the_provider_does_not_rule_out(
    script: Script, said: bool | None
) -> None:
    running, done = accepted(script), completed(script)
    Service.objects.update(cancel=False, refill=False)
    Offer.objects.update(cancel=said, refill=said)
    asks: list[Callable[..., object]] = [
        lambda **who: actions.cancel_order(order=running, by=running.customer, **who),
        lambda **who: actions.request_refill(order=done, by=done.customer, **who),
    ]

    for ask in asks:
        with pytest.raises(OrderError):
            ask()
        if said is None:
            assert ask(by_staff=True)
        else:
            with pytest.raises(OrderError):
                ask(by_staff=True)

    assert OrderRequest.objects.count() == (2 if said is None else 0)


def test_what_nobody_sells_any_more_is_not_tried(script: Script) -> None:
    order = accepted(script)
    Service.objects.update(cancel=False)
    order.service.routes.all().delete()
    order.attempts.update(outcome="unknown")

    assert not queries.cancel_eligibility(order=again(order), by_staff=True).possible
