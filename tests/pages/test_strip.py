"""What stands above the choice of a service."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders.models import Order
from provider.models import Service
from tests.factories import make_customer, make_order, make_provider, make_service

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]


@pytest.fixture
def alice() -> User:
    return make_customer("alice@example.com", credit="100")


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def test_visitors_choose_without_it(client: Client) -> None:
    response = client.get("/orders/new/")
    assert response.context["strip"] is None
    assert "At a glance" not in response.content.decode()


def test_a_new_customer_sees_nothing_spent(alice: User) -> None:
    response = signed_in(alice).get("/orders/new/")
    shown = response.context["strip"]
    assert (shown.open, shown.spent, shown.moves) == (0, 0, [])
    assert [bar.height for bar in shown.bars] == [1] * 14
    assert "<rect" not in response.content.decode()


def test_what_was_spent_is_told_by_day(alice: User) -> None:
    before, canceled, *_today = (make_order(alice) for _ in range(4))
    own = Order.objects
    own.filter(pk=before.pk).update(created_at=Now() - timedelta(days=3), charge=4)
    own.filter(pk=canceled.pk).update(
        refunded=2, status="canceled", finished_at=Now(), next_at=None
    )
    make_order(make_customer(credit="100"))
    response = signed_in(alice).get("/orders/new/")
    shown = response.context["strip"]
    assert (shown.open, shown.spent) == (3, Decimal(8))
    assert [bar.spent for bar in shown.bars if bar.spent] == [4, 4]
    assert [bar.height for bar in shown.bars if bar.spent] == [32, 32]
    assert "<rect" in response.content.decode()


def test_older_orders_are_left_out(alice: User) -> None:
    old = make_order(alice)
    Order.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=15))
    make_order(alice)
    shown = signed_in(alice).get("/orders/new/").context["strip"]
    assert shown.spent == 2


def test_new_prices_of_what_they_use_are_told(alice: User) -> None:
    order = make_order(alice)
    other = make_service()
    Service.objects.filter(pk__in=[order.service_id, other.pk]).update(price="3")
    Service.objects.filter(pk=order.service_id).update(price="1.5")
    response = signed_in(alice).get("/orders/new/")
    (move,) = response.context["strip"].moves
    assert (move.service, move.rose) == (order.service, False)
    assert (move.old, move.new) == (3, Decimal("1.5"))
    assert "went down to" in response.content.decode()


def test_it_takes_the_same_queries_however_much_was_ordered(alice: User) -> None:
    client, provider = signed_in(alice), make_provider()

    def queries(count: int) -> int:
        for _ in range(count):
            make_order(alice, make_service(provider))
        Service.objects.update(price=Decimal(2 + count))
        with CaptureQueriesContext(connection) as caught:
            client.get("/orders/new/")
        return len(caught)

    queries(1)
    assert queries(1) == queries(3)


def test_a_service_is_chosen_without_a_page_load(client: Client) -> None:
    service = make_service(name="Film")
    part = client.get(f"/services/{service.pk}/", headers={"HX-Request": "true"})
    page = part.content.decode()
    assert "<title>Film · Magpie</title>" in page
    assert 'id="chosen"' in page
    assert "<html" not in page
    found = client.get("/orders/new/?q=film").content.decode()
    assert f'hx-get="/services/{service.pk}/"' in found
    assert f'href="/services/{service.pk}/"' in found
