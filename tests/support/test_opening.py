"""Opening tickets: what is kept, what is done at once, what is refused."""

from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import User
from notices.models import Notice
from orders.enums import Status
from orders.models import OrderRequest
from shop.attachments import MOST_BYTES
from support import actions
from support.enums import Category, State, Wish
from support.errors import SupportError
from support.limits import FILES_A_DAY, MESSAGES_AN_HOUR, MOST_OPEN
from support.models import Ticket
from tests.factories import make_customer, make_order
from tests.orders.acting import again
from tests.pages.rows import make_order_of_each_state
from tests.support.tickets import kept, open_ticket, written
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


CANCELLED = "The order is cancelled, and its charge is back on your balance."


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="100")


def test_a_ticket_waits_with_what_was_written_and_its_files(alice: User) -> None:
    files = [("a.html", b"%PDF-1.7"), ("b", b"plain")]

    ticket = open_ticket(alice, subject=" Two \n words ", text=" Hello. ", files=files)

    assert (ticket.state, ticket.subject, ticket.customer) == (
        State.OPEN, "Two words", alice,
    )  # fmt: skip
    message = ticket.messages.get()
    assert (message.author, message.by_staff, message.text) == (alice, False, "Hello.")
    assert ticket.newest == message.pk
    assert list(
        message.attachments.order_by("position").values_list("name", "kind", "size")
    ) == [("a.pdf", "pdf", 8), ("b.txt", "txt", 5)]


def test_a_ticket_without_a_subject_is_called_by_its_first_line(alice: User) -> None:
    ticket = open_ticket(alice, subject=" ", text=f"My  money\n{'x' * 200}")
    long = open_ticket(alice, subject="", text="x" * 200)

    assert ticket.subject == "My money"
    assert long.subject == f"{'x' * 149}…"


def test_a_frozen_customer_may_write(alice: User) -> None:
    User.objects.update(frozen_at="2026-01-01T00:00Z", frozen_for="a dispute")
    alice.refresh_from_db()

    assert open_ticket(alice).state == State.OPEN


def test_what_may_be_cancelled_is_and_the_rest_says_why_in_the_first_answer(
    alice: User,
) -> None:
    foreign = make_order()
    make_order_of_each_state(alice)
    queued, ended = alice.orders.order_by("pk")[0], alice.orders.get(status="completed")
    numbers = [ended.pk, foreign.pk, queued.pk]

    ticket = open_ticket(
        alice, category=Category.ORDER, wish=Wish.CANCEL, order_ids=numbers,
        subject="", text="",
    )  # fmt: skip

    assert ticket.state == State.ANSWERED
    assert ticket.subject == f"Cancel: #{ended.pk}, #{foreign.pk}, #{queued.pk}"
    assert written(ticket)[1] == (
        True,
        "\n".join(
            [
                f"#{ended.pk}: This order has ended.",
                f"#{foreign.pk}: Incorrect order ID",
                f"#{queued.pk}: {CANCELLED}",
            ]
        ),
    )
    assert set(ticket.orders.all()) == {queued, ended}
    assert again(queued).status == Status.CANCELED
    assert again(foreign).status == Status.PENDING


def test_a_refill_with_words_is_asked_for_and_waits_for_staff_to_read(
    alice: User,
) -> None:
    make_order_of_each_state(alice)
    order = alice.orders.get(status="completed")

    ticket = open_ticket(
        alice, category=Category.ORDER, wish=Wish.REFILL, order_ids=[order.pk],
        text="The third time!",
    )  # fmt: skip

    assert OrderRequest.objects.get().order == order
    assert written(ticket) == [
        (False, "The third time!"),
        (True, f"#{order.pk}: The refill was asked for."),
    ]
    assert ticket.state == State.OPEN


def test_a_speed_up_is_for_staff(alice: User) -> None:
    order = make_order(alice)

    ticket = open_ticket(
        alice, category=Category.ORDER, wish=Wish.SPEED_UP, order_ids=[order.pk],
        subject="", text="",
    )  # fmt: skip

    assert (ticket.state, ticket.orders.get()) == (State.OPEN, order)
    assert written(ticket) == [(False, f"Speed up: #{order.pk}")]
    assert not OrderRequest.objects.exists()


def test_orders_are_named_only_where_a_ticket_is_about_orders(alice: User) -> None:
    order = make_order(alice)

    ticket = open_ticket(alice, wish=Wish.CANCEL, order_ids=[order.pk])

    assert (ticket.wish, ticket.orders.count()) == ("", 0)
    assert again(order).status == Status.PENDING


