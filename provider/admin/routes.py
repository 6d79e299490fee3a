"""The buttons of a service that say where it is bought, and what may be lost on it."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from provider import actions
from provider.enums import LossPolicy
from provider.models import Provider, Service
from shop.admin import Table, badge, button, link_to
from shop.money import plain

MAY = "provider.change_service"


class OfferForm(BaseDialogForm):
    """Names an offer by its provider and the id that it has there."""

    provider = forms.ModelChoiceField(
        label=_("provider"),
        queryset=Provider.objects.order_by("name"),
        widget=UnfoldAdminSelectWidget,
    )
    upstream_id = forms.CharField(
        label=_("upstream id"), max_length=64, widget=UnfoldAdminTextInputWidget
    )


class LossForm(BaseDialogForm):
    """What becomes of orders that would cost more than was paid."""

    policy = forms.ChoiceField(
        label=_("Such an order"),
        choices=LossPolicy.choices,
        widget=UnfoldAdminSelectWidget,
    )
    limit = forms.DecimalField(
        label=_("loss of at most, percent"),
        min_value=Decimal(0),
        max_digits=8,
        decimal_places=3,
        initial=Decimal(0),
        widget=UnfoldAdminDecimalFieldWidget,
    )


class BuyingButtons:
    """Buttons of a service's page."""

    buying = ("add_route", "put_first", "remove_route", "losses", "sell_again")

    @button(
        label=_("Add a fallback"),
        question=_(
            "Orders go there when the offers before it refuse them, or their providers "
            "take none, and only if it still earns."
        ),
        permission=MAY,
        form=OfferForm,
        refusals=(actions.ProviderError,),
        icon="alt_route",
    )
    def add_route(
        self, request: HttpRequest, service: Service, data: dict[str, Any]
    ) -> str:
        """Let a service be bought at one more offer."""
        actions.add_route(service=service, **_named(data))
        return gettext("The service has one more offer to be bought at.")

    @button(
        label=_("Buy there first"),
        question=_("The price follows the offer that comes first."),
        permission=MAY,
        form=OfferForm,
        refusals=(actions.ProviderError,),
        icon="vertical_align_top",
    )
    def put_first(
        self, request: HttpRequest, service: Service, data: dict[str, Any]
    ) -> str:
        """Put one of the service's offers first."""
        actions.put_first(service=service, **_named(data))
        return gettext("The service is bought there first.")

    @button(
        label=_("Remove an offer"),
        question=_("Orders that were sent there are followed all the same."),
        permission=MAY,
        form=OfferForm,
        refusals=(actions.ProviderError,),
        icon="call_split",
    )
    def remove_route(
        self, request: HttpRequest, service: Service, data: dict[str, Any]
    ) -> str:
        """Take one of the service's offers away."""
        actions.remove_route(service=service, **_named(data))
        return gettext("The service is not bought there any more.")

    @button(
        label=_("Losses"),
        question=_(
            "What becomes of an order that, by the newest rates, would cost more than "
            "its customer paid. Who lets it be sent consents to the loss, by name."
        ),
        permission=MAY,
        form=LossForm,
        refusals=(actions.ProviderError,),
        icon="trending_down",
    )
    def losses(
        self, request: HttpRequest, service: Service, data: dict[str, Any]
    ) -> str:
        """Set the loss policy."""
        actions.set_loss_policy(
            service=service,
            policy=LossPolicy(data["policy"]),
            limit=data["limit"],
            by=request.user,
        )
        return gettext("The loss policy was set.")

    @button(
        label=_("Sell again"),
        question=_(
            "The provider charged more than expected. Have you looked at it? The "
            "service goes back on sale at its present price."
        ),
        permission=MAY,
        icon="storefront",
    )
    def sell_again(self, request: HttpRequest, service: Service, data: object) -> str:
        """Put a service back on sale that was overcharged."""
        actions.clear_overcharge(service=service)
        return gettext("The service is sold again.")


def _named(data: dict[str, Any]) -> dict[str, Any]:
    return {"provider": data["provider"], "upstream_id": data["upstream_id"]}


def routes_table(service: Service) -> Table:
    """Return the offers that a service may be bought at, first choice first."""
    routes = service.routes.select_related("offer__provider").order_by("position")
    return Table(
        _("Bought at"),
        [_("position"), _("provider"), _("bought as"), _("rate"), _("state")],
        [
            [
                route.position,
                link_to(route.offer.provider),
                link_to(route.offer),
                f"{plain(route.offer.rate_seen)} {route.offer.provider.currency}",
                badge(_("withdrawn"), "warning")
                if route.offer.withdrawn_at
                else badge(_("offered"), "success"),
            ]
            for route in routes
        ],
    )


def losses_table(service: Service) -> Table:
    """Return who has consented to which loss."""
    return Table(
        _("Losses"),
        [_("policy"), _("loss of at most, percent"), _("by"), _("consented")],
        [
            [
                service.get_loss_policy_display(),
                plain(service.loss_limit),
                service.loss_consent_by or "",
                service.loss_consent_at or "",
            ]
        ],
    )
