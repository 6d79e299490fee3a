"""Forms that wait for funds: whose they are, where they go on, and what is missing."""

from decimal import Decimal

from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import User
from ledger.queries import balance
from orders.models import Draft
from provider.translations import localise
from shop.money import payable
from shop.paging import row_number


def draft_of(*, customer: User, number: str = "") -> Draft | None:
    """Return what the customer has kept and not ordered yet; of that number, if given."""
    kept = Draft.objects.filter(customer=customer, expires_at__gt=Now())
    if number:
        wanted = row_number(number)
        if wanted is None:
            return None
        kept = kept.filter(pk=wanted)
    found = kept.select_related("service__category").first()
    if found is not None and found.service is not None:
        localise(services=[found.service])
    return found


def address_of(draft: Draft) -> str:
    """Return the address of the form that a draft fills."""
    page = (
        reverse("new_order", args=[draft.service_id])
        if draft.service_id
        else reverse("mass_order")
    )
    return f"{page}?draft={draft.pk}"


def missing_for(draft: Draft) -> Decimal:
    """Return what the customer's balance lacks for a draft, as an amount to pay."""
    return to_add(draft.charge - balance(customer=draft.customer))


def to_add(missing: Decimal) -> Decimal:
    """Return the least that can be paid and covers what is missing."""
    return max(payable(missing), settings.TOPUP_LEAST)
