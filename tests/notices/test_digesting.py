"""The daily mail comes once a day, with everything that is to be in it, and nothing twice."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from notices import actions
from notices.actions import digesting
from notices.actions.forgetting import KEPT
from notices.enums import Kind, Mail
from notices.models import Notice
from notices.tasks import forget, send_digests
from tests.factories import make_admin, make_customer
from tests.notices.saying import notice, tell, told, want
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def daily(**fields: str) -> User:
    customer = make_customer(**fields)
    want(customer, Kind.TICKET, Mail.DAILY)
    return customer


def make_it_morning() -> None:
    Notice.objects.filter(digest_at__isnull=False).update(digest_at=Now())


def digests() -> list[Notice]:
    return list(Notice.objects.filter(kind=Kind.DIGEST).order_by("id"))


def test_before_the_morning_there_is_no_mail() -> None:
    tell(daily())

    assert actions.send_digests() == 0

    assert digests() == []


def test_the_daily_mail_has_all_that_happened() -> None:
    customer = daily()
    tell(customer, "a", subject="First", text="One.", url="/orders/1/")
    tell(customer, "b", subject="Second", text="")
    make_it_morning()

    assert actions.send_digests() == 1
    assert actions.send_due() == 1

    (message,) = mail.outbox
    assert message.to == [customer.email]
    assert message.subject == "Magpie: 2 notices"
    assert message.body.startswith(
        "First\nOne.\nhttp://127.0.0.1:8000/orders/1/\n\nSecond\n\n"
        "http://127.0.0.1:8000/notices/\n"
    )
    assert "once a day" in message.body
    assert told(customer) == ["a", "b"]


def test_each_gets_their_own() -> None:
    alice, bob = daily(), daily()
    tell(alice, "a", subject="Alice's")
    tell(bob, "b", subject="Bob's")
    make_it_morning()

    assert actions.send_digests() == 2

    texts = {found.user_id: found.text for found in digests()}
    assert texts[alice.pk].startswith("Alice's")
    assert texts[bob.pk].startswith("Bob's")


def test_what_comes_after_the_days_mail_waits_for_tomorrow() -> None:
    customer = daily()
    tell(customer, "a")
    make_it_morning()
    actions.send_digests()
    tell(customer, "b")
    make_it_morning()

    actions.send_digests()

    assert len(digests()) == 1
    later = notice("b").digest_at
    assert later is not None
    assert later > notice("b").created_at
    Notice.objects.filter(kind=Kind.DIGEST).update(key="digest:yesterday")
    make_it_morning()
    assert actions.send_digests() == 1
    assert notice("b").digest_at is None


def test_what_was_read_meanwhile_is_not_in_it() -> None:
    customer = daily()
    tell(customer, "a", subject="Read")
    actions.mark_read(user=customer, notice_id=notice().pk)
    make_it_morning()

    assert actions.send_digests() == 1

    assert digests() == []
    assert notice().digest_at is None


def test_very_many_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digesting, "MOST", 2)
    customer = daily()
    for number in range(5):
        tell(customer, f"a{number}")
    make_it_morning()

    actions.send_digests()

    assert digests()[0].text.endswith("And 3 more, in the shop.")


def test_eight_tasks_make_one_mail() -> None:
    customer = daily()
    for number in range(10):
        tell(customer, f"a{number}", subject=f"A{number}")
    make_it_morning()

    together(*[actions.send_digests] * 8)

    (found,) = digests()
    assert found.subject == "10 notices"
    assert not Notice.objects.filter(digest_at__isnull=False).exists()


def test_the_task_makes_daily_mails() -> None:
    tell(daily())
    make_it_morning()

    send_digests()

    assert len(digests()) == 1


def test_what_was_read_is_forgotten_after_three_months() -> None:
    customer = make_customer()
    want(customer, Kind.NEWS, Mail.DAILY, in_shop=False)
    for key in ("read", "unread", "new"):
        tell(customer, key, kind=Kind.REFILL)
    tell(customer, "to be mailed", kind=Kind.NEWS)
    make_admin()
    actions.tell_staff(key="staff", subject="Look")
    Notice.objects.exclude(key="unread").update(read_at=Now())
    Notice.objects.exclude(key="new").update(
        created_at=F("created_at") - KEPT - timedelta(minutes=1)
    )

    forget()

    left = set(Notice.objects.values_list("key", flat=True))
    assert left == {"unread", "new", "to be mailed", "staff"}


def test_forgetting_goes_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notices.actions.forgetting.BATCH", 2)
    customer = make_customer()
    for number in range(5):
        tell(customer, f"a{number}", kind=Kind.REFILL)
    old = F("created_at") - KEPT - timedelta(minutes=1)
    Notice.objects.update(created_at=old, read_at=Now())

    assert actions.forget_read() == 5
