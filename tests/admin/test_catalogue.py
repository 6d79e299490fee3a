"""Services, rules and rates in the admin: whatever is saved re-prices, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from provider import actions
from provider.enums import RuleScope
from provider.models import Category, ExchangeRate, MarkupRule, Service
from shop.admin import page_of
from tests.admin.acting import button_of, list_of, log_in, press, save, text_of
from tests.admin.rows import is_due, read_tomorrow
from tests.factories import make_admin, make_customer, make_provider, make_service

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]

RULE = {
    "scope": "everything",
    "percent": "50",
    "fixed": "0",
    "step": "0.01",
    "rounding": "up",
    "minimum_margin": "0",
}


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def add_rule(client: Client, **changes: Any) -> Any:
    return client.post(list_of(MarkupRule) + "add/", {**RULE, **changes}, follow=True)


@contextmanager
def nothing_but_a_preview() -> Iterator[None]:
    """Fail where a row of the admin's history, or of any rule, stays."""
    before = (LogEntry.objects.count(), MarkupRule.objects.count())
    yield
    assert (LogEntry.objects.count(), MarkupRule.objects.count()) == before


def price_of(service: Service) -> Decimal | None:
    service.refresh_from_db()
    return service.price


def test_a_new_rule_prices_the_catalogue(client: Client) -> None:
    service = make_service()

    page = add_rule(client)

    assert "1 service has a new price or state." in text_of(page)
    assert price_of(service) == Decimal("1.5")


def test_a_changed_and_a_deleted_rule_price_again(client: Client) -> None:
    service = make_service()
    add_rule(client)
    rule = MarkupRule.objects.get()

    save(client, rule, percent="80")
    assert price_of(service) == Decimal("1.8")

    client.post(list_of(MarkupRule) + f"{rule.pk}/delete/", {"post": "yes"})
    assert not MarkupRule.objects.exists()
    assert price_of(service) == Decimal("1.3")


def test_a_rule_is_previewed_before_it_is_saved(client: Client) -> None:
    service = make_service()
    actions.reprice()

    with nothing_but_a_preview():
        page = add_rule(client, _preview="1")

    text = text_of(page)
    assert "Nothing is saved yet" in text
    assert all(part in text for part in ("$1.30", "$1.50", "+15.38 %", "50 %"))
    assert page.context["adminform"].form["percent"].value() == "50"
    assert page.context["errors"] == []
    assert not MarkupRule.objects.exists()
    assert price_of(service) == Decimal("1.3")


def test_a_changed_rule_is_previewed_and_stays_as_it_was(client: Client) -> None:
    service = make_service()
    add_rule(client)
    rule = MarkupRule.objects.get()

    page = client.post(page_of(rule), {**RULE, "percent": "80", "_preview": "1"})

    assert "+20 %" in text_of(page)
    rule.refresh_from_db()
    assert rule.percent == 50
    assert price_of(service) == Decimal("1.5")


def test_a_rule_that_makes_no_sense_is_not_previewed(client: Client) -> None:
    page = add_rule(client, scope="service", _preview="1")

    assert "Choose what the rule is about." in text_of(page)
    assert "Nothing is saved yet" not in text_of(page)


def test_who_may_not_change_rules_has_no_preview() -> None:
    reader = make_customer(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_markuprule"))
    rule = MarkupRule.objects.create(scope="everything")

    for address in (list_of(MarkupRule) + "add/", page_of(rule)):
        page = log_in(reader).post(address, {**RULE, "_preview": "1"})
        assert page.status_code == 403


def test_a_rule_keeps_only_what_its_scope_names(client: Client) -> None:
    service = make_service()

    add_rule(client, scope="service", service=service.pk, category=service.category_id)

    rule = MarkupRule.objects.get()
    assert (rule.scope, rule.service, rule.category) == (
        RuleScope.SERVICE,
        service,
        None,
    )


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("provider", {"scope": "provider"}),
        ("percent", {"percent": "-1"}),
        ("step", {"step": "0"}),
        ("fixed", {"fixed": "0.123456789"}),
    ],
)
def test_a_rule_that_does_not_fit_changes_no_price(
    client: Client, field: str, changes: dict[str, str]
) -> None:
    service = make_service()

    page = add_rule(client, **changes)

    assert field in page.context["adminform"].form.errors
    assert not MarkupRule.objects.exists()
    assert price_of(service) == Decimal(2)


def test_there_is_one_rule_for_everything(client: Client) -> None:
    add_rule(client)

    page = add_rule(client, percent="60")

    assert "There is a rule for this already." in text_of(page)
    assert MarkupRule.objects.get().percent == 50


def test_a_rate_of_exchange_is_added_and_prices(client: Client) -> None:
    service = make_service(provider=make_provider(currency="EUR"))

    client.post(list_of(ExchangeRate) + "add/", {"base": "eur", "rate": "2"})

    rate = ExchangeRate.objects.get()
    assert (rate.base, rate.quote) == ("EUR", "USD")
    assert price_of(service) == Decimal("2.6")
    assert client.post(list_of(ExchangeRate) + f"{rate.pk}/change/").status_code == 403
    assert client.post(list_of(ExchangeRate) + f"{rate.pk}/delete/").status_code == 403


