"""The archive is read again: what would be told otherwise today."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from orders.enums import EvidenceSource, Outcome, RequestKind, Verdict
from orders.models import Attempt, Delivery, Evidence, Order, OrderEvent, OrderRequest
from orders.replaying import archive as archive_module
from orders.replaying import replay
from provider.enums import SyncOutcome
from provider.models import Reply, SyncRun
from provider.protocol.errors import ErrorClass
from provider.redaction import ARCHIVED_BYTES, ASKED_BYTES
from tests.admin.acting import nothing_is_written
from tests.factories import make_customer, make_order, make_provider
from tests.orders.acting import Script, again, sending
from tests.orders.archiving import (
    accepted,
    add,
    answer_add,
    answer_request,
    explain,
    refill_status,
    request,
    status,
    told,
)

pytestmark = pytest.mark.django_db

DONE = {"status": "Completed", "charge": "1", "remains": "0", "currency": "USD"}
NOTHING_RECORDED = "nothing was recorded on it"


def same(action: str, what: str) -> tuple[str, str, str, str]:
    return (action, "the same", what, what)


def differently(action: str, was: str, now: str) -> tuple[str, str, str, str]:
    return (action, "differently", was, now)


def skipped(action: str, why: str) -> tuple[str, str, str, str]:
    return (action, "skipped", "", why)


def last(**filters: Any) -> tuple[str, str, str, str]:
    return told(**filters)[-1]


def keep(action: str = "add", **fields: Any) -> Reply:
    """Keep a reply on which nothing was recorded."""
    values = {"http_status": 200, "body": "{}", "duration": 1, **fields}
    provider = values.pop("provider", None) or make_provider()
    return Reply.objects.create(provider=provider, action=action, **values)


# --- add -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "recorded"),
    [
        ({"order": 901}, "accepted as 901"),
        ({"error": "Incorrect service ID"}, "refused"),
        ({"error": "Not enough funds"}, "held"),
        ({"error": "Something nobody has seen"}, "held"),
        ({"error": "Too many requests"}, "not_executed"),
        ({"error": "Invalid API key"}, "not_executed"),
        ("<html>", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_answer_to_add_reads_the_same(
    script: Script, body: Any, recorded: str
) -> None:
    add(script, body)

    assert told() == [same("add", recorded)]


def test_a_wording_that_was_explained_since_reads_differently(script: Script) -> None:
    attempt = add(script, {"error": "Quota of the link used up"})

    explain("quota of the link", ErrorClass.REFUSED)

    (reading,) = replay()
    assert (reading.subject, reading.was, reading.now) == (
        f"order {attempt.order_id}",
        "held",
        "refused",
    )


def test_another_id_reads_differently(script: Script) -> None:
    attempt = add(script, {"order": 901})

    Attempt.objects.filter(pk=attempt.pk).update(upstream_id="902")

    assert told() == [differently("add", "accepted as 902", "accepted as 901")]


def test_an_id_that_was_anothers_still_proves_nothing(script: Script) -> None:
    service = add(script, {"order": 901}).order.service
    order = make_order(make_customer(credit="100"), service)
    add(script, {"order": 901}, order)

    assert told() == [same("add", "accepted as 901"), same("add", "unknown")]


def test_an_attempt_that_other_evidence_has_settled_is_skipped(script: Script) -> None:
    attempt = add(script, "<html>")
    Attempt.objects.update(outcome=Outcome.ACCEPTED, upstream_id="901")
    assert last() == differently("add", "accepted as 901", "unknown")

    Evidence.objects.create(
        attempt=attempt,
        source=EvidenceSource.ORDERS,
        verdict=Verdict.FOUND,
        upstream_id="901",
    )

    assert last() == skipped("add", "settled by other evidence")


def test_a_second_answer_to_an_attempt_is_skipped(script: Script) -> None:
    attempt = sending(script)
    answer_add(attempt, {"order": 901})
    answer_add(attempt, {"order": 902})

    assert last() == skipped("add", NOTHING_RECORDED)


# --- status ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "recorded"),
    [
        (DONE, "completed"),
        ({"status": "In progress", "charge": None}, "in_progress"),
        ({"status": "Partial", "remains": "250"}, "partial, 0.5 refunded"),
        ({"status": "Canceled", "charge": "0"}, "canceled, 2 refunded"),
        ({"status": "Partial", "remains": "Unknown"}, "flagged"),
        ({"status": "Sideways"}, "flagged"),
    ],
)
def test_an_answer_to_status_reads_the_same(
    script: Script, row: dict[str, object], recorded: str
) -> None:
    status(row, accepted(script, "901"), asked="order=901")

    assert last() == same("status", recorded)


def test_each_order_of_a_reply_is_compared(script: Script) -> None:
    one = accepted(script, "901")
    order = make_order(make_customer(credit="100"), one.service)
    two = again(add(script, {"order": 902}, order).order)
    status({"901": DONE, "902": {"status": "Canceled"}}, one, two)

    assert set(told(action="status")) == {
        same("status", "completed"),
        same("status", "canceled, 2 refunded"),
    }


def test_an_order_that_went_on_since_is_read_as_it_was_then(script: Script) -> None:
    order = accepted(script, "901")
    status({"901": {"status": "Partial", "remains": "500"}}, order)
    status({"901": {"status": "Canceled", "charge": "0"}}, order)

    assert told(action="status") == [
        same("status", "partial, 1 refunded"),
        same("status", "canceled, 1 refunded"),
    ]


def test_an_order_that_was_left_out_too_often_reads_the_same(script: Script) -> None:
    order = accepted(script, "901")
    Order.objects.update(misses=4)
    status({"901": {"error": "Incorrect order ID"}}, order)

    assert last() == same("status", "flagged")


@pytest.mark.parametrize(
    ("recorded", "was"),
    [
        ({"new_status": "partial"}, "partial"),
        ({"refunded": Decimal("0.5")}, "completed, 0.5 refunded"),
        ({"new_status": "pending"}, "flagged"),
    ],
)
def test_an_event_that_says_otherwise_is_told(
    script: Script, recorded: dict[str, object], was: str
) -> None:
    status({"901": DONE}, accepted(script, "901"))

    OrderEvent.objects.filter(new_status="completed").update(**recorded)

    assert last() == differently("status", was, "completed")


def test_a_reply_that_cannot_be_read_any_more_is_told(script: Script) -> None:
    status({"901": DONE}, accepted(script, "901"))

    Reply.objects.filter(action="status").update(body="<html>")

    assert last() == differently("status", "completed", "not readable: html")


def test_a_reply_that_says_nothing_of_the_order_is_told(script: Script) -> None:
    status({"901": DONE}, accepted(script, "901"))

    Reply.objects.filter(action="status").update(body='{"7": {"status": "Completed"}}')

    assert last() == differently("status", "completed", "flagged")


def test_without_what_was_asked_our_own_ids_are_enough(script: Script) -> None:
    status({"901": DONE, "5": DONE}, accepted(script, "901"))

    Reply.objects.update(asked="")

    assert last() == same("status", "completed")


def test_a_question_that_was_cut_asks_for_no_half_an_id(script: Script) -> None:
    status({"901": DONE}, accepted(script, "901"))

    Reply.objects.filter(action="status").update(
        asked=("orders=" + "7" * ASKED_BYTES)[:ASKED_BYTES]
    )

    assert last() == same("status", "completed")


def test_what_several_upstream_orders_have_settled_is_skipped(script: Script) -> None:
    order = accepted(script, "901")
    status({"901": DONE}, order)
    Delivery.objects.create(
        order=order, provider_id=order.provider_id, upstream_id="77", next_at=Now()
    )

    assert last() == skipped("status", "settled by several upstream orders")


# --- refill, cancel, refill_status -----------------------------------------------


@pytest.mark.parametrize(
    ("body", "recorded"),
    [
        ({"refill": "7"}, "accepted as 7"),
        ({"error": "Refill is not available"}, "refused"),
        ({"error": "Too many requests"}, "not_executed"),
        ("<html>", "unknown"),
    ],
)
def test_an_answer_to_refill_reads_the_same(
    script: Script, body: Any, recorded: str
) -> None:
    order = accepted(script, "901")
    status({"901": DONE}, order)
    answer_request(request(order, RequestKind.REFILL), body)

    assert last() == same("refill", recorded)


@pytest.mark.parametrize(
    ("body", "recorded"),
    [
        ([{"order": 901, "cancel": 1}], "accepted"),
        ([{"order": 901, "cancel": {"error": "Cannot cancel"}}], "refused"),
        ("<html>", "unknown"),
    ],
)
def test_an_answer_to_cancel_reads_the_same(
    script: Script, body: Any, recorded: str
) -> None:
    answer_request(request(accepted(script, "901"), RequestKind.CANCEL), body)

    assert last() == same("cancel", recorded)


def test_a_refusal_that_was_explained_since_reads_differently(script: Script) -> None:
    answer = [{"order": 901, "cancel": {"error": "Come back later"}}]
    answer_request(request(accepted(script, "901"), RequestKind.CANCEL), answer)

    explain("come back later", ErrorClass.NOT_EXECUTED)

    assert last() == differently("cancel", "refused", "not_executed")


def test_a_refill_with_another_id_reads_differently(script: Script) -> None:
    order = accepted(script, "901")
    status({"901": DONE}, order)
    answer_request(request(order, RequestKind.REFILL), {"refill": "7"})

    OrderRequest.objects.update(upstream_id="8")

    assert last() == differently("refill", "accepted as 8", "accepted as 7")


def refilled(script: Script, upstream_id: str, refill_id: str) -> OrderRequest:
    order = accepted(script, upstream_id)
    status({upstream_id: DONE}, order)
    made = request(order, RequestKind.REFILL)
    answer_request(made, {"refill": refill_id})
    return made


@pytest.mark.parametrize(
    ("word", "recorded"),
    [
        ("In progress", "in_progress"),
        ("Completed", "completed"),
        ("Canceled", "rejected"),
    ],
)
def test_an_answer_to_refill_status_reads_the_same(
    script: Script, word: str, recorded: str
) -> None:
    refill_status(f'{{"status": "{word}"}}', refilled(script, "901", "7"))

    assert last() == same("refill_status", recorded)


def test_a_refill_that_is_elsewhere_by_now_is_compared_with_its_event(
    script: Script,
) -> None:
    refill = refilled(script, "901", "7")
    refill_status('{"status": "In progress"}', refill)
    refill_status('{"status": "Completed"}', refill)

    assert told(action="refill_status") == [
        same("refill_status", "in_progress"),
        same("refill_status", "completed"),
    ]


def test_refills_that_were_asked_about_one_by_one_are_read_line_by_line(
    script: Script,
) -> None:
    refill = refilled(script, "901", "7")
    body = '{"status": "Pending"}\n{"status": "Completed"}'
    refill_status(
        '[{"refill": 7, "status": "Completed"}]', refill, asked="refill=6\nrefill=7"
    )
    Reply.objects.filter(action="refill_status").update(body=body)

    assert last() == same("refill_status", "completed")


def test_lines_that_do_not_fit_their_questions_are_skipped(script: Script) -> None:
    refill = refilled(script, "901", "7")
    refill_status('{"status": "Completed"}', refill, asked="refill=6\nrefill=7")

    assert last() == skipped("refill_status", "several replies in one")


@pytest.mark.parametrize(
    ("body", "now"),
    [
        ('{"status": "Rejected"}', "rejected"),
        ('{"status": "Sideways"}', "nothing new"),
        ("<html>", "not readable: html"),
        ('[{"refill": 5, "status": "Completed"}]', "nothing new"),
    ],
)
def test_a_refill_that_reads_differently_is_told(
    script: Script, body: str, now: str
) -> None:
    refill_status('{"status": "Completed"}', refilled(script, "901", "7"))

    Reply.objects.filter(action="refill_status").update(body=body)

    assert last() == differently("refill_status", "completed", now)


# --- balance and services --------------------------------------------------------

SERVICE = (
    '[{"service": 1, "name": "Subtitles", "type": "Default", "category": "Film", '
    '"rate": "1", "min": "1", "max": "9"}]'
)


@pytest.mark.parametrize(
    ("outcome", "body", "expected"),
    [
        (SyncOutcome.APPLIED, SERVICE, same("services", "readable")),
        (SyncOutcome.STOPPED, SERVICE, same("services", "readable")),
        (SyncOutcome.FAILED, "<html>", same("services", "not readable")),
        (
            SyncOutcome.APPLIED,
            "<html>",
            differently("services", "readable", "not readable: html"),
        ),
        (
            SyncOutcome.FAILED,
            SERVICE,
            differently("services", "not readable", "readable"),
        ),
    ],
)
def test_a_catalogue_is_readable_or_not(
    outcome: SyncOutcome, body: str, expected: tuple[str, str, str, str]
) -> None:
    reply = keep("services", body=body)
    SyncRun.objects.create(provider=reply.provider, outcome=outcome, reply=reply)

    assert told() == [expected]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"balance": "5"}', same("balance", "readable")),
        (
            '{"error": "Invalid key"}',
            differently("balance", "readable", "not readable: error:provider_down"),
        ),
    ],
)
def test_a_balance_is_readable_or_not(
    body: str, expected: tuple[str, str, str, str]
) -> None:
    keep("balance", body=body)

    assert told() == [expected]


# --- What is not read ------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "fields", "why"),
    [
        ("add", {"http_status": None, "failure": "dns"}, "no reply: dns"),
        ("add", {"body": "x" * ARCHIVED_BYTES}, "only its beginning was kept"),
        ("orders", {}, "no reader for this call"),
        ("add", {}, NOTHING_RECORDED),
        ("status", {}, NOTHING_RECORDED),
        ("cancel", {}, NOTHING_RECORDED),
        ("refill_status", {}, NOTHING_RECORDED),
    ],
)
def test_what_cannot_be_compared_is_skipped_with_the_reason(
    action: str, fields: dict[str, Any], why: str
) -> None:
    keep(action, **fields)

    assert told() == [skipped(action, why)]


def test_only_what_is_asked_for_is_read() -> None:
    mine, other = make_provider(), make_provider()
    old = keep(provider=mine)
    Reply.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=3))
    kept = [keep(provider=mine), keep("cancel", provider=mine), keep(provider=other)]

    def read(**filters: Any) -> list[int]:
        return [reading.reply_id for reading in replay(**filters)]

    numbers = [reply.pk for reply in kept]
    assert read() == [*reversed(numbers), old.pk]
    assert read(provider=mine) == [numbers[1], numbers[0], old.pk]
    assert read(days=2) == list(reversed(numbers))
    assert read(action="cancel") == [numbers[1]]
    assert read(limit=2) == [numbers[2], numbers[1]]


@pytest.mark.parametrize("limit", [None, 1, 2, 3, 9])
def test_any_number_is_read_page_by_page(
    monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    monkeypatch.setattr(archive_module, "PAGE", 2)
    provider = make_provider()
    numbers = [keep(provider=provider).pk for _ in range(5)]

    read = [reading.reply_id for reading in replay(limit=limit)]

    assert read == list(reversed(numbers))[:limit]


def test_a_page_is_read_by_a_constant_number_of_queries(script: Script) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            list(replay(provider=provider))
        return len(asked)

    order = accepted(script, "901")
    provider = order.provider
    status({"901": {"status": "In progress"}}, order)
    few = queries()
    status({"901": {"status": "Processing"}}, order)
    status({"901": {"status": "Partial", "remains": "5"}}, order)

    assert queries() == few


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
    }


def test_no_row_is_changed(script: Script) -> None:
    order = accepted(script, "901")
    status({"901": {"status": "Partial", "remains": "500"}}, order)
    add(script, {"error": "Quota of the link used up"})
    explain("quota of the link", ErrorClass.REFUSED)
    OrderEvent.objects.filter(new_status="partial").update(refunded=Decimal("0.5"))
    before = rows()

    with nothing_is_written():
        told()

    assert rows() == before
