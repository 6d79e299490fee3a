"""Whether an order leaves alone what of the balance is for other categories."""

from decimal import Decimal

from django.db.models import F, Sum

from accounts.models import User
from ledger.queries import balance
from orders.errors import EarmarkedError
from orders.models import Earmark, Order
from provider.models import Service
from shop.money import ZERO


def left_of(earmark: Earmark) -> Decimal:
    """Return what of an earmark is not spent: orders in its categories spend it first."""
    spent: Decimal | None = Order.objects.filter(
        customer_id=earmark.customer_id,
        created_at__gte=earmark.since,
        service__category__in=earmark.categories.all(),
    ).aggregate(total=Sum(F("charge") - F("refunded")))["total"]
    left: Decimal = earmark.amount - (spent or ZERO)
    return max(left, ZERO)


def insist_on_earmarks(*, customer: User, service: Service) -> None:
    """Raise EarmarkedError where an order just charged has touched what is earmarked.

    Inside the step that places it, after the charge: its lock on the balance holds.
    """
    earmarks = list(Earmark.objects.filter(customer=customer, amount__gt=0))
    if not earmarks:
        return
    others = [
        earmark
        for earmark in earmarks
        if not earmark.categories.contains(service.category)
    ]
    kept = sum((left_of(earmark) for earmark in others), ZERO)
    if kept > balance(customer=customer):
        raise EarmarkedError(kept, sorted(_names(others)))


def _names(earmarks: list[Earmark]) -> set[str]:
    return {
        category.name for earmark in earmarks for category in earmark.categories.all()
    }
