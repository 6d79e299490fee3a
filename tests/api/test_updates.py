"""`updates`: what happened to services, for programs."""

from typing import Any

import pytest
from django.db.models import F

from api import calls
from provider.models import Service, ServiceChange
from tests.api.callers import Caller
from tests.factories import make_service


def test_each_update_names_its_service_and_what_happened(alice: Caller) -> None:
    service = make_service(name="자막")
    Service.objects.update(price="2.5")
    up, new = ServiceChange.objects.order_by("-id")

    rows = alice("updates")

    common: dict[str, Any] = {
        "service": service.pk, "name": "자막", "category": "Subtitles",
    }  # fmt: skip
    times = [row.pop("time") for row in rows]
    assert times == [f"{up.created_at:%Y-%m-%dT%H:%M:%SZ}"] * 2
    assert rows == [
        {"id": up.pk, "kind": "price_up", **common, "old_rate": "2", "rate": "2.5"},
        {"id": new.pk, "kind": "new", **common, "rate": "2"},
    ]


def test_a_batch_is_a_row_for_each_service(alice: Caller) -> None:
    for _number in range(7):
        make_service(active=False)

    Service.objects.update(active=True)

    assert [row["kind"] for row in alice("updates")] == ["new"] * 7


def test_older_ones_are_asked_for_by_the_last_number(
    alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "UPDATES", 2)
    services = [make_service().pk for _number in range(3)]

    first = alice("updates")
    rest = alice("updates", before=first[-1]["id"])

    assert [row["service"] for row in first + rest] == services[::-1]


def test_they_are_filtered_by_kind(alice: Caller) -> None:
    make_service()
    Service.objects.update(price=F("price") - 1)

    assert [row["kind"] for row in alice("updates", kind="price_down")] == [
        "price_down"
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "everything"), ("before", "yesterday")]
)
def test_what_cannot_be_meant_is_refused(alice: Caller, field: str, value: str) -> None:
    assert alice("updates", **{field: value}) == {"error": f"Incorrect {field}"}


def test_services_that_staff_switched_off_are_not_spoken_of(alice: Caller) -> None:
    make_service()
    Service.objects.update(active=False)

    assert alice("updates") == []
