"""What staff set by hand on services, field by field, and how they let go of it."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import F, Func, QuerySet, Value
from django.db.models.functions import Now

from accounts.models import User
from provider import staging
from provider.actions.pricing import reprice_in_transaction
from provider.actions.providers import ProviderError
from provider.changes import because
from provider.enums import ChangeReason, HandField
from provider.models import Category, Offer, Provider, Route, Service


@transaction.atomic(durable=True)
def switch_services(
    *, services: QuerySet[Service], active: bool, by: User | None
) -> int:
    """Switch all of `services` on or off by hand; return how many that changed.

    However many they are: the filter goes to the database, not their numbers.
    """
    because(ChangeReason.HAND, by=by)
    chosen = Service.objects.filter(pk__in=services.order_by().values("pk"))
    field = HandField.ACTIVE.value
    marked = Func(
        Func(F("set_by_hand"), Value(field), function="array_remove"),
        Value(field),
        function="array_append",
    )
    return chosen.exclude(active=active).update(active=active, set_by_hand=marked)


@transaction.atomic(durable=True)
def reset_fields(*, service: Service, fields: Iterable[str], by: User | None) -> None:
    """Let go of what was set by hand in these fields; they follow the provider at once.

    Limits go together, as they follow together. The switch goes back to what new
    services of the provider get, the fixed price makes room for the rules', the category
    is that of the offer if there is such a shelf. ProviderError without an offer.
    """
    chosen = {*fields}
    if chosen & {HandField.MIN, HandField.MAX}:
        chosen |= {HandField.MIN, HandField.MAX}
    locked = Service.objects.select_for_update(no_key=True).get(pk=service.pk)
    route = Route.objects.filter(service=locked).order_by("position").first()
    if route is None:
        raise ProviderError("The service has no offer to follow.")
    because(ChangeReason.HAND, by=by)
    offer = Offer.objects.select_related("provider").get(pk=route.offer_id)
    locked.set_by_hand = [name for name in locked.set_by_hand if name not in chosen]
    _reset(locked, chosen, offer)
    locked.save(update_fields=["set_by_hand", "fixed_price", "active", "category"])
    with connection.cursor() as cursor:
        cursor.execute(staging.FOLLOW, {"provider": None, "service": locked.pk})
    reprice_in_transaction(provider_id=offer.provider_id)
    Provider.objects.filter(pk=offer.provider_id).update(next_sync_at=Now())


def _reset(service: Service, chosen: set[str], offer: Offer) -> None:
    if HandField.FIXED_PRICE in chosen:
        service.fixed_price = None
    if HandField.ACTIVE in chosen:
        service.active = offer.provider.publish
    if HandField.CATEGORY in chosen:
        shelf = Category.objects.filter(name=offer.category).first()
        service.category = shelf or service.category
