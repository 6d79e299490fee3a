"""Switching services on and off, many at a time."""

from django.db import transaction

from provider.changes import because
from provider.enums import ChangeReason
from provider.models import Provider, Route, Service


@transaction.atomic(durable=True)
def publish_services(*, provider: Provider) -> int:
    """Switch on every service that buys first at `provider`; return how many."""
    because(ChangeReason.HAND)
    first = Route.objects.order_by("service", "position").distinct("service")
    return Service.objects.filter(
        routes__in=first.values("pk"), routes__offer__provider=provider, active=False
    ).update(active=True)
