"""Writing in tickets that there are: customers, staff, and whose turn it is."""

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.models import User
from notices.enums import Kind
from notices.models import Notice
from support import actions, queries
from support.enums import State
from support.errors import SupportError
from support.models import CannedAnswer, Message, Ticket
from tests.factories import make_admin, make_customer
from tests.support.tickets import open_ticket, written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def ticket() -> Ticket:
    return open_ticket(make_customer("alice@example.com"))


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_an_answer_is_kept_and_told_once_by_mail_with_a_link(
    ticket: Ticket, settings: Settings
) -> None:
    settings.SITE_URL = "https://shop.example.com"
    admin = make_admin()

    message = actions.answer(ticket=ticket, text=" Like this. ", by=admin)

    assert (message.author, message.by_staff, message.text) == (
        admin, True, "Like this.",
    )  # fmt: skip
    ticket = again(ticket)
    assert (ticket.state, ticket.newest) == (State.ANSWERED, message.pk)
    notice = Notice.objects.exclude(user=None).get()
    assert (notice.user, notice.key) == (
        ticket.customer, f"ticket-message:{message.pk}",
    )  # fmt: skip
    assert notice.subject == f"Ticket {ticket.pk}: we have answered"
    assert (notice.kind, notice.text, notice.url) == (
        Kind.TICKET, "Like this.", f"/tickets/{ticket.pk}/",
    )  # fmt: skip
    assert notice.mail_at is not None


def test_the_news_of_an_answer_is_in_the_customers_language(ticket: Ticket) -> None:
    User.objects.filter(pk=ticket.customer_id).update(language="ko")

    actions.answer(ticket=ticket, text="네.", by=make_admin())

    assert str(ticket.pk) in Notice.objects.exclude(user=None).get().subject


def test_an_answer_may_close_the_ticket_and_writing_opens_it_again(
    ticket: Ticket,
) -> None:
    actions.answer(ticket=ticket, text="Done.", by=make_admin(), close=True)
    closed = again(ticket)
    assert closed.is_closed
    assert closed.closed_at is not None

    actions.write(ticket=closed, text="Not quite.")

    opened = again(ticket)
    assert (opened.state, opened.closed_at) == (State.OPEN, None)
    assert written(opened) == [(False, "How?"), (True, "Done."), (False, "Not quite.")]


@pytest.mark.parametrize("text", ["", " \n", "x" * 5001])
def test_an_answer_without_a_fitting_text_is_none(ticket: Ticket, text: str) -> None:
    with pytest.raises(SupportError):
        actions.answer(ticket=ticket, text=text, by=make_admin())

    assert again(ticket).state == State.OPEN
    assert Message.objects.count() == 1
    assert not Notice.objects.exclude(user=None).exists()


def test_the_same_words_again_are_one_message(ticket: Ticket) -> None:
    first = actions.write(ticket=ticket, text="Well?")
    assert actions.write(ticket=ticket, text="Well? ") == first

    other = actions.write(ticket=ticket, text="Well?", files=[("a", b"a")])

    assert other != first
    assert written(ticket) == [(False, "How?"), (False, "Well?"), (False, "Well?")]


def test_closing_says_whether_it_was_open(ticket: Ticket) -> None:
    assert actions.close(ticket=ticket)
    assert not actions.close(ticket=ticket)
    assert again(ticket).state == State.CLOSED
    assert queries.unanswered() == 0


def test_a_canned_answer_speaks_the_customers_language_if_it_can(
    settings: Settings,
) -> None:
    answer = CannedAnswer.objects.create(title="Wait")
    customer = make_customer(language="ko")
    assert queries.canned_text(answer=answer, customer=customer) == ""

    answer.texts.create(language="en", text="Please wait.")
    assert queries.canned_text(answer=answer, customer=customer) == "Please wait."

    answer.texts.create(language="ko", text="기다려 주세요.")
    assert queries.canned_text(answer=answer, customer=customer) == "기다려 주세요."
    customer.language = ""
    settings.LANGUAGE_CODE = "en"
    assert queries.canned_text(answer=answer, customer=customer) == "Please wait."