@pytest.mark.parametrize("wish", [Wish.REFILL, Wish.CANCEL, Wish.SPEED_UP, Wish.OTHER])
def test_somebody_elses_orders_alone_make_no_ticket(alice: User, wish: Wish) -> None:
    foreign = make_order()

    with pytest.raises(SupportError, match=f"Incorrect order ID: {foreign.pk}") as said:
        open_ticket(alice, category=Category.ORDER, wish=wish, order_ids=[foreign.pk])

    assert said.value.field == "orders"
    assert kept() == (0, 0, 0)
    assert again(foreign).status == Status.PENDING


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"text": "  "}, "text", "Please write"),
        ({"text": "x" * 5001}, "text", "too long"),
        ({"category": Category.ORDER, "wish": Wish.REFILL}, "orders", "the numbers"),
        (
            {
                "category": Category.ORDER,
                "wish": Wish.REFILL,
                "order_ids": list(range(1, 102)),
            },
            "orders",
            "At most 100",
        ),
        ({"files": [("a", b"x")] * 4}, "attachments", "At most 3"),
        ({"files": [("a.png", b"GIF89a\x00")]}, "attachments", "PNG or JPEG"),
        ({"files": [("a.txt", b"")]}, "attachments", "PNG or JPEG"),
        (
            {"files": [("a.txt", b"x" * (MOST_BYTES + 1))]},
            "attachments",
            "larger than 5 MB",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    alice: User, fields: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(SupportError, match=words) as said:
        open_ticket(alice, **fields)

    assert said.value.field == field
    assert kept() == (0, 0, 0)


def test_a_form_that_is_sent_twice_is_one_ticket(alice: User) -> None:
    make_order_of_each_state(alice)
    order = alice.orders.order_by("pk")[0]
    fields = {
        "category": Category.ORDER, "wish": Wish.CANCEL, "order_ids": [order.pk],
        "token": "a" * 32,
    }  # fmt: skip

    first, second = open_ticket(alice, **fields), open_ticket(alice, **fields)

    assert first == second
    assert kept() == (1, 2, 0)


def test_a_form_that_is_sent_twice_at_once_is_one_ticket(alice: User) -> None:
    together(*[lambda: open_ticket(alice, token="a" * 32)] * 3)

    assert kept() == (1, 1, 0)


def test_only_so_many_tickets_may_be_open(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.actions.adding.MOST_OPEN", 2)
    first = open_ticket(alice)
    open_ticket(alice)
    with pytest.raises(SupportError, match="You have 2 open tickets"):
        open_ticket(alice)
    assert kept() == (2, 2, 0)

    actions.close(ticket=first)

    open_ticket(alice)
    with pytest.raises(SupportError, match="You have 2 open tickets"):
        actions.write(ticket=Ticket.objects.get(pk=first.pk), text="Once more.")
    assert kept() == (3, 3, 0)


def test_only_so_many_messages_are_taken_in_an_hour(alice: User) -> None:
    ticket = open_ticket(alice)
    for number in range(MESSAGES_AN_HOUR - 1):
        actions.write(ticket=ticket, text=f"And {number}.")

    for refused in (
        lambda: actions.write(ticket=ticket, text="And more."),
        lambda: open_ticket(alice),
    ):
        with pytest.raises(SupportError, match="written a lot"):
            refused()

    assert kept() == (1, MESSAGES_AN_HOUR, 0)
    assert open_ticket(make_customer()).state == State.OPEN


def test_only_so_many_files_are_taken_in_a_day(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.limits.FILES_A_DAY", 2)
    open_ticket(alice, files=[("a", b"a"), ("b", b"b")])

    with pytest.raises(SupportError, match="many files today"):
        open_ticket(alice, files=[("c", b"c")])

    assert kept() == (1, 1, 2)
    assert FILES_A_DAY < MOST_OPEN * MESSAGES_AN_HOUR
    assert not Notice.objects.exclude(user=None).exists()


def test_staff_hear_of_what_they_are_to_read_and_of_nothing_else(alice: User) -> None:
    order = make_order(alice)
    open_ticket(
        alice, category=Category.ORDER, wish=Wish.CANCEL, order_ids=[order.pk], text=""
    )
    assert not Notice.objects.filter(user=None).exists()

    ticket = open_ticket(alice, subject="Where is it?", text="I wait.")

    alert = Notice.objects.get(user=None)
    assert alert.subject == f"Ticket {ticket.pk}: Where is it?"
    assert alert.text == f"{alice.email} wrote:\n\nI wait."
