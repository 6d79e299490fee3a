"""Keeping a filled form while its customer adds funds."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from orders.models import Draft
from provider.models import Service

# Bank transfers take days.
KEPT = timedelta(days=7)


@transaction.atomic(durable=True)
def keep_draft(
    *,
    customer: User,
    service: Service | None,
    fields: Mapping[str, str],
    charge: Decimal,
) -> Draft:
    """Keep what a form says, in place of what was kept before, and return it.

    It gets a number of its own: the address of the one before shows nothing any more.
    The form may be wrong as yet. NUL is left out, as the database takes none.
    """
    # Locked, as two at once would both find none to take the place of.
    User.objects.select_for_update(no_key=True).get(pk=customer.pk)
    Draft.objects.filter(customer=customer).delete()
    return Draft.objects.create(
        customer=customer,
        service=service,
        fields={name: text.replace("\0", "") for name, text in fields.items()},
        charge=charge,
        expires_at=Now() + KEPT,
    )


@transaction.atomic(durable=True)
def drop_draft(*, customer: User, draft_id: int) -> None:
    """Forget a draft of the customer's: it was ordered, or is not wanted any more."""
    Draft.objects.filter(customer=customer, pk=draft_id).delete()
