"""What a customer pays for a service: in Python for one, in SQL for lists.

The first of these that there is decides (`Basis`):

    a special price for the customer, or for the customer's group
    the customer's discount                   price × (1 − percent / 100)
    the group's discount                      price × (1 − percent / 100)
    the group's own markup                    cost × (1 + percent / 100)
    the price for everybody, as the markup rules made it

What is worked out by a percentage is rounded up to PRICE_STEP. What comes out below the
service's floor, its cost and minimum margin, is raised to it, unless somebody consented
to a lower margin; then that margin is the floor. A test compares the two forms.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from django.conf import settings
from django.db.models import (
    Case,
    DateField,
    DecimalField,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Least, Now

from provider.agreed import Agreed, Consent, Customer, agreed_with
from provider.enums import Basis
from provider.models import Service, SpecialPrice
from shop.money import MoneyField, round_up

_EXACT = Context(prec=100)


@dataclass(frozen=True)
class Paid:
    """What a customer pays, per 1,000 or per package, and how it came about.

    `wanted` is what the basis alone comes to, `least` what would be paid at least if
    nobody had consented to less. `consent` is set where it is used: the price is lower.
    """

    price: Decimal
    basis: Basis
    wanted: Decimal
    least: Decimal | None
    consent: Consent | None

    @property
    def raised(self) -> bool:
        """Whether the floor is above what was agreed."""
        return self.price > self.wanted


def price_for(*, service: Service, customer: Customer) -> Paid:
    """Return what `customer` pays for one service, as placing an order charges it.

    One query; none for visitors. ValueError for a service without a price.
    """
    return pay(service, agreed_with(customer=customer, service_id=service.pk))


def with_prices(
    services: QuerySet[Service], *, customer: Customer
) -> QuerySet[Service]:
    """Annotate each service with `your_price`: what `customer` pays for it.

    One query now, none for visitors, however many services there are. The result can be
    filtered and sorted by `your_price`; for those with whom nothing is agreed it is the
    column `price` itself.
    """
    return _priced(services, agreed_with(customer=customer))


def prices_of(*, services: Iterable[Service], customer: Customer) -> dict[int, Decimal]:
    """Return what `customer` pays for each of the services, by its number.

    One query, none for visitors, and another where something is agreed. A service
    without a price is left out.
    """
    listed = {
        service.pk: service.price for service in services if service.price is not None
    }
    agreed = agreed_with(customer=customer)
    if agreed.is_nothing:
        return listed
    found = _priced(Service.objects.filter(pk__in=listed).only("pk"), agreed)
    return {service.pk: service.your_price for service in found}


def _priced(services: QuerySet[Service], agreed: Agreed) -> QuerySet[Service]:
    if agreed.is_nothing:
        return _annotated(services, F("price"))
    wanted, margin = _general(agreed), _margin(agreed.consent)
    if agreed.special is not None:
        # Subqueries rather than joins: of a page they are asked after its rows are cut.
        special = _holding(agreed)
        wanted = Coalesce(Subquery(special.values("price")[:1]), wanted)
        margin = Case(
            When(Exists(special), then=Subquery(special.values("consent_margin")[:1])),
            default=margin,
        )
    found = Func(
        F("price"),
        F("unit_cost"),
        F("floor"),
        wanted,
        margin,
        Value(settings.PRICE_STEP),
        function="shop_pays",
        output_field=MoneyField(),
    )
    return _annotated(services, found)


def _annotated(
    services: QuerySet[Service], your_price: Expression | F
) -> QuerySet[Service]:
    # The model declares the attribute, as templates and the API read it.
    return services.annotate(your_price=your_price)  # type: ignore[no-redef]


# The Python form.


def pay(service: Service, agreed: Agreed) -> Paid:
    """Return what is paid for `service` by those with whom `agreed` was agreed."""
    if service.price is None:
        raise ValueError(f"{service} has no price")
    if agreed.special is not None:
        own = agreed.special.is_own
        basis = Basis.OWN_SPECIAL if own else Basis.GROUP_SPECIAL
        wanted, consent = agreed.special.price, agreed.special.consent
    else:
        basis, consent = agreed.basis, agreed.consent
        wanted = _wanted(service.price, service.unit_cost, agreed)
    least = least_of(service, None)
    if wanted >= service.price:
        return Paid(wanted, basis, wanted, least, None)
    floor = least_of(service, consent.margin if consent else None)
    if floor is None or least is None:
        # Nobody knows what it costs, so that nothing lowers its price.
        return Paid(service.price, basis, wanted, None, None)
    price = max(wanted, floor)
    return Paid(price, basis, wanted, least, consent if price < least else None)


def least_of(service: Service, consent_margin: Decimal | None) -> Decimal | None:
    """Return what a service is sold at least at, by a consent or without.

    None where nobody knows its cost, or where it has no price.
    """
    if service.price is None or service.unit_cost is None or service.floor is None:
        return None
    step = settings.PRICE_STEP
    # Rounded up, but no higher than those pay with whom nothing is agreed.
    price, floor = Decimal(service.price), Decimal(service.floor)
    least = min(round_up(floor, step), max(price, floor))
    if consent_margin is None:
        return least
    return min(least, round_up(_by(service.unit_cost, 100 + consent_margin), step))


def _wanted(price: Decimal, unit_cost: Decimal | None, agreed: Agreed) -> Decimal:
    step = settings.PRICE_STEP
    if agreed.basis == Basis.GROUP_MARKUP:
        if unit_cost is None:
            return price
        return round_up(_by(unit_cost, 100 + agreed.percent), step)
    return min(price, round_up(_by(price, 100 - agreed.percent), step))


def _by(amount: Decimal, percent: Decimal) -> Decimal:
    with localcontext(_EXACT):
        return amount * percent / 100


# The SQL form.


def _general(agreed: Agreed) -> Expression | F:
    """Return what somebody pays where no special price holds, before the floor."""
    price = F("price")
    match agreed.basis:
        case Basis.LIST:
            return price
        case Basis.GROUP_MARKUP:
            return Coalesce(_share(F("unit_cost"), 100 + agreed.percent), price)
    return Least(price, _share(price, 100 - agreed.percent))


def _share(amount: F, percent: Decimal) -> Expression:
    with localcontext(_EXACT):
        factor = Value(percent / 100, output_field=DecimalField())
    return Func(
        ExpressionWrapper(amount * factor, output_field=DecimalField()),
        Value(settings.PRICE_STEP),
        function="shop_round_up",
        output_field=MoneyField(),
    )


def _margin(consent: Consent | None) -> Expression:
    margin = consent.margin if consent else None
    return Value(margin, output_field=DecimalField())


def _holding(agreed: Agreed) -> QuerySet[SpecialPrice]:
    """Return the special prices that hold today for each row, the customer's first."""
    mine = Q(customer=agreed.customer_id)
    if agreed.group_id is not None:
        mine |= Q(group=agreed.group_id)
    today = Cast(Now(), DateField())
    holds = Q(until_date=None) | Q(until_date__gte=today)
    return SpecialPrice.objects.filter(mine, holds, service=OuterRef("pk")).order_by(
        F("customer").asc(nulls_last=True)
    )
