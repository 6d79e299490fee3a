"""The commands that people type: what they do, and one clear line where they cannot."""

import json
import subprocess
import sys
from decimal import Decimal

import pytest
from django.core.management import load_command_class
from django.core.management.base import CommandError
from pytest_django import Settings

from accounts.models import User
from accounts.queries import user_by_api_key
from ledger.models import Account
from ledger.queries import balance
from notices.models import Notice
from provider.models import MarkupRule, Offer, Provider, Quarantine, Service
from sandbox.catalogue import Catalogue
from shop.demo import ADMIN, CUSTOMER, PASSWORD
from shop.money import plain
from shop.tasks import audit as audit_task
from tests.factories import make_customer, make_order
from tests.fixtures import Upstream
from tests.shop.commands import run

pytestmark = pytest.mark.django_db(transaction=True)


def test_add_customer_credits_and_ends_with_the_key() -> None:
    lines = run(
        "add_customer",
        "Alice@Example.com",
        "--password",
        "p4ss w0rd",
        "--credit",
        "12.5",
    )

    alice = User.objects.get(email="alice@example.com")
    assert alice.check_password("p4ss w0rd")
    assert balance(customer=alice) == 12.5
    label, _, key = lines[-1].partition(": ")
    assert label == "api key"
    assert user_by_api_key(key=key) == alice


def test_add_customer_without_credit_moves_no_money() -> None:
    run("add_customer", "alice@example.com")

    assert not Account.objects.exists()
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize(
    "arguments",
    [
        ("not an address",),
        ("bob@example.com", "--credit", "-1"),
        ("bob@example.com", "--credit", "much"),
        ("bob@example.com", "--credit", "0.000000001"),
        ("bob@example.com", "--credit", "NaN"),
        ("bob@example.com", "--credit", "1e12"),
        ("",),
        ("b" * 300 + "@example.com",),
        ("alice@example.com",),
    ],
)
def test_add_customer_refuses_what_makes_no_sense(arguments: tuple[str, ...]) -> None:
    make_customer("alice@example.com")

    with pytest.raises(CommandError):
        run("add_customer", *arguments)

    assert User.objects.count() == 1


def test_add_provider_asks_for_the_currency(upstream: Upstream) -> None:
    run(
        "add_provider", "Northwind", upstream.url, "--key", "practice", "--markup", "30"
    )

    provider = Provider.objects.get(name="Northwind")
    assert provider.currency == "USD"
    assert provider.key == "practice"
    assert MarkupRule.objects.get(provider=provider).percent == 30


@pytest.mark.parametrize(
    "arguments",
    [
        ("Northwind", "http://127.0.0.1:9/", "--key", "k"),
        ("Northwind", "no address", "--key", "k", "--currency", "USD"),
        ("Northwind", "http://127.0.0.1:9/", "--key", "k", "--currency", "DOLLAR"),
        ("Northwind", "http://127.0.0.1:9/", "--key", "k", "--markup", "-3"),
        ("Northwind", "http://127.0.0.1:9/", "--key", "k", "--markup", "much"),
        ("Northwind", "http://127.0.0.1:9/", "--key", "k", "--markup", "NaN"),
    ],
    ids=["down", "address", "currency", "markup below zero", "word", "no number"],
)
def test_add_provider_refuses_what_makes_no_sense(
    arguments: tuple[str, ...], settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True

    with pytest.raises(CommandError):
        run("add_provider", *arguments)

    assert not Provider.objects.exists()
    assert not Account.objects.filter(kind="provider").exists()


def test_what_does_not_fit_is_said_field_by_field_in_one_line() -> None:
    arguments = ("", "ftp://northwind.example/", "--key", "k", "--currency", "DOLLAR")

    with pytest.raises(CommandError) as error:
        run("add_provider", *arguments)

    assert "name: This field cannot be blank." in str(error.value)
    assert "currency: Ensure this value has at most 3 characters" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_provider_is_added_once(upstream: Upstream) -> None:
    arguments = ("Northwind", upstream.url, "--key", "practice", "--currency", "USD")
    run("add_provider", *arguments)

    with pytest.raises(CommandError, match="already exists"):
        run("add_provider", *arguments)

    assert Provider.objects.filter(name="Northwind").count() == 1


def test_sync_catalogue_says_what_it_did(upstream: Upstream) -> None:
    lines = run("sync_catalogue", upstream.provider.name)

    assert len(lines) == 1
    assert "63 rows" in lines[0]
    assert "0 new" in lines[0]


def test_sync_catalogue_can_publish(upstream: Upstream) -> None:
    Service.objects.update(active=False)

    run("sync_catalogue", "--publish")

    assert not Service.objects.filter(active=False).exists()


def test_sync_catalogue_publishes_nothing_of_a_reply_that_looks_cut(
    upstream: Upstream,
) -> None:
    Service.objects.update(active=False)
    upstream.vendor.catalogue = Catalogue('[{"service": 1}]')

    with pytest.raises(CommandError, match="no usable service"):
        run("sync_catalogue", "--publish")

    assert not Service.objects.filter(active=True).exists()


def test_sync_catalogue_approves_what_looks_cut_when_it_is_told_to(
    upstream: Upstream,
) -> None:
    first = json.loads(upstream.vendor.catalogue.text)[0]
    upstream.vendor.catalogue = Catalogue(json.dumps([first, {**first, "min": "x"}]))

    with pytest.raises(CommandError, match="looks cut"):
        run("sync_catalogue")
    lines = run("sync_catalogue", "--approve")

    assert "62 withdrawn" in lines[0]
    assert lines[1] == "  rejected: 1 × duplicate_id"


def test_sync_catalogue_can_say_what_it_would_do(upstream: Upstream) -> None:
    first, second, third, *others = json.loads(upstream.vendor.catalogue.text)
    dearer = {**first, "rate": str(Decimal(first["rate"]) * 2)}
    jumped = {**second, "rate": str(Decimal(second["rate"]) * 9)}
    new = {**third, "service": 9999, "name": "Brand new"}
    upstream.vendor.catalogue = Catalogue(json.dumps([dearer, jumped, *others, new]))
    Service.objects.update(active=False)
    before = list(Offer.objects.order_by("id").values())

    lines = run("sync_catalogue", "--dry-run", "--publish")

    for count in ("1 new", "1 changed", "1 withdrawn", "1 quarantined"):
        assert count in lines[0]
    told = [line.strip() for line in lines[1:]]
    rates = f"{plain(Decimal(first['rate']))} → {plain(Decimal(dearer['rate']))}"
    assert told == [
        f"new: 9999 Brand new {plain(Decimal(third['rate']))}",
        f"changed: {first['service']} {first['name'][:60]} {rates}",
        f"gone: {third['service']} {third['name'][:60]}",
        f"quarantined: {told_of(second, jumped)}",
        f"biggest moves: {told_of(second, jumped)}",
        f"biggest moves: {first['service']} {first['name'][:60]} {rates}",
    ]
    assert not Service.objects.filter(active=True).exists()
    assert list(Offer.objects.order_by("id").values()) == before
    assert not Quarantine.objects.exists()


def told_of(before: dict[str, str], after: dict[str, str]) -> str:
    """Return the line about a price that jumped up."""
    rates = [plain(Decimal(row["rate"])) for row in (before, after)]
    about = f"{before['service']} {before['name'][:60]} (the price jumped up)"
    return f"{about} {' → '.join(rates)}"


def test_sync_catalogue_without_a_provider_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="add one: add_provider"):
        run("sync_catalogue")


