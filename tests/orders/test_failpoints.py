"""A process that dies after any one statement: nothing is charged, sent or refunded twice.

Dying is the end of the connection without a word, which is all that the database sees.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from ledger.queries import balance
from orders import actions
from orders.actions import express
from orders.enums import Submission
from orders.models import Attempt, Order
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_customer, make_order, make_service
from tests.orders.acting import (
    REFUSED,
    Script,
    accepted,
    again,
    make_due,
    says,
    seconds_ahead,
)

pytestmark = pytest.mark.django_db(transaction=True)
Audit = Callable[[], list[str]]
# More statements than any step has.
MANY = 80


class Died(BaseException):
    """The process is gone: nothing in it catches this."""


@contextmanager
def dying_after(statement: int) -> Iterator[list[bool]]:
    """End the connection once so many statements were made; yields whether it came to it."""
    numbers, died = count(1), [False]

    def execute(
        go_on: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        result = go_on(sql, params, many, context)
        if next(numbers) == statement:
            died[0] = True
            context["connection"].connection.close()
            raise Died
        return result

    with connection.execute_wrapper(execute):
        try:
            yield died
        except Died:
            pass
        finally:
            connection.close()


def every_death() -> Iterator[tuple[int, Callable[[], Any]]]:
    """Count statements up, until the work is done before the next one would be reached."""
    for statement in range(1, MANY):
        yield statement, lambda: dying_after(statement)  # noqa: B023


def test_an_order_is_placed_with_its_charge_or_not_at_all(audit: Audit) -> None:
    service, customer = make_service(), make_customer(credit="100")
    for _statement, death in every_death():
        before = (Order.objects.count(), balance(customer=customer))
        with death() as died:
            make_order(customer, service)
        after = (Order.objects.count(), balance(customer=customer))
        assert after in (before, (before[0] + 1, before[1] - 2))
        if not died[0]:
            break
    else:
        pytest.fail("there were more statements than were tried")

    assert Order.objects.count() >= 1
    assert audit() == []


@pytest.mark.parametrize("express_lane", [True, False], ids=["express", "door"])
@pytest.mark.parametrize("refused", [False, True], ids=["accepted", "refused"])
def test_an_order_is_sent_once_whenever_its_worker_dies(
    script: Script,
    audit: Audit,
    monkeypatch: pytest.MonkeyPatch,
    express_lane: bool,
    refused: bool,
) -> None:
    service, customer = make_service(), make_customer(credit="100")
    if not express_lane:
        monkeypatch.setattr(express, "claim", lambda **_: None)
    if refused:
        script.add = lambda fields: REFUSED
    ends = set()
    for _statement, death in every_death():
        order = make_order(customer, service)
        script.calls.clear()
        with death() as died:
            actions.submit(order_id=order.pk)
        for _ in range(3):
            outlive_the_lease(order)
            actions.sweep()
            actions.submit(order_id=order.pk)
        assert len(script.asked("add")) <= 1
        order = again(order)
        ends.add(order.submission)
        assert order.flagged_at is not None or order.submission != Submission.UNKNOWN
        assert balance(customer=customer) == 100 - sum(
            order.charge - order.refunded for order in Order.objects.all()
        )
        if not died[0]:
            break
        Order.objects.filter(pk=order.pk).update(next_at=Now() + timedelta(days=1))
    else:
        pytest.fail("there were more statements than were tried")

    done = Submission.WITHDRAWN if refused else Submission.ACCEPTED
    assert ends == {done, Submission.UNKNOWN}
    assert [finding for finding in audit() if "not looked after" not in finding] == []


def outlive_the_lease(order: Order) -> None:
    """Let the time pass that a dead worker's claim holds."""
    if again(order).submission in {Submission.SENDING, Submission.QUEUED}:
        make_due(order)
        Attempt.objects.filter(order=order).update(lease_until=Now())


def test_a_refund_is_booked_once_whenever_its_tracker_dies(
    script: Script, audit: Audit
) -> None:
    service, customer = make_service(), make_customer(credit="100")
    for number, (_statement, death) in enumerate(every_death()):
        order = accepted(script, make_order(customer, service), f"7{number:04}")
        script.statuses = {
            order.upstream_id or "": says(
                UpstreamStatus.PARTIAL, remains=500, charge="0.5"
            )
        }
        make_due(order)
        with death() as died:
            actions.track(provider_id=order.provider_id or 0)
        type(order.provider).objects.update(tracked_until=None)  # type: ignore[union-attr]
        make_due(order)
        actions.track(provider_id=order.provider_id or 0)
        assert (again(order).status, again(order).refunded) == ("partial", 1)
        assert seconds_ahead(order) > 0
        if not died[0]:
            break
    else:
        pytest.fail("there were more statements than were tried")

    assert audit() == []
