"""Rates of exchange from a source: read, believed or asked about, and growing old."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from notices.models import Notice
from provider import actions, rates, tasks
from provider.actions import PricingError
from provider.models import ExchangeRate, RateProposal, Service
from provider.rates import SourceFailed
from tests.factories import make_admin, make_provider, make_service
from tests.provider.feeds import Feed, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source(settings: Settings) -> Iterator[Feed]:
    """An address that answers with rates; the shop reads them there."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    settings.RATE_SOURCE = "url"
    settings.RATE_JUMP = Decimal(10)
    settings.RATE_WARN_HOURS, settings.RATE_PAUSE_HOURS = 5, 10
    with serving() as feed:
        settings.RATE_URL = feed.url
        yield feed


def says(source: Feed, base: str = "USD", **found: Any) -> None:
    """Let the source answer so from now on; numbers are written as they are given."""
    numbers = ", ".join(f'"{code}": {number}' for code, number in found.items())
    source.body = f'{{"base": "{base}", "rates": {{{numbers}}}}}'.encode()


def in_force() -> dict[str, Decimal]:
    newest = ExchangeRate.objects.order_by("created_at", "id")
    return {row.base: row.rate for row in newest}


def age(**since: int) -> None:
    ExchangeRate.objects.update(created_at=timezone.now() - timedelta(**since))


def subjects() -> list[str]:
    return list(Notice.objects.order_by("id").values_list("subject", flat=True))


def state(service: Service) -> tuple[Decimal | None, str]:
    service.refresh_from_db()
    return service.price, service.off_reason


# --- Reading ---------------------------------------------------------------------


def test_rates_are_turned_round_exactly(source: Feed) -> None:
    says(source, EUR="0.8", KRW="1600", GBP="0.3")

    found = rates.read("url", ["EUR", "KRW", "GBP", "SEK"])

    assert found == {
        "EUR": Decimal("1.25"),
        "KRW": Decimal("0.000625"),
        # Up, as it is what something costs us.
        "GBP": Decimal("3.33333333333333333334"),
    }


def test_any_base_will_do(source: Feed, settings: Settings) -> None:
    settings.SHOP_CURRENCY = "KRW"
    says(source, base="eur", KRW="1500", USD="1.2")

    assert rates.read("url", ["EUR", "USD"]) == {"EUR": 1500, "USD": 1250}


@pytest.mark.parametrize(
    "number", ["0", "-1", "NaN", "Infinity", "1e12", "1e-11", '"0.8"', "true", "null"]
)
def test_what_is_no_number_is_left_out(source: Feed, number: str) -> None:
    says(source, EUR=number, GBP="0.5")

    assert rates.read("url", ["EUR", "GBP"]) == {"GBP": 2}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"5",
        b'"text"',
        b'{"base": "USD"}',
        b'{"rates": {"EUR": 1}}',
        b'{"base": "USD", "rates": [1]}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_something_else_is_no_answer(
    source: Feed, body: bytes
) -> None:
    source.body = body

    with pytest.raises(SourceFailed, match="something else"):
        rates.read("url", ["EUR"])


def test_an_answer_without_our_own_currency_is_of_no_use(source: Feed) -> None:
    says(source, base="EUR", KRW="1500")

    with pytest.raises(SourceFailed, match="nothing about USD"):
        rates.read("url", ["EUR"])


def test_an_error_is_no_answer(source: Feed) -> None:
    says(source, EUR="0.8")
    source.status = 500

    with pytest.raises(SourceFailed, match="status 500"):
        rates.read("url", ["EUR"])


