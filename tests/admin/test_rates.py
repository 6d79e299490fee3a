"""Rates of exchange in the admin: what is in force, jumps, and questions."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from provider import actions
from provider.models import ExchangeRate, RateProposal
from tests.admin.acting import list_of, log_in, press, text_of
from tests.factories import make_admin, make_provider, make_service

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def client() -> Client:
    return log_in(make_admin("boss@example.com"))


def add(client: Client, **fields: Any) -> Any:
    return client.post(list_of(ExchangeRate) + "add/", fields, follow=True)


def test_who_wrote_a_rate_is_kept(client: Client) -> None:
    add(client, base="EUR", rate="1.1", source="the bank")

    row = ExchangeRate.objects.get()
    assert (row.source, str(row.by)) == ("the bank", "boss@example.com")
    assert "the bank, boss@example.com" in text_of(client.get(list_of(ExchangeRate)))


def test_a_rate_that_jumps_is_asked_about(client: Client) -> None:
    service = make_service(make_provider(currency="EUR", markup=Decimal(0)))
    actions.set_exchange_rate(base="EUR", rate=Decimal("1.1"))

    page = add(client, base="EUR", rate="11")

    assert "It was 1.1: a jump. Is that right?" in text_of(page)
    assert ExchangeRate.objects.count() == 1

    page = add(client, base="EUR", rate="11", sure="on")

    assert "1 service has a new price or state." in text_of(page)
    service.refresh_from_db()
    assert service.price == 11


def test_the_list_says_what_is_in_force(client: Client, settings: Settings) -> None:
    settings.RATE_WARN_HOURS, settings.RATE_PAUSE_HOURS = 5, 10
    for currency, hours in (("EUR", 1), ("GBP", 6), ("KRW", 11)):
        make_provider(currency=currency)
        actions.set_exchange_rate(base=currency, rate=Decimal(2))
        ExchangeRate.objects.filter(base=currency).update(
            created_at=timezone.now() - timedelta(hours=hours)
        )
    make_provider(currency="SEK")

    page = client.get(list_of(ExchangeRate))

    rows = page.context["tables"][0].rows
    assert [row[0] for row in rows] == ["EUR", "GBP", "KRW", "SEK"]
    for row, words in zip(
        rows, ("fresh", "old", "too old, and", "nobody said"), strict=True
    ):
        assert words in row[-1]


def ask() -> RateProposal:
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    return RateProposal.objects.create(
        base="EUR", quote="USD", rate=Decimal("1.2"), before=1, source="url"
    )


def test_a_rate_in_question_is_taken(client: Client) -> None:
    proposal = ask()
    assert "+20 %" in text_of(client.get(list_of(RateProposal)))

    page = press(client, proposal, "take")

    assert "From now on, 1 EUR = 1.2 USD." in text_of(page)
    row = ExchangeRate.objects.latest("pk")
    assert (row.rate, str(row.by)) == (Decimal("1.2"), "boss@example.com")


def test_a_rate_in_question_is_left(client: Client) -> None:
    proposal = ask()

    page = press(client, proposal, "refuse")

    assert "The rate stays as it was." in text_of(page)
    assert ExchangeRate.objects.get().rate == 1
    assert "not taken" in text_of(client.get(list_of(RateProposal)))


def test_a_question_is_answered_once(client: Client) -> None:
    proposal = ask()
    press(client, proposal, "take")

    page = press(client, proposal, "take")

    assert "This was settled already." in text_of(page)
    assert ExchangeRate.objects.count() == 2
