"""The ways to buy a service: staff add fallbacks, put one first, take one away."""

from django.db import transaction
from django.utils.translation import gettext as _

from provider.actions.pricing import reprice_in_transaction
from provider.actions.providers import ProviderError
from provider.changes import because
from provider.enums import ChangeReason
from provider.models import Offer, Provider, Route, Service


@transaction.atomic(durable=True)
def add_route(*, service: Service, provider: Provider, upstream_id: str) -> Route:
    """Let a service be bought at one more offer, after those that it has.

    ProviderError where the provider has no such offer, it is of another type (its
    orders would ask for other fields), or the service has it already.
    """
    _lock(service)
    offer = _offer(provider, upstream_id)
    if offer.type != service.type:
        raise ProviderError(
            _("That offer is of another type: %(type)s.")
            % {"type": offer.get_type_display() or offer.type_given}
        )
    routes = _routes(service)
    if any(route.offer_id == offer.pk for route in routes):
        raise ProviderError(_("The service is bought there already."))
    last = routes[-1].position if routes else 0
    route = Route.objects.create(service=service, offer=offer, position=last + 1)
    because(ChangeReason.ROUTE)
    reprice_in_transaction()
    return route


@transaction.atomic(durable=True)
def put_first(*, service: Service, provider: Provider, upstream_id: str) -> None:
    """Buy a service at this offer first; the others keep their order behind it."""
    _lock(service)
    chosen = _route(service, provider, upstream_id)
    others = [route for route in _routes(service) if route.pk != chosen.pk]
    _renumber([chosen, *others])


@transaction.atomic(durable=True)
def remove_route(*, service: Service, provider: Provider, upstream_id: str) -> None:
    """Do not buy a service at this offer any more; ProviderError for its only one."""
    _lock(service)
    removed = _route(service, provider, upstream_id)
    others = [route for route in _routes(service) if route.pk != removed.pk]
    if not others:
        raise ProviderError(_("A service keeps one offer; switch it off instead."))
    removed.delete()
    _renumber(others)


def _lock(service: Service) -> None:
    Service.objects.select_for_update(no_key=True).get(pk=service.pk)


def _routes(service: Service) -> list[Route]:
    return list(Route.objects.filter(service=service).order_by("position"))


def _offer(provider: Provider, upstream_id: str) -> Offer:
    offer = Offer.objects.filter(provider=provider, upstream_id=upstream_id.strip())
    found = offer.first()
    if found is None:
        raise ProviderError(
            _("%(provider)s has no offer %(id)s.")
            % {"provider": provider, "id": upstream_id.strip()}
        )
    return found


def _route(service: Service, provider: Provider, upstream_id: str) -> Route:
    offer = _offer(provider, upstream_id)
    found = Route.objects.filter(service=service, offer=offer).first()
    if found is None:
        raise ProviderError(_("The service is not bought there."))
    return found


def _renumber(routes: list[Route]) -> None:
    """Number the routes from 1, by way of numbers that none of them has."""
    beyond = max(route.position for route in routes) + 1
    for start in (beyond, 1):
        for position, route in enumerate(routes, start):
            Route.objects.filter(pk=route.pk).update(position=position)
    because(ChangeReason.ROUTE)
    reprice_in_transaction()