@pytest.mark.parametrize(
    ("base", "rate"), [("USD", "2"), ("EU", "2"), ("EUR", "0"), ("EUR", "-1")]
)
def test_a_rate_that_does_not_fit_is_not_added(
    client: Client, base: str, rate: str
) -> None:
    page = client.post(list_of(ExchangeRate) + "add/", {"base": base, "rate": rate})

    assert page.context["adminform"].form.errors
    assert not ExchangeRate.objects.exists()


def test_what_staff_write_is_remembered_and_priced(client: Client) -> None:
    service = make_service()

    save(client, service, name="Better subtitles", fixed_price="4", refill=None)

    assert price_of(service) == Decimal(4)
    assert service.name == "Better subtitles"
    assert service.refill is False
    assert service.set_by_hand == ["fixed_price", "name", "refill"]


def test_saving_a_service_leaves_what_moved_meanwhile(client: Client) -> None:
    service = make_service()
    Service.objects.filter(pk=service.pk).update(average_time="2 hours")

    save(client, service, min="20")

    service.refresh_from_db()
    assert (service.min, service.average_time) == (20, "2 hours")
    assert service.set_by_hand == ["min"]


def test_limits_out_of_order_are_an_error_of_the_form(client: Client) -> None:
    service = make_service()

    page = save(client, service, min="100", max="50")

    assert page.context["adminform"].form.errors
    service.refresh_from_db()
    assert (service.min, service.max) == (10, 10_000)
    assert service.set_by_hand == []


def test_resetting_forgets_what_was_set_by_hand_and_asks_the_provider(
    client: Client,
) -> None:
    provider = make_provider()
    service = make_service(provider=provider)
    save(client, service, name="Better subtitles")
    read_tomorrow(provider)

    press(client, service, "reset")

    service.refresh_from_db()
    assert service.set_by_hand == []
    assert is_due(provider)


def test_a_field_that_was_set_by_hand_says_so_and_is_reset_alone(
    client: Client,
) -> None:
    service = make_service(offer={"name": "Theirs"})
    save(client, service, name="Ours", average_time="1 hour")

    page = text_of(client.get(page_of(service)))
    assert page.count("Set by hand.") == 2
    assert f"{button_of(service, 'reset_field')}?field=name" in page
    dialog = client.get(f"{button_of(service, 'reset_field')}?field=name")
    assert 'value="name" selected' in text_of(dialog)
    press(client, service, "reset_field", field="name")

    service.refresh_from_db()
    assert (service.name, service.average_time) == ("Theirs", "1 hour")
    assert service.set_by_hand == ["average_time"]


def test_chosen_services_are_switched_on_and_off(client: Client) -> None:
    one, two = make_service(active=False), make_service(active=False)

    def choose(action: str) -> str:
        chosen = {"action": action, "_selected_action": [one.pk]}
        return text_of(client.post(list_of(Service), chosen, follow=True))

    assert "1 service switched." in choose("publish")
    assert list(Service.objects.filter(active=True)) == [one]
    choose("unpublish")
    assert not Service.objects.filter(active=True).exists()
    assert not Service.objects.get(pk=two.pk).active


def test_the_list_shows_cost_and_margin_at_the_newest_rate(client: Client) -> None:
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=Decimal("1.9"))
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=Decimal("1.25"))
    make_service(provider=make_provider(currency="EUR"))

    page = text_of(client.get(list_of(Service)))

    assert "$1.25" in page
    assert "$0.75 (60 %)" in page


def test_staff_say_how_long_and_how_often_a_service_is_refilled(
    client: Client,
) -> None:
    service = make_service()

    save(client, service, refill_days="30", refill_hours="0")
    service.refresh_from_db()
    assert (service.refill_days, service.refill_hours) == (30, 0)
    assert service.set_by_hand == ["refill_days", "refill_hours"]

    save(client, service, refill_days=None, refill_hours=None)
    service.refresh_from_db()
    assert (service.refill_days, service.refill_hours) == (None, None)


def test_a_service_without_a_rate_of_exchange_has_no_cost(client: Client) -> None:
    make_service(
        provider=make_provider(currency="EUR"), price=None, off_reason="price_check"
    )

    page = client.get(list_of(Service))

    assert page.status_code == 200
    assert page.context["cl"].result_list[0].cost is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sale=yes", {"on sale"}),
        ("sale=off", {"off"}),
        ("sale=waiting", {"waiting"}),
        ("q=waiting", {"waiting"}),
    ],
)
def test_services_are_filtered_by_what_is_sold(
    client: Client, query: str, names: set[str]
) -> None:
    make_service(name="on sale")
    make_service(name="off", active=False)
    make_service(name="waiting", off_reason="withdrawn")

    page = client.get(f"{list_of(Service)}?{query}")

    assert {service.name for service in page.context["cl"].result_list} == names


def test_services_are_filtered_by_provider(client: Client) -> None:
    provider = make_provider()
    service = make_service(provider=provider)
    make_service()

    query = f"routes__offer__provider__id__exact={provider.pk}"
    page = client.get(f"{list_of(Service)}?{query}")

    assert [row.pk for row in page.context["cl"].result_list] == [service.pk]


def test_a_category_with_services_is_not_deleted(client: Client) -> None:
    service = make_service()

    client.post(list_of(Category) + f"{service.category_id}/delete/", {"post": "yes"})

    assert Category.objects.get() == service.category
