"""The express lane writes what the door writes, and nothing in any other case."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import Model
from django.db.models.functions import Now

from ledger.models import Transfer
from orders import actions
from orders.actions import express
from orders.enums import HoldReason, Submission
from orders.models import Attempt, Delivery, Order, OrderEvent
from provider.models import ErrorPhrase, Offer, Provider, Reply, Route
from provider.protocol.replies import AddAnswer
from provider.protocol.types import TYPES, ServiceType
from tests.factories import make_customer, make_order, make_provider, make_service
from tests.orders.acting import (
    EXCHANGE,
    NO_FUNDS,
    REFUSED,
    TIMED_OUT,
    Script,
    accepted,
    accepted_as,
    again,
    answer,
    book,
    make_due,
    seconds_ahead,
    sending,
)

pytestmark = pytest.mark.django_db
HINT = 10
# What differs between two orders whatever lane they took.
OWN = {
    "id", "order_id", "reply_id", "upstream_id", "customer_id", "service_id", "by_id",
    "place",
    "provider_id", "offer_id", "request_id", "subject", "source_id", "target_id",
}  # fmt: skip
RAW: dict[ServiceType, dict[str, str]] = {
    ServiceType.DEFAULT: {"quantity": "1000"},
    ServiceType.PACKAGE: {},
    ServiceType.CUSTOM_COMMENTS: {"comments": "\n".join("abcdefghijkl")},
    ServiceType.MENTIONS_CUSTOM_LIST: {"usernames": "\n".join("abcdefghijkl")},
    ServiceType.POLL: {"quantity": "100", "answer_number": "2"},
    ServiceType.SEO: {"quantity": "100", "keywords": "film\nfilms"},
}


def rows_of(row: Model) -> dict[str, Any]:
    """Return what a row holds, but for its own numbers and for times."""
    return {
        field.attname: (
            getattr(row, field.attname) is not None
            if field.get_internal_type() == "DateTimeField"
            else getattr(row, field.attname)
        )
        for field in row._meta.concrete_fields
        if field.attname not in OWN
    }


def written(order: Order) -> list[list[dict[str, Any]]]:
    """Return all that sending `order` has written, table by table."""
    upstream_id = again(order).upstream_id or "?"
    replies = order.attempts.values("reply_id")
    found = [
        Order.objects.filter(pk=order.pk),
        Attempt.objects.filter(order=order).order_by("no"),
        OrderEvent.objects.filter(order=order).order_by("id"),
        Transfer.objects.filter(subject=order.pk).order_by("id"),
        Reply.objects.filter(pk__in=replies),
    ]
    rows = [[rows_of(row) for row in table] for table in found]
    for event in rows[2]:
        event["reason"] = event["reason"].replace(upstream_id, "ID")
    return rows


def by_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(express, "claim", lambda **_: None)


def place(kind: ServiceType, **fields: str) -> Order:
    service = make_service(
        Provider.objects.first() or make_provider(),
        type=kind,
        min=1,
        dripfeed=TYPES[kind].drip_feed,
    )
    raw = {"link": "https://example.com/film", **RAW[kind], **fields}
    return make_order(make_customer(credit="100"), service, raw)


@pytest.mark.parametrize("kind", RAW)
def test_both_lanes_write_the_same(
    script: Script, monkeypatch: pytest.MonkeyPatch, kind: ServiceType
) -> None:
    order = place(kind)
    actions.submit(order_id=order.pk)
    fast = written(order)

    slow_order = place(kind)
    by_the_door(monkeypatch)
    actions.submit(order_id=slow_order.pk)

    assert again(order).submission == Submission.ACCEPTED
    assert fast == written(slow_order)
    sent, sent_slowly = script.asked("add")
    assert isinstance(sent, dict)
    assert isinstance(sent_slowly, dict)
    assert {**sent, "service": ""} == {**sent_slowly, "service": ""}


@pytest.mark.parametrize("what", [REFUSED, NO_FUNDS, TIMED_OUT])
def test_both_lanes_end_the_same_where_the_answer_is_no_id(
    script: Script, monkeypatch: pytest.MonkeyPatch, what: AddAnswer
) -> None:
    script.add = lambda fields: what
    order = place(ServiceType.DEFAULT)
    actions.submit(order_id=order.pk)
    fast = written(order)

    slow_order = place(ServiceType.DEFAULT)
    by_the_door(monkeypatch)
    actions.submit(order_id=slow_order.pk)

    assert fast == written(slow_order)


def test_a_drip_feed_and_a_request_id_go_along(script: Script) -> None:
    order = place(ServiceType.DEFAULT, runs="3", interval="60")
    Provider.objects.update(request_ids=True)

    actions.submit(order_id=order.pk)

    (sent,) = script.asked("add")
    assert sent == {
        "service": Offer.objects.get().upstream_id,
        "link": order.link,
        "quantity": "1000",
        "runs": "3",
        "interval": "60",
        "request_id": str(order.attempts.get().request_id),
    }


def test_a_sound_order_takes_four_statements(
    script: Script, django_assert_num_queries: Callable[[int], Any]
) -> None:
    accepted(script)
    order = place(ServiceType.DEFAULT)

    # Each of the two steps is a transaction: within a test, a savepoint and its release.
    with django_assert_num_queries(4 + 4):
        actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.ACCEPTED


CASES: list[Callable[[Order], object]] = [
    lambda order: Order.objects.update(next_at=Now() + timedelta(minutes=1)),
    lambda order: Order.objects.update(flagged_at=Now(), flag_reason="odd"),
    lambda order: Order.objects.update(submission="held", held_for=HoldReason.LINK),
    lambda order: Offer.objects.update(withdrawn_at=Now()),
    lambda order: Offer.objects.update(type=ServiceType.PACKAGE),
    lambda order: Offer.objects.update(rate_seen=Decimal("2.00001")),
    lambda order: Route.objects.all().delete(),
    lambda order: Provider.objects.update(active=False),
    lambda order: Provider.objects.update(paused_at=Now(), pause_reason="odd"),
    lambda order: Provider.objects.update(open_until=Now(), failures=5),
    lambda order: Provider.objects.update(failures=1),
    lambda order: Provider.objects.update(currency="EUR"),
    lambda order: Provider.objects.update(next_call_at=Now() + timedelta(hours=1)),
]


@pytest.mark.parametrize("change", CASES)
def test_any_other_case_is_left_to_the_door(
    script: Script, change: Callable[[Order], object]
) -> None:
    order = place(ServiceType.DEFAULT)
    change(order)
    before = (book(order.customer), Provider.objects.get().next_call_at)

    assert express.claim(order_id=order.pk, hint=HINT) is None

    assert (book(order.customer), Provider.objects.get().next_call_at) == before
    assert order.attempts.count() == 0


def test_a_provider_that_is_full_is_left_to_the_door(script: Script) -> None:
    attempt = sending(script)
    Provider.objects.update(max_in_flight=1)
    order = make_order(service=attempt.order.service)
    before = Provider.objects.get().next_call_at

    assert express.claim(order_id=order.pk, hint=HINT) is None

    assert Provider.objects.get().next_call_at == before
    assert again(order).submission == Submission.QUEUED


def test_a_second_attempt_is_left_to_the_door(script: Script) -> None:
    order = answer(sending(script), NO_FUNDS)
    make_due(order)
    actions.sweep()

    assert express.claim(order_id=order.pk, hint=HINT) is None


def claimed(order: Order) -> express.Express:
    claim = express.claim(order_id=order.pk, hint=HINT)
    assert claim is not None
    return claim


def accept(claim: express.Express, upstream_id: str = "77") -> bool:
    return express.accept(
        claimed=claim, answer=accepted_as(upstream_id), exchange=EXCHANGE
    )


def test_an_id_that_is_taken_is_left_to_the_door(script: Script) -> None:
    first = accepted(script, upstream_id="77")
    order = make_order(service=first.service)
    claim = claimed(order)
    before = book(order.customer)

    assert not accept(claim)

    assert book(order.customer) == before
    assert again(order).submission == Submission.SENDING


def test_an_id_of_a_delivery_is_left_to_the_door(script: Script) -> None:
    first = accepted(script)
    Delivery.objects.create(
        order=first, provider=first.provider, upstream_id="77", next_at=Now()
    )
    order = make_order(service=first.service)

    assert not accept(claimed(order))

    assert again(order).submission == Submission.SENDING


def test_an_answer_that_comes_twice_counts_once(script: Script) -> None:
    order = make_order()
    claim = claimed(order)
    assert accept(claim)
    before = book(order.customer)

    assert not accept(claim)

    assert book(order.customer) == before


def test_an_answer_after_the_lease_is_left_to_the_door(script: Script) -> None:
    order = make_order()
    claim = claimed(order)
    make_due(order)
    actions.sweep()

    assert not accept(claim)

    assert again(order).submission == Submission.UNKNOWN


def test_an_answer_while_a_second_attempt_is_under_way_is_left_to_the_door(
    script: Script,
) -> None:
    order = make_order()
    claim = claimed(order)
    make_due(order)
    actions.sweep()
    actions.send_again(order=order, by=order.customer)
    sending(script, order)

    assert not accept(claim)

    assert again(order).upstream_id is None


def test_explained_wordings_are_known(script: Script) -> None:
    order = make_order()
    ErrorPhrase.objects.create(pattern="Mercury", error_class="refused")
    seen = []
    made = express._client

    def note(found: dict[str, Any]) -> Any:
        seen.append(found["phrases"])
        return made(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(express, "_client", note)
        claimed(order)

    assert seen == ['[["Mercury", "refused"]]']


def test_an_accepted_order_is_looked_at_after_the_usual_interval(
    script: Script,
) -> None:
    order = make_order()

    actions.submit(order_id=order.pk)

    assert 25 < seconds_ahead(order) <= 30


def test_a_place_that_is_taken_at_that_very_moment_is_looked_for_again(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order()
    claim, refusals = express._claim, [1, 2]

    def refuse(*arguments: Any) -> express.Express:
        if refusals:
            refusals.pop()
            raise IntegrityError("attempt_one_per_place")
        return claim(*arguments)

    monkeypatch.setattr(express, "_claim", refuse)

    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.ACCEPTED
    assert len(script.asked("add")) == 1


def test_without_a_free_place_an_order_waits_a_second(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order()

    def refuse(*arguments: Any) -> None:
        raise IntegrityError("attempt_one_per_place")

    monkeypatch.setattr(express, "_claim", refuse)
    monkeypatch.setattr("orders.actions.submitting._claim", refuse)

    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.QUEUED
    assert 0 < seconds_ahead(order) <= 1
    assert script.asked("add") == []
