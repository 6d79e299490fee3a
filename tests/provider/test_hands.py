"""What staff set by hand stays; what they let go of follows the provider at once."""

from decimal import Decimal
from typing import Any

import pytest

from provider import actions
from provider.models import Category, Provider, Route, Service, ServiceChange
from tests.factories import make_admin, make_service
from tests.provider.feeds import Feed, read, row

pytestmark = pytest.mark.django_db(transaction=True)

OURS: dict[str, Any] = {
    "active": False,
    "fixed_price": Decimal("7.00000000"),
    "name": "Ours",
    "description": "Ours",
    "average_time": "1 hour",
    "min": 20,
    "max": 30,
    "refill": False,
    "cancel": True,
    "dripfeed": True,
}
THEIRS: dict[str, Any] = {
    "active": True,
    "fixed_price": None,
    "name": "Theirs",
    "description": "Theirs",
    "average_time": "2 hours",
    "min": 10,
    "max": 1000,
    "refill": True,
    "cancel": False,
    "dripfeed": False,
}


def set_by_hand() -> Service:
    """Let staff have set every field of the only service."""
    ours = Category.objects.create(name="Ours")
    Service.objects.update(
        **OURS, category=ours, set_by_hand=sorted([*OURS, "category"])
    )
    return Service.objects.get()


def read_theirs(provider: Provider, feed: Feed) -> None:
    read(
        provider, feed,
        row(name="Theirs", desc="Theirs", average_time="2 hours", cancel=False, rate="1.5"),
    )  # fmt: skip


def values() -> dict[str, Any]:
    service = Service.objects.get()
    return {name: getattr(service, name) for name in OURS}


def test_every_field_that_was_set_by_hand_survives_a_sync(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row())
    set_by_hand()

    read_theirs(provider, feed)

    assert values() == OURS
    assert Service.objects.get().price == 7
    assert Service.objects.get().category.name == "Ours"


def test_all_fields_that_are_let_go_of_follow_at_once(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row())
    service = set_by_hand()
    read_theirs(provider, feed)

    actions.reset_fields(service=service, fields=service.set_by_hand, by=make_admin())

    assert values() == THEIRS
    service.refresh_from_db()
    assert (service.price, service.category.name) == (Decimal("2.25"), "Subtitles")
    assert service.set_by_hand == []


@pytest.mark.parametrize("field", [name for name in OURS if name not in {"min", "max"}])
def test_a_field_is_let_go_of_alone(provider: Provider, feed: Feed, field: str) -> None:
    read(provider, feed, row())
    service = set_by_hand()
    read_theirs(provider, feed)

    actions.reset_fields(service=service, fields=[field], by=None)

    assert values() == {**OURS, field: THEIRS[field]}
    assert field not in Service.objects.get().set_by_hand


def test_limits_are_let_go_of_together(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row())
    service = set_by_hand()

    actions.reset_fields(service=service, fields=["min"], by=None)

    assert values() == {**OURS, "min": 10, "max": 1000}


def test_a_category_without_a_shelf_of_its_name_stays(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row())
    service = set_by_hand()
    Category.objects.filter(name="Subtitles").delete()

    actions.reset_fields(service=service, fields=["category"], by=None)

    assert Service.objects.get().category.name == "Ours"


def test_a_service_without_an_offer_has_nothing_to_follow() -> None:
    service = make_service(set_by_hand=["name"])
    Route.objects.all().delete()

    with pytest.raises(actions.ProviderError):
        actions.reset_fields(service=service, fields=["name"], by=None)

    service.refresh_from_db()
    assert service.set_by_hand == ["name"]


def test_what_staff_switch_is_marked_once_and_logged_with_their_name() -> None:
    by = make_admin()
    one, two = make_service(active=False), make_service()
    chosen = Service.objects.filter(pk__in=[one.pk, two.pk])

    assert actions.switch_services(services=chosen, active=True, by=by) == 1
    assert actions.switch_services(services=chosen, active=False, by=by) == 2
    assert actions.switch_services(services=chosen, active=False, by=by) == 0

    marks = Service.objects.values_list("set_by_hand", flat=True)
    assert list(marks) == [["active"], ["active"]]
    logged = ServiceChange.objects.filter(kind="paused")
    assert set(logged.values_list("reason", "by")) == {("hand", by.pk)}
