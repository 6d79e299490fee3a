"""Many hands at once, with real threads and PostgreSQL: money and orders stay right."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any

import pytest
from django.db import connections

from ledger.models import Transfer
from ledger.queries import balance
from ledger.queries import book as account_book
from notices.models import Notice
from orders import actions
from orders.actions.tracking import apply_statuses
from orders.enums import RequestState, Status, Submission
from orders.errors import BalanceTooLowError, OrderError
from orders.models import Attempt, Order, OrderRequest
from provider.models import Provider
from provider.protocol.replies import AddAnswer
from provider.protocol.statuses import UpstreamStatus
from tests.factories import (
    LINK,
    make_admin,
    make_customer,
    make_order,
    make_provider,
    make_service,
)
from tests.orders.acting import (
    EXCHANGE,
    Script,
    accepted,
    accepted_as,
    again,
    answer,
    completed,
    make_due,
    says,
    sending,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]
Audit = Callable[[], list[str]]
HALF = says(UpstreamStatus.PARTIAL, charge="0.5", remains=500)


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """Do every step in a thread of its own, all at one moment; return what came of each:
    a result, or the error that it raised."""
    barrier = threading.Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return step()
        except OrderError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(steps)) as pool:
        return [future.result() for future in [pool.submit(run, s) for s in steps]]


def test_two_tabs_and_more_spend_a_balance_once(audit: Audit) -> None:
    customer, service = make_customer(credit="20"), make_service()

    def order_eight_times() -> list[str]:
        outcomes = []
        for _ in range(8):
            try:
                make_order(customer, service)
            except BalanceTooLowError:
                outcomes.append("refused")
            else:
                outcomes.append("placed")
        return outcomes

    outcomes = chain.from_iterable(at_once(*[order_eight_times] * 8))

    assert Counter(outcomes) == {"placed": 10, "refused": 54}
    assert Order.objects.count() == 10
    assert balance(customer=customer) == 0
    assert audit() == []


def test_one_key_in_twenty_requests_is_one_order_with_funds_for_one(
    audit: Audit,
) -> None:
    customer, service = make_customer(credit="2"), make_service()

    orders = at_once(*[lambda: make_order(customer, service, idempotency_key="k")] * 20)

    assert {type(order) for order in orders} == {Order}
    assert len({order.pk for order in orders}) == 1
    assert Order.objects.count() == 1
    assert balance(customer=customer) == 0
    assert audit() == []


def test_one_key_with_many_bodies_is_one_order_and_clear_refusals(
    audit: Audit,
) -> None:
    customer, service = make_customer(credit="100"), make_service()

    def place(quantity: int) -> Callable[[], Order]:
        raw = {"link": LINK, "quantity": str(quantity)}
        return lambda: make_order(customer, service, raw, idempotency_key="k")

    outcomes = at_once(*[place(100 + number) for number in range(8)])

    assert [type(o).__name__ for o in outcomes].count("KeyReusedError") == 7
    assert Order.objects.count() == 1
    assert audit() == []


def test_many_submitters_send_an_order_once(script: Script, audit: Audit) -> None:
    order = make_order()

    at_once(*[lambda: actions.submit(order_id=order.pk)] * 8)

    assert len(script.asked("add")) == 1
    assert again(order).submission == Submission.ACCEPTED
    assert audit() == []


def test_no_more_adds_are_under_way_than_the_provider_takes(
    script: Script, audit: Audit
) -> None:
    service = make_service(make_provider(max_in_flight=2))
    customer = make_customer(credit="100")
    orders = [make_order(customer, service) for _ in range(6)]
    sent: list[dict[str, str]] = []
    four_turned_away = threading.Semaphore(0)

    def answer_when_the_others_are_gone(fields: dict[str, str]) -> AddAnswer:
        sent.append(fields)
        assert four_turned_away.acquire(timeout=20)
        four_turned_away.release()
        return accepted_as()

    script.add = answer_when_the_others_are_gone
    gone: list[Order] = []

    def submit(order: Order) -> Callable[[], None]:
        def run() -> None:
            actions.submit(order_id=order.pk)
            gone.append(order)
            if len(gone) == 4:
                four_turned_away.release()

        return run

    at_once(*[submit(order) for order in orders])

    assert len(sent) == 2
    states = Counter(again(order).submission for order in orders)
    assert states == {Submission.ACCEPTED: 2, Submission.QUEUED: 4}
    assert audit() == []


def test_twenty_clicks_on_refill_are_one_call(script: Script, audit: Audit) -> None:
    order = completed(script)

    outcomes = at_once(
        *[lambda: actions.request_refill(order=order, by=order.customer)] * 20
    )
    provider_id = order.provider_id or 0
    at_once(*[lambda: actions.send_requests(provider_id=provider_id)] * 8)

    assert [type(o) for o in outcomes].count(OrderError) == 19
    assert OrderRequest.objects.get().state == RequestState.ACCEPTED
    assert len(script.asked("refill")) == 1
    assert audit() == []


def test_many_clicks_on_cancel_give_the_money_back_once(audit: Audit) -> None:
    order = make_order()

    outcomes = at_once(
        *[lambda: actions.cancel_order(order=order, by=order.customer)] * 8
    )

    assert [type(o) for o in outcomes].count(OrderError) == 7
    assert balance(customer=order.customer) == 100
    assert audit() == []


def test_trackers_that_apply_the_same_partial_refund_and_settle_once(
    script: Script, audit: Audit, caplog: pytest.LogCaptureFixture
) -> None:
    order = accepted(script)
    provider = Provider.objects.get()

    def apply() -> None:
        apply_statuses(
            provider=provider,
            orders=[order],
            answers={order.upstream_id or "": HALF},
            exchange=EXCHANGE,
        )

    at_once(*[apply] * 6)

    assert again(order).status == Status.PARTIAL
    assert balance(customer=order.customer) == 99
    assert Transfer.objects.filter(kind="order:refund").count() == 1
    assert account_book(account=provider.account) == Decimal("-0.5")
    assert Notice.objects.filter(user=order.customer).count() == 1
    assert order.events.filter(new_status=Status.PARTIAL).count() == 1
    # Not even one of them had to fall back.
    assert "row by row" not in caplog.text
    assert audit() == []


def test_sets_in_any_order_beside_cancels_do_not_deadlock(
    script: Script, audit: Audit, caplog: pytest.LogCaptureFixture
) -> None:
    service = make_service()
    customers = [make_customer(credit="100") for _ in range(3)]
    followed = [
        accepted(script, make_order(customers[number % 3], service))
        for number in range(24)
    ]
    queued = [make_order(customer, service) for customer in customers]
    provider = Provider.objects.get()
    answers = {order.upstream_id or "": HALF for order in followed}

    def apply(seed: int) -> Callable[[], None]:
        orders = random.Random(seed).sample(followed, k=18)
        return lambda: apply_statuses(
            provider=provider, orders=orders, answers=answers, exchange=EXCHANGE
        )

    def cancel(order: Order) -> Callable[[], object]:
        return lambda: actions.cancel_order(order=order, by=order.customer)

    at_once(*[apply(seed) for seed in range(5)], *[cancel(order) for order in queued])

    assert "row by row" not in caplog.text
    refunded = [again(order).refunded for order in followed]
    assert set(refunded) <= {Decimal(0), Decimal(1)}
    total = sum(balance(customer=customer) for customer in customers)
    assert total == 300 - 24 * 2 + sum(refunded)
    assert audit() == []


def test_trackers_do_not_share_what_fits_into_one_call(script: Script) -> None:
    service, customer = make_service(), make_customer(credit="100")
    orders = [accepted(script, make_order(customer, service)) for _ in range(12)]
    for order in orders:
        make_due(order)
        script.statuses[order.upstream_id or ""] = says(UpstreamStatus.IN_PROGRESS)
    provider_id = orders[0].provider_id or 0

    at_once(*[lambda: actions.track(provider_id=provider_id)] * 4)

    assert [len(ids) for ids in calls(script)] == [12]


def calls(script: Script) -> list[Sequence[str]]:
    return [ids for ids in script.asked("statuses") if isinstance(ids, list)]


def test_an_answer_at_the_moment_of_expiry_is_never_lost(
    script: Script, audit: Audit
) -> None:
    service, customer = make_service(), make_customer(credit="100")
    for _ in range(6):
        attempt = sending(script, make_order(customer, service))
        make_due(attempt.order)

        at_once(actions.sweep, answering(attempt, accepted_as()), actions.sweep)

        order = again(attempt.order)
        assert order.submission == Submission.ACCEPTED
        assert (order.flagged_at, order.attempts.count()) == (None, 1)

    assert len(script.asked("add")) == 6
    assert audit() == []


def answering(attempt: Attempt, what: AddAnswer) -> Callable[[], None]:
    return lambda: actions.apply_answer(attempt=attempt, answer=what, exchange=EXCHANGE)


def test_an_answer_at_the_moment_when_staff_say_the_same_is_no_second_order(
    script: Script, audit: Audit
) -> None:
    service, customer, staff = (
        make_service(),
        make_customer(credit="1000"),
        make_admin(),
    )
    attempts = [sending(script, make_order(customer, service)) for _ in range(8)]
    for attempt in attempts:
        make_due(attempt.order)
    actions.sweep()

    for number, attempt in enumerate(attempts, start=701):
        at_once(
            partial(answer, attempt, accepted_as(str(number))),
            partial(
                actions.settle_as_existing,
                order=attempt.order,
                upstream_id=str(number),
                by=staff,
            ),
        )

    orders = [again(attempt.order) for attempt in attempts]
    assert {order.submission for order in orders} == {Submission.ACCEPTED}
    assert {order.flag_reason for order in orders} == {""}
    costs = Transfer.objects.filter(kind="order:cost")
    assert costs.count() == len(attempts)
    assert audit() == []


def test_two_answers_with_one_id_make_one_order_accepted(
    script: Script, audit: Audit
) -> None:
    service, customer = make_service(), make_customer(credit="100")
    for number in range(4):
        attempts = [sending(script, make_order(customer, service)) for _ in range(4)]

        at_once(
            *[answering(attempt, accepted_as(f"7{number}")) for attempt in attempts]
        )

        states = Counter(again(attempt.order).submission for attempt in attempts)
        assert states == {Submission.ACCEPTED: 1, Submission.UNKNOWN: 3}

    assert audit() == []


def test_a_cancel_and_a_submit_never_both_win(script: Script, audit: Audit) -> None:
    service, customer = make_service(), make_customer(credit="100")
    for _ in range(8):
        order = make_order(customer, service)
        before, sent = balance(customer=customer), len(script.asked("add"))

        at_once(
            lambda: actions.submit(order_id=order.pk),  # noqa: B023
            lambda: actions.cancel_order(order=order, by=customer),  # noqa: B023
        )

        order = again(order)
        was_sent = len(script.asked("add")) - sent
        if order.submission == Submission.WITHDRAWN:
            assert (was_sent, balance(customer=customer)) == (0, before + 2)
        else:
            assert order.submission == Submission.ACCEPTED
            assert (was_sent, balance(customer=customer)) == (1, before)

    assert audit() == []


def test_two_sweepers_ring_for_each_order_once(
    rings: list[tuple[str, dict[str, object]]],
) -> None:
    service, customer = make_service(), make_customer(credit="100")
    orders = [make_order(customer, service) for _ in range(20)]
    rings.clear()

    at_once(*[actions.sweep] * 4)

    heard = Counter(arguments["order_id"] for _task, arguments in rings)
    assert heard == {order.pk: 1 for order in orders}
