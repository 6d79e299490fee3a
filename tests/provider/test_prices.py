"""What customers pay: who goes before whom, the floor, and its two equal forms."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from provider import actions
from provider.enums import Basis, RuleScope
from provider.models import (
    CustomerTerms,
    MarkupRule,
    Offer,
    PriceGroup,
    Service,
    SpecialPrice,
)
from provider.prices import Paid, price_for, with_prices
from tests.factories import make_customer, make_service

pytestmark = pytest.mark.django_db


def priced(percent: int = 100, least: int = 20, **fields: Any) -> Service:
    """Make a service that costs 1.00, sells at 2.00, and has a floor of 1.20."""
    if not MarkupRule.objects.exists():
        MarkupRule.objects.create(
            scope=RuleScope.EVERYTHING, percent=percent, minimum_margin=least
        )
    service = make_service(**fields)
    actions.reprice()
    service.refresh_from_db()
    return service


def make_group(**fields: Any) -> PriceGroup:
    number = PriceGroup.objects.count()
    return PriceGroup.objects.create(name=f"Friends {number}", **fields)


def agree(customer: User, **fields: Any) -> CustomerTerms:
    return CustomerTerms.objects.create(customer=customer, **fields)


def consent_of(staff: User, margin: str) -> dict[str, Any]:
    return {
        "consent_margin": Decimal(margin),
        "consent_by": staff,
        "consent_at": timezone.now(),
    }


def paid(service: Service, customer: User) -> Paid:
    """Return what a customer pays, which lists say, too."""
    found = price_for(service=service, customer=customer)
    listed = with_prices(Service.objects.all(), customer=customer).get(pk=service.pk)
    assert listed.your_price == found.price
    return found


def test_those_with_whom_nothing_is_agreed_pay_the_price() -> None:
    found = paid(priced(), make_customer())

    assert (found.price, found.basis, found.raised) == (2, Basis.LIST, False)


@pytest.mark.parametrize("visitor", [None, AnonymousUser()])
def test_visitors_see_the_price(
    visitor: AnonymousUser | None, django_assert_num_queries: Callable[..., Any]
) -> None:
    service = priced()

    with django_assert_num_queries(0):
        found = price_for(service=service, customer=visitor)

    assert (found.price, found.basis) == (2, Basis.LIST)
    assert with_prices(Service.objects.all(), customer=visitor).get().your_price == 2


def test_the_narrowest_agreement_decides() -> None:
    service, customer = priced(), make_customer()
    group = make_group(discount=10)
    terms = agree(customer, group=group)
    seen = [paid(service, customer)]
    terms.discount = Decimal(5)
    terms.save()
    seen.append(paid(service, customer))
    SpecialPrice.objects.create(group=group, service=service, price=Decimal("1.7"))
    seen.append(paid(service, customer))
    SpecialPrice.objects.create(
        customer=customer, service=service, price=Decimal("1.95")
    )
    seen.append(paid(service, customer))

    assert [(found.price, found.basis) for found in seen] == [
        (Decimal("1.8"), Basis.GROUP_DISCOUNT),
        (Decimal("1.9"), Basis.OWN_DISCOUNT),
        (Decimal("1.7"), Basis.GROUP_SPECIAL),
        (Decimal("1.95"), Basis.OWN_SPECIAL),
    ]


def test_a_discount_of_nothing_goes_before_the_groups() -> None:
    service, customer = priced(), make_customer()
    agree(customer, group=make_group(discount=10), discount=0)

    found = paid(service, customer)

    assert (found.price, found.basis) == (2, Basis.OWN_DISCOUNT)


def test_a_groups_own_markup_is_on_the_cost() -> None:
    service = priced(offer={"rate_seen": Decimal("0.1")})
    customer = make_customer()
    agree(customer, group=make_group(markup=Decimal("33.333")))

    found = paid(service, customer)

    assert (found.price, found.basis) == (Decimal("0.13334"), Basis.GROUP_MARKUP)


def test_a_group_pays_special_prices_for_services_of_its_own_only() -> None:
    service, other = priced(), priced()
    member, stranger = make_customer(), make_customer()
    group = make_group()
    agree(member, group=group)
    SpecialPrice.objects.create(group=group, service=service, price=Decimal("1.5"))

    assert paid(service, member).price == Decimal("1.5")
    assert paid(other, member).price == 2
    assert paid(service, stranger).price == 2


@pytest.mark.parametrize(("days", "price"), [(-1, "2"), (0, "1.5"), (1, "1.5")])
def test_a_special_price_holds_until_its_last_day_is_over(
    days: int, price: str
) -> None:
    service, customer = priced(), make_customer()
    until: date = timezone.now().date() + timedelta(days=days)
    SpecialPrice.objects.create(
        customer=customer, service=service, price=Decimal("1.5"), until_date=until
    )

    assert paid(service, customer).price == Decimal(price)


def test_a_discount_stops_at_the_floor() -> None:
    service, customer = priced(), make_customer()
    agree(customer, discount=50)

    found = paid(service, customer)

    assert (found.price, found.wanted, found.least) == (
        Decimal("1.2"),
        Decimal(1),
        Decimal("1.2"),
    )
    assert found.raised
    assert found.consent is None


def test_a_special_price_stops_at_the_floor() -> None:
    service, customer = priced(), make_customer()
    SpecialPrice.objects.create(
        customer=customer, service=service, price=Decimal("0.5")
    )

    assert paid(service, customer).price == Decimal("1.2")


def test_with_consent_a_price_goes_as_low_as_it_says() -> None:
    service, customer, staff = priced(), make_customer(), make_customer()
    special = SpecialPrice.objects.create(
        customer=customer,
        service=service,
        price=Decimal("0.95"),
        **consent_of(staff, "-10"),
    )

    found = paid(service, customer)
    assert found.price == Decimal("0.95")
    assert found.consent is not None
    assert (found.consent.margin, found.consent.by_id) == (-10, staff.pk)

    # Consent was to a loss of a tenth, not to whatever it may cost one day.
    Offer.objects.update(rate_seen=Decimal("1.5"))
    actions.reprice()
    service.refresh_from_db()
    assert paid(service, customer).price == Decimal("1.35")
    assert special.price == Decimal("0.95")


def test_consent_that_is_not_needed_is_not_used() -> None:
    service, customer, staff = priced(), make_customer(), make_customer()
    agree(customer, discount=10, **consent_of(staff, "-10"))

    found = paid(service, customer)

    assert (found.price, found.consent) == (Decimal("1.8"), None)


def test_while_nobody_knows_the_cost_nothing_lowers_a_price() -> None:
    service, customer, staff = make_service(), make_customer(), make_customer()
    agree(customer, discount=50, **consent_of(staff, "-90"))

    assert service.floor is None
    assert paid(service, customer).price == 2


def test_a_groups_markup_on_an_unknown_cost_is_none() -> None:
    service, customer = make_service(), make_customer()
    agree(customer, group=make_group(markup=Decimal(5)))

    assert paid(service, customer).price == 2


def test_a_service_without_a_price_has_none_for_anybody() -> None:
    service = Service(pk=5, name="Subtitles")

    with pytest.raises(ValueError, match="5 Subtitles has no price"):
        price_for(service=service, customer=make_customer())


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_costs_one_query_more_however_long(
    number: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    customer = make_customer()
    agree(customer, discount=10)
    for _ in range(number):
        SpecialPrice.objects.create(
            customer=customer, service=priced(), price=Decimal("1.5")
        )

    with django_assert_num_queries(2):
        services = list(with_prices(Service.objects.all(), customer=customer))

    assert [service.your_price for service in services] == [Decimal("1.5")] * number


def test_a_list_can_be_sorted_and_cut_by_what_somebody_pays() -> None:
    customer = make_customer()
    dear, cheap, cheaper = priced(), priced(), priced()
    for service, price in ((cheap, "1.4"), (cheaper, "1.3")):
        SpecialPrice.objects.create(
            customer=customer, service=service, price=Decimal(price)
        )

    found = with_prices(Service.objects.all(), customer=customer)

    assert list(found.order_by("your_price")) == [cheaper, cheap, dear]
    assert list(found.filter(your_price__lt=Decimal("1.35"))) == [cheaper]


RATE = st.decimals("1e-8", 10**6, places=8)
PERCENT = st.decimals(0, 100, places=3)
MARGIN = st.none() | st.decimals(Decimal("-99.999"), 300, places=3)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rate=RATE,
    percent=st.decimals(0, 500, places=3),
    least=st.decimals(0, 500, places=3),
    own=st.none() | PERCENT,
    group=st.sampled_from(["", "discount", "markup"]),
    group_percent=PERCENT,
    specials=st.tuples(st.none() | RATE, st.none() | RATE),
    margins=st.tuples(MARGIN, MARGIN, MARGIN, MARGIN),
    days=st.integers(-1, 1),
)
def test_lists_say_what_placing_charges(
    rate: Decimal,
    percent: Decimal,
    least: Decimal,
    own: Decimal | None,
    group: str,
    group_percent: Decimal,
    specials: tuple[Decimal | None, Decimal | None],
    margins: tuple[Decimal | None, ...],
    days: int,
) -> None:
    customer, staff, service = _cast()
    Offer.objects.update(rate_seen=rate)
    MarkupRule.objects.update(percent=percent, minimum_margin=least)
    actions.reprice_in_transaction()
    service.refresh_from_db()
    consents = [{} if m is None else consent_of(staff, str(m)) for m in margins]
    friends = make_group(**({group: group_percent} if group else {}), **consents[0])
    agree(customer, group=friends, discount=own, **consents[1])
    for whose, price, consent in zip(
        ({"customer": customer}, {"group": friends}),
        specials,
        consents[2:],
        strict=True,
    ):
        if price is not None:
            SpecialPrice.objects.create(
                **whose,
                service=service,
                price=price,
                until_date=timezone.now().date() + timedelta(days=days),
                **consent,
            )

    found = paid(service, customer)

    if service.on_sale and found.consent is None:
        assert service.floor is not None
        assert found.price >= service.floor


def _cast() -> tuple[User, User, Service]:
    """Return a customer, somebody who consents, and a service; nothing agreed yet."""
    CustomerTerms.objects.all().delete()
    SpecialPrice.objects.all().delete()
    PriceGroup.objects.all().delete()
    service = Service.objects.first() or priced()
    known = list(User.objects.order_by("pk"))
    customer, staff = known or (make_customer(), make_customer())
    return customer, staff, service
