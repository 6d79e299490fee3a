"""A gateway's own door: stored first, believed only when signed (I15, I16)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import chain

import pytest
from django.test import Client
from pytest_django import Settings

from ledger.enums import TransferKind
from ledger.models import Transfer
from ledger.queries import balance
from notices.models import Notice
from payments import actions, tasks, views
from payments.enums import Outcome
from payments.gateways.protocol import GatewayError, State
from payments.gateways.test import gateway
from payments.gateways.test.gateway import (
    SIGNATURE,
    TestGateway,
    keep,
    notification_of,
    recall,
)
from payments.gateways.test.views import BECOMES
from payments.models import Notification, TopUp
from tests.payments.paying import begin, deliver, report
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]
DOOR = "/payments/notify/test/"


def post(headers: dict[str, str], body: bytes, door: str = DOOR) -> int:
    careful = Client(enforce_csrf_checks=True)
    page = careful.post(door, body, content_type="application/json", headers=headers)
    return page.status_code


def signed(top_up: TopUp, **options: int) -> tuple[dict[str, str], bytes]:
    headers, body = notification_of(report(top_up, State.PAID), **options)
    return dict(headers), body


def test_a_signed_notification_is_stored_as_it_came_and_credited() -> None:
    top_up = begin()
    headers, body = signed(top_up)

    assert post({**headers, "Cookie": "secret=1"}, body) == 200

    row = Notification.objects.get()
    assert bytes(row.body) == body
    assert (row.outcome, row.top_up_id) == (Outcome.APPLIED, top_up.pk)
    assert row.event_id.startswith("evt_")
    assert row.headers[SIGNATURE] == headers[SIGNATURE]
    assert "Cookie" not in row.headers
    assert balance(customer=top_up.customer) == 10


def test_a_gateway_without_an_address_of_its_own_is_heard() -> None:
    # As behind a socket of the same machine.
    top_up = begin()
    headers, body = signed(top_up)
    door = Client(REMOTE_ADDR="")

    page = door.post(DOOR, body, content_type="application/json", headers=headers)

    assert page.status_code == 200
    assert balance(customer=top_up.customer) == 10


def _forgeries(
    headers: dict[str, str], body: bytes
) -> dict[str, tuple[dict[str, str], bytes]]:
    at, _comma, signature = headers[SIGNATURE].partition(",")
    flipped = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    return {
        "no header": ({}, body),
        "empty header": ({SIGNATURE: ""}, body),
        "another secret": ({SIGNATURE: f"{at},{'0' * 64}"}, body),
        "another body": (headers, body.replace(b"10", b"99")),
        "a bit flipped": ({SIGNATURE: f"{at},{flipped}"}, body),
        "another time": ({SIGNATURE: f"{int(at) + 1},{signature}"}, body),
        "no number": ({SIGNATURE: f"now,{signature}"}, body),
        "not ascii": ({SIGNATURE: f"{at},é"}, body),
    }


@pytest.mark.parametrize("forgery", list(_forgeries({SIGNATURE: "1,ab"}, b"")))
def test_a_forged_notification_is_refused_and_does_nothing(forgery: str) -> None:
    top_up = begin()
    headers, body = _forgeries(*signed(top_up))[forgery]

    assert post(headers, body) == 400

    assert balance(customer=top_up.customer) == 0
    assert Notification.objects.get().outcome == Outcome.FORGED
    assert Notice.objects.get(user=None).key.startswith("forged:test:")


def test_a_notification_with_an_old_signature_is_refused() -> None:
    top_up = begin()

    assert post(*signed(top_up, age=301)) == 400

    assert balance(customer=top_up.customer) == 0


def test_of_a_forgery_only_the_beginning_is_kept() -> None:
    assert post({SIGNATURE: "1,a"}, b"x" * 10_000) == 400
    assert len(Notification.objects.get().body) == 2048


def test_forgeries_are_forgotten_after_a_month_and_nothing_else_is() -> None:
    deliver(report(begin(), State.PAID))
    for days in (0, 29, 31):
        post({SIGNATURE: "1,a"}, b"x")
        newest = Notification.objects.latest("id")
        at = newest.received_at - timedelta(days=days)
        Notification.objects.filter(pk=newest.pk).update(received_at=at)
    Notification.objects.filter(outcome="applied").update(
        received_at=newest.received_at - timedelta(days=99)
    )

    tasks.forget_forged()

    assert Notification.objects.filter(outcome="forged").count() == 2
    assert Notification.objects.filter(outcome="applied").count() == 1


def test_too_long_a_notification_is_refused_and_not_kept() -> None:
    assert post({SIGNATURE: "1,a"}, b"x" * (256 * 1024 + 1)) == 413
    assert not Notification.objects.exists()


def test_a_flood_from_one_address_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    top_up = begin()
    headers, body = signed(top_up)
    monkeypatch.setattr(views, "NOTIFICATIONS", 0)

    assert post(headers, body) == 429

    assert not Notification.objects.exists()
    assert balance(customer=top_up.customer) == 0
    monkeypatch.undo()
    assert post(headers, body) == 200
    assert balance(customer=top_up.customer) == 10


def test_a_gateway_that_is_not_set_up_has_no_door(settings: Settings) -> None:
    headers, body = signed(begin())
    settings.DEMO = False

    assert post(headers, body) == 404
    assert post(headers, body, "/payments/notify/nobody/") == 404

    assert not Notification.objects.exists()


def test_what_is_signed_and_not_understood_is_kept_and_refused() -> None:
    at = signed(begin())[0][SIGNATURE].partition(",")[0]
    headers = {SIGNATURE: f"{at},{gateway._sign(at, b'[]')}"}

    assert post(headers, b"[]") == 400

    assert Notification.objects.get().outcome == Outcome.UNREADABLE


def test_a_gateway_that_must_be_asked_and_is_away_sends_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up = begin()
    headers, body = signed(top_up)

    def away(*arguments: object) -> None:
        raise GatewayError("timed out", unknown=True)

    monkeypatch.setattr(TestGateway, "read_notification", away)
    assert post(headers, body) == 503
    row = Notification.objects.get()
    assert (row.outcome, row.error) == (Outcome.UNANSWERED, "timed out")
    monkeypatch.undo()

    assert post(headers, body) == 200
    assert balance(customer=top_up.customer) == 10


def test_a_crash_while_applying_leaves_the_raw_row_and_the_next_delivery_credits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up = begin()
    headers, body = signed(top_up)

    def crash(**arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("payments.actions.noting.apply_report", crash)
    with pytest.raises(ZeroDivisionError):
        actions.receive(gateway=TestGateway(), headers=headers, body=body)
    assert Notification.objects.get().outcome == ""
    monkeypatch.undo()

    assert post(headers, body) == 200
    assert balance(customer=top_up.customer) == 10


def test_fifty_deliveries_of_one_notification_at_once_credit_once(
    audit: Callable[[], list[str]],
) -> None:
    top_up = begin()
    headers, body = signed(top_up)

    def arrive() -> list[Outcome]:
        return [
            actions.receive(gateway=TestGateway(), headers=headers, body=body)
            for _ in range(5)
        ]

    outcomes = list(chain.from_iterable(together(*[arrive] * 10)))

    assert sorted(outcomes) == [Outcome.APPLIED, *[Outcome.REPEATED] * 49]
    assert Notification.objects.count() == 50
    assert Notification.objects.exclude(event_id="").count() == 1
    assert Transfer.objects.filter(kind=TransferKind.TOPUP_CREDIT).count() == 1
    assert balance(customer=top_up.customer) == 10
    assert audit() == []


def test_notification_return_and_sweeper_at_once_credit_once(
    audit: Callable[[], list[str]],
) -> None:
    top_ups = [begin() for _ in range(20)]
    for top_up in top_ups:
        payment = recall(top_up.remote_id)
        assert payment is not None
        keep(BECOMES["pay"](payment))

    for top_up in top_ups:
        together(
            partial(deliver, report(top_up, State.PAID)),
            partial(actions.confirm_return, top_up=top_up, query={}),
            partial(actions.ask, top_up=top_up),
            partial(actions.ask, top_up=top_up),
        )

    assert {balance(customer=top_up.customer) for top_up in top_ups} == {10}
    assert Transfer.objects.filter(kind=TransferKind.TOPUP_CREDIT).count() == 20
    assert audit() == []
