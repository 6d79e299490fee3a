"""What the database itself refuses of payments, whoever asks."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now

from payments.models import Notification, TopUp
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


def make_top_up(**fields: Any) -> TopUp:
    values: dict[str, Any] = {
        "customer": make_customer(),
        "gateway": "test",
        "reference": f"reference {TopUp.objects.count()}",
        "currency": "USD",
        "amount": Decimal(10),
        "next_at": Now(),
        **fields,
    }
    return TopUp.objects.create(**values)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("amounts_above_zero", {"amount": Decimal(0)}),
        ("amounts_above_zero", {"fee": Decimal(-1)}),
        ("amounts_above_zero", {"bonus": Decimal(-1)}),
        ("refunded_at_most_what_was_paid", {"refunded": Decimal("10.01")}),
        ("refunded_at_most_what_was_paid", {"refunded": Decimal(-1)}),
        ("disputed_at_most_what_was_paid", {"disputed": Decimal("10.01")}),
        (
            "taken_at_most_what_was_given",
            {"state": "paid", "paid_at": Now(), "taken": Decimal(11)},
        ),
        (
            "taken_at_most_what_was_given",
            {"state": "paid", "paid_at": Now(), "bonus_taken": Decimal(1)},
        ),
        ("taken_only_where_paid", {"taken": Decimal(1)}),
        ("promised_is_on_its_way", {"promised": Decimal(1)}),
        (
            "promised_is_on_its_way",
            {"state": "paid", "paid_at": Now(), "promised": Decimal(11)},
        ),
        ("paid_at_fits_state", {"paid_at": Now()}),
        ("paid_at_fits_state", {"state": "paid"}),
        ("disputed_by_a_dispute", {"state": "disputed", "paid_at": Now()}),
        ("open_is_asked_about", {"next_at": None}),
        ("flagged_for_a_reason", {"flagged_at": Now()}),
        ("flagged_for_a_reason", {"flag_reason": "odd"}),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(
    constraint: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=f"top_up_{constraint}"):
        make_top_up(**fields)


def test_a_reference_names_one_payment() -> None:
    make_top_up(reference="one")

    with pytest.raises(IntegrityError, match="reference"):
        make_top_up(reference="one")


def test_a_gateways_number_names_one_payment_of_that_gateway() -> None:
    make_top_up(remote_id="")
    make_top_up(remote_id="")
    make_top_up(remote_id="pi_1")
    make_top_up(remote_id="pi_1", gateway="other")

    with pytest.raises(IntegrityError, match="top_up_one_per_payment"):
        make_top_up(remote_id="pi_1")


def test_an_event_is_noted_once() -> None:
    Notification.objects.create(gateway="test", body=b"", event_id="")
    Notification.objects.create(gateway="test", body=b"", event_id="")
    Notification.objects.create(gateway="test", body=b"", event_id="evt_1")
    Notification.objects.create(gateway="other", body=b"", event_id="evt_1")

    with pytest.raises(IntegrityError, match="notification_one_per_event"):
        Notification.objects.create(gateway="test", body=b"", event_id="evt_1")


@pytest.mark.parametrize("fields", [{"applied_at": Now()}, {"outcome": "applied"}])
def test_what_was_applied_says_when_and_what_came_of_it(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="notification_applied_with_outcome"):
        Notification.objects.create(gateway="test", body=b"", **fields)
