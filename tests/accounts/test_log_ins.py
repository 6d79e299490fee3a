"""Where people are logged in, and how they end it."""

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client

from accounts import actions, tasks
from accounts.browsers import in_words
from accounts.models import LogIn, User
from accounts.queries import digest, log_ins
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.session.session_key)


@pytest.fixture
def alice() -> User:
    return make_customer()


def test_a_log_in_is_written_down_at_once(alice: User) -> None:
    key = log_in(alice)

    assert [row.pk for row in log_ins(user=alice)] == [key]


def test_being_seen_again_keeps_one_row_and_moves_it(alice: User) -> None:
    key = log_in(alice)
    first = LogIn.objects.get()

    actions.note_log_in(
        user_id=alice.pk, session_key=key, address="192.0.2.7", browser="x" * 500
    )

    row = LogIn.objects.get()
    assert (row.created_at, row.address) == (first.created_at, "192.0.2.7")
    assert row.seen_at > first.seen_at
    assert row.browser == "x" * 300


def test_a_session_that_ended_is_not_written_down(alice: User) -> None:
    actions.note_log_in(user_id=alice.pk, session_key="gone", address=None, browser="")

    assert LogIn.objects.count() == 0


def test_a_page_writes_again_only_after_some_minutes(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    client.get("/updates/", REMOTE_ADDR="192.0.2.7")
    assert LogIn.objects.get().address is None

    cache.clear()
    client.get("/updates/", REMOTE_ADDR="192.0.2.7")

    assert LogIn.objects.get().address == "192.0.2.7"


def test_one_is_ended_and_the_others_stay(alice: User) -> None:
    one, other = log_in(alice), log_in(alice)

    assert actions.end_log_in(user=alice, number=digest(one))

    assert list(Session.objects.values_list("pk", flat=True)) == [other]
    assert [row.pk for row in log_ins(user=alice)] == [other]


def test_nobody_ends_the_log_in_of_another(alice: User) -> None:
    key = log_in(alice)

    assert not actions.end_log_in(user=make_customer(), number=digest(key))

    assert Session.objects.count() == 1


def test_all_others_are_ended_and_those_of_others_stay(alice: User) -> None:
    here, _there, bobs = log_in(alice), log_in(alice), log_in(make_customer())

    assert actions.end_other_log_ins(user=alice, session_key=here) == 1

    assert set(Session.objects.values_list("pk", flat=True)) == {here, bobs}


def test_what_has_expired_is_deleted_with_its_session(alice: User) -> None:
    old, new = log_in(alice), log_in(alice)
    Session.objects.filter(pk=old).update(expire_date=Now())
    assert [row.pk for row in log_ins(user=alice)] == [new]

    tasks.forget_sessions()

    assert list(LogIn.objects.values_list("pk", flat=True)) == [new]
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
                "Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"
            ),
            "Edge, Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 "
                "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari, iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S911N) AppleWebKit/537.36 (KHTML, like "
                "Gecko) SamsungBrowser/26.0 Chrome/122.0 Mobile Safari/537.36"
            ),
            "Samsung Internet, Android",
        ),
        ("curl/8.0", "curl"),
        ("", "Some browser"),
    ],
)
def test_a_browser_is_told_in_words(header: str, words: str) -> None:
    assert in_words(header) == words
