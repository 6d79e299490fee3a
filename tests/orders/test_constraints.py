"""What the database itself refuses, whoever writes: every constraint is broken once."""

import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.db.models.functions import Now

from orders.enums import EvidenceSource, Outcome, RequestKind, Verdict
from orders.models import (
    Attempt,
    Delivery,
    Draft,
    Evidence,
    Order,
    OrderRequest,
    ProviderDay,
)
from tests.factories import make_customer, make_order, make_provider, make_service
from tests.orders.acting import Script, accepted, sending

pytestmark = pytest.mark.django_db

BREACHES = [
    ("order_units_above_zero", {"units": 0}),
    ("order_refunded_up_to_charge", {"refunded": Decimal("2.00001")}),
    ("order_refunded_up_to_charge", {"refunded": Decimal("-0.00001")}),
    ("order_consent_is_whole", {"consent_margin": Decimal(-10)}),
    ("order_canceled_is_refunded", {"status": "canceled", "finished_at": Now()}),
    (
        "order_canceled_is_refunded",
        {"status": "failed", "refunded": Decimal(1), "finished_at": Now()},
    ),
    ("order_withdrawn_is_canceled", {"submission": "withdrawn"}),
    ("order_held_has_a_reason", {"submission": "held"}),
    ("order_held_has_a_reason", {"held_for": "funds"}),
    ("order_accepted_has_upstream_id", {"submission": "accepted"}),
    ("order_accepted_has_upstream_id", {"upstream_id": "77"}),
    ("order_runs_and_interval_together", {"runs": 5}),
    ("order_runs_and_interval_together", {"interval": 5}),
    ("order_runs_and_interval_together", {"runs": 0, "interval": 5}),
    ("order_flag_has_a_reason", {"flagged_at": Now()}),
    ("order_flag_has_a_reason", {"flag_reason": "odd"}),
    ("order_open_is_watched", {"next_at": None}),
    ("order_finished_has_a_time", {"status": "completed"}),
]
ATTEMPT_BREACHES = [
    ("attempt_answered_has_an_outcome", {"answered_at": Now()}),
    ("attempt_answered_has_an_outcome", {"outcome": Outcome.REFUSED}),
    (
        "attempt_accepted_has_upstream_id",
        {"answered_at": Now(), "outcome": Outcome.ACCEPTED},
    ),
]
REQUEST_BREACHES = [
    ("order_request_open_is_watched", {"next_at": None}),
    ("order_request_status_is_of_refills", {"status": "requested"}),
]
DELIVERY_BREACHES = [
    ("delivery_open_is_watched", {"next_at": None}),
    ("delivery_finished_has_a_time", {"status": "completed"}),
    ("delivery_not_below_zero", {"delivered": -1}),
]
EVIDENCE_BREACHES = [("evidence_found_has_an_id", {"verdict": Verdict.FOUND})]
UNIQUE = {
    "order_one_per_idempotency_key",
    "order_one_per_upstream_id",
    "attempt_one_per_number",
    "attempt_one_per_place",
    "attempt_one_per_upstream_id",
    "delivery_one_per_upstream_id",
    "provider_day_one_per_date",
    "order_request_one_open",
}


def assert_refused(row: Model, name: str, fields: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**fields)  # type: ignore[attr-defined]


DRAFT_BREACHES = [
    ("draft_comes_to_something", {"charge": Decimal(0)}),
    ("draft_ends_later", {"expires_at": Now() - datetime.timedelta(days=1)}),
]


def test_every_constraint_is_broken_here() -> None:
    tables = [
        "orders_order",
        "orders_attempt",
        "orders_orderrequest",
        "orders_orderevent",
        "orders_delivery",
        "orders_evidence",
        "orders_providerday",
        "orders_draft",
    ]
    found = set()
    with connection.cursor() as cursor:
        for table in tables:
            constraints = connection.introspection.get_constraints(cursor, table)
            found |= {
                name
                for name, about in constraints.items()
                if (about["check"] or about["unique"])
                and not about["primary_key"]
                # Those that Django makes for fields of non-negative numbers, and for
                # the number that is drawn for each attempt.
                and not name.startswith("orders_")
            }
    breaches = [
        *BREACHES,
        *ATTEMPT_BREACHES,
        *REQUEST_BREACHES,
        *DELIVERY_BREACHES,
        *EVIDENCE_BREACHES,
        *DRAFT_BREACHES,
    ]

    assert found == UNIQUE | {name for name, _fields in breaches}


@pytest.mark.parametrize(("name", "fields"), BREACHES)
def test_no_order_breaks(name: str, fields: dict[str, object]) -> None:
    assert_refused(make_order(), name, fields)


@pytest.mark.parametrize(("name", "fields"), ATTEMPT_BREACHES)
def test_no_attempt_breaks(
    script: Script, name: str, fields: dict[str, object]
) -> None:
    assert_refused(sending(script), name, fields)