def test_sync_catalogue_fails_where_a_provider_is_not_known_or_down(
    upstream: Upstream,
) -> None:
    with pytest.raises(CommandError, match="no active provider"):
        run("sync_catalogue", "Somebody")

    Provider.objects.update(url="http://127.0.0.1:9/")
    with pytest.raises(CommandError, match="cannot be reached"):
        run("sync_catalogue")


def test_audit_ends_well_where_all_promises_hold() -> None:
    make_order()

    assert run("audit") == ["All promises hold."]


@pytest.fixture
def edited_balance() -> None:
    customer = make_customer(credit="10")
    Account.objects.filter(customer=customer).update(balance=11)


def test_audit_ends_badly_with_a_line_for_each_broken_promise(
    edited_balance: None,
) -> None:
    with pytest.raises(CommandError, match="1 broken promise"):
        run("audit")


def test_the_staff_are_told_within_a_period_of_a_broken_promise(
    edited_balance: None,
) -> None:
    for _ in range(2):
        audit_task()

    assert "transfers sum to" in Notice.objects.get(user=None).subject


def test_seed_demo_is_refused_outside_the_demo() -> None:
    with pytest.raises(CommandError, match="DEMO"):
        run("seed_demo", "--provider-url", "http://127.0.0.1:9/")

    assert not User.objects.exists()


def test_seed_demo_says_why_it_could_not_fill_the_shop(settings: Settings) -> None:
    settings.DEMO = settings.ALLOW_PRIVATE_ADDRESSES = True

    with pytest.raises(CommandError, match="cannot be reached"):
        run("seed_demo", "--provider-url", "http://127.0.0.1:9/")


def test_the_practice_provider_moves_between_two_starts(
    upstream: Upstream, settings: Settings
) -> None:
    settings.DEMO = True
    run("seed_demo", "--provider-url", upstream.url)

    run("seed_demo", "--provider-url", f"{upstream.url}/")

    assert Provider.objects.get(name="Practice provider").url == f"{upstream.url}/"


@pytest.mark.parametrize(
    "name",
    [
        "add_customer",
        "add_provider",
        "audit",
        "reconcile",
        "replay",
        "seed_demo",
        "sync_catalogue",
    ],
)
def test_every_command_explains_itself_and_each_of_its_options(name: str) -> None:
    command = load_command_class("shop", name)

    assert command.help.endswith(".")
    parser = command.create_parser("manage.py", name)
    assert {action.dest for action in parser._actions if not action.help} == set()


def test_the_practice_provider_has_its_own_command_line() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "sandbox", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    with pytest.raises(SystemExit) as end:
        load_command_class("shop", "sandbox").run_from_argv(
            ["manage.py", "sandbox", "--help"]
        )

    assert end.value.code == 0
    assert "--port" in process.stdout


def test_seed_demo_fills_the_shop_and_may_be_repeated(
    upstream: Upstream, settings: Settings
) -> None:
    settings.DEMO = True

    for _ in range(2):
        run("seed_demo", "--provider-url", upstream.url)

    assert User.objects.get(email=ADMIN).is_superuser
    customer = User.objects.get(email=CUSTOMER)
    assert customer.check_password(PASSWORD)
    assert balance(customer=customer) > 0
    assert Provider.objects.filter(name="Practice provider").count() == 1
