"""The outbox under odd texts, broken mail and two senders."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import translation

from accounts.models import User
from notices import actions
from notices import mail as mails
from notices.actions.sending import BATCH
from notices.enums import Kind
from notices.models import Notice
from tests.factories import make_admin, make_customer
from tests.threads import together

pytestmark = pytest.mark.django_db


def tell(customer: User, key: str) -> None:
    """Tell a customer something that is mailed at once."""
    actions.tell(user_id=customer.pk, kind=Kind.TICKET, key=key, subject="A")


def test_a_daily_notice_comes_once_a_day() -> None:
    for _ in range(2):
        actions.tell_staff(key="sync:1", subject="Not read", daily=True)
    notice = Notice.objects.get()
    key, day = notice.key.rsplit(":", 1)
    assert (key, len(day)) == ("sync:1", len("2001-01-01"))
    Notice.objects.update(key="sync:1:2001-01-01")

    actions.tell_staff(key="sync:1", subject="Not read", daily=True)

    assert Notice.objects.count() == 2


def test_a_subject_is_one_line_however_it_was_written() -> None:
    make_admin()
    actions.tell_staff(
        key="a", subject="Not\nread\r\nBcc: eve@example.com " + "x" * 300
    )

    assert actions.send_due() == 1

    (message,) = mail.outbox
    subject = Notice.objects.get().subject
    assert subject.startswith("Not read Bcc: eve@example.com x")
    assert len(subject) == 200
    assert message.subject == f"Magpie: {subject}"
    assert message.bcc == []
    assert str(Notice.objects.get()) == subject


def test_mail_speaks_the_customers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str | None] = []

    def render(*_: Any, **__: Any) -> str:
        spoken.append(translation.get_language())
        return "Text"

    monkeypatch.setattr(mails, "render_to_string", render)
    for number, language in enumerate(["ko", "en", ""]):
        customer = make_customer(language=language)
        tell(customer, f"a{number}")

    assert actions.send_due() == 3

    assert sorted(map(str, spoken)) == ["en", "en", "ko"]


@pytest.mark.parametrize("fault", [ConnectionRefusedError(), TimeoutError()])
def test_one_mail_that_fails_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    failing, fine = make_customer("failing@example.com"), make_customer()
    sent: list[list[str]] = []

    def send(message: EmailMessage) -> None:
        if "failing@example.com" in message.to:
            raise fault
        sent.append(message.to)

    monkeypatch.setattr(EmailMessage, "send", send)
    for customer in (failing, fine):
        tell(customer, f"{customer.pk}")

    assert actions.send_due() == 1

    assert sent == [[fine.email]]
    assert Notice.objects.get(user=failing).mail_at
    assert Notice.objects.get(user=fine).mail_at is None


def test_a_batch_has_an_end_and_the_rest_comes_next() -> None:
    customer = make_customer()
    for number in range(BATCH + 3):
        tell(customer, f"a{number}")

    assert [actions.send_due() for _ in range(3)] == [BATCH, 3, 0]


def test_a_notice_stands_and_falls_with_its_cause() -> None:
    def crash() -> None:
        with transaction.atomic():
            actions.tell_staff(key="a", subject="A")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()

    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_senders_send_each_mail_once() -> None:
    customer = make_customer()
    for number in range(20):
        tell(customer, f"a{number}")
    Notice.objects.update(mail_at=F("mail_at") - timedelta(hours=1))

    together(*[actions.send_due] * 8)
    actions.send_due()

    assert len(mail.outbox) == 20
    assert not Notice.objects.filter(mailed_at=None).exists()
