"""Old replies are let go of; what was made of them stays."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import ForeignKey
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from orders.models import Attempt, Evidence, OrderEvent, OrderRequest
from provider import actions, tasks
from provider.actions import archiving
from provider.enums import SyncOutcome
from provider.models import Provider, Reply, SyncRun
from tests.factories import make_order, make_provider

pytestmark = pytest.mark.django_db

NAMING = [
    (model, field.name)
    for model in (Attempt, Evidence, OrderEvent, OrderRequest, SyncRun)
    for field in model._meta.get_fields()
    if isinstance(field, ForeignKey) and field.related_model is Reply
]


@pytest.fixture
def provider() -> Provider:
    return make_provider()


def reply(provider: Provider, *, days: int = 0) -> Reply:
    made = Reply.objects.create(provider=provider, action="status", duration=1)
    Reply.objects.filter(pk=made.pk).update(created_at=Now() - timedelta(days=days))
    return made


def test_replies_are_kept_for_their_time_and_no_longer(
    provider: Provider, settings: Settings
) -> None:
    settings.REPLY_DAYS = 30
    kept = [reply(provider, days=days) for days in (0, 29)]
    reply(provider, days=31)

    assert actions.forget_replies() == 1
    assert set(Reply.objects.all()) == set(kept)
    assert actions.forget_replies() == 0


def test_a_history_outlives_the_reply_that_it_names(provider: Provider) -> None:
    old = reply(provider, days=91)
    order = make_order()
    event = OrderEvent.objects.create(
        order=order, new_status="pending", new_submission="queued", reply=old
    )
    run = SyncRun.objects.create(
        provider=provider, outcome=SyncOutcome.APPLIED, reply=old
    )

    assert actions.forget_replies() == 1
    event.refresh_from_db()
    run.refresh_from_db()
    assert (event.reply, run.reply) == (None, None)


def test_any_number_goes_in_batches_of_a_constant_number_of_statements(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "BATCH", 2)

    def statements(number: int) -> int:
        for _ in range(number):
            reply(provider, days=91)
        with CaptureQueriesContext(connection) as queries:
            assert actions.forget_replies() == number
        return len(queries)

    one, two, four = statements(1), statements(2), statements(4)

    assert one == two
    assert four - two == two - statements(0)
    assert not Reply.objects.exists()


def test_the_bodies_are_not_read_in_order_to_be_deleted(provider: Provider) -> None:
    reply(provider, days=91)

    with CaptureQueriesContext(connection) as queries:
        actions.forget_replies()

    assert [query["sql"] for query in queries if '"body"' in query["sql"]] == []


def plans(sql: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        # So few rows would be read as they lie, whatever indexes there are.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        yield from (line for (line,) in cursor.fetchall())


@pytest.mark.parametrize(("model", "name"), NAMING)
def test_whoever_names_a_reply_is_found_by_an_index(
    model: type[OrderEvent], name: str
) -> None:
    table = model._meta.db_table

    plan = list(plans(f"UPDATE {table} SET {name}_id = NULL WHERE {name}_id IN (1, 2)"))

    assert [line for line in plan if "Index Cond" in line] != []
    assert [line for line in plan if "Seq Scan" in line] == []


def test_old_replies_are_found_by_an_index() -> None:
    plan = list(
        plans(
            "SELECT id FROM provider_reply WHERE created_at < now() "
            "ORDER BY created_at LIMIT 5000"
        )
    )

    assert [line for line in plan if "Index" in line] != []
    assert [line for line in plan if "Seq Scan" in line] == []


def test_however_often_it_is_rung_for_it_runs_once_a_day(provider: Provider) -> None:
    reply(provider, days=91)
    tasks.forget_replies()
    reply(provider, days=91)

    tasks.forget_replies()

    assert Reply.objects.count() == 1
