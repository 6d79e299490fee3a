"""Customers choose how they are told; only what differs from the default is kept."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from notices import actions, queries, stopping
from notices.enums import DEFAULTS, Kind, Mail, Wish
from notices.models import BalanceWatch, Choice, Notice
from tests.factories import make_customer
from tests.notices.saying import tell, told, want

pytestmark = pytest.mark.django_db(transaction=True)


def test_only_what_differs_from_the_default_is_kept() -> None:
    customer = make_customer()

    want(customer, Kind.TICKET, Mail.DAILY)
    assert list(Choice.objects.values_list("kind", "in_shop", "mail")) == [
        ("ticket", True, "daily")
    ]

    want(customer, Kind.TICKET, Mail.NEVER)
    assert Choice.objects.get().mail == Mail.NEVER

    want(customer, Kind.TICKET, Mail.NOW)
    assert not Choice.objects.exists()
    assert queries.wishes_of(user=customer) == DEFAULTS


def test_a_threshold_is_kept_and_left_to_the_shop_again() -> None:
    customer = make_customer()

    for threshold in (Decimal("2.5"), Decimal(0), None):
        actions.choose(user=customer, wishes={}, threshold=threshold)
        assert queries.threshold_of(user=customer) == threshold


def test_nobody_chooses_for_another() -> None:
    alice, bob = make_customer(), make_customer()

    want(alice, Kind.TICKET, Mail.NEVER)

    assert queries.wishes_of(user=bob) == DEFAULTS


def test_no_more_mail_leaves_the_shop_as_it_was() -> None:
    customer = make_customer()

    actions.stop_mail(user=customer, kind=Kind.TICKET)

    wishes = queries.wishes_of(user=customer)
    assert wishes.pop(Kind.TICKET) == Wish(in_shop=True, mail=Mail.NEVER)
    assert wishes.items() <= DEFAULTS.items()


def test_no_more_daily_mail_stops_what_was_in_it() -> None:
    customer = make_customer()
    want(customer, Kind.TICKET, Mail.DAILY)
    want(customer, Kind.NEWS, Mail.DAILY)

    actions.stop_mail(user=customer, kind=Kind.DIGEST)

    wishes = queries.wishes_of(user=customer)
    assert {wishes[kind].mail for kind in (Kind.TICKET, Kind.NEWS)} == {Mail.NEVER}
    assert wishes[Kind.ORDER_PARTIAL].mail == Mail.NOW


def test_a_link_names_its_customer_and_kind_and_no_other() -> None:
    token = stopping.token(user_id=7, kind=Kind.TICKET)

    assert stopping.read(token) == (7, Kind.TICKET)
    for wrong in ("", "x", token[:-1], token + "x", f"x{token}"):
        assert stopping.read(wrong) is None


def test_what_was_read_is_marked_and_what_came_later_is_not() -> None:
    customer, other = make_customer(), make_customer()
    for key in "abc":
        tell(customer, key)
    tell(other, "d")
    seen = Notice.objects.get(key="b")

    assert actions.mark_all_read(user=customer, newest=seen.pk) == 2

    assert list(Notice.objects.filter(read_at=None).values_list("key", flat=True)) == [
        "c",
        "d",
    ]
    assert queries.unread(user=customer) == 1
    assert told(customer) == ["a", "b", "c"]


def test_nobody_marks_what_is_anothers() -> None:
    tell(make_customer())
    notice = Notice.objects.get()

    assert actions.mark_read(user=make_customer(), notice_id=notice.pk) is None

    notice.refresh_from_db()
    assert notice.read_at is None


def refuse(**row: object) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(key="x", subject="X", **row)


def test_a_customers_notice_has_a_kind_and_the_staffs_has_none() -> None:
    refuse(user=make_customer(), kind="")
    refuse(user=None, kind=Kind.TICKET)


def test_a_notice_is_mailed_alone_or_daily() -> None:
    tell(make_customer())
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.update(digest_at="2026-01-01T00:00Z")


def test_a_kind_is_chosen_once_and_from_what_there_is() -> None:
    customer = make_customer()
    want(customer, Kind.TICKET, Mail.DAILY)

    for row in ({"kind": "ticket", "mail": "now"}, {"kind": "news", "mail": "week"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Choice.objects.create(user=customer, in_shop=True, **row)


def test_no_threshold_is_below_zero() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        BalanceWatch.objects.create(user=make_customer(), threshold=Decimal(-1))
