"""What people should know is told once, and mailed until it went out."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from notices import actions
from notices.enums import Kind
from notices.models import Notice
from notices.tasks import send_due
from shop.models import Tick
from tests.factories import make_admin, make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_cause_tells_once() -> None:
    for _ in range(2):
        actions.tell_staff(key="order:1:unknown", subject="Order 1")

    assert Notice.objects.count() == 1


def test_mail_to_staff_goes_to_all_of_them_and_once() -> None:
    make_admin("one@example.com")
    make_admin("two@example.com")
    make_customer("customer@example.com")
    actions.tell_staff(key="order:1:unknown", subject="Order 1", text="Look.")

    assert actions.send_due() == 1
    assert actions.send_due() == 0

    (message,) = mail.outbox
    assert sorted(message.to) == ["one@example.com", "two@example.com"]
    assert message.subject == "Magpie: Order 1"


def test_mail_to_a_customer_goes_to_them_alone() -> None:
    customer = make_customer("customer@example.com", language="ko")
    make_admin()
    actions.tell(
        user_id=customer.pk,
        kind=Kind.ORDER_PARTIAL,
        key="order:1:partial",
        subject="Order 1",
    )

    send_due()

    (message,) = mail.outbox
    assert message.to == ["customer@example.com"]


def test_whose_account_is_forgotten_gets_no_mail() -> None:
    alice = make_customer(is_active=False, closed_at=Now(), forgotten_at=Now())
    actions.tell(user_id=alice.pk, key="order:1", subject="Refunded")

    actions.send_due()

    assert mail.outbox == []
    assert Notice.objects.filter(mail_at=None).count() == 1


def test_what_was_due_when_an_account_closed_is_not_mailed_but_for_its_own_news() -> (
    None
):
    alice = make_customer()
    actions.tell(
        user_id=alice.pk, kind=Kind.PAYMENT_RECEIVED, key="payment", subject="Paid"
    )
    actions.tell(user_id=alice.pk, key="closed", subject="Your account is closed")
    User.objects.update(is_active=False, closed_at=Now())

    actions.send_due()

    assert [message.subject for message in mail.outbox] == [
        "Magpie: Your account is closed"
    ]
    assert not Notice.objects.filter(mail_at__isnull=False).exists()


def test_mail_that_did_not_go_out_goes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    make_admin()
    actions.tell_staff(key="order:1:unknown", subject="Order 1")

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(EmailMessage, "send", refuse)
        assert actions.send_due() == 0
    assert Notice.objects.get().mailed_at is None

    Notice.objects.update(mail_at=F("mail_at") - timedelta(hours=1))
    assert actions.send_due() == 1
    assert Notice.objects.get().mailed_at is not None


def test_a_second_scheduler_sends_nothing() -> None:
    make_admin()
    send_due()
    actions.tell_staff(key="order:1:unknown", subject="Order 1")

    send_due()

    assert Tick.objects.filter(name="notices.send_due").exists()
    assert mail.outbox == []
