"""Providers in the admin: a key that is only written, and buttons that ask."""

from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from ledger.models import Account, Transfer
from ledger.queries import book
from notices.models import Notice
from provider.models import ErrorPhrase, Provider, Service, SyncRun
from shop.admin import page_of
from tests.admin.acting import list_of, log_in, press, save, text_of
from tests.admin.rows import is_due, read_tomorrow
from tests.factories import make_admin, make_provider, make_service
from tests.fixtures import Upstream

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]

ADD = {
    "name": "Reel House",
    "url": "https://reels.example.com/api/v2",
    "key": "s3cret",
    "currency": "usd",
    "active": "on",
    "calls_per_minute": "60",
    "max_in_flight": "4",
    "batch_size": "100",
    "user_agent": "Magpie/0.1",
}


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def add(client: Client, **changes: str) -> dict[str, list[str]]:
    """Fill in the form; return the errors."""
    page = client.post(reverse("admin:provider_provider_add"), {**ADD, **changes})
    return dict(page.context["adminform"].form.errors) if page.context else {}


def test_a_new_provider_gets_an_account_in_its_currency(client: Client) -> None:
    assert add(client) == {}

    provider = Provider.objects.get()
    assert provider.key == "s3cret"
    assert provider.account.currency == provider.currency == "USD"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("url", "not an address"),
        ("url", "ftp://reels.example.com"),
        ("key", ""),
        ("currency", "US"),
        ("currency", "12$"),
        ("batch_size", "500"),
        ("max_in_flight", "0"),
    ],
)
def test_a_form_that_does_not_fit_adds_nothing(
    client: Client, field: str, value: str
) -> None:
    assert list(add(client, **{field: value})) == [field]
    assert not Provider.objects.exists()
    assert not Account.objects.exists()


def test_a_form_that_comes_back_does_not_show_the_key(client: Client) -> None:
    page = client.post(reverse("admin:provider_provider_add"), {**ADD, "name": ""})

    assert "s3cret" not in text_of(page)


def test_an_empty_key_keeps_the_key_and_a_new_one_replaces_it(client: Client) -> None:
    provider = make_provider(key="old key")

    page = save(client, provider, name="Renamed")
    provider.refresh_from_db()
    assert (provider.name, provider.key) == ("Renamed", "old key")
    assert "old key" not in text_of(page)

    page = save(client, provider, key="new key")
    provider.refresh_from_db()
    assert provider.key == "new key"
    assert "new key" not in text_of(page)


def test_the_currency_stays(client: Client) -> None:
    provider = make_provider()

    save(client, provider, currency="EUR")

    provider.refresh_from_db()
    assert provider.currency == "USD"


def test_saving_leaves_what_moved_meanwhile(client: Client) -> None:
    provider = make_provider()
    client.get(page_of(provider))
    Provider.objects.filter(pk=provider.pk).update(balance=Decimal(7))

    save(client, provider, calls_per_minute="30")

    provider.refresh_from_db()
    assert (provider.calls_per_minute, provider.balance) == (30, Decimal(7))


def test_a_currency_without_a_rate_of_exchange_is_pointed_out(client: Client) -> None:
    page = client.post(
        reverse("admin:provider_provider_add"), {**ADD, "currency": "EUR"}, follow=True
    )

    assert "rate of exchange for EUR" in text_of(page)


def test_testing_the_connection_reads_the_balance(
    client: Client, upstream: Upstream
) -> None:
    page = press(client, upstream.provider, "test")

    upstream.provider.refresh_from_db()
    assert "answers. The balance is $" in text_of(page)
    assert upstream.provider.balance is not None


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_does_not_answer_is_said_and_changes_nothing(
    client: Client, settings: object
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    provider = make_provider()

    page = press(client, provider, "test")

    provider.refresh_from_db()
    assert "cannot be reached" in text_of(page)
    assert provider.balance is None
    assert provider.paused_at is None


def test_sync_now_makes_the_catalogue_due_and_rings(
    client: Client, rings: list[tuple[str, dict[str, object]]]
) -> None:
    provider = make_provider()
    read_tomorrow(provider)

    press(client, provider, "sync_now")

    assert is_due(provider)
    assert rings[-1] == ("provider.sync", {"provider_id": provider.pk})
    assert not SyncRun.objects.exists()


def test_pausing_takes_a_reason_and_resuming_ends_it(client: Client) -> None:
    provider = make_provider()

    press(client, provider, "pause", reason="")
    provider.refresh_from_db()
    assert provider.paused_at is None

    page = press(client, provider, "pause", reason="they are on holiday")
    provider.refresh_from_db()
    assert provider.pause_reason == "they are on holiday"
    assert "they are on holiday" in text_of(page)
    assert Notice.objects.filter(user=None).count() == 1

    press(client, provider, "resume")
    provider.refresh_from_db()
    assert provider.paused_at is None


FUNDS = {"amount": "50.25", "note": "wire 12", "subject": "77"}


def test_funds_are_recorded_once_for_each_form(client: Client) -> None:
    provider = make_provider(currency="EUR")

    page = press(client, provider, "record_funds", **FUNDS)
    assert f"€50.25 is in our book of {provider}." in text_of(page)
    again = press(client, provider, "record_funds", **FUNDS)

    assert "booked already" in text_of(again)
    assert book(account=provider.account) == Decimal("50.25")
    assert Transfer.objects.get().note == "wire 12"


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", "0"), ("amount", "much"), ("amount", "0.000000001"), ("note", "")],
)
def test_funds_that_do_not_fit_are_not_recorded(
    client: Client, field: str, value: str
) -> None:
    press(client, make_provider(), "record_funds", **{**FUNDS, field: value})

    assert not Transfer.objects.exists()


def test_publishing_switches_on_what_is_bought_there(client: Client) -> None:
    provider = make_provider()
    service = make_service(provider=provider, active=False)
    elsewhere = make_service(active=False)

    page = press(client, provider, "publish_all")

    assert "1 service switched on." in text_of(page)
    on = set(Service.objects.filter(active=True).values_list("pk", flat=True))
    assert on == {service.pk}
    assert elsewhere.pk not in on


def test_rejected_rows_are_read_as_a_table(client: Client) -> None:
    rejected = [
        {"position": n, "upstream_id": f"u{n}", "reason": "no rate", "detail": "<i>"}
        for n in range(201)
    ]
    run = SyncRun.objects.create(
        provider=make_provider(), outcome="applied", rejected=rejected
    )

    page = text_of(client.get(page_of(run)))

    assert "the first 200" in page
    assert "u199" in page
    assert "u200" not in page
    assert "&lt;i&gt;" in page


def test_a_wording_is_explained_once(client: Client) -> None:
    wording = {"pattern": "no money", "error_class": "no_funds"}

    client.post(list_of(ErrorPhrase) + "add/", wording)
    page = client.post(list_of(ErrorPhrase) + "add/", wording)

    assert page.context["adminform"].form.errors
    assert ErrorPhrase.objects.get().error_class == "no_funds"


def test_a_provider_with_an_open_circuit_is_shown_as_left_alone(
    client: Client,
) -> None:
    provider = make_provider()
    Provider.objects.update(failures=5, open_until=Now())

    page = text_of(client.get(page_of(provider)))

    assert "left alone" in page
    assert "5 sendings in a row came to nothing" in page


def test_what_finds_unknown_orders_is_switched_on_by_staff(client: Client) -> None:
    provider = make_provider()

    save(client, provider, list_orders="on")

    provider.refresh_from_db()
    assert (provider.list_orders, provider.id_gap) == (True, False)
