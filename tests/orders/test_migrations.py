"""What migrations do to orders that are there already."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.functions import Now

from orders.enums import Status
from orders.models import Order
from tests.factories import make_order
from tests.orders.acting import again

pytestmark = pytest.mark.django_db(transaction=True)


def test_open_orders_get_their_page_in_batches_and_those_that_ended_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    migration = import_module("orders.migrations.0007_publishing")
    monkeypatch.setattr(migration, "BATCH", 2)
    orders = [make_order() for _ in range(4)]
    Order.objects.update(link_key="")
    Order.objects.filter(pk=orders[0].pk).update(
        status=Status.COMPLETED, finished_at=Now()
    )

    with connection.schema_editor() as editor:
        migration.fill_keys(apps, editor)

    keys = [again(order).link_key for order in orders]
    assert keys == ["", *["example.com/film"] * 3]
