"""Setting money aside for some categories, and taking the mark off what went back."""

from collections.abc import Collection
from decimal import Decimal

from django.db import connection
from django.db.models.functions import Now

from orders.earmarks import left_of
from orders.models import Earmark
from shop.money import ZERO


def earmark(
    *, customer_id: int, source: str, amount: Decimal, category_ids: Collection[int]
) -> None:
    """Mark `amount` more of the balance as for these categories only.

    Inside the step that credits it, which holds the lock on the customer's accounts. What
    is left of earlier money from the same source gets the same categories.
    """
    _insist_on_transaction()
    found, _made = Earmark.objects.get_or_create(
        customer_id=customer_id, source=source, defaults={"amount": ZERO}
    )
    _set(found, left_of(found) + amount)
    found.categories.set(category_ids)


def lessen_earmark(*, customer_id: int, source: str, amount: Decimal) -> None:
    """Take the mark off `amount`, which went back to where it came from.

    Inside the step that takes it back. Below zero nothing is marked.
    """
    _insist_on_transaction()
    found = Earmark.objects.filter(customer_id=customer_id, source=source).first()
    if found is not None:
        _set(found, max(left_of(found) - amount, ZERO))


def _set(found: Earmark, amount: Decimal) -> None:
    Earmark.objects.filter(pk=found.pk).update(amount=amount, since=Now())


def _insist_on_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("Money is earmarked in the transaction that moves it.")
