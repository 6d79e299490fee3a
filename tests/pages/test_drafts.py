"""A balance that is too low: the form is kept, funds are added, and it goes on."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from orders.models import Draft, Order
from payments.gateways.protocol import State
from tests.factories import LINK, make_customer, make_service
from tests.payments.paying import begin, tell

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]

FILLED = {"link": LINK, "quantity": "10000", "reference": "Spring"}


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="1")


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def test_what_is_missing_is_offered_as_one_button(alice: User) -> None:
    service = make_service()
    page = signed_in(alice).post(f"/services/{service.pk}/price/", FILLED)
    assert "Add $19.00 and order" in page.content.decode()


def test_the_form_is_kept_and_the_amount_is_filled_in(alice: User) -> None:
    service = make_service()
    client = signed_in(alice)
    response = client.post(f"/services/{service.pk}/keep/", FILLED)
    draft = Draft.objects.get()
    assert response.url == f"/funds/?draft={draft.pk}"
    assert (draft.service, draft.charge) == (service, Decimal(20))
    page = client.get(response.url)
    assert page.context["form"]["amount"].value() == "19"
    assert f"Your order of “{service.name}” is kept." in page.content.decode()


def test_the_kept_form_comes_back_filled_and_priced_and_orders_nothing(
    alice: User,
) -> None:
    service = make_service()
    client = signed_in(alice)
    client.post(f"/services/{service.pk}/keep/", FILLED)
    draft = Draft.objects.get()
    page = client.get(f"/services/{service.pk}/?draft={draft.pk}")
    form = page.context["form"]
    assert {name: form[name].value() for name in FILLED} == FILLED
    assert page.context["quote"].charge == Decimal(20)
    assert f'name="draft" value="{draft.pk}"' in page.content.decode()
    assert Order.objects.count() == 0


def test_ordering_it_forgets_it(alice: User) -> None:
    service = make_service()
    client = signed_in(alice)
    client.post(f"/services/{service.pk}/keep/", FILLED)
    small = {**FILLED, "quantity": "100", "draft": str(Draft.objects.get().pk)}
    client.post(f"/services/{service.pk}/", small)
    assert Order.objects.get().reference == "Spring"
    assert Draft.objects.count() == 0


def test_what_bob_kept_fills_no_form_of_alice(alice: User) -> None:
    service = make_service()
    bob = signed_in(make_customer(credit="1"))
    bob.post(f"/services/{service.pk}/keep/", FILLED)
    number = Draft.objects.get().pk
    client = signed_in(alice)
    page = client.get(f"/services/{service.pk}/?draft={number}")
    assert page.context["form"]["link"].value() is None
    assert client.get(f"/funds/?draft={number}").context["draft"] is None
    client.post(
        f"/services/{service.pk}/",
        {**FILLED, "quantity": "100", "draft": str(number)},
    )
    assert Draft.objects.count() == 1


def test_a_draft_fills_the_form_of_its_own_service_only(alice: User) -> None:
    service, other = make_service(), make_service()
    client = signed_in(alice)
    client.post(f"/services/{service.pk}/keep/", FILLED)
    page = client.get(f"/services/{other.pk}/?draft={Draft.objects.get().pk}")
    assert page.context["form"]["link"].value() is None


def test_a_form_without_a_price_is_not_kept(alice: User) -> None:
    service = make_service()
    page = signed_in(alice).post(f"/services/{service.pk}/keep/", {"link": LINK})
    assert page.status_code == 200
    assert Draft.objects.count() == 0


def test_a_visitor_keeps_nothing(client: Client) -> None:
    service = make_service()
    response = client.post(f"/services/{service.pk}/keep/", FILLED)
    assert response.url.startswith("/account/login/")
    assert Draft.objects.count() == 0


def test_the_way_to_order_names_what_waits(alice: User) -> None:
    service = make_service()
    client = signed_in(alice)
    assert "Your order is waiting" not in client.get("/orders/new/").content.decode()
    client.post(f"/services/{service.pk}/keep/", FILLED)
    page = client.get("/orders/new/").content.decode()
    assert re.search(rf'href="/services/{service.pk}/\?draft=\d+"', page)


def test_the_page_of_a_payment_that_arrived_leads_on_to_what_waits(
    alice: User, settings: Settings
) -> None:
    settings.DEMO = True
    service = make_service()
    client = signed_in(alice)
    client.post(f"/services/{service.pk}/keep/", FILLED)
    top_up = begin(alice, "19")
    address = f"/services/{service.pk}/?draft={Draft.objects.get().pk}"
    assert address not in client.get(f"/funds/{top_up.pk}/").content.decode()
    tell(top_up, State.PAID)
    assert address in client.get(f"/funds/{top_up.pk}/").content.decode()
    # It orders nothing by itself.
    assert Order.objects.count() == 0
