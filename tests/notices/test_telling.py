"""Customers are told what they want to be told, in the way that they chose."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from notices import actions
from notices.actions import News, telling
from notices.actions.telling import next_morning
from notices.enums import ALWAYS, DEFAULTS, Kind, Mail
from notices.models import Notice
from tests.factories import make_customer
from tests.notices.saying import notice, tell, told, want

pytestmark = pytest.mark.django_db


def test_every_kind_but_the_daily_mail_has_a_default() -> None:
    assert set(DEFAULTS) | set(ALWAYS) == set(Kind) - {Kind.DIGEST}


@pytest.mark.parametrize("kind", list(DEFAULTS))
def test_who_chose_nothing_is_told_by_default(kind: Kind) -> None:
    customer = make_customer()

    tell(customer, kind=kind)

    wish = DEFAULTS[kind]
    assert told(customer) == (["a"] if wish.in_shop else [])
    if wish.in_shop:
        assert bool(notice().mail_at) == (wish.mail == Mail.NOW)


def test_what_is_wanted_nowhere_is_not_even_written() -> None:
    customer = make_customer()
    want(customer, Kind.TICKET, Mail.NEVER, in_shop=False)

    actions.tell_all(
        [
            News(
                user_id=customer.pk,
                kind=Kind.TICKET,
                key="a",
                write=lambda: pytest.fail("nobody reads this"),
            )
        ]
    )

    assert not Notice.objects.exists()


def test_what_is_wanted_by_mail_alone_is_not_in_the_shop() -> None:
    customer = make_customer()
    want(customer, Kind.TICKET, Mail.NOW, in_shop=False)

    tell(customer)

    assert told(customer) == []
    assert notice().mail_at is not None


def test_what_is_wanted_daily_waits_for_the_morning() -> None:
    customer = make_customer()
    want(customer, Kind.TICKET, Mail.DAILY)

    tell(customer)

    assert told(customer) == ["a"]
    assert notice().mail_at is None
    morning = notice().digest_at
    assert morning is not None
    assert (morning.hour, morning.minute) == (9, 0)
    assert morning > notice().created_at


def test_what_is_not_for_mail_is_never_mailed() -> None:
    customer = make_customer()

    actions.tell_all(
        [
            News(
                user_id=customer.pk,
                kind=Kind.ORDER_PARTIAL,
                key="a",
                write=lambda: ("Subject", ""),
                mailed=False,
            )
        ]
    )

    assert told(customer) == ["a"]
    assert (notice().mail_at, notice().digest_at) == (None, None)


def test_who_cannot_log_in_gets_no_mail() -> None:
    customer = make_customer(is_active=False)

    tell(customer)

    assert notice().mail_at is None


def test_what_happens_to_the_account_is_told_whatever_was_chosen() -> None:
    customer = make_customer(is_active=False)

    actions.tell(user_id=customer.pk, key="a", subject="Your account is closed")

    assert told(customer) == ["a"]
    assert notice().mail_at is not None


def test_it_is_written_in_the_language_of_its_reader() -> None:
    news = [
        News(
            user_id=make_customer(language=language).pk,
            kind=Kind.TICKET,
            key=key,
            write=lambda: (translation.get_language() or "", ""),
        )
        for language, key in (("ko", "a"), ("", "b"))
    ]

    actions.tell_all(news)

    assert (notice("a").subject, notice("b").subject) == ("ko", "en")


def test_one_cause_is_told_once() -> None:
    customer = make_customer()

    for _ in range(2):
        tell(customer)

    assert told(customer) == ["a"]


def test_many_are_told_by_two_statements(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for many in (1, 3):
        customers = [make_customer() for _ in range(many)]
        news = [
            News(
                user_id=customer.pk,
                kind=Kind.TICKET,
                key=f"{customer.pk}",
                write=lambda: ("Subject", ""),
            )
            for customer in customers
        ]
        with django_assert_num_queries(2):
            actions.tell_all(news)


def test_nothing_to_tell_takes_no_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        actions.tell_all([])


@pytest.mark.django_db(transaction=True)
def test_news_reach_everybody_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "SET", 2)
    customers = [make_customer() for _ in range(5)]
    gone = make_customer(is_active=False)
    want(customers[0], Kind.NEWS, Mail.NEVER, in_shop=False)

    for _ in range(2):
        found = actions.tell_everybody(
            key="opening", write=lambda: ("We are open", ""), url="/"
        )
        assert found == 5

    assert [len(told(customer)) for customer in customers] == [0, 1, 1, 1, 1]
    assert told(gone) == []


@pytest.mark.parametrize(
    ("zone", "at", "morning"),
    [
        ("UTC", "2026-03-01T08:59", "2026-03-01T09:00"),
        ("UTC", "2026-03-01T09:00", "2026-03-02T09:00"),
        ("Asia/Seoul", "2026-03-01T23:59", "2026-03-02T00:00"),
        ("Asia/Seoul", "2026-03-02T00:00", "2026-03-03T00:00"),
        # The clocks go forward in the night before.
        ("Europe/Berlin", "2026-03-28T12:00", "2026-03-29T07:00"),
    ],
)
def test_the_morning_is_at_nine_where_its_reader_lives(
    zone: str, at: str, morning: str
) -> None:
    when = datetime.fromisoformat(at).replace(tzinfo=UTC)

    found = next_morning(ZoneInfo(zone), at=when)

    assert found == datetime.fromisoformat(morning).replace(tzinfo=UTC)
