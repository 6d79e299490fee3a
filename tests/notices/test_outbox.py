"""The outbox under odd texts, broken mail and two senders."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.db.models import F
from django.utils import translation

from notices import actions
from notices.models import Notice
from tests.factories import make_admin, make_customer
from tests.threads import together

pytestmark = pytest.mark.django_db


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

    def send(*_: Any, **__: Any) -> None:
        spoken.append(translation.get_language())

    monkeypatch.setattr(actions, "send_mail", send)
    for number, language in enumerate(["ko", "en", ""]):
        customer = make_customer(language=language)
        actions.tell(user_id=customer.pk, key=f"a{number}", subject="A")

    assert actions.send_due() == 3

    assert sorted(map(str, spoken)) == ["en", "en", "ko"]


@pytest.mark.parametrize("fault", [ConnectionRefusedError(), TimeoutError()])
def test_one_mail_that_fails_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    failing, fine = make_customer("failing@example.com"), make_customer()
    sent: list[list[str]] = []

    def send(_subject: str, _text: str, _sender: None, to: list[str]) -> None:
        if "failing@example.com" in to:
            raise fault
        sent.append(to)

    monkeypatch.setattr(actions, "send_mail", send)
    for customer in (failing, fine):
        actions.tell(user_id=customer.pk, key=f"{customer.pk}", subject="A")

    assert actions.send_due() == 1

    assert sent == [[fine.email]]
    assert Notice.objects.get(user=failing).mail_at
    assert Notice.objects.get(user=fine).mail_at is None


def test_a_batch_has_an_end_and_the_rest_comes_next() -> None:
    customer = make_customer()
    for number in range(actions.BATCH + 3):
        actions.tell(user_id=customer.pk, key=f"a{number}", subject="A")

    assert [actions.send_due() for _ in range(3)] == [actions.BATCH, 3, 0]


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
        actions.tell(user_id=customer.pk, key=f"a{number}", subject=f"A{number}")
    Notice.objects.update(mail_at=F("mail_at") - timedelta(hours=1))

    together(*[actions.send_due] * 8)
    actions.send_due()

    assert len(mail.outbox) == 20
    assert not Notice.objects.filter(mailed_at=None).exists()
