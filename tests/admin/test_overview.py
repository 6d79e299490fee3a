"""The first page and the alerts: what staff need each morning."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from notices.actions import tell, tell_staff
from notices.enums import Kind
from notices.models import Notice
from orders.models import Order
from provider import actions as providers
from tests.admin.acting import list_of, log_in, nothing_is_written, text_of
from tests.admin.rows import flag
from tests.factories import make_admin, make_customer, make_order, make_provider

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def cards(client: Client) -> dict[str, tuple[str, bool]]:
    with nothing_is_written():
        page = client.get(reverse("admin:index"))
    return {
        card["title"]: (str(card["value"]), card["alarm"])
        for card in page.context["cards"]
    }


def test_an_empty_shop_has_nothing_to_look_at(client: Client) -> None:
    assert cards(client) == {
        "Flagged orders": ("0", False),
        "Held orders": ("0", False),
        "Oldest order in the queue": ("none waits", False),
        "Orders today": ("0", False),
        "Charged today, less refunds": ("$0.00", False),
    }


def test_the_numbers_of_the_day(client: Client) -> None:
    make_order()
    flag(make_order(), "unknown")
    # Seconds may pass before the page is read: minutes are told without them.
    Order.objects.update(created_at=Now() - timedelta(minutes=2, seconds=20))

    shown = cards(client)

    assert shown["Flagged orders"] == ("1", True)
    assert shown["Oldest order in the queue"] == ("2\xa0minutes ago", False)
    assert shown["Orders today"] == ("2", False)
    assert shown["Charged today, less refunds"] == ("$4.00", False)


def test_a_paused_provider_needs_a_look(client: Client) -> None:
    provider = make_provider(name="Reel House")
    assert cards(client)["Reel House"] == ("balance not read yet", False)

    providers.pause(provider=provider, reason="holiday")

    assert cards(client)["Reel House"] == ("paused", True)


def test_staff_see_the_numbers_and_entries_they_may(client: Client) -> None:
    make_order()
    helper = log_in(make_customer(is_staff=True))

    page = text_of(helper.get(reverse("admin:index")))

    assert "Orders today" not in page
    assert list_of(Order) not in page
    assert list_of(Order) in text_of(client.get(reverse("admin:index")))


def test_alerts_are_the_staffs_and_are_marked_as_read(client: Client) -> None:
    tell_staff(key="a", subject="Low balance")
    tell(user_id=make_customer().pk, kind=Kind.TICKET, key="b", subject="Your refund")
    alert = Notice.objects.get(key="a")

    page = text_of(client.get(list_of(Notice)))
    assert "Low balance" in page
    assert "Your refund" not in page
    assert [row.pk for row in listed(client, "no")] == [alert.pk]

    client.post(
        list_of(Notice), {"action": "mark_read", "_selected_action": [alert.pk]}
    )

    alert.refresh_from_db()
    assert alert.read_at is not None
    assert listed(client, "no") == []
    assert [row.pk for row in listed(client, "yes")] == [alert.pk]


def listed(client: Client, read: str) -> list[Notice]:
    page = client.get(f"{list_of(Notice)}?read={read}")
    return list(page.context["cl"].result_list)
