"""Our book of a provider follows its balance, over real HTTP."""

from decimal import Decimal

import pytest
from django.utils import timezone

from orders import actions
from orders.models import Order
from orders.replaying import Verdict, replay
from provider import actions as providers
from provider.models import Service
from tests.factories import make_customer
from tests.fixtures import Upstream
from tests.orders.bookkeeping import of_today, pass_a_day, send_funds

pytestmark = pytest.mark.django_db(transaction=True)


def buy(upstream: Upstream, ending: str) -> Order:
    service = Service.objects.filter(type="default", active=True, off_reason="")[0]
    order = actions.place_order(
        customer=make_customer(credit="1000"),
        service_id=service.pk,
        raw={
            "link": f"https://example.com/film#{ending}",
            "quantity": str(service.min * 3),
        },
    )
    actions.submit(order_id=order.pk)
    return order


def follow(upstream: Upstream) -> None:
    Order.objects.update(next_at=timezone.now())
    actions.track(provider_id=upstream.provider.pk)


def read_balance(upstream: Upstream) -> None:
    providers.read_balance(provider=upstream.provider)
    actions.close_books()


def test_the_books_agree_through_every_end_of_an_order_over_two_days(
    upstream: Upstream,
) -> None:
    read_balance(upstream)
    pass_a_day()
    for ending in ("complete", "partial=10", "cancel"):
        buy(upstream, ending)
    read_balance(upstream)
    assert of_today(upstream.provider).rest == 0
    pass_a_day()

    upstream.clock.forward(110)
    follow(upstream)
    upstream.vendor.deposit(Decimal(25))
    send_funds(upstream.provider, "25")
    read_balance(upstream)

    found = of_today(upstream.provider)
    assert (found.funds, found.rest, found.differ) == (25, 0, False)
    assert found.book_movement == found.balance_movement
    assert found.cost < 0
    assert {reading.verdict for reading in replay()} == {Verdict.SAME}


def test_what_is_taken_for_no_order_of_ours_is_the_rest(upstream: Upstream) -> None:
    read_balance(upstream)
    pass_a_day()
    order = buy(upstream, "complete")
    upstream.vendor.deposit(Decimal("-0.5"))

    read_balance(upstream)

    found = of_today(upstream.provider)
    assert found.rest == Decimal("-0.5")
    assert list(found.differences) == []
    assert Order.objects.get(pk=order.pk).submission == "accepted"