@pytest.mark.parametrize(("name", "fields"), REQUEST_BREACHES)
def test_no_request_breaks(name: str, fields: dict[str, object]) -> None:
    request = OrderRequest.objects.create(
        order=make_order(), kind=RequestKind.CANCEL, next_at=Now()
    )

    assert_refused(request, name, fields)


@pytest.mark.parametrize(("name", "fields"), DELIVERY_BREACHES)
def test_no_delivery_breaks(
    script: Script, name: str, fields: dict[str, object]
) -> None:
    assert_refused(delivery_of(accepted(script), "9001"), name, fields)


@pytest.mark.parametrize(("name", "fields"), EVIDENCE_BREACHES)
def test_no_evidence_breaks(
    script: Script, name: str, fields: dict[str, object]
) -> None:
    evidence = Evidence.objects.create(
        attempt=sending(script),
        source=EvidenceSource.ORDERS,
        verdict=Verdict.ABSENT,
    )

    assert_refused(evidence, name, fields)


def delivery_of(order: Order, upstream_id: str) -> Delivery:
    return Delivery.objects.create(
        order=order, provider=order.provider, upstream_id=upstream_id, next_at=Now()
    )


def test_a_provider_gives_an_id_to_one_delivery(script: Script) -> None:
    service = make_service()
    for number in ("9001", "9002"):
        order = accepted(script, make_order(service=service))
        delivery = delivery_of(order, number)

    assert_refused(delivery, "delivery_one_per_upstream_id", {"upstream_id": "9001"})


def test_a_provider_has_one_row_a_day() -> None:
    provider = make_provider()
    today = datetime.date(2026, 1, 31)
    ProviderDay.objects.create(provider=provider, date=today, book=0)

    with pytest.raises(IntegrityError, match="provider_day_one_per_date"):
        ProviderDay.objects.create(provider=provider, date=today, book=0)


def test_a_customer_uses_a_key_once() -> None:
    customer = make_customer(credit="100")
    make_order(customer, idempotency_key="k")
    second = make_order(customer)

    assert_refused(second, "order_one_per_idempotency_key", {"idempotency_key": "k"})


def test_a_provider_gives_an_id_to_one_order(script: Script) -> None:
    service = make_service()
    for number in ("7", "8"):
        order = accepted(script, make_order(service=service), number)

    assert_refused(order, "order_one_per_upstream_id", {"upstream_id": "7"})


def test_a_provider_gives_an_id_to_one_attempt(script: Script) -> None:
    service = make_service()
    accepted(script, make_order(service=service), "7")
    attempt = sending(script, make_order(service=service))

    assert_refused(attempt, "attempt_one_per_upstream_id", {"upstream_id": "7"})


def test_two_orders_under_way_never_hold_one_place(script: Script) -> None:
    service = make_service()
    first, second = (sending(script, make_order(service=service)) for _ in range(2))
    assert first.place != second.place

    assert_refused(second, "attempt_one_per_place", {"place": first.place})


def test_attempts_are_counted(script: Script) -> None:
    attempt = sending(script)
    attempt.pk = None

    with pytest.raises(IntegrityError, match="attempt_one_per_number"):
        attempt.save()


def test_an_order_has_one_open_request_of_a_kind() -> None:
    order = make_order()
    for kind in RequestKind:
        OrderRequest.objects.create(order=order, kind=kind, next_at=Now())

    with pytest.raises(IntegrityError, match="order_request_one_open"):
        OrderRequest.objects.create(order=order, kind=RequestKind.CANCEL, next_at=Now())


def test_a_closed_request_leaves_room_for_another() -> None:
    order = make_order()

    for _ in range(2):
        OrderRequest.objects.create(
            order=order, kind=RequestKind.CANCEL, closed_at=Now()
        )

    assert order.requests.count() == 2


def test_rows_are_known_by_their_numbers(script: Script) -> None:
    attempt = sending(script)

    assert str(attempt) == f"#{attempt.order_id}/1"
    assert str(Order(pk=81)) == "#81"
    assert str(Delivery(order_id=81, upstream_id="7")) == "#81: 7"
    assert str(Evidence(attempt_id=9, source="orders", verdict="absent")) == (
        "9 orders: absent"
    )
    assert Attempt.objects.get() == attempt


@pytest.mark.parametrize(("name", "values"), DRAFT_BREACHES)
def test_a_draft_breaks_no_rule(name: str, values: dict[str, object]) -> None:
    fields = {"charge": Decimal(1), "expires_at": Now() + datetime.timedelta(days=1)}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Draft.objects.create(customer=make_customer(), **{**fields, **values})


def test_a_customer_has_one_draft_at_most() -> None:
    customer = make_customer()
    fields = {"charge": Decimal(1), "expires_at": Now() + datetime.timedelta(days=1)}
    Draft.objects.create(customer=customer, **fields)
    with pytest.raises(IntegrityError, match="customer_id"), transaction.atomic():
        Draft.objects.create(customer=customer, **fields)
