"""How many calls a provider gets: full batches, one tracker, one limit, and learning."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now
from pytest_django import Settings

from orders import actions, tasks
from orders.enums import Status, Submission
from orders.models import Order
from provider.client import CallFailed
from provider.models import Provider
from provider.protocol.errors import ErrorClass
from provider.protocol.replies import IdError
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_customer, make_provider, make_service
from tests.orders.acting import (
    Script,
    accepted,
    again,
    call_failed,
    says,
    seconds_ahead,
)
from tests.threads import together

pytestmark = pytest.mark.django_db
IN_PROGRESS = says(UpstreamStatus.IN_PROGRESS)
NOT_THERE = IdError("Incorrect order ID", ErrorClass.UNKNOWN_ID)
Refusal = Callable[[Sequence[str]], Exception | None]


def followed(script: Script, many: int, provider: Provider | None = None) -> Provider:
    """Make so many accepted orders that are due, and let their provider know them."""
    provider = provider or make_provider()
    service, customer = make_service(provider), make_customer()
    Order.objects.bulk_create(
        Order(
            customer=customer,
            service=service,
            type=service.type,
            units=1,
            price=0,
            charge=0,
            submission=Submission.ACCEPTED,
            provider=provider,
            upstream_id=f"{provider.pk}-{number}",
            next_at=Now() - timedelta(seconds=many - number),
        )
        for number in range(many)
    )
    for name in names():
        script.statuses[name] = IN_PROGRESS
    return provider


def names(orders: Iterable[Order] | None = None) -> list[str]:
    rows = Order.objects.order_by("id") if orders is None else orders
    return [order.upstream_id or "" for order in rows]


def sizes(script: Script) -> list[int]:
    return [len(ids) for ids in script.asked("statuses")]  # type: ignore[arg-type]


def follow(provider: Provider) -> None:
    """Track until nothing more is due, as a worker does."""
    tasks.track(provider_id=provider.pk)


def taking_at_most(many: int, text: str = "Incorrect request") -> Refusal:
    """Refuse every call with more ids than that."""
    reason = "error:unrecognised"
    return lambda ids: call_failed(reason, text=text) if len(ids) > many else None


@pytest.mark.parametrize(
    ("many", "calls"),
    [(1, [1]), (99, [99]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])],
)
def test_so_many_due_orders_cost_no_more_than_full_calls(
    script: Script, many: int, calls: list[int]
) -> None:
    follow(followed(script, many))

    assert sizes(script) == calls
    assert Order.objects.filter(status=Status.IN_PROGRESS).count() == many


def test_what_is_read_again_fills_up_and_never_pushes_out_what_is_open(
    script: Script,
) -> None:
    provider = followed(script, 5)
    Provider.objects.update(batch_size=3)
    ended = list(Order.objects.order_by("id")[:3])
    Order.objects.filter(pk__in=[order.pk for order in ended]).update(
        status=Status.COMPLETED, finished_at=Now() - timedelta(hours=2)
    )
    for order in ended:
        script.statuses[order.upstream_id or ""] = says(UpstreamStatus.COMPLETED)

    follow(provider)

    first, second = script.asked("statuses")
    assert first == [*names()[3:], ended[0].upstream_id]
    assert second == names(ended[1:])


def test_what_is_only_read_again_is_due_by_itself(script: Script) -> None:
    provider = followed(script, 1)
    Order.objects.update(status=Status.COMPLETED, finished_at=Now())
    script.statuses[names()[0]] = says(UpstreamStatus.COMPLETED)

    follow(provider)

    assert sizes(script) == [1]


# One tracker at a provider.


def test_the_lease_is_given_back_after_the_answer(script: Script) -> None:
    provider = followed(script, 1)

    assert actions.track(provider_id=provider.pk) == 1

    assert Provider.objects.get().tracked_until is None


def test_the_lease_is_given_back_after_a_failure(script: Script) -> None:
    provider = followed(script, 1)
    script.failure = lambda ids: RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError):
        actions.track(provider_id=provider.pk)

    assert Provider.objects.get().tracked_until is None


def test_while_somebody_asks_nobody_else_does_and_nobody_is_rung_for(
    script: Script, rings: list[tuple[str, dict[str, object]]]
) -> None:
    provider = followed(script, 1)
    Provider.objects.update(tracked_until=Now() + timedelta(seconds=60))

    assert actions.track(provider_id=provider.pk) == 0
    actions.sweep()

    assert (script.calls, rings) == ([], [])


def test_the_lease_of_a_worker_that_died_ends_with_time(
    script: Script, rings: list[tuple[str, dict[str, object]]]
) -> None:
    provider = followed(script, 1)
    Provider.objects.update(tracked_until=Now() - timedelta(seconds=1))

    actions.sweep()
    assert rings == [("orders.track", {"provider_id": provider.pk})]
    assert actions.track(provider_id=provider.pk) == 1


def test_a_lease_that_somebody_else_has_by_now_is_left_alone(script: Script) -> None:
    provider = followed(script, 1)

    def take_over(ids: Sequence[str]) -> None:
        Provider.objects.update(tracked_until="2999-01-01T00:00Z")

    script.failure = take_over
    actions.track(provider_id=provider.pk)

    assert Provider.objects.get().tracked_until.year == 2999  # type: ignore[union-attr]


# Learning how many ids a provider takes.


@pytest.mark.parametrize(
    ("most", "calls"), [(50, [100, 50, 50]), (30, [100, 30, 30, 30, 10])]
)
def test_a_number_that_is_named_is_taken_at_its_word(
    script: Script, most: int, calls: list[int]
) -> None:
    provider = followed(script, 100)
    script.failure = taking_at_most(most, f"Maximum {most} IDs")

    follow(provider)

    assert sizes(script) == calls
    assert Provider.objects.get().batch_size == most
    assert Order.objects.filter(status=Status.IN_PROGRESS).count() == 100


def test_a_size_that_is_not_named_is_found_by_halving(script: Script) -> None:
    provider = followed(script, 100)
    script.failure = taking_at_most(30)

    follow(provider)

    assert Provider.objects.get().batch_size == 25
    # The whole, a half, its two quarters, that half again; the other half likewise, but
    # that nothing is left to learn of it.
    assert sizes(script) == [100, 50, 25, 25, 50, 50, 25, 25]
    assert Order.objects.filter(status=Status.IN_PROGRESS).count() == 100


@pytest.mark.parametrize("knows", [True, False], ids=["told", "refused"])
def test_a_single_bad_id_teaches_nothing(script: Script, knows: bool) -> None:
    provider = followed(script, 20)
    bad = names()[7]
    script.statuses[bad] = NOT_THERE
    script.failure = lambda ids: (
        call_failed("error:unknown_id", text="Incorrect order ID")
        if bad in ids and (len(ids) > 1 or not knows)
        else None
    )

    follow(provider)

    assert Provider.objects.get().batch_size == 100
    assert Order.objects.filter(status=Status.IN_PROGRESS).count() == 19


def test_an_error_that_is_gone_by_itself_teaches_nothing(script: Script) -> None:
    provider = followed(script, 10)
    script.failure = lambda ids: (
        call_failed("error:unrecognised") if len(script.calls) == 1 else None
    )

    follow(provider)

    assert sizes(script) == [10, 5, 5, 10]
    assert Provider.objects.get().batch_size == 100


def test_without_a_call_to_make_sure_nothing_is_learned(script: Script) -> None:
    provider = followed(script, 4)
    refuse = taking_at_most(3)

    def refuse_and_run_out(ids: Sequence[str]) -> Exception | None:
        if len(script.calls) == 3:
            Provider.objects.update(next_call_at="2999-01-01T00:00Z")
        return refuse(ids)

    script.failure = refuse_and_run_out
    follow(provider)

    assert sizes(script) == [4, 2, 2]
    assert Provider.objects.get().batch_size == 100


def test_halves_that_are_not_answered_in_full_teach_nothing(script: Script) -> None:
    provider = followed(script, 4)
    del script.statuses[names()[2]]
    script.failure = taking_at_most(3)

    follow(provider)

    assert sizes(script) == [4, 2, 2]
    assert Provider.objects.get().batch_size == 100


def test_halves_keep_to_the_rate_limit_and_do_not_meet_again(
    script: Script, settings: Settings
) -> None:
    provider = followed(script, 4)
    Provider.objects.update(calls_per_minute=1)
    bad = names()[0]
    script.failure = lambda ids: (
        call_failed("error:unknown_id") if bad in ids and len(ids) > 1 else None
    )

    assert actions.track(provider_id=provider.pk) == 0
    assert sizes(script) == [4]
    waits = [seconds_ahead(order) for order in Order.objects.order_by("id")]
    assert max(waits[:2]) < 1
    assert min(waits[2:]) > 60 + settings.TRACK_INTERVAL / 2

    Provider.objects.update(next_call_at=Now())
    actions.track(provider_id=provider.pk)
    assert script.asked("statuses")[1:] == [names()[:2]]


def test_a_provider_that_falls_silent_is_not_asked_about_the_rest(
    script: Script,
) -> None:
    provider = followed(script, 8)

    def fall_silent(ids: Sequence[str]) -> CallFailed:
        first = len(script.calls) == 1
        return call_failed("error:unknown_id" if first else "timeout")

    script.failure = fall_silent
    follow(provider)

    assert sizes(script) == [8, 4]
    assert all(seconds_ahead(order) > 0 for order in Order.objects.all())


# Several at once.


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_orders(script: Script) -> None:
    provider = followed(script, 250)

    together(*[lambda: follow(provider)] * 2)
    follow(provider)

    assert sorted(sizes(script)) == [50, 100, 100]
    assert Order.objects.filter(status=Status.IN_PROGRESS).count() == 250


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_one_limit(script: Script) -> None:
    provider = followed(script, 250)
    Provider.objects.update(calls_per_minute=1)

    together(*[lambda: follow(provider)] * 2)

    assert sizes(script) == [100]


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_hangs_delays_no_other(
    script: Script, rings: list[tuple[str, dict[str, object]]]
) -> None:
    hanging, other = make_provider(), make_provider()
    followed(script, 6, hanging)
    followed(script, 6, other)
    Provider.objects.update(batch_size=2)
    answers = threading.Event()

    def hang(ids: Sequence[str]) -> None:
        if is_of(hanging, ids):
            answers.wait(timeout=120)

    script.failure = hang

    def work(arguments: dict[str, object]) -> None:
        try:
            tasks.track(provider_id=int(str(arguments["provider_id"])))
        finally:
            connections.close_all()

    of_other = Order.objects.filter(provider=other, status=Status.IN_PROGRESS)
    with ThreadPoolExecutor(2) as pool:
        running: list[Future[None]] = []
        try:
            # Two threads are enough, however often it is rung for the one that hangs.
            for _ in range(600):
                actions.sweep()
                running += [pool.submit(work, arguments) for _task, arguments in rings]
                rings.clear()
                if of_other.count() == 6:
                    break
                time.sleep(0.1)
            assert of_other.count() == 6
            assert actions.track(provider_id=hanging.pk) == 0
            stuck = [ids for ids in calls(script) if is_of(hanging, ids)]
            assert [len(ids) for ids in stuck] == [2]
        finally:
            answers.set()
        for future in running:
            future.result(timeout=30)

    assert not Provider.objects.filter(tracked_until__isnull=False).exists()


def is_of(provider: Provider, ids: Sequence[str]) -> bool:
    return ids[0].startswith(f"{provider.pk}-")


def calls(script: Script) -> list[Sequence[str]]:
    return [ids for ids in script.asked("statuses") if isinstance(ids, list)]


def test_an_order_that_was_accepted_a_moment_ago_may_be_unknown_for_a_while(
    script: Script,
) -> None:
    order = accepted(script)
    script.statuses = {order.upstream_id or "": NOT_THERE}
    Order.objects.update(next_at=Now())

    actions.track(provider_id=order.provider_id or 0)

    order = again(order)
    assert (order.status, order.misses, order.refunded) == (Status.PENDING, 1, 0)
    assert order.next_at is not None
