"""Services, prices and rules as files: looked at first, then taken, or refused."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model
from django.test import Client

from accounts.models import User
from provider.actions import reprice_in_transaction
from provider.models import MarkupRule, Service
from tests.admin.acting import list_of, log_in, text_of
from tests.factories import make_admin, make_service

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]

SERVICES, PRICES = "0", "1"
NOT_COLUMNS = {"resource", "format", "export_items"}


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def export(client: Client, model: type[Model], resource: str = SERVICES) -> str:
    """Return all rows of a list as CSV."""
    page = client.get(list_of(model) + "export/")
    form = page.context["form"]
    fields = {name: "on" for name in form.fields if name not in NOT_COLUMNS}
    data = {**fields, "resource": resource, "format": "0"}
    return text_of(client.post(list_of(model) + "export/", data)).removeprefix("\ufeff")


def look(
    client: Client, model: type[Model], text: str, resource: str = SERVICES
) -> Any:
    """Bring a file; return the page that shows what it would change."""
    file = SimpleUploadedFile("table.csv", text.encode("utf-8-sig"), "text/csv")
    data = {"import_file": file, "format": "0", "resource": resource}
    return client.post(list_of(model) + "import/", data)


def take(client: Client, model: type[Model], page: Any) -> Any:
    """Agree to what a page has shown."""
    confirm = page.context["confirm_form"]
    return client.post(list_of(model) + "process_import/", confirm.initial, follow=True)


def changed(text: str, service: Service, column: str, value: str) -> str:
    """Return an exported table with one cell of a service's row written anew."""
    header, *rows = text.strip().split("\r\n")
    place = header.split(",").index(column)
    for number, row in enumerate(rows):
        cells = row.split(",")
        if cells[0] == str(service.pk):
            cells[place] = value
            rows[number] = ",".join(cells)
    return "\r\n".join([header, *rows]) + "\r\n"


def test_what_was_exported_changes_nothing_when_it_comes_back(client: Client) -> None:
    make_service(name="=1+1", description="One, two\nthree")
    with transaction.atomic():
        reprice_in_transaction()
    before = list(Service.objects.values())

    table = export(client, Service)
    page = look(client, Service, table)

    assert "'=1+1" in table
    assert not page.context["result"].has_errors()
    assert page.context["result"].totals["skip"] == 1
    take(client, Service, page)
    assert list(Service.objects.values()) == before


def test_a_file_is_shown_first_and_taken_then(client: Client) -> None:
    service, other = make_service(), make_service()
    table = changed(export(client, Service), service, "name", "Captions")

    page = look(client, Service, table)

    assert "Captions" in re.sub(r"<[^>]*>", "", text_of(page))
    service.refresh_from_db()
    assert service.name != "Captions"
    take(client, Service, page)
    service.refresh_from_db()
    other.refresh_from_db()
    assert (service.name, service.set_by_hand) == ("Captions", ["name"])
    assert other.set_by_hand == []


def test_a_fixed_price_is_taken_and_prices_again(client: Client) -> None:
    service = make_service()
    table = f"id,fixed_price\r\n{service.pk},7.5\r\n"

    take(client, Service, look(client, Service, table, PRICES))

    service.refresh_from_db()
    assert (service.fixed_price, service.price) == (Decimal("7.5"), Decimal("7.5"))


def test_a_price_below_cost_is_not_sold_at(client: Client) -> None:
    service = make_service()

    take(
        client,
        Service,
        look(client, Service, f"id,fixed_price\r\n{service.pk},0.5\r\n", PRICES),
    )

    service.refresh_from_db()
    assert service.off_reason == "price_check"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("id", "999999", "There is no service 999999."),
        ("id", "abc", "“abc” is no number."),
        ("id", "9" * 30, "There is no service 9999"),
        ("name", "", "A name has 1 to 1,000 characters."),
        ("category", "Nowhere", "There is no “Nowhere”."),
        ("min", "0", "The minimum is above zero and not above the maximum."),
        ("min", "", "The minimum is above zero and not above the maximum."),
        ("max", "9999999999", "The minimum is above zero and not above the maximum."),
        ("max", "many", "“many” is no number."),
        ("fixed_price", "-1", "A price is above zero and has at most 8 decimals."),
        ("fixed_price", "NaN", "“NaN” is no number."),
        ("fixed_price", "1.123456789", "A price is above zero and has at most 8"),
        ("refill_days", "40000", "This number is too large or below zero."),
        ("active", "", "Write 1 for yes or 0 for no."),
    ],
)
def test_a_row_with_a_mistake_is_named_and_nothing_is_written(
    client: Client, column: str, value: str, message: str
) -> None:
    good, bad = make_service(), make_service()
    before = list(Service.objects.order_by("id").values())
    table = changed(export(client, Service), good, "name", "Captions")

    page = look(client, Service, changed(table, bad, column, value))

    assert message in text_of(page)
    assert "confirm_form" not in page.context
    assert list(Service.objects.order_by("id").values()) == before


def test_rules_come_and_change_by_file(client: Client) -> None:
    make_service()
    rule = MarkupRule.objects.create(scope="everything", percent=10)
    table = (
        "id,scope,category,percent,fixed,step,minimum_margin\r\n"
        f"{rule.pk},everything,,30,0,0.01,0\r\n"
        ",category,Subtitles,80,0,0.01,0\r\n"
    )

    page = look(client, MarkupRule, table)
    assert MarkupRule.objects.count() == 1
    take(client, MarkupRule, page)

    percents = MarkupRule.objects.order_by("id").values_list("scope", "percent")
    assert list(percents) == [("everything", 30), ("category", 80)]
    assert Service.objects.get().price == Decimal("1.8")


@pytest.mark.parametrize(
    "row",
    [
        "99,everything,,30,0,0.01,0",
        ",category,,30,0,0.01,0",
        ",everything,,-5,0,0.01,0",
        ",everything,,30,0,0,0",
    ],
)
def test_a_rule_that_cannot_be_is_refused(client: Client, row: str) -> None:
    header = "id,scope,category,percent,fixed,step,minimum_margin"

    page = look(client, MarkupRule, f"{header}\r\n{row}\r\n")

    assert "confirm_form" not in page.context
    assert MarkupRule.objects.count() == 0


def test_who_may_only_look_brings_no_file() -> None:
    viewer = User.objects.create_user("viewer@example.com", is_staff=True)
    service = make_service()

    page = look(log_in(viewer), Service, f"id,fixed_price\r\n{service.pk},9\r\n")

    assert page.status_code == 403
    service.refresh_from_db()
    assert service.fixed_price is None
