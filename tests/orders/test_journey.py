"""An order from the shop to the provider and back, over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import timezone

from ledger.queries import balance, book
from orders import actions
from orders.enums import Outcome, RefillStatus, Status, Submission
from orders.models import Order, OrderRequest
from provider.models import Provider, Service
from sandbox.faults import Call, Faults, HangUp, Reply
from sandbox.records import Status as Ended
from sandbox.server import running
from shop.money import due
from tests.factories import make_customer
from tests.fixtures import Upstream
from tests.orders.acting import send_requests

pytestmark = pytest.mark.django_db(transaction=True)


def of_type(kind: str, **flags: bool) -> Service:
    return Service.objects.filter(type=kind, active=True, off_reason="", **flags)[0]


def look_again(order: Order) -> None:
    """Make the order due, ask about it, and read it again."""
    Order.objects.filter(pk=order.pk).update(next_at=timezone.now())
    actions.track(provider_id=order.provider_id or 0)
    order.refresh_from_db()


def place(
    upstream: Upstream, ending: str = "complete", service: Service | None = None
) -> Order:
    service = service or of_type("default")
    customer = make_customer(credit="1000")
    order = actions.place_order(
        customer=customer,
        service_id=service.pk,
        raw={
            "link": f"https://example.com/film#{ending}",
            "quantity": str(service.min * 3),
        },
    )
    actions.submit(order_id=order.pk)
    order.refresh_from_db()
    return order


def test_an_order_is_bought_followed_and_completed(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = place(upstream)

    assert order.submission == Submission.ACCEPTED
    assert order.upstream_id in {str(number) for number in upstream.vendor.orders}
    upstream.clock.forward(50)
    look_again(order)
    assert order.status == Status.IN_PROGRESS
    upstream.clock.forward(60)
    look_again(order)
    assert order.status == Status.COMPLETED
    assert order.next_at
    assert order.next_at > timezone.now()
    assert balance(customer=order.customer) == Decimal(1000) - order.charge
    assert audit() == []


def test_a_partial_order_gives_back_what_did_not_come(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = place(upstream, "partial=10")

    upstream.clock.forward(110)
    look_again(order)

    assert order.status == Status.PARTIAL
    assert order.remains == 10
    assert 0 < order.refunded < order.charge
    assert balance(customer=order.customer) == (
        Decimal(1000) - order.charge + order.refunded
    )
    assert audit() == []


def test_a_canceled_order_gives_everything_back(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = place(upstream, "cancel")

    upstream.clock.forward(110)
    look_again(order)

    assert order.status == Status.CANCELED
    assert balance(customer=order.customer) == Decimal(1000)
    assert audit() == []


def test_a_refused_order_is_withdrawn_and_refunded(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = place(upstream, "refuse")

    assert order.submission == Submission.WITHDRAWN
    assert order.status == Status.CANCELED
    assert balance(customer=order.customer) == Decimal(1000)
    assert upstream.vendor.orders == {}
    assert audit() == []


class Deaf(Faults):
    """The provider does what it is asked, and the line breaks before it answers."""

    def after(self, call: Call, reply: Reply) -> Reply:
        if call.action in {"add", "refill"}:
            raise HangUp
        return reply


def test_an_order_whose_answer_was_lost_is_unknown_and_never_sent_again(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    with running(upstream.vendor, Deaf()) as address:
        Provider.objects.update(url=f"{address}/api/v2")
        order = place(upstream)
        for _ in range(3):
            actions.sweep()
            actions.submit(order_id=order.pk)
        order.refresh_from_db()

    assert order.submission == Submission.UNKNOWN
    assert order.flag_reason == "unknown whether it was accepted: reset"
    assert balance(customer=order.customer) == Decimal(1000) - order.charge
    assert len(upstream.vendor.orders) == 1
    assert audit() == []


def test_a_provider_that_cannot_be_reached_leaves_the_order_queued(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    Provider.objects.update(url="http://127.0.0.1:9/api/v2")

    order = place(upstream)

    assert (order.submission, order.flagged_at) == (Submission.QUEUED, None)
    assert order.attempts.get().outcome == Outcome.NOT_EXECUTED
    assert audit() == []


def test_a_refill_is_asked_for_and_followed_to_its_end(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    service = of_type("default", refill=True)
    order = place(upstream, service=service)
    upstream.clock.forward(110)
    look_again(order)

    request = actions.request_refill(order=order, by=order.customer)
    send_requests(order)
    upstream.clock.forward(1000)
    OrderRequest.objects.update(next_at=timezone.now())
    actions.track_refills(provider_id=order.provider_id or 0)

    request.refresh_from_db()
    assert request.status == RefillStatus.COMPLETED
    assert request.closed_at is not None
    assert audit() == []


def test_a_cancel_is_asked_for_and_the_status_moves_the_money(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = place(upstream, service=of_type("default", cancel=True))

    request = actions.cancel_order(order=order, by=order.customer)
    assert request
    send_requests(order)
    order.refresh_from_db()
    assert order.status == Status.PENDING
    upstream.clock.forward(50)
    look_again(order)

    assert order.status in {Status.CANCELED, Status.PARTIAL}
    assert balance(customer=order.customer) == (
        Decimal(1000) - order.charge + order.refunded
    )
    assert audit() == []


def subscribe(upstream: Upstream, **texts: str) -> Order:
    """Place a subscription to three posts, of the least and twice the least each."""
    service = of_type("subscriptions")
    raw = {
        "username": "ann",
        "min": str(service.min),
        "max": str(service.min * 2),
        "posts": "3",
        "delay": "0",
        **texts,
    }
    order = actions.place_order(
        customer=make_customer(credit="1000"), service_id=service.pk, raw=raw
    )
    actions.submit(order_id=order.pk)
    order.refresh_from_db()
    return order


def follow(order: Order) -> None:
    """Make the order and its parts due, and ask until nothing more is."""
    Order.objects.filter(pk=order.pk).update(next_at=timezone.now())
    order.deliveries.exclude(next_at=None).update(next_at=timezone.now())
    while actions.track(provider_id=order.provider_id or 0):
        pass
    order.refresh_from_db()


def made(upstream: Upstream) -> int:
    """Return how many units the sandbox has delivered in all."""
    return sum(order.delivered for order in upstream.vendor.orders.values())


def test_a_subscription_is_followed_post_by_post_and_pays_for_what_came(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = subscribe(upstream)
    assert order.submission == Submission.ACCEPTED

    upstream.clock.forward(110)
    follow(order)
    assert (order.status, order.deliveries.count()) == (Status.IN_PROGRESS, 1)
    upstream.clock.forward(200)
    follow(order)
    assert (order.status, order.deliveries.count()) == (Status.IN_PROGRESS, 3)
    assert order.refunded == 0
    upstream.clock.forward(200)
    follow(order)

    assert (order.status, order.flagged_at) == (Status.COMPLETED, None)
    assert order.remains == order.units - made(upstream)
    assert order.refunded == due(order.charge, order.units, order.remains)
    assert 0 < order.refunded < order.charge
    assert balance(customer=order.customer) == 1000 - order.charge + order.refunded
    # What it cost is what the sandbox took for the three orders that it made.
    took = sum(row.charge for row in upstream.vendor.orders.values())
    assert book(account=upstream.provider.account) == -took
    assert audit() == []


def test_a_subscription_that_is_canceled_keeps_what_came_by_then(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = subscribe(upstream)
    upstream.clock.forward(110)
    follow(order)
    upstream.vendor.subscriptions[int(order.upstream_id or 0)].ended = Ended.CANCELED

    upstream.clock.forward(200)
    follow(order)

    assert (order.status, order.flagged_at) == (Status.PARTIAL, None)
    assert order.refunded == due(
        order.charge, order.units, order.units - made(upstream)
    )
    assert audit() == []


def test_a_subscription_that_expires_before_its_first_post_costs_nothing(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = subscribe(upstream)
    upstream.vendor.subscriptions[int(order.upstream_id or 0)].ended = Ended.EXPIRED

    follow(order)

    assert (order.status, order.refunded) == (Status.CANCELED, order.charge)
    assert balance(customer=order.customer) == 1000
    assert audit() == []


def test_a_subscription_may_be_paused_and_go_on(upstream: Upstream) -> None:
    order = subscribe(upstream)
    record = upstream.vendor.subscriptions[int(order.upstream_id or 0)]
    seen = []
    for ended in (Ended.PAUSED, None):
        record.ended = ended
        follow(order)
        seen.append((order.status, order.refunded))

    assert seen == [(Status.PAUSED, 0), (Status.IN_PROGRESS, 0)]


def drip_feed(upstream: Upstream, ending: str = "complete", runs: int = 4) -> Order:
    """Place an order of so many runs at a provider whose runs are orders."""
    upstream.vendor.terms = replace(upstream.vendor.terms, children=True)
    service = of_type("default", dripfeed=True)
    order = actions.place_order(
        customer=make_customer(credit="1000"),
        service_id=service.pk,
        raw={
            "link": f"https://example.com/film#{ending}",
            "quantity": str(service.min * 3),
            "runs": str(runs),
            "interval": "5",
        },
    )
    actions.submit(order_id=order.pk)
    order.refresh_from_db()
    return order


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("complete", Status.COMPLETED),
        ("partial=10", Status.PARTIAL),
        ("cancel", Status.CANCELED),
    ],
)
def test_a_drip_feed_is_followed_run_by_run(
    upstream: Upstream,
    audit: Callable[[], list[str]],
    ending: str,
    status: Status,
) -> None:
    order = drip_feed(upstream, ending)

    for _ in range(12):
        upstream.clock.forward(50)
        follow(order)

    runs = upstream.vendor.orders[int(order.upstream_id or 0)].children or []
    came = sum(upstream.vendor.orders[number].delivered for number in runs)
    assert (order.status, order.flagged_at) == (status, None)
    assert order.deliveries.count() == len(runs)
    assert order.refunded == due(order.charge, order.units, order.units - came)
    assert audit() == []


def test_a_drip_feed_that_is_cancelled_half_way_pays_for_what_ran(
    upstream: Upstream, audit: Callable[[], list[str]]
) -> None:
    order = drip_feed(upstream)
    upstream.clock.forward(150)
    follow(order)
    upstream.vendor.cancel(int(order.upstream_id or 0))

    for _ in range(8):
        upstream.clock.forward(50)
        follow(order)

    runs = upstream.vendor.orders[int(order.upstream_id or 0)].children or []
    came = sum(upstream.vendor.orders[number].delivered for number in runs)
    assert (order.status, order.flagged_at) == (Status.PARTIAL, None)
    assert 0 < came < order.units
    assert order.refunded == due(order.charge, order.units, order.units - came)
    assert audit() == []