def test_an_answer_has_a_deadline_and_a_size(
    source: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.body = b" " * (rates.MAX_BYTES + 1)
    with pytest.raises(SourceFailed, match="too_large"):
        rates.read("url", ["EUR"])

    monkeypatch.setattr(rates, "DEADLINE", 0.2)
    source.delay = 0.6
    with pytest.raises(SourceFailed, match="deadline"):
        rates.read("url", ["EUR"])


def test_a_source_that_nobody_wrote_is_said_to_be_missing() -> None:
    with pytest.raises(SourceFailed, match="no source bank"):
        rates.read("bank", ["EUR"])


# --- Taking ----------------------------------------------------------------------


def test_rates_of_the_currencies_that_we_buy_in_are_taken(source: Feed) -> None:
    service = make_service(make_provider(currency="EUR", markup=Decimal(0)))
    make_provider(currency="KRW")
    make_provider()
    says(source, EUR="0.8", KRW="1600", SEK="9")

    assert actions.read_rates() == 2

    assert in_force() == {"EUR": Decimal("1.25"), "KRW": Decimal("0.000625")}
    row = ExchangeRate.objects.get(base="EUR")
    assert (row.quote, row.source, row.by) == ("USD", "url", None)
    assert state(service) == (Decimal("1.25"), "")
    assert subjects() == []


def test_a_small_move_is_taken_and_the_history_stays(source: Feed) -> None:
    make_provider(currency="EUR")
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    says(source, base="EUR", USD="1.1")

    assert actions.read_rates() == 1

    assert list(ExchangeRate.objects.order_by("id").values_list("rate", flat=True)) == [
        1,
        Decimal("1.1"),
    ]


def test_a_jump_is_asked_about_and_the_rest_is_taken(source: Feed) -> None:
    service = make_service(make_provider(currency="EUR", markup=Decimal(0)))
    make_provider(currency="KRW")
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    says(source, base="EUR", USD="1.10001", KRW="1500")

    assert actions.read_rates() == 1

    assert in_force()["EUR"] == 1
    proposal = RateProposal.objects.get()
    assert (proposal.base, proposal.rate, proposal.before, proposal.source) == (
        "EUR",
        Decimal("1.10001"),
        1,
        "url",
    )
    assert state(service) == (1, "")
    assert subjects() == ["The rate of exchange of EUR jumped"]


def test_the_same_question_is_asked_once_with_the_newest_rate(source: Feed) -> None:
    make_provider(currency="EUR")
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    for rate in ("1.5", "0.5"):
        says(source, base="EUR", USD=rate)
        actions.read_rates()

    assert RateProposal.objects.get().rate == Decimal("0.5")
    assert len(subjects()) == 1


def test_a_source_that_comes_back_answers_the_question(source: Feed) -> None:
    make_provider(currency="EUR")
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    for rate in ("1.5", "1.01"):
        says(source, base="EUR", USD=rate)
        actions.read_rates()

    proposal = RateProposal.objects.get()
    assert proposal.closed_at is not None
    assert (proposal.closed_by, proposal.taken) == (None, None)
    assert in_force() == {"EUR": Decimal("1.01")}


def asked_about() -> RateProposal:
    return RateProposal.objects.create(
        base="EUR", quote="USD", rate=Decimal(2), before=Decimal(1), source="url"
    )


def test_staff_may_believe_a_jump() -> None:
    service = make_service(make_provider(currency="EUR", markup=Decimal(0)))
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    proposal, boss = asked_about(), make_admin()

    row = actions.take_proposal(proposal=proposal, by=boss)

    assert (row.rate, row.source, row.by) == (2, "url", boss)
    assert state(service) == (2, "")
    proposal.refresh_from_db()
    assert (proposal.closed_by, proposal.taken) == (boss, row)


def test_staff_may_leave_a_rate_as_it_was() -> None:
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    proposal, boss = asked_about(), make_admin()

    actions.refuse_proposal(proposal=proposal, by=boss)

    proposal.refresh_from_db()
    assert (proposal.closed_by, proposal.taken) == (boss, None)
    assert in_force() == {"EUR": 1}


def test_a_question_is_answered_once() -> None:
    proposal, boss = asked_about(), make_admin()
    actions.refuse_proposal(proposal=proposal, by=boss)

    for answer in (actions.take_proposal, actions.refuse_proposal):
        with pytest.raises(PricingError, match="settled already"):
            answer(proposal=proposal, by=boss)

    assert not ExchangeRate.objects.exists()


def test_a_rate_by_hand_answers_the_question() -> None:
    proposal, boss = asked_about(), make_admin()

    actions.set_exchange_rate(base="EUR", rate=Decimal(3), by=boss)

    proposal.refresh_from_db()
    assert (proposal.closed_by, proposal.taken) == (boss, None)


def test_a_source_that_fails_changes_nothing_and_is_told_once_a_day(
    source: Feed,
) -> None:
    make_provider(currency="EUR")
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    source.status = 503

    assert [actions.read_rates(), actions.read_rates()] == [0, 0]

    assert in_force() == {"EUR": 1}
    assert subjects() == ["The rates of exchange were not read"]


# --- Growing old -----------------------------------------------------------------


def test_an_old_rate_is_an_alert_and_then_a_pause(source: Feed) -> None:
    service = make_service(make_provider(currency="EUR", markup=Decimal(0)))
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    source.status = 503

    age(hours=4)
    actions.watch_rates()
    assert subjects() == []

    age(hours=6)
    actions.watch_rates()
    assert subjects() == ["The rate of exchange of EUR is old"]
    assert "10 hours" in Notice.objects.get().text
    assert state(service) == (1, "")

    age(hours=11)
    actions.read_rates()
    assert state(service) == (1, "rate_old")

    source.status = 200
    says(source, base="EUR", USD="1.05")
    actions.read_rates()
    assert state(service) == (Decimal("1.05"), "")


def test_an_alert_says_what_an_old_rate_stops(settings: Settings) -> None:
    settings.RATE_WARN_HOURS, settings.RATE_PAUSE_HOURS = 5, 10
    make_provider(currency="EUR")
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    age(hours=11)

    actions.watch_rates()
    assert "is not sold until" in Notice.objects.get().text

    Notice.objects.all().delete()
    settings.RATE_PAUSE_HOURS = 0
    actions.watch_rates()
    assert Notice.objects.get().text == "Prices of what is bought in EUR rest on it."


def test_a_shop_need_not_be_told(settings: Settings) -> None:
    settings.RATE_WARN_HOURS = settings.RATE_PAUSE_HOURS = 0
    make_provider(currency="EUR")
    actions.set_exchange_rate(base="EUR", rate=Decimal(1))
    age(days=4000)

    actions.watch_rates()

    assert subjects() == []


def test_the_queue_reads_rates_once_an_interval(source: Feed) -> None:
    make_provider(currency="EUR")
    says(source, EUR="0.8")

    tasks.read_rates()
    tasks.read_rates()

    assert ExchangeRate.objects.count() == 1


def test_without_a_source_rates_are_left_to_staff(settings: Settings) -> None:
    settings.RATE_SOURCE = ""
    make_provider(currency="EUR")

    assert actions.read_rates() == 0

    assert not ExchangeRate.objects.exists()
    assert subjects() == []
