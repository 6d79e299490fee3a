"""Runs, differences and quarantined changes in the admin: staff decide there."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pytest_django import Settings

from provider import actions
from provider.models import Difference, Offer, Provider, Quarantine, Service, SyncRun
from shop.admin import page_of
from tests.admin.acting import button_of, list_of, log_in, press, text_of
from tests.factories import make_admin, make_provider
from tests.provider.feeds import Feed, read, row, rows, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def feed(settings: Settings) -> "Iterator[Feed]":
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with serving() as found:
        yield found


@pytest.fixture
def provider(feed: Feed) -> Provider:
    return make_provider(url=feed.url, publish=True, markup=Decimal(50))


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def test_a_stopped_run_shows_what_would_change_and_is_approved(
    client: Client, provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(20))
    run = read(
        provider, feed, row(1, rate="1.5"), row(2, rate="9"), row(77, name="Brand new")
    )

    page = text_of(client.get(page_of(run)))
    assert "waits for a decision" in page
    for expected in (
        "Biggest price moves",
        "Brand new",
        "+800.0 %",
        "the reply looks cut",
    ):
        assert expected in page
    assert button_of(run, "approve") in page
    assert button_of(run, "undo") not in page

    page = text_of(press(client, run, "approve"))
    assert "Applied: 1 new, 1 changed, 18 withdrawn." in page
    assert button_of(run, "approve") not in text_of(client.get(page_of(run)))
    assert "does not wait any more" in text_of(press(client, run, "approve"))
    assert SyncRun.objects.count() == 3


def test_a_stopped_run_is_rejected(
    client: Client, provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(20))
    run = read(provider, feed, row(1))

    press(client, run, "reject")

    run.refresh_from_db()
    assert run.decision == "rejected"
    assert not Offer.objects.exclude(withdrawn_at=None).exists()


def test_the_last_applied_run_is_undone(
    client: Client, provider: Provider, feed: Feed
) -> None:
    first = read(provider, feed, row(1), row(2))
    run = read(provider, feed, row(1, rate="1.5"), row(2))

    assert button_of(first, "undo") not in text_of(client.get(page_of(first)))
    assert button_of(run, "undo") in text_of(client.get(page_of(run)))
    page = text_of(press(client, run, "undo"))

    assert "1 offer is as it was before." in page
    assert Offer.objects.get(upstream_id="1").rate_seen == 1


def test_all_differences_of_a_run_are_listed_by_kind(
    client: Client, provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(3))
    run = read(provider, feed, *rows(2, rate="1.2"), row(3), row(4))

    query = f"run__id__exact={run.pk}&kind__exact=changed"
    page = client.get(f"{list_of(Difference)}?{query}")

    found = [row.upstream_id for row in page.context["cl"].result_list]
    assert found == ["1", "2"]
    assert "+20.0 %" in text_of(page)


def test_quarantined_changes_are_answered_one_by_one_or_together(
    client: Client, provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(4))
    read(provider, feed, *rows(3, rate="9"), row(4))
    first, second, third = Quarantine.objects.order_by("id")

    assert "1 change approved." in text_of(press(client, first, "approve"))
    listed = client.get(list_of(Quarantine))
    assert [row.pk for row in listed.context["cl"].result_list] == [third.pk, second.pk]
    chosen = {"action": "approve_chosen", "_selected_action": [second.pk, third.pk]}
    page = client.post(list_of(Quarantine), chosen, follow=True)

    assert "2 changes approved." in text_of(page)
    assert Service.objects.filter(price=Decimal("13.5")).count() == 3
    everything = client.get(f"{list_of(Quarantine)}?answer=all")
    assert len(everything.context["cl"].result_list) == 3


def test_a_rejected_change_may_still_be_approved(
    client: Client, provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1))
    read(provider, feed, row(1, rate="9"))
    asked = Quarantine.objects.get()

    assert "1 change rejected." in text_of(press(client, asked, "reject"))

    page = text_of(client.get(page_of(asked)))
    assert button_of(asked, "approve") in page
    assert button_of(asked, "reject") not in page


def test_chosen_changes_are_rejected_together(
    client: Client, provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(2))
    read(provider, feed, *rows(2, rate="0.1"))
    numbers = list(Quarantine.objects.values_list("pk", flat=True))

    chosen = {"action": "reject_chosen", "_selected_action": numbers}
    client.post(list_of(Quarantine), chosen)

    assert Quarantine.objects.filter(verdict="rejected").count() == 2
    assert set(Service.objects.values_list("price", flat=True)) == {Decimal("1.5")}


def test_the_runs_that_wait_are_one_click_away(
    client: Client, provider: Provider, feed: Feed
) -> None:
    read(provider, feed, *rows(20))
    run = read(provider, feed, row(1))
    actions.sync(provider=provider)

    page = client.get(f"{list_of(SyncRun)}?waiting=yes")

    assert [found.pk for found in page.context["cl"].result_list] == [run.pk]
