"""What a payment costs and brings: fees, bonuses, coupons."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from orders.errors import EarmarkedError
from orders.models import Earmark
from payments import actions
from payments.actions import PaymentError
from payments.gateways.protocol import State
from payments.models import BonusRule, GatewayTerms, TopUp
from payments.offers import Offer, offer, offered
from provider.models import Category, Service
from tests.factories import make_customer, make_order, make_service
from tests.ledger.books import charge
from tests.payments.paying import GATEWAY, begin, buckets, tell
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


def make_rule(**fields: Any) -> BonusRule:
    values: dict[str, Any] = {
        "name": f"Rule {BonusRule.objects.count()}",
        "percent": Decimal(10),
        **fields,
    }
    return BonusRule.objects.create(**values)


def of(amount: str, code: str = "", **options: Any) -> Offer:
    customer = options.get("customer") or make_customer()
    return offer(customer=customer, gateway=GATEWAY, amount=Decimal(amount), code=code)


def refused(code: str, amount: str = "10", **options: Any) -> str:
    with pytest.raises(PaymentError) as error:
        of(amount, code, **options)
    assert error.value.field == "coupon"
    return error.value.message


def test_without_terms_nothing_is_added() -> None:
    wanted = of("10")

    assert (wanted.fee, wanted.bonus, wanted.total) == (0, 0, 10)


@pytest.mark.parametrize(
    ("currency", "amount", "fee"), [("USD", "10.01", "0.60"), ("KRW", "10001", "291")]
)
def test_a_fee_is_rounded_up_to_what_can_be_paid(
    currency: str, amount: str, fee: str, settings: Settings
) -> None:
    settings.SHOP_CURRENCY = currency
    GatewayTerms.objects.create(
        gateway="test", fee_percent=Decimal("2.9"), fee_fixed=Decimal("0.3")
    )

    assert of(amount).fee == Decimal(fee)


def test_the_fee_is_paid_on_top_and_goes_back_last() -> None:
    GatewayTerms.objects.create(gateway="test", fee_fixed=Decimal(1))
    top_up = begin(amount="10")
    assert top_up.total == 11

    tell(top_up, State.PAID, amount=Decimal(11))
    assert buckets(top_up.customer) == {"paid": 10}
    tell(top_up, State.REFUNDED, refunded=Decimal(10))
    assert (top_up.state, buckets(top_up.customer)) == ("paid", {})
    tell(top_up, State.REFUNDED, refunded=Decimal(11))
    assert (top_up.state, buckets(top_up.customer)) == ("refunded", {})


def test_a_gateway_that_is_switched_off_is_not_offered_and_its_payments_go_on() -> None:
    top_up = begin()
    GatewayTerms.objects.create(gateway="test", active=False)

    assert offered() == []
    tell(top_up, State.PAID)
    assert buckets(top_up.customer) == {"paid": 10}


def test_the_shops_limits_for_a_gateway_take_the_place_of_the_common_ones() -> None:
    GatewayTerms.objects.create(gateway="test", least=Decimal(1), most=Decimal(50))
    customer = make_customer()

    with pytest.raises(PaymentError, match=r"The most is \$50.00"):
        begin(customer, "50.01")
    assert begin(customer, "1").amount == 1


def test_the_highest_bonus_that_fits_is_given_rounded_down() -> None:
    make_rule(percent=Decimal(5))
    make_rule(percent=Decimal(10), least=Decimal(20))
    make_rule(percent=Decimal(50), most=Decimal(3))
    make_rule(percent=Decimal(90), code="SECRET")

    assert [of(amount).bonus for amount in ("5.05", "19.99", "40", "100")] == [
        Decimal("2.52"),
        3,
        4,
        10,
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"active": False},
        {"starts_at": Now() + timedelta(hours=1)},
        {"ends_at": Now() - timedelta(hours=1)},
        {"gateway": "other"},
    ],
)
def test_a_rule_that_is_not_in_force_gives_nothing(fields: dict[str, Any]) -> None:
    make_rule(code="SUMMER", **fields)
    make_rule(**fields)

    assert of("10").bonus == 0
    assert "not valid" in refused("summer")


def test_a_coupon_is_written_in_any_case_and_takes_the_place_of_other_bonuses() -> None:
    make_rule(percent=Decimal(50))
    make_rule(percent=Decimal(10), code="SUMMER", least=Decimal(10))

    assert of("10", " summer ").bonus == 1
    assert refused("summer", "9.99") == "This coupon is for payments from $10.00 on."
    assert "not valid" in refused("winter")


def test_a_coupon_is_used_once_by_each_customer_unless_the_payment_failed() -> None:
    make_rule(code="SUMMER", once=True)
    customer = make_customer()

    def pay() -> TopUp:
        return actions.start_top_up(
            customer=customer, gateway=GATEWAY, amount=Decimal(10), code="summer"
        )

    tell(pay(), State.FAILED)
    top_up = pay()
    assert top_up.bonus == 1
    assert "used already" in refused("summer", customer=customer)
    tell(top_up, State.PAID)
    assert "used already" in refused("summer", customer=customer)
    assert of("10", "summer").bonus == 1
    assert buckets(customer) == {"paid": 10, "bonus": 1}


def test_two_at_once_do_not_use_one_coupon_twice() -> None:
    make_rule(code="SUMMER", once=True)
    customer = make_customer()

    def pay() -> bool:
        try:
            actions.start_top_up(
                customer=customer, gateway=GATEWAY, amount=Decimal(10), code="summer"
            )
        except PaymentError:
            return False
        return True

    assert sum(together(*[pay] * 4)) == 1
    assert TopUp.objects.count() == 1


def test_fee_and_bonus_are_shown_before_paying() -> None:
    GatewayTerms.objects.create(gateway="test", fee_percent=Decimal(3))
    make_rule(code="SUMMER")
    client = Client()
    client.force_login(make_customer())
    posted = {"amount": "20", "gateway": "test", "coupon": "summer"}

    page = client.post("/funds/quote/", posted).content.decode()
    for sum_ in ("$20.60", "$0.60", "$20.00", "$2.00"):
        assert sum_ in page
    page = client.post("/funds/quote/", {**posted, "coupon": "x"}).content.decode()
    assert "This coupon is not valid" in page
    page = client.post("/funds/", {**posted, "coupon": "x"}).content.decode()
    assert "This coupon is not valid" in page
    assert not TopUp.objects.exists()


# --- What the database refuses -------------------------------------------------------


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("fee_in_bounds", {"fee_percent": Decimal(51)}),
        ("fee_in_bounds", {"fee_percent": Decimal(-1)}),
        ("fee_in_bounds", {"fee_fixed": Decimal(-1)}),
        ("least_below_most", {"least": Decimal(2), "most": Decimal(1)}),
        ("least_below_most", {"least": Decimal(0)}),
        ("least_below_most", {"most": Decimal(-1)}),
    ],
)
def test_terms_that_make_no_sense_are_refused(
    constraint: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=f"gateway_terms_{constraint}"):
        GatewayTerms.objects.create(gateway="test", **fields)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("code_in_capitals", {"code": "summer"}),
        ("in_bounds", {"percent": Decimal(0)}),
        ("in_bounds", {"percent": Decimal(101)}),
        ("in_bounds", {"least": Decimal(-1)}),
        ("in_bounds", {"most": Decimal(0)}),
        (
            "starts_before_it_ends",
            {"starts_at": Now(), "ends_at": Now() - timedelta(hours=1)},
        ),
    ],
)
def test_a_bonus_that_makes_no_sense_is_refused(
    constraint: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=f"bonus_rule_{constraint}"):
        make_rule(**fields)


def test_a_code_names_one_bonus() -> None:
    make_rule(code="")
    make_rule(code="")
    make_rule(code="SUMMER")

    with pytest.raises(IntegrityError, match="bonus_rule_one_per_code"):
        make_rule(code="SUMMER")


def limit(*services: Service) -> None:
    """Let what the test gateway brings be spent on these services' categories alone."""
    terms = GatewayTerms.objects.create(gateway="test")
    terms.categories.set([service.category for service in services])


