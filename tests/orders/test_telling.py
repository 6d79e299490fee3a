"""What customers are told of their orders, and what they are spared."""

from decimal import Decimal

import pytest
from django.core import mail
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from ledger.queries import balance
from notices import actions as notices
from notices.enums import Kind, Mail
from notices.models import Notice
from orders.actions.telling import tell_customers
from orders.enums import Source
from orders.models import Order
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_customer, make_order
from tests.notices.saying import want
from tests.orders.acting import Script, accepted, completed, says, tracked

pytestmark = pytest.mark.django_db(transaction=True)

HALF = says(UpstreamStatus.PARTIAL, charge="0.5", remains=500)
CANCELED = says(UpstreamStatus.CANCELED, charge="0")


def told(customer: User) -> list[tuple[str, str]]:
    found = Notice.objects.filter(user=customer).order_by("id")
    return list(found.values_list("kind", "subject"))


def test_who_wants_to_is_told_of_a_finished_order(script: Script) -> None:
    customer = make_customer(credit="10")
    want(customer, Kind.ORDER_FINISHED, Mail.NOW)
    order = accepted(script, make_order(customer))

    tracked(script, order, says(UpstreamStatus.COMPLETED, charge="1"))

    assert told(customer) == [("order_finished", f"Order {order.pk} is finished")]
    assert notices.send_due() == 1
    assert f"/orders/{order.pk}/" in mail.outbox[0].body


def test_nobody_else_is(script: Script) -> None:
    order = completed(script)

    assert told(order.customer) == []


@pytest.mark.parametrize(
    ("row", "kind"), [(HALF, "order_partial"), (CANCELED, "order_canceled")]
)
def test_an_order_that_ends_early_says_so_by_mail(
    script: Script, row: object, kind: str
) -> None:
    order = tracked(script, accepted(script), row)  # type: ignore[arg-type]

    notice = Notice.objects.get(user=order.customer)
    assert (notice.kind, notice.url) == (kind, f"/orders/{order.pk}/")
    assert notice.mail_at is not None


def test_a_refund_after_the_end_is_another_kind(script: Script) -> None:
    order = tracked(script, completed(script), HALF)

    assert balance(customer=order.customer) == 99
    assert told(order.customer) == [
        ("order_refunded", f"Order {order.pk}: $1.00 refunded")
    ]


def test_each_further_refund_is_told_of_and_none_twice(script: Script) -> None:
    order = tracked(script, accepted(script), HALF)
    more = says(UpstreamStatus.PARTIAL, charge="0.2", remains=800)

    for row in (more, more):
        order = tracked(script, order, row)

    assert order.refunded == Decimal("1.6")
    assert told(order.customer) == [
        ("order_partial", f"Order {order.pk}: $1.00 refunded"),
        ("order_refunded", f"Order {order.pk}: $1.60 refunded"),
    ]


def test_a_programs_orders_are_told_of_in_the_shop_alone(script: Script) -> None:
    order = accepted(script)
    want(order.customer, Kind.ORDER_FINISHED, Mail.DAILY)
    Order.objects.filter(pk=order.pk).update(source=Source.API)

    tracked(script, order, HALF)

    notice = Notice.objects.get(user=order.customer)
    assert notice.in_shop
    assert (notice.mail_at, notice.digest_at) == (None, None)


def test_three_orders_take_as_many_statements_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    orders = [make_order() for _ in range(3)]
    for order in orders:
        order.refunded = Decimal(1)
    # Who they are and what they want; and what they are told.
    for told in (orders[:1], orders):
        with transaction.atomic(), django_assert_num_queries(2):
            tell_customers(told)
