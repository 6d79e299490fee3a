"""The sweeper: what stayed open is asked about, and ends."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from payments import actions, tasks
from payments.enums import Outcome, TopUpState
from payments.gateways.protocol import GatewayError, Report, State
from payments.gateways.test.gateway import TestGateway
from payments.models import TopUp
from tests.payments.paying import begin, buckets, report, tell
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


def make_due(top_up: TopUp, **fields: object) -> None:
    TopUp.objects.filter(pk=top_up.pk).update(next_at=Now(), **fields)


def answer(monkeypatch: pytest.MonkeyPatch, said: Report | GatewayError) -> list[str]:
    """Let the gateway answer every question so; return what was asked about."""
    asked: list[str] = []

    def ask(self: TestGateway, *, reference: str, remote_id: str) -> Report:
        assert not connection.in_atomic_block
        asked.append(reference)
        if isinstance(said, GatewayError):
            raise said
        return said

    monkeypatch.setattr(TestGateway, "ask", ask)
    return asked


def test_what_is_not_due_is_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    top_up = begin()
    asked = answer(monkeypatch, report(top_up, State.PAID))

    assert actions.sweep_top_ups() == 0

    assert asked == []
    assert buckets(top_up.customer) == {}


def test_a_start_that_nobody_knows_of_is_found_by_its_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up = begin()
    TopUp.objects.update(state=TopUpState.CREATED, remote_id="")
    make_due(top_up)
    answer(monkeypatch, report(top_up, State.PAID))

    tasks.sweep()

    top_up.refresh_from_db()
    assert (top_up.state, top_up.remote_id) == (
        TopUpState.PAID,
        f"test_{top_up.reference}",
    )
    assert buckets(top_up.customer) == {"paid": 10}


def test_a_gateway_that_is_away_is_asked_again_later_and_no_other_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = begin(), begin()
    make_due(one)
    make_due(other)
    asked = answer(monkeypatch, GatewayError("away", unknown=True))

    assert actions.sweep_top_ups() == 2
    assert actions.sweep_top_ups() == 0

    assert sorted(asked) == sorted([one.reference, other.reference])
    assert set(TopUp.objects.values_list("state", "tries")) == {("pending", 1)}


def test_a_fault_of_one_payment_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = begin(), begin()
    make_due(one)
    make_due(other)

    def ask(self: TestGateway, *, reference: str, remote_id: str) -> Report:
        if reference == one.reference:
            raise ZeroDivisionError
        return report(other, State.PAID)

    monkeypatch.setattr(TestGateway, "ask", ask)

    assert actions.sweep_top_ups() == 2
    assert buckets(other.customer) == {"paid": 10}


@pytest.mark.parametrize(
    "over",
    [
        {"expires_at": Now() - timedelta(hours=2)},
        {"created_at": Now() - timedelta(days=31)},
    ],
)
def test_what_nobody_paid_in_time_expires(over: dict[str, object]) -> None:
    top_up = begin()
    make_due(top_up, **over)

    actions.sweep_top_ups()

    top_up.refresh_from_db()
    assert (top_up.state, top_up.next_at) == (TopUpState.EXPIRED, None)


def test_what_was_paid_in_time_and_is_found_late_is_credited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up = begin()
    make_due(top_up, expires_at=Now() - timedelta(hours=2))
    answer(monkeypatch, report(top_up, State.PAID))

    actions.sweep_top_ups()

    top_up.refresh_from_db()
    assert top_up.state == TopUpState.PAID
    assert buckets(top_up.customer) == {"paid": 10}


def test_a_payment_of_a_gateway_that_lost_its_keys_stays_open(
    settings: Settings,
) -> None:
    top_up = begin()
    make_due(top_up)
    settings.DEMO = False

    assert actions.ask(top_up=top_up) == Outcome.UNANSWERED
    assert actions.confirm_return(top_up=top_up, query={}) == Outcome.IGNORED

    top_up.refresh_from_db()
    assert top_up.state == TopUpState.PENDING


def test_two_sweepers_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    top_ups = [begin() for _ in range(6)]
    for top_up in top_ups:
        make_due(top_up)
    asked = answer(monkeypatch, GatewayError("away", unknown=True))

    assert sum(together(*[actions.sweep_top_ups] * 4)) == 6

    assert len(asked) == len(set(asked)) == 6


@pytest.mark.parametrize(
    ("said", "outcome", "money"),
    [
        (State.PAID, Outcome.APPLIED, {"paid": 10}),
        (None, Outcome.IGNORED, {}),
        (GatewayError("away", unknown=True), Outcome.UNANSWERED, {}),
    ],
)
def test_a_gateway_that_captures_on_return_is_asked_to(
    monkeypatch: pytest.MonkeyPatch, said: object, outcome: Outcome, money: object
) -> None:
    top_up = begin()

    def confirm(self: TestGateway, query: object, remote_id: str) -> Report | None:
        assert (query, remote_id) == ({"token": "t"}, top_up.remote_id)
        if isinstance(said, GatewayError):
            raise said
        return report(top_up, said) if isinstance(said, State) else None

    monkeypatch.setattr(TestGateway, "confirm", confirm)

    assert actions.confirm_return(top_up=top_up, query={"token": "t"}) == outcome
    assert buckets(top_up.customer) == money


def days_ahead(top_up: TopUp) -> float | None:
    """Return in how many days a payment is asked about again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT round(extract(epoch FROM next_at - now()) / 86400)::int "
            "FROM payments_topup WHERE id = %s",
            [top_up.pk],
        )
        days: float | None = cursor.fetchone()[0]
    return days


def test_a_payment_that_arrived_is_asked_about_for_four_months(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up = begin()
    tell(top_up, State.PAID)
    asked = answer(monkeypatch, report(top_up, State.PAID))
    waits = [days_ahead(top_up)]

    for _look in range(5):
        make_due(top_up)
        actions.sweep_top_ups()
        waits.append(days_ahead(top_up))

    assert waits == [1, 6, 23, 60, 30, None]
    assert actions.sweep_top_ups() == 0
    assert len(asked) == 5
    assert buckets(top_up.customer) == {"paid": 10}


def test_a_dispute_whose_notification_was_lost_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up = begin()
    tell(top_up, State.PAID)
    answer(monkeypatch, report(top_up, State.DISPUTED, disputed=top_up.total))
    make_due(top_up)

    actions.sweep_top_ups()

    top_up.refresh_from_db()
    assert top_up.state == TopUpState.DISPUTED
    assert buckets(top_up.customer) == {}


def test_a_payment_that_failed_is_asked_about_no_more() -> None:
    top_up = begin()
    tell(top_up, State.FAILED)

    assert days_ahead(top_up) is None
