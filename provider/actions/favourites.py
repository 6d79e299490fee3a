"""Stars that customers put on services."""

from django.db import transaction

from accounts.models import User
from provider.models import Favourite, Service


@transaction.atomic(durable=True)
def set_favourite(*, customer: User, service: Service, wanted: bool) -> None:
    """Put the customer's star on a service, or take it away; a repeat does nothing."""
    if wanted:
        Favourite.objects.get_or_create(customer=customer, service=service)
    else:
        Favourite.objects.filter(customer=customer, service=service).delete()
