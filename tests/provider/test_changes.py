"""The log of services' changes: whoever changes them, by whatever statement."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from provider import actions
from provider.changes import because
from provider.enums import ChangeKind, ChangeReason
from provider.models import Category, Service, ServiceChange
from tests.factories import make_admin, make_service

pytestmark = pytest.mark.django_db


def log() -> list[tuple[Any, ...]]:
    """Return what the log gained, oldest first, and forget it."""
    rows = ServiceChange.objects.order_by("id")
    found = list(rows.values_list("service", "kind", "old_price", "new_price", "state"))
    ServiceChange.objects.all().update(public=True)
    return found


def test_a_service_that_comes_on_sale_is_new_once_and_then_resumed() -> None:
    service = make_service(active=False)
    assert log() == []

    for active in (True, False, True):
        Service.objects.update(active=active)

    kinds = ServiceChange.objects.order_by("id").values_list("kind", "state", "public")
    assert list(kinds) == [
        ("new", "", True),
        ("paused", "off", True),
        ("resumed", "", True),
    ]
    assert {change.service for change in ServiceChange.objects.all()} == {service}


def test_a_service_that_is_made_on_sale_is_new() -> None:
    service = make_service()

    assert log() == [(service.pk, ChangeKind.NEW, None, 2, "")]


def test_prices_are_logged_whichever_statement_moves_them() -> None:
    service = make_service()
    ServiceChange.objects.all().delete()

    Service.objects.update(price=3)
    service.price = Decimal("2.5")
    service.save(update_fields=["price"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE provider_service SET price = price * 2")
        cursor.execute("UPDATE provider_service SET price = price, name = 'Other'")

    assert log() == [
        (service.pk, "price_up", 2, 3, ""),
        (service.pk, "price_down", 3, Decimal("2.5"), ""),
        (service.pk, "price_up", Decimal("2.5"), 5, ""),
    ]


@pytest.mark.parametrize(
    ("off_reason", "kind"),
    [("withdrawn", "withdrawn"), ("price_check", "paused"), ("quarantined", "paused")],
)
def test_what_the_shop_takes_off_sale_is_logged_with_its_reason(
    off_reason: str, kind: str
) -> None:
    service = make_service()
    ServiceChange.objects.all().delete()

    Service.objects.update(off_reason=off_reason)

    assert log() == [(service.pk, kind, None, 2, off_reason)]


def test_what_customers_could_not_notice_is_for_staff_only() -> None:
    make_service(active=False)

    Service.objects.update(price=3)
    Service.objects.update(active=True, off_reason="withdrawn")
    Service.objects.update(active=False)

    kinds = ServiceChange.objects.order_by("id").values_list("kind", "public")
    assert list(kinds) == [("price_up", False), ("withdrawn", False), ("paused", False)]


def test_the_reason_the_run_and_the_person_come_with_the_transaction() -> None:
    by = make_admin()
    make_service()

    because(ChangeReason.RULE, by=by)
    Service.objects.update(price=3)
    because("")
    Service.objects.update(price=4)

    named, nameless = ServiceChange.objects.filter(kind="price_up").order_by("id")
    assert (named.reason, named.by, named.run) == (ChangeReason.RULE, by, None)
    assert (nameless.reason, nameless.by) == ("", None)


def test_many_alike_are_one_line_for_customers_and_a_row_for_each() -> None:
    many = [make_service().pk for _number in range(6)]
    other = Category.objects.create(name="Voices")
    few = [make_service(category=other).pk for _number in range(2)]
    ServiceChange.objects.all().delete()

    Service.objects.update(price=F("price") + 1)

    lines = ServiceChange.objects.filter(batch=F("id")).order_by("id")
    assert sorted(line.size for line in lines) == [1, 1, 6]
    (batch,) = [line for line in lines if line.size > 1]
    members = ServiceChange.objects.filter(batch=batch.pk)
    assert sorted(members.values_list("service", flat=True)) == many
    assert {line.service_id for line in lines if line.size == 1} == set(few)


@pytest.mark.parametrize(
    ("shelves", "lines"), [(20, [(1, False)] * 19 + [(2, False)]), (21, [(22, True)])]
)
def test_what_is_done_to_very_many_is_a_line_for_each_category_or_one_for_all(
    shelves: int, lines: list[tuple[int, bool]]
) -> None:
    categories = [Category.objects.create(name=f"Shelf {n}") for n in range(shelves)]
    for category in [categories[0], *categories]:
        make_service(category=category)
    ServiceChange.objects.all().delete()

    Service.objects.update(price=1)

    found = ServiceChange.objects.filter(batch=F("id")).order_by("size")
    assert list(found.values_list("size", "across")) == lines


def test_an_action_that_changes_nothing_logs_nothing() -> None:
    make_service()
    actions.reprice()
    ServiceChange.objects.all().delete()

    actions.reprice()

    assert log() == []


def test_the_plan_that_logs_one_row_is_fit_for_ten_thousand() -> None:
    # PL/pgSQL keeps the first plan. With a nested loop, re-pricing takes five times as
    # long as without a log.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proconfig FROM pg_proc WHERE proname = 'shop_log_updated_services'"
        )
        assert cursor.fetchone() == (["enable_nestloop=off"],)
