"""What migrations do to rows that are there already."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from provider.enums import OffReason
from provider.models import Offer, Provider, Service
from tests.factories import make_provider, make_service

pytestmark = pytest.mark.django_db


def test_subscriptions_that_were_off_wait_for_the_next_reading_to_price_them() -> None:
    migration = import_module("provider.migrations.0004_tracking")
    seller, other = make_provider(), make_provider()
    waiting = make_service(seller, type="subscriptions", off_reason="subscriptions")
    withdrawn = make_service(seller, type="subscriptions", off_reason="withdrawn")
    sold = make_service(other)
    later = datetime(2999, 1, 1, tzinfo=UTC)
    Provider.objects.update(next_sync_at=later)

    with connection.cursor() as cursor:
        cursor.execute(migration.WAIT_FOR_A_PRICE)
        cursor.execute(migration.READ_THEIR_CATALOGUES)

    reasons = dict(Service.objects.values_list("pk", "off_reason"))
    assert reasons == {
        waiting.pk: OffReason.PRICE_CHECK,
        withdrawn.pk: OffReason.WITHDRAWN,
        sold.pk: OffReason.NONE,
    }
    assert Provider.objects.get(pk=seller.pk).next_sync_at < later
    assert Provider.objects.get(pk=other.pk).next_sync_at == later


def test_fixed_prices_say_that_they_were_set_by_hand() -> None:
    migration = import_module("provider.migrations.0005_valve")
    fixed = make_service(fixed_price=3, set_by_hand=["name"])
    ruled = make_service()

    with connection.cursor() as cursor:
        cursor.execute(migration.FIXED_BY_HAND)
        cursor.execute(migration.FIXED_BY_HAND)

    by_hand = dict(Service.objects.values_list("pk", "set_by_hand"))
    assert by_hand == {fixed.pk: ["name", "fixed_price"], ruled.pk: []}


def test_what_is_there_is_judged_and_what_staff_wrote_stays_theirs() -> None:
    migration = import_module("provider.migrations.0006_publishing")
    seller = make_provider()
    later = datetime(2999, 1, 1, tzinfo=UTC)
    Provider.objects.update(next_sync_at=later)
    kept = make_service(seller, name="Poll | R30", refill_days=7)
    plain = make_service(seller, name="Film")

    with connection.cursor() as cursor:
        cursor.execute(migration.KEEP_WINDOWS)
    with connection.schema_editor() as editor:
        migration.judge_offers(apps, editor)

    offers = Offer.objects.order_by("pk").values_list("refill_days", "refused_for")
    assert list(offers) == [(30, ["votes"]), (None, [])]
    assert Provider.objects.get().next_sync_at < later
    kept.refresh_from_db()
    plain.refresh_from_db()
    assert (kept.set_by_hand, plain.set_by_hand) == (["refill_days"], [])
