"""Tickets as staff answer them."""

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notices.models import Notice
from shop.admin import page_of
from support import actions
from support.enums import Category, State, Wish
from support.models import Attachment, CannedAnswer, Message, Ticket
from tests.admin.acting import (
    button_of,
    list_of,
    log_in,
    nothing_is_written,
    press,
    text_of,
)
from tests.factories import make_admin, make_customer, make_order
from tests.support.tickets import open_ticket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_what_waits_comes_first_and_is_counted_in_the_menu(client: Client) -> None:
    waiting, answered, newest = (
        open_ticket(make_customer(), subject=f"Question {name}") for name in "abc"
    )
    actions.answer(ticket=answered, text="Yes.", by=make_customer(is_staff=True))
    actions.close(ticket=newest)

    page = client.get(list_of(Ticket))

    shown = [row.pk for row in page.context["cl"].result_list]
    assert shown == [waiting.pk, answered.pk, newest.pk]
    entries = [
        entry
        for group in page.context["sidebar_navigation"]
        for entry in group["items"]
    ]
    (badge,) = [entry["badge"] for entry in entries if entry["link"] == list_of(Ticket)]
    assert str(badge) == "1"


def test_a_ticket_is_found_by_its_number_and_once_by_that_of_an_order(
    client: Client,
) -> None:
    customer = make_customer(credit="100")
    orders = [make_order(customer) for _ in range(3)]
    ticket = open_ticket(
        customer, category=Category.ORDER, wish=Wish.SPEED_UP,
        order_ids=[order.pk for order in orders],
    )  # fmt: skip
    open_ticket(customer)
    for number in (ticket.pk, orders[1].pk):
        page = client.get(f"{list_of(Ticket)}?q={number}")
        assert ticket in page.context["cl"].result_list
        assert len(page.context["cl"].result_list) <= 2


def test_the_page_shows_the_conversation_the_files_and_the_orders(
    client: Client,
) -> None:
    customer = make_customer(credit="100")
    order = make_order(customer)
    ticket = open_ticket(
        customer, category=Category.ORDER, wish=Wish.SPEED_UP, order_ids=[order.pk],
        text="<script>1</script>\nPlease.", files=[("a.txt", b"a")],
    )  # fmt: skip

    with nothing_is_written():
        text = text_of(client.get(page_of(ticket)))

    assert "&lt;script&gt;1&lt;/script&gt;<br>Please." in text
    assert page_of(order) in text
    file = Attachment.objects.get()
    address = reverse("admin:support_ticket_file", args=[ticket.pk, file.pk])
    assert address in text
    page = client.get(address)
    assert (page.content, page["X-Content-Type-Options"]) == (b"a", "nosniff")
    assert page["Content-Disposition"] == 'attachment; filename="a.txt"'


def test_a_long_conversation_asks_as_often_as_a_short_one(client: Client) -> None:
    ticket = open_ticket(make_customer())
    client.get(page_of(ticket))
    with CaptureQueriesContext(connection) as short:
        client.get(page_of(ticket))
    for number in range(2):
        actions.write(ticket=ticket, text=f"{number}", files=[("a", b"a")])
        actions.answer(ticket=ticket, text="No.", by=ticket.customer)
    with CaptureQueriesContext(connection) as long:
        client.get(page_of(ticket))
    assert len(long) == len(short)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"text": "Like this."}, "Like this."),
        ({"canned": True}, "기다려 주세요."),
        ({"canned": True, "text": "Like this."}, "기다려 주세요.\n\nLike this."),
    ],
)
def test_an_answer_may_begin_with_a_canned_one_in_the_customers_language(
    client: Client, data: dict[str, object], said: str
) -> None:
    canned = CannedAnswer.objects.create(title="Wait")
    canned.texts.create(language="en", text="Please wait.")
    canned.texts.create(language="ko", text="기다려 주세요.")
    ticket = open_ticket(make_customer(language="ko"))

    if "canned" in data:
        data = data | {"canned": canned.pk}
    page = press(client, ticket, "answer", **data)

    assert "Answered." in text_of(page)
    message = Message.objects.latest("pk")
    assert (message.text, message.by_staff) == (said, True)
    assert message.author == page.context["user"]
    assert again(ticket).state == State.ANSWERED
    assert Notice.objects.exclude(user=None).get().user == ticket.customer


def test_an_answer_closes_the_ticket_where_that_is_all(client: Client) -> None:
    ticket = open_ticket(make_customer())

    press(client, ticket, "answer", text="Done.", close="on")

    assert again(ticket).state == State.CLOSED
    shown = text_of(client.get(page_of(ticket)))
    assert button_of(ticket, "answer") in shown
    assert button_of(ticket, "close") not in shown
    assert "It was closed already." in text_of(press(client, ticket, "close"))


def test_a_ticket_is_closed_without_words(client: Client) -> None:
    ticket = open_ticket(make_customer())

    assert "Closed." in text_of(press(client, ticket, "close"))

    assert again(ticket).state == State.CLOSED
    assert Message.objects.count() == 1
    assert not Notice.objects.exclude(user=None).exists()


def test_an_empty_answer_is_refused(client: Client) -> None:
    ticket = open_ticket(make_customer())

    page = press(client, ticket, "answer", text=" ")

    assert "Please write" in text_of(page)
    assert again(ticket).state == State.OPEN
    assert Message.objects.count() == 1
    assert not Notice.objects.exclude(user=None).exists()


def test_only_staff_who_may_see_tickets_see_them_and_only_who_may_change_answer() -> (
    None
):
    ticket = open_ticket(make_customer(), files=[("a", b"a")])
    file = reverse(
        "admin:support_ticket_file", args=[ticket.pk, Attachment.objects.get().pk]
    )
    staff = make_customer(is_staff=True)
    for user in (staff, make_customer(), ticket.customer):
        for address in (page_of(ticket), file):
            assert log_in(user).get(address, follow=True).status_code == 403

    staff.user_permissions.add(Permission.objects.get(codename="view_ticket"))

    assert log_in(staff).get(file).content == b"a"
    assert log_in(staff).get(page_of(ticket)).status_code == 200
    press(log_in(staff), ticket, "answer", text="Me too.")
    press(log_in(staff), ticket, "close")
    assert again(ticket).state == State.OPEN
    assert Message.objects.count() == 1


def test_a_file_is_below_its_own_ticket_only(client: Client) -> None:
    open_ticket(make_customer(), files=[("a", b"a")])
    other = open_ticket(make_customer())
    file = Attachment.objects.get()
    address = reverse("admin:support_ticket_file", args=[other.pk, file.pk])
    assert client.get(address).status_code == 404
