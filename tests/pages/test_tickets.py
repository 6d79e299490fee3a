"""Tickets as customers see them; nobody sees another's."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from orders.enums import Status
from support import actions
from support.enums import Category, State
from support.models import Attachment, Message, Ticket
from tests.factories import make_admin, make_customer, make_order
from tests.orders.acting import again
from tests.pages.rows import make_order_of_each_state
from tests.support.tickets import kept, open_ticket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


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


def listed(client: Client, address: str = "/tickets/") -> list[Ticket]:
    return list(client.get(address).context["tickets"])


def test_without_tickets_the_list_says_what_to_do(alice: User) -> None:
    text = words_of(signed_in(alice).get("/tickets/"))
    assert "No tickets yet" in text
    assert "Write to us" in text


def test_the_list_is_the_customers_own_with_the_newest_message_first(
    alice: User, bob: User
) -> None:
    first, second = open_ticket(alice), open_ticket(alice)
    open_ticket(bob)
    client = signed_in(alice)
    assert listed(client) == [second, first]

    actions.answer(ticket=first, text="Like this.", by=make_admin())

    assert listed(client) == [first, second]
    assert listed(client, "/tickets/?state=answered") == [first]
    assert listed(client, "/tickets/?state=open") == [second]
    assert listed(client, "/tickets/?state=closed") == []
    assert listed(client, "/tickets/?state=nonsense&before=²") == [first, second]
    text = words_of(client.get("/tickets/?state=closed"))
    assert "None of your tickets is in this state." in text


def test_older_tickets_follow_without_gap_or_repeat(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.views.ROWS", 2)
    made = [open_ticket(alice) for _ in range(5)]
    client = signed_in(alice)
    seen: list[Ticket] = []
    before: int | None = 10**15
    while before:
        context = client.get(f"/tickets/?before={before}").context
        seen += context["tickets"]
        before = context["older"]
    assert seen == made[::-1]


def test_three_tickets_take_as_many_queries_as_one(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    open_ticket(alice)
    client = signed_in(alice)
    client.get("/tickets/")
    for _ in range(2):
        with django_assert_num_queries(5):
            client.get("/tickets/")
        open_ticket(alice)
        open_ticket(alice)


def test_three_messages_take_as_many_queries_as_one(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = open_ticket(alice, files=[("a", b"a")])
    client = signed_in(alice)
    client.get(f"/tickets/{ticket.pk}/")
    for number in range(2):
        with django_assert_num_queries(8):
            client.get(f"/tickets/{ticket.pk}/")
        actions.write(ticket=ticket, text=f"{number}", files=[("b", b"b")] * 3)
        actions.answer(ticket=ticket, text=f"{number}", by=alice)


def test_a_ticket_is_written_and_shown_with_its_files(alice: User) -> None:
    client = signed_in(alice)
    assert "What is it about?" in words_of(client.get("/tickets/new/"))

    response = client.post(
        "/tickets/new/",
        {
            "category": "payment",
            "subject": "Where is <b>it</b>?",
            "text": "<script>alert(1)</script>\nIt left on Monday.",
            "attachments": [
                SimpleUploadedFile("a.html", b"<b>", content_type="text/html"),
                SimpleUploadedFile("b.png", b"\x89PNG\r\n\x1a\n"),
            ],
            "token": "b" * 32,
        },
        follow=True,
    )

    page = response.content.decode()
    ticket = Ticket.objects.get()
    assert response.redirect_chain == [(f"/tickets/{ticket.pk}/", 302)]
    assert (ticket.customer, ticket.category, ticket.token) == (
        alice, Category.PAYMENT, "b" * 32,
    )  # fmt: skip
    assert "Where is &lt;b&gt;it&lt;/b&gt;?" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>It left on Monday." in page
    assert "a.txt" in page
    assert "b.png" in page
    assert "Waiting for our answer" in page


def test_a_refused_form_keeps_what_was_written(alice: User) -> None:
    foreign = make_order()
    given = {
        "category": "order", "wish": "speed_up", "orders": f"{foreign.pk}",
        "text": "Please hurry.", "token": "c" * 32,
    }  # fmt: skip

    response = signed_in(alice).post("/tickets/new/", given)

    page = response.content.decode()
    assert f"Incorrect order ID: {foreign.pk}" in page
    assert "Please hurry." in page
    assert "c" * 32 in page
    for wrong in [{"orders": "12, x"}, {"category": "poem"}, {"wish": "poem"}]:
        signed_in(alice).post("/tickets/new/", given | wrong)
    assert kept() == (0, 0, 0)


def test_many_orders_are_cancelled_by_one_ticket_and_each_is_answered(
    alice: User,
) -> None:
    make_order_of_each_state(alice)
    ended = alice.orders.get(status=Status.COMPLETED)
    queued = alice.orders.filter(submission="queued").get()

    response = signed_in(alice).post(
        "/tickets/new/",
        {
            "category": "order",
            "wish": "cancel",
            "orders": f"{ended.pk}\n#{queued.pk}",
        },
        follow=True,
    )

    text = words_of(response)
    assert f"#{ended.pk}: This order has ended." in text
    assert f"#{queued.pk}: The order is cancelled" in text
    assert "Answered" in text
    assert again(queued).status == Status.CANCELED


def test_the_page_of_an_order_leads_to_a_ticket_about_it(alice: User) -> None:
    order = make_order(alice)
    client = signed_in(alice)
    address = f"/tickets/new/?category=order&amp;orders={order.pk}"
    assert address in client.get(f"/orders/{order.pk}/").content.decode()

    form = client.get(address.replace("&amp;", "&")).context["form"]

    assert (form["category"].value(), form["orders"].value()) == (
        "order", str(order.pk),
    )  # fmt: skip


def test_a_customer_writes_again_and_closes(alice: User) -> None:
    ticket = open_ticket(alice)
    client = signed_in(alice)

    response = client.post(f"/tickets/{ticket.pk}/write/", {"text": "And?"})
    newest = Message.objects.latest("pk")
    assert response.url == f"/tickets/{ticket.pk}/#message-{newest.pk}"

    empty = client.post(f"/tickets/{ticket.pk}/write/", {"text": ""})
    assert "Please write what it is about." in empty.content.decode()

    closed = client.post(f"/tickets/{ticket.pk}/close/", follow=True)
    assert "The ticket is closed." in closed.content.decode()
    assert "Writing opens it again" in closed.content.decode()
    assert "every 5s" not in closed.content.decode()
    assert Message.objects.count() == 2


def test_asking_again_is_answered_with_nothing_until_something_moved(
    alice: User,
) -> None:
    ticket = open_ticket(alice)
    client = signed_in(alice)
    address = f"/tickets/{ticket.pk}/"
    assert "every 5s" in client.get(address).content.decode()
    seen = client.get(address).context["seen"]
    unmoved = client.get(f"{address}?seen={seen}", headers=HTMX)
    assert (unmoved.status_code, unmoved.content) == (204, b"")

    actions.answer(ticket=ticket, text="Like this.", by=make_admin())

    moved = client.get(f"{address}?seen={seen}", headers=HTMX).content.decode()
    assert "Like this." in moved
    assert f"Ticket {ticket.pk}: Answered" in moved
    assert "<html" not in moved
    assert "<form" not in moved


def test_a_file_is_handed_out_to_its_owner_to_be_kept(alice: User) -> None:
    ticket = open_ticket(alice, files=[("page.html", b"<script>1</script>")])
    file = Attachment.objects.get()

    response = signed_in(alice).get(f"/tickets/{ticket.pk}/files/{file.pk}/")

    assert response.content == b"<script>1</script>"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="page.txt"'
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/tickets/{ticket}/"),
        ("post", "/tickets/{ticket}/write/"),
        ("post", "/tickets/{ticket}/close/"),
        ("get", "/tickets/{ticket}/files/{file}/"),
        # Her own ticket does not lead to his file.
        ("get", "/tickets/{own}/files/{file}/"),
    ],
)
def test_bobs_ticket_is_to_alice_like_one_that_never_was(
    alice: User, bob: User, method: str, path: str
) -> None:
    ticket = open_ticket(bob, files=[("a", b"a")])
    own, file = open_ticket(alice), Attachment.objects.get()
    before = kept()
    client = signed_in(alice)
    data = {"text": "Let me in."} if method == "post" else {}

    def ask(ticket: int, file: int) -> Any:
        address = path.format(ticket=ticket, file=file, own=own.pk)
        return getattr(client, method)(address, data)

    his, nobodys = ask(ticket.pk, file.pk), ask(10**9, 10**9)

    assert (his.status_code, nobodys.status_code) == (404, 404)
    assert words_of(his) == words_of(nobodys)
    assert kept() == before
    ticket.refresh_from_db()
    assert ticket.state == State.OPEN
    assert getattr(Client(), method)(
        path.format(ticket=ticket.pk, file=file.pk, own=own.pk)
    ).url.startswith("/account/login/")


@pytest.mark.browser
def test_an_answer_appears_while_the_customer_types(
    alice: User, open_page: Callable[..., Page]
) -> None:
    page = open_page(alice)
    page.goto("/tickets/new/")
    page.get_by_label("What is it about?").select_option("account")
    expect(page.get_by_label("Order numbers")).to_be_hidden()
    page.get_by_label("Subject").fill("A question")
    page.get_by_label("Message").fill("How?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#ticket")).to_contain_text("Waiting for our answer")
    page.get_by_label("Message").fill("I am still typing")

    actions.answer(ticket=Ticket.objects.get(), text="Like this.", by=make_admin())

    expect(page.locator("#ticket")).to_contain_text("Like this.", timeout=15_000)
    expect(page.get_by_label("Message")).to_have_value("I am still typing")
