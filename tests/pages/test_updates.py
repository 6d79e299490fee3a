"""What happened to services, for everybody."""

from decimal import Decimal

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from provider.models import Category, Service, ServiceChange
from shop.views import updates
from tests.factories import make_customer, make_service

pytestmark = pytest.mark.django_db

UPDATES = "/updates/"


def lines(client: Client, address: str = UPDATES, **headers: str) -> list[str]:
    """Return what the lines of a page are about, in its order."""
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return [
        f"{change.kind} {change.size}"
        if change.size > 1
        else f"{change.kind} {change.service.name}"
        for change in response.context["changes"]
    ]


def text(client: Client, address: str = UPDATES) -> str:
    return client.get(address).content.decode()


def test_a_new_price_is_shown_with_the_old_one(client: Client) -> None:
    make_service(name="Subtitles in Korean")
    Service.objects.update(price=Decimal("2.5"))

    page = text(client)

    assert lines(client) == ["price_up Subtitles in Korean", "new Subtitles in Korean"]
    assert "$2.00" in page
    assert "$2.50" in page
    assert "Price up" in page


def test_what_staff_have_switched_off_is_not_spoken_of(client: Client) -> None:
    make_service(name="Shown")
    service = make_service(name="Hidden")
    Service.objects.filter(pk=service.pk).update(active=False)

    assert lines(client) == ["new Shown"]
    assert "Hidden" not in text(client)


def test_what_the_shop_paused_says_so_without_its_reasons(client: Client) -> None:
    make_service(name="Subtitles")
    Service.objects.update(off_reason="overcharged")

    assert lines(client) == ["paused Subtitles"]
    page = text(client).lower()
    for word in (
        "overcharged",
        "charged more",
        "failed",
        "held",
        "flagged",
        "quarantine",
    ):
        assert word not in page

    Service.objects.update(off_reason="")
    assert lines(client) == ["resumed Subtitles", "paused Subtitles", "new Subtitles"]


def test_what_was_never_seen_is_not_spoken_of(client: Client) -> None:
    make_service(active=False)
    Service.objects.update(price=9)
    Service.objects.update(active=True, off_reason="withdrawn")

    assert lines(client) == []


def test_many_new_services_are_one_line_for_each_category(client: Client) -> None:
    other = Category.objects.create(name="Voices")
    for number in range(7):
        make_service(name=f"Sub {number}", active=False)
    for number in range(8):
        make_service(name=f"Voice {number}", active=False, category=other)

    Service.objects.update(active=True)

    assert sorted(lines(client)) == ["new 7", "new 8"]
    batch = ServiceChange.objects.get(size=8, batch=F("id")).pk
    assert len(lines(client, f"{UPDATES}?batch={batch}")) == 8
    page = text(client, f"{UPDATES}?batch={batch}")
    assert "Voice 3" in page
    assert "Sub 3" not in page


def test_very_many_in_very_many_categories_are_one_line(client: Client) -> None:
    for number in range(21):
        category = Category.objects.create(name=f"Shelf {number}")
        make_service(active=False, category=category)

    Service.objects.update(active=True)

    assert lines(client) == ["new 21"]
    assert "Several categories" in text(client)


def test_a_line_of_many_goes_when_its_category_has_nothing_more(
    client: Client,
) -> None:
    for _number in range(7):
        make_service(active=False)
    Service.objects.update(active=True)

    Service.objects.update(active=False)

    assert lines(client) == []


def test_updates_are_filtered_by_kind(client: Client) -> None:
    make_service(name="Sub")
    Service.objects.update(price=1)

    assert lines(client, f"{UPDATES}?kind=price_down") == ["price_down Sub"]
    assert lines(client, f"{UPDATES}?kind=price_up") == []
    assert "No update matches" in text(client, f"{UPDATES}?kind=price_up")
    assert len(lines(client, f"{UPDATES}?kind=nonsense&before=x")) == 2


def test_older_updates_are_a_page_further(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "ROWS", 2)
    for number in range(5):
        make_service(name=f"Sub {number}")

    seen = []
    address = UPDATES
    while address:
        response = client.get(address)
        seen += [change.service.name for change in response.context["changes"]]
        older = response.context["older"]
        address = f"{UPDATES}?{older}" if older else ""

    assert seen == [f"Sub {number}" for number in reversed(range(5))]


def test_an_empty_page_says_what_will_come(client: Client) -> None:
    assert "No updates yet" in text(client)


def test_a_filter_that_is_chosen_brings_the_list_alone(client: Client) -> None:
    make_service()

    response = client.get(UPDATES, headers={"HX-Request": "true"})

    assert b"<html" not in response.content
    assert b'id="updates"' in response.content


def test_a_page_of_three_asks_as_often_as_a_page_of_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(3):
        make_service()
        with django_assert_num_queries(1):
            client.get(UPDATES)


def test_the_menu_leads_there(client: Client) -> None:
    client.force_login(make_customer())

    assert text(client, "/services/").count(f'href="{reverse("updates")}"') == 3
