"""What the database itself refuses of tickets, whoever asks."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now

from shop.attachments import MOST_BYTES
from support.models import Attachment, CannedAnswer, CannedText, Message, Ticket
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


def make_ticket(**fields: Any) -> Ticket:
    values = {"category": "other", "subject": "A question", **fields}
    return Ticket.objects.create(
        customer=values.pop("customer", None) or make_customer(), **values
    )


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("ticket_category_known", {"category": "poem"}),
        ("ticket_state_known", {"state": "lost"}),
        ("ticket_wish_is_about_orders", {"wish": "refill"}),
        ("ticket_wish_is_about_orders", {"wish": "poem", "category": "order"}),
        ("ticket_has_a_subject", {"subject": ""}),
        ("ticket_closed_has_a_time", {"state": "closed"}),
        ("ticket_closed_has_a_time", {"closed_at": Now()}),
    ],
)
def test_a_ticket_is_whole(constraint: str, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        make_ticket(**fields)


def test_a_form_makes_one_ticket() -> None:
    ticket = make_ticket(token="a")
    make_ticket(token="a")
    with pytest.raises(IntegrityError, match="ticket_one_per_form"):
        make_ticket(token="a", customer=ticket.customer)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("message_has_a_text", {"text": "", "by_staff": True}),
        ("message_length_bounded", {"text": "x" * 30_001, "by_staff": True}),
        ("message_without_author_is_the_shops", {"text": "x"}),
    ],
)
def test_a_message_is_whole(constraint: str, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        Message.objects.create(ticket=make_ticket(), **fields)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("attachment_few_per_message", {"position": 0}),
        ("attachment_few_per_message", {"position": 4}),
        ("attachment_one_per_position", {"position": 1}),
        ("attachment_size_bounded", {"content": b""}),
        ("attachment_size_bounded", {"content": b"x" * (MOST_BYTES + 1)}),
        ("attachment_kind_known", {"kind": "html"}),
    ],
)
def test_a_file_is_whole(constraint: str, fields: dict[str, Any]) -> None:
    message = Message.objects.create(ticket=make_ticket(), by_staff=True, text="x")
    whole = {"name": "a.txt", "kind": "txt", "content": b"x"}
    Attachment.objects.create(message=message, position=1, **whole)
    with pytest.raises(IntegrityError, match=constraint):
        Attachment.objects.create(message=message, **{"position": 2, **whole, **fields})


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("canned_one_text_per_language", {"language": "en", "text": "y"}),
        ("canned_has_a_text", {"language": "ko", "text": ""}),
    ],
)
def test_a_canned_answer_says_something_once_per_language(
    constraint: str, fields: dict[str, str]
) -> None:
    answer = CannedAnswer.objects.create(title="Wait")
    CannedText.objects.create(answer=answer, language="en", text="x")
    with pytest.raises(IntegrityError, match=constraint):
        CannedText.objects.create(answer=answer, **fields)


def test_rows_say_what_they_are() -> None:
    ticket = make_ticket()
    answer = CannedAnswer.objects.create(title="Wait")
    message = Message.objects.create(ticket=ticket, by_staff=True, text="x")
    assert str(ticket) == f"#{ticket.pk} A question"
    assert str(message) == f"#{message.pk}"
    assert str(Attachment(name="a.txt")) == "a.txt"
    assert (str(answer), str(CannedText(answer=answer, language="ko"))) == (
        "Wait", "Korean",
    )  # fmt: skip