def test_what_a_limited_gateway_brings_is_spent_on_its_categories_alone() -> None:
    inside = make_service(category=Category.objects.create(name="Translations"))
    outside = make_service(category=Category.objects.create(name="Voices"))
    limit(inside)
    customer = make_customer()
    tell(begin(customer, "10"), State.PAID)

    with pytest.raises(EarmarkedError):
        make_order(customer, outside)
    make_order(customer, inside)

    assert buckets(customer) == {"paid": 8}


def test_what_goes_back_takes_its_earmark_with_it_and_a_dispute_won_brings_it_again() -> (
    None
):
    limit(make_service())
    customer = make_customer()
    top_up = begin(customer, "10")
    tell(top_up, State.PAID)
    (earmark,) = Earmark.objects.all()

    lefts = []
    for state in (State.DISPUTED, State.DISPUTE_WON):
        tell(top_up, state)
        earmark.refresh_from_db()
        lefts.append(earmark.amount)

    assert lefts == [0, 10]


def test_what_repays_a_debt_is_not_earmarked() -> None:
    customer = make_customer()
    first = begin(customer, "10")
    tell(first, State.PAID)
    charge(customer, "4")
    tell(first, State.REFUNDED, refunded=first.total)
    limit(make_service())

    tell(begin(customer, "10"), State.PAID)

    assert Earmark.objects.get().amount == 6


def test_the_form_says_what_the_money_is_for() -> None:
    limit(make_service(category=Category.objects.create(name="Translations")))
    client = Client()
    client.force_login(make_customer())

    page = client.get("/funds/").content.decode()

    assert re.search(r"Can be spent only on</dt>\s*<dd>\s*Translations\s*</dd>", page)
