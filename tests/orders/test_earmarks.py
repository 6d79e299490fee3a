"""Money that may be spent on some categories only."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from ledger.queries import balance
from orders import actions
from orders.earmarks import left_of
from orders.errors import EarmarkedError
from orders.models import Earmark, Order
from provider.models import Category, Service
from tests.factories import make_customer, make_order, make_service
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def inside() -> Service:
    """Return a service that earmarked money may be spent on, at 2.00 for an order."""
    return make_service(category=Category.objects.create(name="Translations"))


@pytest.fixture
def outside() -> Service:
    return make_service(category=Category.objects.create(name="Voices"))


def mark(customer: User, amount: str, *services: Service, source: str = "card") -> None:
    with transaction.atomic():
        actions.earmark(
            customer_id=customer.pk,
            source=source,
            amount=Decimal(amount),
            category_ids=[service.category_id for service in services],
        )


def refused(customer: User, service: Service) -> str:
    before = (balance(customer=customer), Order.objects.count())
    with pytest.raises(EarmarkedError) as error:
        make_order(customer, service)
    assert (balance(customer=customer), Order.objects.count()) == before
    return error.value.message


def test_what_is_earmarked_is_spent_on_its_categories_alone(
    inside: Service, outside: Service
) -> None:
    customer = make_customer(credit="5")
    mark(customer, "4", inside)

    assert refused(customer, outside) == (
        "$4.00 of your balance came by a way to pay that is only for: Translations. "
        "Nothing was charged."
    )
    make_order(customer, inside)
    assert balance(customer=customer) == 3


def test_money_beside_it_is_free(inside: Service, outside: Service) -> None:
    customer = make_customer(credit="6")
    mark(customer, "4", inside)

    make_order(customer, outside)

    assert balance(customer=customer) == 4
    assert "$4.00 of your balance" in refused(customer, outside)


def test_what_is_spent_inside_is_no_longer_earmarked_and_what_comes_back_is_again(
    inside: Service, outside: Service
) -> None:
    customer = make_customer(credit="6")
    mark(customer, "2", inside)
    order = make_order(customer, inside)

    make_order(customer, outside)
    actions.cancel_order(order=order, by=customer)

    assert balance(customer=customer) == 4
    make_order(customer, outside)
    assert "$2.00 of your balance" in refused(customer, outside)


def test_a_second_sum_is_added_to_what_is_left_of_the_first(inside: Service) -> None:
    customer = make_customer(credit="10")
    mark(customer, "3", inside)
    make_order(customer, inside)

    mark(customer, "5", inside)

    assert left_of(Earmark.objects.get()) == 6


def test_an_earmark_lessens_by_what_goes_back_and_never_below_nothing(
    inside: Service,
) -> None:
    customer = make_customer(credit="10")
    mark(customer, "3", inside)

    for left in (1, 0):
        with transaction.atomic():
            actions.lessen_earmark(
                customer_id=customer.pk, source="card", amount=Decimal(2)
            )
        assert left_of(Earmark.objects.get()) == left


def test_two_sources_are_kept_apart(inside: Service, outside: Service) -> None:
    customer = make_customer(credit="5")
    mark(customer, "4", inside)
    mark(customer, "1", outside, source="coins")

    assert "only for: Translations" in refused(customer, outside)
    make_order(customer, inside)
    make_order(customer, inside)
    assert balance(customer=customer) == 1
    assert {e.source: left_of(e) for e in Earmark.objects.all()} == {
        "card": 0,
        "coins": 1,
    }


def test_two_orders_at_once_do_not_both_take_what_is_free(
    inside: Service, outside: Service
) -> None:
    customer = make_customer(credit="6")
    mark(customer, "4", inside)

    def order() -> bool:
        try:
            make_order(customer, outside)
        except EarmarkedError:
            return False
        return True

    assert sum(together(*[order] * 4)) == 1
    assert balance(customer=customer) == 4


@pytest.mark.django_db
def test_the_database_holds_one_earmark_for_each_source_and_none_below_zero() -> None:
    customer = make_customer()
    Earmark.objects.create(customer=customer, source="card", amount=1)

    for source, amount in (("card", 1), ("coins", -1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Earmark.objects.create(customer=customer, source=source, amount=amount)


def test_an_earmark_moves_with_the_money_or_not_at_all() -> None:
    for act in (
        lambda: actions.earmark(
            customer_id=1, source="card", amount=Decimal(1), category_ids=[]
        ),
        lambda: actions.lessen_earmark(customer_id=1, source="card", amount=Decimal(1)),
    ):
        with pytest.raises(RuntimeError):
            act()
    assert not Earmark.objects.exists()
