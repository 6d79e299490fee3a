"""Customers in the admin: crediting by hand, once, and who may change whom."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from ledger import actions as ledger
from ledger.enums import TransferKind
from ledger.models import Transfer
from ledger.queries import balance
from orders.models import Order
from shop.admin import page_of
from tests.admin.acting import button_of, list_of, log_in, press, save, text_of
from tests.factories import make_admin, make_customer, make_order, make_service

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]

CREDIT = {"amount": "12.5", "note": "a late delivery", "subject": "77"}


def credits() -> list[Transfer]:
    return list(Transfer.objects.filter(kind=TransferKind.CREDIT))


def grant(user: User, *permissions: str) -> None:
    for permission in permissions:
        app, _, codename = permission.partition(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )


@pytest.fixture
def staff() -> User:
    return make_admin()


@pytest.fixture
def client(staff: User) -> Client:
    return log_in(staff)


@pytest.mark.django_db(transaction=True)
def test_a_credit_goes_through_the_ledger(client: Client, staff: User) -> None:
    customer = make_customer()

    page = press(client, customer, "credit", **CREDIT)

    assert "$12.50 credited to" in text_of(page)
    (transfer,) = credits()
    assert transfer.amount == Decimal("12.5")
    assert transfer.by == staff
    assert transfer.note == "a late delivery"
    assert balance(customer=customer) == Decimal("12.5")


@pytest.mark.django_db(transaction=True)
def test_a_double_click_credits_once(client: Client) -> None:
    customer = make_customer()

    press(client, customer, "credit", **CREDIT)
    page = press(client, customer, "credit", **CREDIT)

    assert "booked already" in text_of(page)
    assert len(credits()) == 1
    assert balance(customer=customer) == Decimal("12.5")


def test_each_form_names_a_credit_of_its_own(client: Client) -> None:
    customer = make_customer()

    def subject() -> Any:
        page = client.get(button_of(customer, "credit"))
        return page.context["form"]["subject"].value()

    assert subject() != subject()


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "abc"},
        {"amount": "0.123456789"},
        {"note": ""},
        {"subject": ""},
    ],
)
def test_a_form_that_does_not_fit_credits_nothing(
    client: Client, wrong: dict[str, str]
) -> None:
    customer = make_customer()

    page = press(client, customer, "credit", **{**CREDIT, **wrong})

    assert page.context["form"].errors
    assert credits() == []


def test_a_credit_is_reversed_once(client: Client, staff: User) -> None:
    customer = make_customer(credit="20")
    (transfer,) = credits()

    press(client, transfer, "reverse", note="a mistake")
    page = press(client, transfer, "reverse", note="a mistake")

    assert balance(customer=customer) == 0
    (reversal,) = Transfer.objects.filter(kind=TransferKind.CREDIT_REVERSAL)
    assert reversal.by == staff
    assert reversal.note == "a mistake"
    assert "bg-red-100" in text_of(page)


def test_a_credit_that_was_spent_is_not_reversed(client: Client) -> None:
    customer = make_customer(credit="5")
    make_order(customer=customer, service=make_service())
    left = balance(customer=customer)
    (transfer,) = credits()

    page = press(client, transfer, "reverse", note="a mistake")

    assert "too low" in text_of(page)
    assert balance(customer=customer) == left
    assert not Transfer.objects.filter(kind=TransferKind.CREDIT_REVERSAL).exists()


def test_only_a_credit_has_the_button_that_reverses(client: Client) -> None:
    order = make_order()
    charge = Transfer.objects.get(kind=TransferKind.ORDER_CHARGE, subject=order.pk)
    (transfer,) = credits()

    assert button_of(charge, "reverse") not in text_of(client.get(page_of(charge)))
    assert button_of(transfer, "reverse") in text_of(client.get(page_of(transfer)))


def test_the_list_shows_balances_and_orders(client: Client) -> None:
    customer = make_customer(credit="20")
    make_order(customer=customer)

    page = text_of(client.get(list_of(User)))

    assert "$18.00" in page
    assert f"customer__id__exact={customer.pk}" in page


def test_the_statement_is_on_the_customers_page(client: Client) -> None:
    customer = make_customer()
    ledger.credit(
        customer=customer, amount=Decimal(7), subject=1, by=None, note="welcome"
    )
    other = make_customer()
    ledger.credit(customer=other, amount=Decimal(8), subject=2, by=None, note="bye")

    page = text_of(client.get(page_of(customer)))

    assert "welcome" in page
    assert "$7.00" in page
    assert "bye" not in page


def test_a_customer_is_added_with_an_address_in_lower_case(client: Client) -> None:
    password = "correct horse battery"
    client.post(
        reverse("admin:accounts_user_add"),
        {"email": "New@Example.com", "password1": password, "password2": password},
    )

    user = User.objects.get(email="new@example.com")
    assert user.check_password(password)
    assert not user.is_staff


def test_an_address_that_is_taken_is_an_error_of_the_form(client: Client) -> None:
    taken = make_customer()
    customer = make_customer()

    page = save(client, customer, email=taken.email.upper())

    assert "email" in page.context["adminform"].form.errors
    customer.refresh_from_db()
    assert customer.email != taken.email


def test_staff_cannot_make_themselves_admins() -> None:
    helper = make_customer(is_staff=True)
    grant(helper, "accounts.view_user", "accounts.change_user")
    browser = log_in(helper)

    save(browser, helper, name="Helper", is_superuser="on", is_staff="on")

    helper.refresh_from_db()
    assert helper.name == "Helper"
    assert not helper.is_superuser


def test_staff_cannot_change_an_admin_or_an_admins_password(staff: User) -> None:
    helper = make_customer(is_staff=True)
    grant(helper, "accounts.view_user", "accounts.change_user")
    browser = log_in(helper)
    before = User.objects.get(pk=staff.pk).password

    new = {"password1": "another long one", "password2": "another long one"}
    url = reverse("admin:auth_user_password_change", args=[staff.pk])

    assert browser.post(page_of(staff), {"email": "me@example.com"}).status_code == 403
    assert browser.post(url, new).status_code == 403
    assert User.objects.get(pk=staff.pk).password == before


def test_orders_of_one_customer_are_a_click_away(client: Client) -> None:
    order = make_order()
    make_order()

    page = client.get(f"{list_of(Order)}?customer__id__exact={order.customer_id}")

    assert [row.pk for row in page.context["cl"].result_list] == [order.pk]


def test_staff_freeze_and_free_a_customer(client: Client) -> None:
    customer = make_customer()

    press(client, customer, "freeze", note="somebody else's card")
    customer.refresh_from_db()
    assert (customer.frozen_at is not None, customer.frozen_for) == (
        True,
        "somebody else's card",
    )
    page = text_of(client.get(page_of(customer)))
    assert "somebody else&#x27;s card" in page
    assert button_of(customer, "freeze") not in page

    press(client, customer, "unfreeze")
    customer.refresh_from_db()
    assert (customer.frozen_at, customer.frozen_for) == (None, "")
