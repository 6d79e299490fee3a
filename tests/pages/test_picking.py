"""Many orders of the list at once: asked for, taken away as a file, narrowed by date."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from ledger.queries import balance
from orders.enums import HoldReason, Status, Submission
from orders.models import Order, OrderRequest
from tests.factories import make_customer, make_order, make_service
from tests.pages.rows import make_order_of_each_state, make_orders

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="100")


@pytest.fixture
def bob() -> User:
    return make_customer("bob@example.com", credit="100")


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def words_of(response: Any) -> str:
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def rows_of(response: Any) -> list[list[str]]:
    """Return the rows of a file, without its headers."""
    text = response.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:])))[1:]


def numbers(client: Client, address: str) -> list[int]:
    return [order.pk for order in client.get(address).context["orders"]]


def test_ticked_orders_are_cancelled_and_each_says_what_came_of_it(
    alice: User, bob: User
) -> None:
    queued, other = make_orders(alice, 2)
    checked, (foreign,) = make_order(alice), make_orders(bob, 1)
    Order.objects.filter(pk=checked.pk).update(submission=Submission.UNKNOWN)
    picked = [queued.pk, checked.pk, foreign.pk]

    response = signed_in(alice).post("/orders/cancel/", {"order": picked, "q": "sub"})

    text = words_of(response)
    assert "1 of 3 done" in text
    assert "its charge is back on your balance" in text
    assert "This order is being checked; please wait a moment." in text
    assert f"#{foreign.pk} Incorrect order ID" in text
    assert 'href="/orders/?q=sub"' in response.content.decode()
    states = dict(Order.objects.values_list("pk", "status"))
    assert states.pop(queued.pk) == Status.CANCELED
    assert set(states.values()) == {Status.PENDING}
    assert balance(customer=alice) == 96
    assert other.pk in states


def test_ticked_orders_are_refilled_once(alice: User) -> None:
    make_order_of_each_state(alice)
    picked = {"order": [order.pk for order in alice.orders.all()]}
    client = signed_in(alice)

    assert "1 of 10 done" in words_of(client.post("/orders/refill/", picked))
    assert "0 of 10 done" in words_of(client.post("/orders/refill/", picked))

    assert OrderRequest.objects.get().order.status == Status.COMPLETED


@pytest.mark.parametrize("what", ["refill", "cancel"])
@pytest.mark.parametrize(
    ("picked", "words"),
    [([], "Please tick some orders"), (["x"], "Please tick"), (range(101), "At most")],
)
def test_nothing_or_too_much_is_refused_and_changes_nothing(
    alice: User, what: str, picked: Any, words: str
) -> None:
    (order,) = make_orders(alice, 1)
    given = [order.pk, *picked][bool(len(picked) < 2) :]

    response = signed_in(alice).post(
        f"/orders/{what}/", {"order": given, "status": "open"}, follow=True
    )

    assert response.redirect_chain == [("/orders/?status=open", 302)]
    assert words in words_of(response)
    order.refresh_from_db()
    assert order.status == Status.PENDING
    assert not OrderRequest.objects.exists()


@pytest.mark.parametrize("path", ["cancel", "refill", "csv"])
def test_visitors_are_sent_to_log_in_and_links_do_nothing(
    alice: User, path: str
) -> None:
    assert Client().post(f"/orders/{path}/").url.startswith("/account/login/")
    assert signed_in(alice).get(f"/orders/{path}/").status_code == 405


def test_the_file_has_the_ticked_orders_of_ones_own(alice: User, bob: User) -> None:
    link = "https://example.com/=1+1"
    service = make_service(name="=HYPERLINK(1)")
    order = make_order(alice, service, {"link": link, "quantity": "1000"})
    make_orders(alice, 1)
    (foreign,) = make_orders(bob, 1)

    response = signed_in(alice).post(
        "/orders/csv/", {"order": [order.pk, foreign.pk], "q": "no such order"}
    )

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="orders.csv"'
    placed = f"{timezone.localtime(order.created_at):%Y-%m-%d %H:%M:%S}"
    assert rows_of(response) == [
        [
            *(str(order.pk), placed, str(service.pk), "'=HYPERLINK(1)", link),
            *("1000", "2", "0", "", "", "Pending", ""),
        ]
    ]


def test_without_ticks_the_file_has_what_is_found_newest_first_and_no_more_than_fit(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_orders(alice, 6)
    make_orders(bob, 1)
    Order.objects.filter(pk=made[4].pk).update(link="https://example.com/other")
    monkeypatch.setattr("orders.sheet.CHUNK", 2)
    monkeypatch.setattr("orders.sheet.MOST_ROWS", 3)
    client = signed_in(alice)

    every = rows_of(client.post("/orders/csv/", {"before": made[1].pk}))
    narrowed = rows_of(client.post("/orders/csv/", {"q": "other"}))

    assert [int(row[0]) for row in every] == [made[5].pk, made[4].pk, made[3].pk]
    assert [int(row[0]) for row in narrowed] == [made[4].pk]


def test_the_file_tells_every_state_in_outward_words_of_the_customers_language(
    alice: User,
) -> None:
    make_order_of_each_state(alice)
    rows = rows_of(signed_in(alice).post("/orders/csv/"))
    assert {row[10] for row in rows} == {
        "Pending", "Processing", "In progress", "Paused", "Completed", "Partial",
        "Canceled",
    }  # fmt: skip

    User.objects.update(language="ko")
    korean = rows_of(signed_in(alice).post("/orders/csv/"))

    assert {row[10] for row in korean}.isdisjoint({row[10] for row in rows})


def test_the_list_is_narrowed_by_the_customers_days(alice: User) -> None:
    times = [
        datetime(2026, 3, 1, 14, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 1, 15, 0, tzinfo=UTC),
        datetime(2026, 3, 2, 14, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
    ]
    made = [order.pk for order in make_orders(alice, 4)]
    for pk, at in zip(made, times, strict=True):
        Order.objects.filter(pk=pk).update(created_at=at)
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Seoul")
    client = signed_in(alice)

    day = numbers(client, "/orders/?from=2026-03-02&to=2026-03-02")
    since = numbers(client, "/orders/?from=2026-03-02")
    until = numbers(client, "/orders/?to=2026-03-02")

    assert day == [made[2], made[1]]
    assert since == [made[3], made[2], made[1]]
    assert until == [made[2], made[1], made[0]]


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "0001-01-01", "9999-12-31"]
)
def test_a_day_that_is_none_is_left_out(alice: User, text: str) -> None:
    (order,) = make_orders(alice, 1)
    assert numbers(signed_in(alice), f"/orders/?from={text}&to={text}") == [order.pk]


def test_older_orders_keep_what_was_asked_for(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.views.ROWS", 1)
    make_orders(alice, 2)
    asked = "/orders/?q=sub&status=open&from=2026-01-01&to=2099-01-01"
    response = signed_in(alice).get(asked)
    assert response.context["older"].startswith(
        "q=sub&status=open&from=2026-01-01&to=2099-01-01&before="
    )
    page = response.content.decode()
    assert 'value="2026-01-01"' in page


@pytest.mark.browser
def test_a_list_with_ticks_stands_still_and_goes_on_without(
    alice: User, open_page: Callable[..., Page]
) -> None:
    first, second = make_orders(alice, 2)
    page = open_page(alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/orders/")
    page.get_by_label("All on this page").check()
    expect(page.get_by_label(f"Choose order {first.pk}")).to_be_checked()
    page.get_by_role("button", name="Copy numbers").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{second.pk}, {first.pk}"

    Order.objects.update(submission=Submission.HELD, held_for=HoldReason.LINK)
    page.wait_for_timeout(4000)
    expect(page.get_by_label(f"Choose order {first.pk}")).to_be_checked()
    expect(page.locator("#orders")).not_to_contain_text("waiting to start")

    page.get_by_label("All on this page").uncheck()
    expect(page.locator("#orders")).to_contain_text("waiting to start")

    page.get_by_label(f"Choose order {second.pk}").check()
    page.get_by_text("Cancel", exact=True).click()
    page.get_by_role("button", name="Yes, cancel what is ticked").click()
    expect(page.get_by_text("1 of 1 done")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("context_options", [{"java_script_enabled": False}])
def test_without_scripts_ticked_orders_are_asked_for_all_the_same(
    alice: User, open_page: Callable[..., Page]
) -> None:
    make_orders(alice, 2)
    page = open_page(alice)
    page.goto("/orders/?from=2026-01-01")
    page.locator('input[name="order"]').first.check()
    page.get_by_role("button", name="Refill").click()
    expect(page.get_by_text("0 of 1 done")).to_be_visible()
    page.get_by_role("link", name="Back to the orders").click()
    assert page.url.endswith("/orders/?from=2026-01-01")
