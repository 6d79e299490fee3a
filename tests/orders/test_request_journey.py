"""Refills and cancels from the shop to the provider and back, over real HTTP."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from orders import actions, tasks
from orders.enums import RefillStatus, RequestKind, RequestState, Status
from orders.models import Order, OrderRequest
from orders.queries import refill_eligibility
from provider.models import Provider, Service
from sandbox.faults import Call, Faults, HangUp, Reply
from sandbox.server import running
from tests.factories import make_customer
from tests.fixtures import Upstream
from tests.orders.acting import make_due
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

Answer = Callable[[Call, Reply], Reply]


@dataclass
class Plan(Faults):
    """Answers what it is told to, by action; notes every call."""

    instead: dict[str, bytes] = field(default_factory=dict)
    answer: Answer = lambda call, reply: reply
    calls: list[Call] = field(default_factory=list)

    def before(self, call: Call) -> Reply | None:
        self.calls.append(call)
        body = self.instead.get(call.action)
        return None if body is None else Reply(body)

    def after(self, call: Call, reply: Reply) -> Reply:
        return self.answer(call, reply)

    def asked(self, action: str) -> list[dict[str, str]]:
        return [call.fields for call in self.calls if call.action == action]


@pytest.fixture
def plan(upstream: Upstream, rings: object) -> Iterator[Plan]:
    """What goes wrong at the provider; nothing yet."""
    plan = Plan()
    with running(upstream.vendor, plan) as address:
        Provider.objects.update(url=f"{address}/api/v2", calls_per_minute=30_000)
        yield plan


@pytest.fixture
def customer(transactional_db: None) -> User:
    return make_customer(credit="100000")


def placed(customer: User, count: int, kind: RequestKind) -> list[Order]:
    """Return orders of one service that may be refilled, or cancelled, all sent."""
    service = Service.objects.filter(
        type="default", active=True, off_reason="", **{kind: True}
    )[0]
    orders = []
    for number in range(count):
        order = actions.place_order(
            customer=customer,
            service_id=service.pk,
            raw={
                "link": f"https://example.com/{number}#complete",
                "quantity": str(service.min),
            },
        )
        actions.submit(order_id=order.pk)
        orders.append(order)
    return orders


def finished(upstream: Upstream, orders: list[Order]) -> None:
    """Let the provider complete the orders, and the shop hear of it."""
    upstream.clock.forward(110)
    Order.objects.update(next_at=Now())
    while actions.track(provider_id=upstream.provider.pk):
        pass
    assert {order.status for order in Order.objects.all()} == {Status.COMPLETED}


def refills(upstream: Upstream, customer: User, count: int) -> list[OrderRequest]:
    """Ask for a refill of so many completed orders."""
    orders = placed(customer, count, RequestKind.REFILL)
    finished(upstream, orders)
    return [actions.request_refill(order=order, by=customer) for order in orders]


def cancels(customer: User, count: int) -> list[OrderRequest]:
    orders = placed(customer, count, RequestKind.CANCEL)
    for order in orders:
        actions.cancel_order(order=order, by=customer)
    return list(OrderRequest.objects.order_by("id"))


def send(upstream: Upstream) -> None:
    tasks.send_requests(provider_id=upstream.provider.pk)


def states() -> list[str]:
    return list(OrderRequest.objects.order_by("id").values_list("state", flat=True))


def test_a_hundred_refills_are_one_call_with_an_answer_for_each(
    upstream: Upstream, plan: Plan, customer: User, audit: Callable[[], list[str]]
) -> None:
    requests = refills(upstream, customer, 100)
    gone, refused, left_out = requests[10], requests[20], requests[30]
    ids = [Order.objects.get(pk=asked.order_id).upstream_id for asked in requests]
    del upstream.vendor.orders[int(ids[10] or "")]
    upstream.vendor.orders[int(ids[20] or "")].refillable = False
    plan.answer = lambda call, reply: (
        without(reply, 30) if call.action == "refill" else reply
    )

    send(upstream)
    send(upstream)

    assert [fields["orders"].split(",") for fields in plan.asked("refill")] == [ids]
    assert len(upstream.vendor.refills) == 98
    expected = dict.fromkeys((asked.pk for asked in requests), RequestState.ACCEPTED)
    expected |= {
        gone.pk: RequestState.REFUSED,
        refused.pk: RequestState.REFUSED,
        left_out.pk: RequestState.UNKNOWN,
    }
    assert dict(OrderRequest.objects.values_list("pk", "state")) == expected
    for asked in OrderRequest.objects.filter(state=RequestState.ACCEPTED):
        refill = upstream.vendor.refills[int(asked.upstream_id)]
        assert str(refill.order) == ids[requests.index(asked)]
    assert OrderRequest.objects.filter(flagged_at__isnull=False).get() == left_out
    assert audit() == []


def without(reply: Reply, row: int) -> Reply:
    """Return the reply without its row of that number."""
    rows = json.loads(reply.body)
    return Reply(json.dumps(rows[:row] + rows[row + 1 :]).encode())


@pytest.mark.parametrize(
    "body", [b"<html>Just a moment...", b"", b'{"refill": 5}', b"[1, 2", b"null"]
)
def test_a_batch_of_refills_with_a_garbage_answer_is_unknown_and_never_repeated(
    upstream: Upstream, plan: Plan, customer: User, body: bytes
) -> None:
    requests = refills(upstream, customer, 2)
    plan.answer = lambda call, reply: Reply(body) if call.action == "refill" else reply

    send(upstream)
    for asked in requests:
        make_due(asked)
    actions.sweep()
    send(upstream)

    assert states() == [RequestState.UNKNOWN] * 2
    assert OrderRequest.objects.filter(flagged_at=None).count() == 0
    assert len(plan.asked("refill")) == 1
    assert len(upstream.vendor.refills) == 2


def test_refills_whose_answer_was_lost_are_unknown_and_never_repeated(
    upstream: Upstream, plan: Plan, customer: User
) -> None:
    requests = refills(upstream, customer, 2)

    def hang_up(call: Call, reply: Reply) -> Reply:
        if call.action == "refill":
            raise HangUp
        return reply

    plan.answer = hang_up
    send(upstream)
    for asked in requests:
        make_due(asked)
    send(upstream)

    assert states() == [RequestState.UNKNOWN] * 2
    assert len(upstream.vendor.refills) == 2


def test_cancels_with_a_garbage_answer_are_asked_for_again(
    upstream: Upstream, plan: Plan, customer: User
) -> None:
    requests = cancels(customer, 2)
    plan.instead = {"cancel": b"<html>"}
    send(upstream)
    assert states() == [RequestState.REQUESTED] * 2

    plan.instead = {}
    for asked in requests:
        make_due(asked)
    send(upstream)

    assert states() == [RequestState.ACCEPTED] * 2
    assert len(plan.asked("cancel")) == 2


def test_a_provider_that_takes_no_batches_gets_each_alone(
    upstream: Upstream, plan: Plan, customer: User
) -> None:
    refills(upstream, customer, 3)

    def only_one(call: Call) -> Reply | None:
        plan.calls.append(call)
        if "orders" in call.fields and call.action == "refill":
            return Reply(b'{"error": "Incorrect request"}')
        return None

    plan.before = only_one  # type: ignore[method-assign]
    send(upstream)

    assert states() == [RequestState.ACCEPTED] * 3
    assert len(plan.asked("refill")) == 4
    assert len(upstream.vendor.refills) == 3
    assert Provider.objects.get().requests_one_by_one


@pytest.mark.parametrize(
    "words", ["Not enough funds", "Invalid API key", "Too many requests"]
)
def test_a_batch_that_is_refused_for_another_cause_is_sent_as_one_again(
    upstream: Upstream, plan: Plan, customer: User, words: str
) -> None:
    requests = refills(upstream, customer, 2)
    plan.instead = {"refill": json.dumps({"error": words}).encode()}
    send(upstream)
    assert states() == [RequestState.REQUESTED] * 2
    assert not Provider.objects.get().requests_one_by_one

    plan.instead = {}
    for asked in requests:
        make_due(asked)
    send(upstream)

    assert states() == [RequestState.ACCEPTED] * 2
    assert ["orders" in fields for fields in plan.asked("refill")] == [True, True]


def test_an_upstream_refusal_for_now_sets_the_time_of_the_next_refill(
    upstream: Upstream, plan: Plan, customer: User
) -> None:
    Service.objects.update(refill_hours=0)
    (asked,) = refills(upstream, customer, 1)
    plan.instead = {"refill": b'{"error": "Refill is not available yet"}'}
    send(upstream)
    Service.objects.update(refill_hours=5)

    asked.refresh_from_db()
    eligibility = refill_eligibility(order=Order.objects.get(pk=asked.order_id))

    assert asked.state == RequestState.REFUSED
    assert eligibility.reason == "A refill is not possible yet."
    assert asked.closed_at is not None
    assert eligibility.possible_from is not None
    wait = eligibility.possible_from - asked.closed_at
    assert timedelta(hours=5) <= wait < timedelta(hours=5, seconds=1)


@pytest.mark.parametrize("batches", [True, False])
def test_following_refills_never_creates_one(
    upstream: Upstream, plan: Plan, customer: User, batches: bool
) -> None:
    refills(upstream, customer, 3)
    send(upstream)
    before = len(plan.asked("refill"))

    def only_one(call: Call) -> Reply | None:
        plan.calls.append(call)
        if "refills" in call.fields and not batches:
            return Reply(b'{"error": "Incorrect request"}')
        return None

    plan.before = only_one  # type: ignore[method-assign]
    upstream.clock.forward(50)
    for _ in range(2):
        OrderRequest.objects.update(next_at=Now())
        assert actions.track_refills(provider_id=upstream.provider.pk) == 3
    upstream.clock.forward(1000)
    OrderRequest.objects.update(next_at=Now())
    assert actions.track_refills(provider_id=upstream.provider.pk) == 3

    asked = [fields.get("refills", "one") for fields in plan.asked("refill_status")]
    assert asked == (["1,2,3"] * 3 if batches else ["1,2,3", *["one"] * 9])
    assert Provider.objects.get().refill_status_one_by_one is not batches
    assert len(plan.asked("refill")) == before == 1
    assert len(upstream.vendor.refills) == 3
    assert {asked.status for asked in OrderRequest.objects.all()} == {
        RefillStatus.COMPLETED
    }


def test_a_refill_that_its_provider_does_not_find_is_flagged_in_the_end(
    upstream: Upstream, plan: Plan, customer: User
) -> None:
    lost, _kept = refills(upstream, customer, 2)
    send(upstream)
    lost.refresh_from_db()
    del upstream.vendor.refills[int(lost.upstream_id)]

    for _ in range(5):
        OrderRequest.objects.update(next_at=Now())
        actions.track_refills(provider_id=upstream.provider.pk)

    assert OrderRequest.objects.filter(flagged_at__isnull=False).get() == lost
    lost.refresh_from_db()
    assert (lost.status, lost.closed_at) == (RefillStatus.REQUESTED, None)


def test_twenty_clicks_over_http_are_one_refill(
    upstream: Upstream, plan: Plan, customer: User
) -> None:
    (order,) = placed(customer, 1, RequestKind.REFILL)
    finished(upstream, [order])

    def click(_: int) -> int:
        try:
            client = Client()
            client.force_login(customer)
            return client.post(f"/orders/{order.pk}/refill/").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(click, range(20))) == [302] * 20
    provider_id = upstream.provider.pk
    sent = together(*[lambda: actions.send_requests(provider_id=provider_id)] * 8)

    assert sum(sent) == 1
    assert len(plan.asked("refill")) == 1
    assert len(upstream.vendor.refills) == 1
    assert OrderRequest.objects.get().state == RequestState.ACCEPTED
