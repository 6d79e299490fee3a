"""Every page of the admin opens, for those who may, and shows no secret."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from ledger.queries import balance
from orders.models import Order
from provider.models import Service
from shop.admin import page_of
from tests.admin.acting import (
    button_of,
    buttons,
    list_of,
    log_in,
    nothing_is_written,
    press,
    text_of,
)
from tests.admin.rows import KEY, add_event, make_one_of_everything
from tests.factories import make_admin, make_customer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
WITH_BUTTONS = [(model, name) for model in MODELS for name in buttons(model)]


def name_of(value: object) -> str:
    return value._meta.label if isinstance(value, type(Model)) else str(value)


@pytest.fixture
def client() -> Client:
    make_one_of_everything()
    return log_in(make_admin())


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_every_list_and_row_opens_and_shows_no_key(
    model: type[Model], client: Client
) -> None:
    row = model.objects.latest("pk")
    addresses = [list_of(model), f"{list_of(model)}?q=1", page_of(row)]
    if admin.site._registry[model].has_add_permission(client.get("/").wsgi_request):
        addresses.append(list_of(model) + "add/")

    with nothing_is_written():
        pages = [client.get(address) for address in addresses]

    assert [page.status_code for page in pages] == [200] * len(addresses)
    assert [page for page in pages if KEY in text_of(page)] == []


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_list_of_three_asks_as_often_as_a_list_of_one(
    model: type[Model], client: Client
) -> None:
    client.get(list_of(model))
    with CaptureQueriesContext(connection) as one:
        client.get(list_of(model))
    make_one_of_everything()
    make_one_of_everything()
    with CaptureQueriesContext(connection) as three:
        client.get(list_of(model))

    assert len(three) == len(one)


def test_an_order_with_a_long_history_asks_as_often_as_one_with_a_short(
    client: Client,
) -> None:
    order = Order.objects.get()
    add_event(order)
    client.get(page_of(order))
    with CaptureQueriesContext(connection) as short:
        client.get(page_of(order))
    add_event(order)
    add_event(order)
    with CaptureQueriesContext(connection) as long:
        client.get(page_of(order))

    assert len(long) == len(short)


@pytest.mark.parametrize(("model", "name"), WITH_BUTTONS, ids=name_of)
def test_following_a_button_only_asks(
    model: type[Model], name: str, client: Client
) -> None:
    row = model.objects.latest("pk")

    with nothing_is_written():
        page = client.get(button_of(row, name))

    assert page.status_code == 200
    assert 'method="post"' in text_of(page)
    assert "csrfmiddlewaretoken" in text_of(page)


@pytest.mark.parametrize(("model", "name"), WITH_BUTTONS, ids=name_of)
def test_a_button_without_its_dialog_does_nothing(
    model: type[Model], name: str, client: Client
) -> None:
    row = model.objects.latest("pk")

    with nothing_is_written():
        page = client.post(button_of(row, name), {"note": "sent by another site"})

    assert page.status_code == 200


@pytest.mark.parametrize(("model", "name"), WITH_BUTTONS, ids=name_of)
def test_a_button_refuses_a_post_without_the_token(
    model: type[Model], name: str, client: Client
) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.get(is_superuser=True))
    row = model.objects.latest("pk")

    with nothing_is_written():
        page = careful.post(button_of(row, name), {"_form_submitted": "on"})

    assert page.status_code == 403


@pytest.mark.parametrize(("model", "name"), WITH_BUTTONS, ids=name_of)
def test_staff_without_the_permission_have_no_button(
    model: type[Model], name: str, client: Client
) -> None:
    looker = make_customer(is_staff=True)
    options = model._meta
    looker.user_permissions.add(
        Permission.objects.get(
            content_type__app_label=options.app_label,
            codename=f"view_{options.model_name}",
        )
    )
    browser = log_in(looker)
    row = model.objects.latest("pk")

    page = browser.get(page_of(row))
    assert page.status_code == 200
    assert button_of(row, name) not in text_of(page)
    with nothing_is_written():
        assert press(browser, row, name).status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_who_is_not_logged_in_gets_the_log_in_page(
    model: type[Model], client: Client
) -> None:
    page = Client().get(list_of(model), follow=True)

    assert page.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_customers_are_turned_away(client: Client) -> None:
    customer = log_in(make_customer())

    assert customer.get(list_of(Order), follow=True).status_code == 403
    assert customer.get(reverse("admin:index"), follow=True).status_code == 403


def test_rows_that_actions_write_cannot_be_saved(client: Client) -> None:
    order = Order.objects.get()
    before = balance(customer=order.customer)

    with nothing_is_written():
        page = client.post(page_of(order), {"status": "completed", "charge": "0"})

    assert page.status_code == 403
    assert balance(customer=order.customer) == before


def test_nobody_deletes_a_service_or_many_rows_at_once(client: Client) -> None:
    service = Service.objects.get()

    assert client.post(page_of(service).replace("change", "delete")).status_code == 403
    client.post(
        list_of(Service), {"action": "delete_selected", "_selected_action": service.pk}
    )
    assert Service.objects.filter(pk=service.pk).exists()
