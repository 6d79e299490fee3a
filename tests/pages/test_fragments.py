"""What htmx puts on a page is what a reload would have shown there."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from content.actions import accept_terms
from content.enums import PageKind, Where
from orders import actions as orders
from orders.enums import RequestKind, Status, Submission
from orders.models import Order
from payments.gateways.protocol import State
from provider.actions import set_exchange_rate
from support import actions as support
from tests.content.writing import publish_terms, write_page
from tests.factories import LINK, make_admin, make_customer, make_order, make_service
from tests.pages.rows import make_order_of_each_state, make_orders
from tests.pages.swapping import HTMX, Screen
from tests.payments.paying import begin, tell
from tests.support.tickets import open_ticket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
FILLED = {"link": LINK, "quantity": "1000", "reference": "Spring"}


@pytest.fixture
def alice() -> User:
    """A customer who has all that a page may have more than others: terms, a currency."""
    terms = publish_terms()
    set_exchange_rate(base="EUR", rate=Decimal("1.25"))
    customer = make_customer(
        "alice@example.com",
        credit="100",
        display_currency="EUR",
        language="ko",
        time_zone="Asia/Seoul",
    )
    accept_terms(user=customer, number=terms.number or 0, where=Where.SIGN_UP)
    return customer


@pytest.fixture
def hers(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def compare(screen: Screen, reloaded: Screen, *regions: str) -> None:
    """See that regions are equal, those included that only came along."""
    for region in regions:
        assert screen.shows(region) == reloaded.shows(region)


def searched(client: Client, region: str, page: str, *queries: str) -> None:
    """Search one thing after the other on one page, and compare with a page of each."""
    screen = Screen.get(client, page)
    for query in queries:
        address = f"{page}?{query}"
        screen.swap(region, client.get(address, headers=HTMX))
        compare(screen, Screen.get(client, address), region)


def posted(
    client: Client, region: str, screen: Screen, address: str, *forms: dict[str, Any]
) -> None:
    """Send a form as it is typed, and compare with the pages that come without scripts."""
    for data in forms:
        screen.swap(region, client.post(address, data, headers=HTMX))
        compare(screen, Screen.of(client, client.post(address, data)), region)


@pytest.mark.parametrize("address", ["/orders/", "/orders/?status=open&q=sub"])
def test_the_list_of_orders(alice: User, hers: Client, address: str) -> None:
    make_order_of_each_state(alice)
    screen = Screen.get(hers, address)
    assert screen.ask_again("orders") == 204

    Order.objects.filter(status=Status.IN_PROGRESS).update(remains=5)
    newest = make_order(customer=alice)

    assert screen.ask_again("orders") == 200
    compare(screen, Screen.get(hers, address), "content")
    assert f"/orders/{newest.pk}/" in screen.shows("orders")


def test_the_list_of_orders_that_stands_still_in_the_end(
    alice: User, hers: Client
) -> None:
    (order,) = make_orders(alice, 1)
    screen = Screen.get(hers, "/orders/")
    orders.ask_for_many(
        customer=alice, kind=RequestKind.CANCEL, order_ids=[order.pk], by=alice
    )
    screen.ask_again("orders")
    compare(screen, Screen.get(hers, "/orders/"), "content")
    assert "hx-get" not in dict(screen.find("orders").attributes)


def test_older_orders(
    alice: User, hers: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.views.ROWS", 2)
    made = make_orders(alice, 5)
    address = f"/orders/?q=sub&before={made[3].pk}"
    screen = Screen.get(hers, address)
    Order.objects.filter(pk=made[2].pk).update(start_count=7, remains=3)
    assert screen.ask_again("orders") == 200
    compare(screen, Screen.get(hers, address), "content")


def test_orders_that_are_searched_for(alice: User, hers: Client) -> None:
    make_order_of_each_state(alice)
    searched(
        hers, "orders", "/orders/",
        "", "q=sub", "q=nothing", "status=completed", "status=open&from=2026-01-01&to=",
    )  # fmt: skip


ACCEPTED = {"submission": Submission.ACCEPTED}
ENDED = {**ACCEPTED, "next_at": None}


@pytest.mark.parametrize(
    "state",
    [
        {"submission": Submission.UNKNOWN},
        {**ACCEPTED, "status": Status.IN_PROGRESS, "start_count": 10, "remains": 400},
        {**ENDED, "status": Status.COMPLETED, "start_count": 10, "remains": 0},
        {**ENDED, "status": Status.PARTIAL, "refunded": Decimal("0.5"), "remains": 250},
    ],
    ids=["being checked", "in progress", "completed", "partial"],
)
def test_the_page_of_an_order(alice: User, hers: Client, state: dict[str, Any]) -> None:
    order = make_order(customer=alice)
    address = f"/orders/{order.pk}/?received=1"
    screen = Screen.get(hers, address)
    assert screen.ask_again("order-page") == 204

    if state.get("submission") == Submission.ACCEPTED:
        offer = order.service.routes.get().offer
        state = {**state, "provider": offer.provider, "upstream_id": "9000"}
    if state.get("next_at", ...) is None:
        state = {**state, "finished_at": timezone.now()}
    Order.objects.filter(pk=order.pk).update(**state)

    assert screen.ask_again("order-page") == 200
    reloaded = Screen.get(hers, address)
    compare(screen, reloaded, "order-page", "balance")
    assert screen.find("announcement").children


def test_the_page_of_an_order_that_is_cancelled_in_another_window(
    alice: User, hers: Client
) -> None:
    order = make_order(customer=alice)
    screen = Screen.get(hers, f"/orders/{order.pk}/")
    hers.post(f"/orders/{order.pk}/cancel/")
    assert screen.ask_again("order-page") == 200
    hers.get("/orders/")  # What was said of it is read in the other window.
    compare(screen, Screen.get(hers, f"/orders/{order.pk}/"), "content", "balance")
    assert "hx-get" not in dict(screen.find("order-page").attributes)


@pytest.mark.parametrize("chosen", [True, False])
def test_a_service_that_is_chosen(alice: User, hers: Client, chosen: bool) -> None:
    first, wanted = make_service(), make_service(type="custom_comments")
    make_order(alice, first)
    make_order(alice, wanted, {"link": LINK, "comments": "\n".join("abcdefghij")})
    address = f"/services/{wanted.pk}/"
    before = f"/services/{first.pk}/" if chosen else "/orders/new/"
    screen = Screen.get(hers, before)
    screen.swap("chosen", hers.get(address, headers=HTMX))
    compare(screen, Screen.get(hers, address), "chosen")


def test_the_quote_of_an_order(alice: User, hers: Client) -> None:
    service = make_service(dripfeed=True)
    make_order(alice, service)
    posted(
        hers, "quote", Screen.get(hers, f"/services/{service.pk}/"),
        f"/services/{service.pk}/price/",
        FILLED,
        {**FILLED, "quantity": ""},
        {**FILLED, "link": "nonsense"},
        {**FILLED, "quantity": "5"},
        {**FILLED, "link": f"{LINK}/two", "quantity": "10000", "runs": "9"},
        {},
    )  # fmt: skip


def test_services_to_choose_from(alice: User, hers: Client) -> None:
    make_order(alice, make_service(name="Film"))
    shelf = make_service(name="Film with sound").category_id
    searched(
        hers, "choices", "/orders/new/",
        "q=film", "q=nothing", f"q=&category={shelf}", f"q=sound&category={shelf}", "q=",
    )  # fmt: skip


def test_the_sum_of_many_orders(alice: User, hers: Client) -> None:
    service = make_service()
    text = "\n".join(
        f"{service.pk} | {LINK}/{line} | {line}000" for line in (1, 2, 10, 11)
    )
    looked = hers.post("/orders/mass/", {"lines": text})
    data = {name: looked.context[name] for name in ("token", "shown")}
    posted(
        hers, "sum", Screen.of(hers, looked), "/orders/mass/",
        *({**data, "lines": text, "line": chosen} for chosen in ([1, 2], [2], [], [1, 3, 4])),
    )  # fmt: skip


def test_the_quote_of_a_payment(hers: Client, settings: Settings) -> None:
    settings.DEMO = True
    posted(
        hers, "quote", Screen.get(hers, "/funds/"), "/funds/quote/",
        *({"amount": text, "gateway": "test"} for text in ("25", "", "0.001", "many")),
        {"amount": "25", "gateway": "test", "coupon": "NONE"},
    )  # fmt: skip


@pytest.mark.parametrize("state", [State.PAID, State.FAILED])
@pytest.mark.parametrize("kept", [True, False])
def test_the_page_of_a_payment(
    alice: User, hers: Client, settings: Settings, state: State, kept: bool
) -> None:
    settings.DEMO = True
    if kept:
        service = make_service()
        data = {**FILLED, "quantity": "10000", "runs": "9"}
        hers.post(f"/services/{service.pk}/keep/", data)
    top_up = begin(alice)
    address = f"/funds/{top_up.pk}/"
    screen = Screen.get(hers, address)
    assert screen.ask_again("top-up") == 204
    tell(top_up, state)
    assert screen.ask_again("top-up") == 200
    compare(screen, Screen.get(hers, address), "content", "balance")
    assert "hx-get" not in dict(screen.find("top-up").attributes)


@pytest.mark.parametrize("closed", [True, False])
def test_a_ticket(alice: User, hers: Client, closed: bool) -> None:
    ticket = open_ticket(alice, files=[("counts.txt", b"1: 200")])
    address = f"/tickets/{ticket.pk}/"
    screen = Screen.get(hers, address)
    assert screen.ask_again("ticket") == 204
    support.answer(ticket=ticket, text="Like this.", by=make_admin())
    if closed:
        support.close(ticket=ticket)
    assert screen.ask_again("ticket") == 200
    compare(screen, Screen.get(hers, address), "content")
    assert ("close/" in screen.shows("ending")) is not closed


def test_services_that_are_searched_for(alice: User, hers: Client) -> None:
    for name in ("Film", "Film with sound", "Voice"):
        make_order(alice, make_service(name=name))
    searched(
        hers, "services", "/services/",
        "q=film", "q=nothing", "sort=name", "sort=cheapest&refill=1&most=3", "favourites=1", "",
    )  # fmt: skip


def test_questions_that_are_searched_for(hers: Client) -> None:
    write_page(PageKind.FAQ, "why", en="Why?")
    write_page(PageKind.FAQ, "open", en="When are you open?")
    searched(hers, "questions", "/faq/", "q=open", "q=nothing", "q=", "")


def test_lines_of_the_statement(alice: User, hers: Client) -> None:
    make_orders(alice, 2)
    searched(
        hers, "lines", "/statement/",
        "kind=orders", "from=2026-01-01", "to=2020-01-01", "kind=&from=&to=", "",
    )  # fmt: skip


def test_changes_of_services(hers: Client) -> None:
    make_service()
    searched(hers, "updates", "/updates/", "kind=new", "kind=nothing", "")
