"""Switching services on and off, many at a time."""

from django.db import transaction
from django.db.models import QuerySet

from provider.models import Provider, Route, Service


@transaction.atomic(durable=True)
def publish_services(*, provider: Provider) -> int:
    """Switch on every service that buys first at `provider`; return how many."""
    first = Route.objects.order_by("service", "position").distinct("service")
    return Service.objects.filter(
        routes__in=first.values("pk"), routes__offer__provider=provider, active=False
    ).update(active=True)


def switch_in_transaction(*, services: QuerySet[Service], active: bool) -> int:
    """Switch all of `services` on or off, in one statement; return how many changed.

    However many they are: the filter goes to the database, not their numbers. Inside
    the caller's transaction.
    """
    chosen = services.order_by().values("pk")
    return (
        Service.objects.filter(pk__in=chosen)
        .exclude(active=active)
        .update(active=active)
    )
