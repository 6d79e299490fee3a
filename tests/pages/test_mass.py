"""Many orders from one list."""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from ledger.queries import balance
from orders.errors import LinkStoppedError
from orders.models import Draft, Order, StoppedLink
from provider.models import CustomerTerms, Service
from tests.factories import LINK, make_customer, make_order, make_provider, make_service

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="10")


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the page of a list that was looked at."""
    return {
        name: found[1]
        for name in ("token", "shown", "draft")
        if (found := re.search(rf'name="{name}"\s+value="([^"]*)"', page))
    }


def order(client: Client, text: str, chosen: list[int]) -> tuple[dict, str]:
    """Look at a list and order some of its lines; return what was posted, and the page."""
    page = client.post("/orders/mass/", {"lines": text}).content.decode()
    data = {**hidden(page), "lines": text, "line": chosen, "step": "order"}
    return data, client.post("/orders/mass/", data).content.decode()


def test_a_list_is_looked_at_before_anything_is_ordered(alice: User) -> None:
    one, two = make_service(), make_service(type="package")
    text = f"{one.pk} | {LINK} | 1000\n{two.pk} | {LINK}/2 | | Spring\n{one.pk} | x | 1"
    response = signed_in(alice).post("/orders/mass/", {"lines": text})
    lines = response.context["lines"]
    assert [line.charge for line in lines] == [Decimal(2), Decimal(2), None]
    assert lines[2].fault.startswith("Link: Enter a full link")
    assert (response.context["sum"].lines, response.context["sum"].charge) == (2, 4)
    assert response.context["sum"].after == 6
    assert Order.objects.count() == 0
    assert balance(customer=alice) == 10


def test_the_chosen_lines_are_ordered_each_by_itself(alice: User) -> None:
    service = make_service()
    text = "\n".join(f"{service.pk} | {LINK}/{n} | 1000 | no. {n}" for n in (1, 2, 3))
    _data, page = order(signed_in(alice), text, [1, 3])
    placed = Order.objects.order_by("pk")
    assert [found.reference for found in placed] == ["no. 1", "no. 3"]
    assert balance(customer=alice) == 6
    assert "2 orders received" in page
    assert "1 line was not ordered." in page


def test_a_list_that_is_sent_twice_orders_nothing_twice(alice: User) -> None:
    service = make_service()
    # Two lines that are the same are two orders.
    text = f"{service.pk} | {LINK} | 1000\n{service.pk} | {LINK} | 1000"
    client = signed_in(alice)
    data, _page = order(client, text, [1, 2])
    page = client.post("/orders/mass/", data).content.decode()
    assert Order.objects.count() == 2
    assert balance(customer=alice) == 6
    assert "2 orders received" in page


def test_a_line_that_was_ordered_is_not_offered_again(alice: User) -> None:
    service = make_service()
    text = f"{service.pk} | {LINK} | 1000"
    client = signed_in(alice)
    data, _page = order(client, text, [1])
    page = client.post("/orders/mass/", {"lines": text, "token": data["token"]})
    assert f"Ordered already: {Order.objects.get().pk}" in page.content.decode()
    assert page.context["sum"].lines == 0


def test_a_balance_that_does_not_cover_the_sum_orders_nothing(alice: User) -> None:
    service = make_service()
    text = "\n".join(f"{service.pk} | {LINK}/{n} | 2000" for n in (1, 2, 3))
    client = signed_in(alice)
    _data, page = order(client, text, [1, 2, 3])
    assert "$2.00 is missing" in page
    assert "Add $5.00 and order" in page
    assert Order.objects.count() == 0
    assert balance(customer=alice) == 10
    # Fewer of them are ordered.
    order(client, text, [1, 3])
    assert Order.objects.count() == 2


def test_a_price_that_changed_refuses_its_lines_alone(alice: User) -> None:
    one, two = make_service(), make_service()
    text = f"{one.pk} | {LINK} | 1000\n{two.pk} | {LINK} | 1000"
    client = signed_in(alice)
    page = client.post("/orders/mass/", {"lines": text}).content.decode()
    Service.objects.filter(pk=one.pk).update(price="3")
    data = {**hidden(page), "lines": text, "line": [1, 2], "step": "order"}
    page = client.post("/orders/mass/", data).content.decode()
    assert "this order now costs $3.00" in page
    assert Order.objects.get().service == two


@pytest.mark.parametrize("shown", ["", "x", "1:NaN", "99999999999:1", "1:1e99"])
def test_without_the_price_that_was_seen_nothing_is_ordered(
    alice: User, shown: str
) -> None:
    text = f"{make_service().pk} | {LINK} | 1000"
    data = {"shown": shown, "lines": text, "line": "1", "step": "order"}
    page = signed_in(alice).post("/orders/mass/", data).content.decode()
    assert "The price has changed" in page
    assert Order.objects.count() == 0


def test_every_line_says_what_is_wrong_with_it(alice: User) -> None:
    service, off = make_service(min=10), make_service(active=False)
    comments = make_service(type="custom_comments")
    StoppedLink.objects.create(link_key="example.com/stopped", link="x")
    text = "\n".join(
        [
            "hello",
            f"{off.pk} | {LINK} | 100",
            f"{service.pk} | {LINK} | 9",
            f"{comments.pk} | {LINK} | 10",
            "999999999 | x | 1",
            f"{service.pk} | https://example.com/stopped | 10",
            f"{service.pk} | {LINK} | 10 | {'x' * 101}",
        ]
    )
    response = signed_in(alice).post("/orders/mass/", {"lines": text})
    faults = [line.fault for line in response.context["lines"]]
    assert faults == [
        "Not read: service | link | quantity.",
        "This service is not available at the moment.",
        "Quantity: At least 10, please: you have 9.",
        "This service needs more than fits here.",
        "This service is not available at the moment.",
        LinkStoppedError().message,
        "Reference: This is too long.",
    ]
    page = response.content.decode()
    assert f'href="/services/{comments.pk}/"' in page
    assert "Order it by its own form" in page


def test_twins_are_named_within_the_list_and_under_way(alice: User) -> None:
    service = make_service()
    before = make_order(alice, service)
    text = "\n".join(f"{service.pk} | {page} | 100" for page in (LINK, f"{LINK}?si=1"))
    page = signed_in(alice).post("/orders/mass/", {"lines": text}).content.decode()
    assert f"Order {before.pk} for the same page is still under way." in page
    assert "The same as line 1." in page


def test_prices_are_the_customers_own(alice: User) -> None:
    service = make_service()
    Service.objects.update(unit_cost="1", floor="1")
    CustomerTerms.objects.create(customer=alice, discount=10)
    client = signed_in(alice)
    order(client, f"{service.pk} | {LINK} | 1000", [1])
    assert Order.objects.get().charge == Decimal("1.8")


def test_a_file_takes_the_place_of_what_is_written(alice: User) -> None:
    service = make_service()
    content = f"\ufeffservice,link,quantity\r\n{service.pk},{LINK},1000\r\n".encode()
    file = SimpleUploadedFile("list.csv", content, content_type="text/csv")
    response = signed_in(alice).post("/orders/mass/", {"lines": "x", "file": file})
    assert [line.charge for line in response.context["lines"]] == [Decimal(2)]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"\xff\xfe", "no text in UTF-8"), (b"1" * 600_000, "too large")],
)
def test_a_file_that_cannot_be_read_says_why(
    alice: User, content: bytes, says: str
) -> None:
    data = {"lines": "kept", "file": SimpleUploadedFile("list.csv", content)}
    page = signed_in(alice).post("/orders/mass/", data).content.decode()
    assert says in page
    assert "kept" in page


def test_looking_at_a_list_takes_the_same_queries_however_long_it_is(
    alice: User,
) -> None:
    provider = make_provider()
    client = signed_in(alice)

    def queries(count: int) -> int:
        services = [make_service(provider) for _ in range(count)]
        text = "\n".join(
            f"{service.pk} | {LINK}/{service.pk} | 100" for service in services
        )
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.post("/orders/mass/", {"lines": text})
        return len(caught)

    queries(1)
    assert queries(1) == queries(3)


def test_the_sum_follows_what_is_chosen(alice: User) -> None:
    service = make_service()
    text = "\n".join(f"{service.pk} | {LINK}/{n} | 1000" for n in (1, 2, 3))
    client = signed_in(alice)
    page = client.post("/orders/mass/", {"lines": text}).content.decode()
    data = {**hidden(page), "lines": text, "line": [2]}
    part = client.post("/orders/mass/", data, headers={"HX-Request": "true"})
    assert part.content.decode().strip().startswith('<div id="sum"')
    assert "$2.00" in part.content.decode()


def test_a_list_waits_for_funds_and_comes_back(alice: User) -> None:
    service = make_service()
    text = "\n".join(f"{service.pk} | {LINK}/{n} | 5000" for n in (1, 2))
    client = signed_in(alice)
    page = client.post("/orders/mass/", {"lines": text}).content.decode()
    data = {**hidden(page), "lines": text, "line": [1, 2]}
    make_order(alice)
    response = client.post("/orders/mass/keep/", data)
    draft = Draft.objects.get()
    assert response.url == f"/funds/?draft={draft.pk}"
    assert (draft.service, draft.charge) == (None, 20)
    assert client.get(response.url).context["form"]["amount"].value() == "12"
    page = client.get(f"/orders/mass/?draft={draft.pk}").content.decode()
    assert f"{LINK}/2" in page
    assert Order.objects.count() == 1


def test_ordering_a_kept_list_forgets_it(alice: User) -> None:
    service = make_service()
    text = f"{service.pk} | {LINK} | 1000"
    client = signed_in(alice)
    page = client.post("/orders/mass/", {"lines": text}).content.decode()
    client.post("/orders/mass/keep/", {**hidden(page), "lines": text, "line": [1]})
    page = client.get(f"/orders/mass/?draft={Draft.objects.get().pk}").content.decode()
    data = {**hidden(page), "lines": text, "line": [1], "step": "order"}
    client.post("/orders/mass/", data)
    assert Order.objects.count() == 1
    assert Draft.objects.count() == 0


def test_what_came_of_a_list_is_sent_as_a_table(alice: User) -> None:
    service = make_service(name="Film")
    text = f"{service.pk} | {LINK} | 1000 | =1+1\n{service.pk} | {LINK} | 1"
    client = signed_in(alice)
    data, _page = order(client, text, [1])
    table = client.post("/orders/mass/results.csv", data)
    rows = table.content.decode("utf-8-sig").splitlines()
    number = Order.objects.get().pk
    assert rows[0] == "line,service,name,link,quantity,reference,order,charge,result"
    assert rows[1] == f"1,{service.pk},Film,{LINK},1000,'=1+1,{number},2,Ordered"
    assert "At least 10" in rows[2]
    assert table["Content-Disposition"] == 'attachment; filename="mass-order.csv"'


def test_a_frozen_customer_orders_nothing(alice: User) -> None:
    service = make_service()
    client = signed_in(alice)
    page = client.post("/orders/mass/", {"lines": f"{service.pk} | {LINK} | 1000"})
    User.objects.update(frozen_at=Now(), frozen_for="asked")
    data = {**hidden(page.content.decode()), "lines": f"{service.pk} | {LINK} | 1000"}
    page = client.post("/orders/mass/", {**data, "line": [1], "step": "order"})
    assert "Your account is frozen" in page.content.decode()
    assert Order.objects.count() == 0


def test_a_visitor_is_sent_to_log_in(client: Client) -> None:
    assert client.get("/orders/mass/").url == "/account/login/?next=/orders/mass/"


def test_the_page_explains_itself(alice: User) -> None:
    page = signed_in(alice).get("/orders/mass/").content.decode()
    assert "Up to 1000 lines" in page
