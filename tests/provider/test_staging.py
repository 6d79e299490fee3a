"""What a catalogue's rows become: offers, shelves, services and routes."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from notices.models import Notice
from provider import actions
from provider.enums import SyncOutcome
from provider.models import Category, Offer, Provider, Route, Service, SyncRun
from tests.factories import make_provider
from tests.provider.feeds import Feed, approve_all, read, row, rows, serving
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def service_of(upstream_id: int) -> Service:
    return Service.objects.get(routes__offer__upstream_id=str(upstream_id))


def test_an_offer_keeps_what_was_said_and_what_was_not(
    provider: Provider, feed: Feed
) -> None:
    given = row(rate="0.12345678901234567890", cancel="false", desc="a\nb")

    read(provider, feed, given)

    offer = Offer.objects.get()
    assert offer.rate_seen == Decimal("0.12345678901234567890")
    assert (offer.refill, offer.cancel, offer.dripfeed) == (True, False, None)
    assert offer.description == "a\nb"
    assert offer.raw == given
    service = Service.objects.get()
    assert (service.refill, service.cancel, service.dripfeed) == (True, False, False)


@pytest.mark.parametrize(
    "name",
    ["a\x00b", r"a\u0000z", "\\", '"', "a\tb\\N", "\ud800", "자막 🎬", "a" * 5000],
    ids=["nul", "nul in words", "backslash", "quote", "copy", "half", "emoji", "long"],
)
def test_no_name_stops_a_catalogue(provider: Provider, feed: Feed, name: str) -> None:
    odd = row(1, name=name, category=name, desc=name, average_time=name)

    run = read(provider, feed, odd, row(2))

    assert (run.outcome, run.added) == (SyncOutcome.APPLIED, 2 - len(run.rejected))
    assert service_of(2).on_sale
    assert read(provider, feed, odd, row(2)).outcome == SyncOutcome.UNCHANGED


@pytest.mark.parametrize("rate", ["0.00000000000000000001", "0.00000000001", "1e-20"])
def test_a_rate_that_rounds_to_nothing_is_imported_but_not_sold(
    provider: Provider, feed: Feed, rate: str
) -> None:
    provider.markuprule_set.update(percent=0)

    read(provider, feed, row(1, rate=rate), row(2))

    assert (service_of(1).price, service_of(1).off_reason) == (None, "price_check")
    assert service_of(2).on_sale


@pytest.mark.parametrize("rate", ["99999999", "99999999.5", "999999999999"])
def test_a_price_that_says_not_for_sale_takes_the_service_off(
    provider: Provider, feed: Feed, rate: str
) -> None:
    read(provider, feed, row(1), row(2))

    run = read(provider, feed, row(1, rate=rate), row(2))

    assert [found["reason"] for found in run.rejected] == ["rate_sentinel"]
    assert service_of(1).off_reason == "withdrawn"
    assert service_of(2).on_sale
    assert read(provider, feed, row(1), row(2)).returned == 1
    assert service_of(1).on_sale


def test_shelves_stand_in_the_order_of_the_catalogue(
    provider: Provider, feed: Feed
) -> None:
    read(
        provider,
        feed,
        *[
            row(number, category=name)
            for number, name in enumerate(["Voices", "Film", "Voices", "Art", ""], 1)
        ],
    )

    found = Category.objects.order_by("position").values_list("name", flat=True)
    assert list(found) == ["Voices", "Film", "Art", "—"]


def test_a_shelf_that_staff_renamed_is_not_put_up_again(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row())
    Category.objects.update(name="Subtitles in all languages")

    read(provider, feed, row(rate="2"))

    assert Category.objects.get() == Service.objects.get().category


def test_a_service_moves_with_its_offer_from_shelf_to_shelf(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1), row(2), row(3))
    by_hand = Category.objects.create(name="Ours")
    service = service_of(2)
    Service.objects.filter(pk=service.pk).update(
        category=by_hand, set_by_hand=["category"]
    )
    moved = [row(number, category="Voices") for number in (1, 2)]

    run = read(provider, feed, *moved, row(3))

    assert run.changed == 2
    assert service_of(1).category.name == "Voices"
    assert service_of(2).category.name == "Ours"
    assert service_of(3).category.name == "Subtitles"


def test_a_service_on_a_shelf_that_staff_renamed_stays_there(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1))
    Category.objects.update(name="Subtitles in all languages")

    read(provider, feed, row(1, category="Voices"))

    assert service_of(1).category.name == "Subtitles in all languages"


def test_two_providers_share_a_shelf(provider: Provider, feed: Feed) -> None:
    other = make_provider(url=feed.url)

    read(provider, feed, row())
    read(other, feed, row())

    assert Category.objects.get().services.count() == 2


@pytest.mark.parametrize(
    ("field", "ours", "theirs"),
    [
        ("name", "Ours", "Theirs"),
        ("description", "Ours", "Theirs"),
        ("refill", False, True),
        ("cancel", True, False),
        ("dripfeed", True, False),
        ("average_time", "1 hour", "2 hours"),
    ],
)
def test_a_field_that_staff_set_stays_while_the_others_follow(
    provider: Provider, feed: Feed, field: str, ours: object, theirs: object
) -> None:
    read(provider, feed, row())
    Service.objects.update(**{field: ours}, set_by_hand=[field])
    changed: dict[str, Any] = {
        "name": "Theirs",
        "desc": "Theirs",
        "refill": True,
        "cancel": False,
        "dripfeed": False,
        "average_time": "2 hours",
    }

    run = read(provider, feed, row(**changed))

    service = Service.objects.get()
    assert run.changed == 1
    assert getattr(service, field) == ours != theirs
    if field != "average_time":
        assert service.average_time == "2 hours"


def test_limits_follow_together(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row())
    Service.objects.update(max=900, set_by_hand=["max"])

    read(provider, feed, row(min="950", max="5000"))
    assert (Service.objects.get().min, Service.objects.get().max) == (10, 900)

    Service.objects.update(set_by_hand=[])
    read(provider, feed, row(min="950", max="5001"))
    assert (Service.objects.get().min, Service.objects.get().max) == (950, 5001)


def test_a_type_that_is_no_longer_known_takes_the_service_off(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row())

    read(provider, feed, row(type="Special"))
    assert Service.objects.get().off_reason == "quarantined"
    assert Offer.objects.get().type_given == "Special"

    approve_all()
    assert Service.objects.get().off_reason == "type_unknown"

    read(provider, feed, row(type="Package"))
    assert Service.objects.get().type == "package"
    assert Service.objects.get().on_sale


def test_only_the_provider_that_is_bought_from_first_changes_a_service(
    provider: Provider, feed: Feed
) -> None:
    other = make_provider(url=feed.url)
    read(provider, feed, row())
    read(other, feed, row(7, name="Spare", rate="5"))
    service, spare = service_of(1), Offer.objects.get(provider=other)
    Service.objects.exclude(pk=service.pk).delete()
    Route.objects.create(service=service, offer=spare, position=2)

    read(other, feed, row(7, name="Spare of old", rate="6"))

    service.refresh_from_db()
    assert (service.name, service.price) == ("Subtitles 1", Decimal("1.5"))
    assert Service.objects.count() == 1


def test_publishing_switches_on_what_is_bought_there_first(
    provider: Provider, feed: Feed
) -> None:
    other = make_provider(url=feed.url)
    read(provider, feed, row())
    read(other, feed, row(7))
    Route.objects.create(service=service_of(1), offer=Offer.objects.get(provider=other), position=2)  # fmt: skip
    Service.objects.update(active=False)

    assert actions.publish_services(provider=other) == 1

    assert not service_of(1).active


def test_two_syncs_of_a_provider_at_once_add_everything_once(
    provider: Provider, feed: Feed
) -> None:
    feed.rows(*rows(200))

    runs = together(*[partial(actions.sync, provider=provider)] * 2)

    assert sorted(run.outcome for run in runs) == ["applied", "unchanged"]
    assert Service.objects.count() == Offer.objects.count() == 200
    assert Category.objects.count() == 1


def test_providers_that_add_the_same_shelves_in_two_orders_do_not_deadlock(
    provider: Provider, feed: Feed
) -> None:
    catalogue = [row(number, category=f"Shelf {number}") for number in range(1, 3001)]
    with serving() as second:
        other = make_provider(url=second.url)
        feed.rows(*catalogue)
        second.rows(*reversed(catalogue))

        together(
            partial(actions.sync, provider=provider),
            partial(actions.sync, provider=other),
        )

    assert [run.outcome for run in SyncRun.objects.all()] == ["applied", "applied"]
    assert Category.objects.count() == 3000
    assert not Notice.objects.exists()
