"""Adding, asking, pausing and resuming providers."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from ledger.models import Account
from notices.models import Notice
from provider import actions
from provider.models import MarkupRule, Provider
from tests.factories import make_provider
from tests.provider.feeds import Feed
from tests.threads import together

db = pytest.mark.django_db


@db
def test_a_provider_gets_an_account_in_its_currency_and_its_rule() -> None:
    provider = make_provider(currency="krw", markup=Decimal("12.5"))

    rule = MarkupRule.objects.get()
    assert provider.currency == provider.account.currency == "KRW"
    assert (rule.provider, rule.percent) == (provider, Decimal("12.5"))


@db
def test_without_a_markup_there_is_no_rule() -> None:
    make_provider()

    assert not MarkupRule.objects.exists()


@db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"key": ""}, "key"),
        ({"url": "northwind"}, "url"),
        ({"url": "ftp://northwind.example/api"}, "url"),
        ({"currency": "US"}, "currency"),
        ({"currency": "U$D"}, "currency"),
        ({"currency": "USDT"}, "currency"),
        ({"calls_per_minute": 0}, "calls_per_minute"),
        ({"markup": Decimal("-1")}, "percent"),
        ({"markup": Decimal("1.2345")}, "percent"),
    ],
)
def test_a_provider_that_makes_no_sense_is_not_added(
    fields: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as error:
        make_provider(**fields)

    assert field in error.value.message_dict
    assert not Provider.objects.exists()
    assert not Account.objects.exists()


@db
def test_a_provider_keeps_the_currency_of_its_account() -> None:
    provider = make_provider()
    provider.currency = "EUR"

    with pytest.raises(ValidationError, match="fixed"):
        actions.save_provider(provider=provider)

    provider.refresh_from_db()
    assert provider.currency == "USD"


@db
def test_settings_of_a_provider_are_saved_with_the_same_account() -> None:
    provider = make_provider()
    provider.calls_per_minute = 7

    actions.save_provider(provider=provider)

    provider.refresh_from_db()
    assert provider.calls_per_minute == 7
    assert Account.objects.get() == provider.account


@pytest.mark.django_db(transaction=True)
class TestAsking:
    """Questions that go over HTTP."""

    def test_a_provider_without_a_row_says_its_currency(self, feed: Feed) -> None:
        feed.body = b'{"balance": "1", "currency": "eur"}'

        assert actions.ask_currency(url=feed.url, key="practice") == "EUR"

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b'{"balance": "1"}', "does not say its currency"),
            (b'{"error": "Invalid API key"}', "refuses us"),
            (b"<html>", "web page"),
        ],
    )
    def test_a_currency_that_is_not_said_is_not_guessed(
        self, feed: Feed, body: bytes, message: str
    ) -> None:
        feed.body = body

        with pytest.raises(actions.ProviderError, match=message):
            actions.ask_currency(url=feed.url, key="practice")

    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ('"100.84292", "currency": "USD"', "100.84292"),
            ('"12.5"', "12.5"),
            ('"-3.5"', "-3.5"),
            ('"0.123456789123456789123456789"', "0.12345678"),
            ("9999999999", "9999999999"),
        ],
    )
    def test_the_balance_is_kept_as_it_was_read(
        self, provider: Provider, feed: Feed, said: str, kept: str
    ) -> None:
        feed.body = f'{{"balance": {said}}}'.encode()

        reading = actions.read_balance(provider=provider)

        provider.refresh_from_db()
        assert (reading.amount, reading.currency) == (Decimal(kept), "USD")
        assert provider.balance == Decimal(kept)
        assert provider.balance_at

    @pytest.mark.parametrize(
        "body",
        [b"", b'{"error": "Invalid API key"}', b'{"balance": "10000000000"}'],
        ids=["empty", "error", "too large"],
    )
    def test_a_balance_that_cannot_be_read_leaves_the_one_before(
        self, provider: Provider, feed: Feed, body: bytes
    ) -> None:
        feed.body = b'{"balance": "5"}'
        assert actions.note_balance(provider=provider)
        feed.body = body

        assert not actions.note_balance(provider=provider)

        provider.refresh_from_db()
        assert (provider.balance, provider.paused_at) == (5, None)

    def test_another_currency_than_before_pauses_the_provider(
        self, provider: Provider, feed: Feed
    ) -> None:
        feed.body = b'{"balance": "5", "currency": "EUR"}'

        with pytest.raises(actions.ProviderError, match="EUR instead of USD"):
            actions.read_balance(provider=provider)

        provider.refresh_from_db()
        assert provider.paused_at
        assert provider.balance is None
        assert Notice.objects.get().text == provider.pause_reason


@db
def test_a_pause_is_told_once_and_ends_when_staff_say_so() -> None:
    provider = make_provider()

    assert actions.pause(provider=provider, reason="r" * 400)
    assert not actions.pause(provider=provider, reason="again")

    provider.refresh_from_db()
    assert provider.pause_reason == "r" * 300
    assert Notice.objects.get().subject == f"{provider} is paused"
    assert actions.resume(provider=provider)
    assert not actions.resume(provider=provider)
    provider.refresh_from_db()
    assert (provider.paused_at, provider.pause_reason) == (None, "")


@db
def test_a_provider_may_move_and_be_learned_about() -> None:
    provider = make_provider()

    actions.move(provider=provider, url="http://127.0.0.1:9/api/v3")
    actions.remember_refill_status_one_by_one(provider=provider)
    actions.remember_requests_one_by_one(provider=provider)

    assert provider.url == "http://127.0.0.1:9/api/v3"
    provider.refresh_from_db()
    assert provider.url == "http://127.0.0.1:9/api/v3"
    assert provider.refill_status_one_by_one
    assert provider.requests_one_by_one


@db
def test_a_batch_size_is_learned_down_and_never_up() -> None:
    provider, other = make_provider(), make_provider()

    learned = [
        actions.remember_batch_size(provider=provider, size=size)
        for size in (50, 50, 70, 30, 0)
    ]

    assert learned == [True, False, False, True, True]
    assert provider.batch_size == 1
    provider.refresh_from_db()
    other.refresh_from_db()
    assert (provider.batch_size, other.batch_size) == (1, 100)


@db
def test_a_due_catalogue_is_taken_once() -> None:
    provider = make_provider()

    assert actions.take_due_sync() == provider
    assert actions.take_due_sync() is None

    actions.request_sync(provider=provider)
    assert actions.take_due_sync() == provider


@db
def test_the_longest_due_catalogue_comes_first_and_switched_off_ones_never() -> None:
    later, first, off = make_provider(), make_provider(), make_provider()
    for hours, provider in ((1, later), (2, first), (3, off)):
        Provider.objects.filter(pk=provider.pk).update(
            next_sync_at=timezone.now() - timedelta(hours=hours)
        )
    Provider.objects.filter(pk=off.pk).update(active=False)

    assert [actions.take_due_sync() for _ in range(3)] == [first, later, None]


@pytest.mark.django_db(transaction=True)
def test_eight_sweepers_take_each_due_catalogue_once() -> None:
    providers = [make_provider() for _ in range(4)]
    Provider.objects.update(next_sync_at=F("next_sync_at") - timedelta(hours=1))

    taken = together(*[actions.take_due_sync] * 8)
    # Whoever met only locked rows came away with nothing; the next ring finds the rest.
    while (provider := actions.take_due_sync()) is not None:
        taken.append(provider)

    found = [provider.pk for provider in taken if provider]
    assert sorted(found) == [provider.pk for provider in providers]
