"""What the shop sells: its services with cost and margin, and their shelves."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from provider import actions
from provider.actions import AcceptanceError, ProviderError, reprice_in_transaction
from provider.admin.acceptance import StatementForm
from provider.admin.explaining import WhyMixin, why_link
from provider.admin.hands import ResetForm, by_hand_table, history_table
from provider.admin.routes import BuyingButtons, losses_table, routes_table
from provider.admin.sheets import ServiceSheets
from provider.admin.shelves import TranslationInline
from provider.changes import because
from provider.enums import ChangeReason, HandField, RefusedClass, RefusedKind
from provider.models import ExchangeRate, Route, Service
from provider.queries import first_offer
from shop.admin import NOTHING, ShopAdmin, Table, badge, button, link_to
from shop.money import RateField, plain, show

CENT = Decimal("0.01")


def with_cost(services: QuerySet[Service]) -> QuerySet[Service]:
    """Add each service's `seller` and `cost`, from its first route and the newest rate."""
    route = Route.objects.filter(service=OuterRef("pk")).order_by("position")[:1]
    newest = (
        ExchangeRate.objects.filter(
            base=OuterRef("currency"), quote=settings.SHOP_CURRENCY
        )
        .order_by("-created_at", "-id")
        .values("rate")[:1]
    )
    rate = RateField()
    return services.annotate(
        seller=Subquery(route.values("offer__provider__name")),
        currency=Subquery(route.values("offer__provider__currency")),
        rate_seen=Subquery(route.values("offer__rate_seen")),
        fx=Case(
            When(currency=settings.SHOP_CURRENCY, then=Value(Decimal(1))),
            default=Subquery(newest),
            output_field=rate,
        ),
    ).annotate(cost=F("rate_seen") * F("fx"))


class SaleFilter(admin.SimpleListFilter):
    """What customers can buy, what is switched off, and what waits."""

    title = _("sale")
    parameter_name = "sale"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("yes", _("on sale")),
            ("off", _("switched off")),
            ("waiting", _("on, but not sold at present")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Service]
    ) -> QuerySet[Service]:
        match self.value():
            case "yes":
                return queryset.filter(active=True, off_reason="")
            case "off":
                return queryset.filter(active=False)
            case "waiting":
                return queryset.filter(active=True).exclude(off_reason="")
        return queryset


@admin.register(Service)
class ServiceAdmin(WhyMixin, ServiceSheets, BuyingButtons, ShopAdmin):
    """Services come with a sync. What staff write here, no sync overwrites."""

    list_display = (
        "number", "name", "category", "on_sale", "selling_price", "buying_price",
        "margin", "bought_at",
    )  # fmt: skip
    list_display_links = ("number", "name")
    list_filter = (
        SaleFilter,
        "off_reason",
        "type",
        ("routes__offer__provider", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("category",)
    search_fields = ("id__exact", "name", "category__name")
    ordering = ("category__position", "category_id", "id")
    autocomplete_fields = ("category",)
    actions = ("publish", "unpublish")
    inlines = (TranslationInline,)
    actions_detail = (
        "reset",
        "reset_field",
        "accept",
        {"title": _("Bought at"), "items": list(BuyingButtons.buying)},
    )
    readonly_fields = (
        "on_sale", "explained", "buying_price", "margin", "offer", "type",
        "refused_for",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "active", "on_sale", "explained", "buying_price", "margin",
                    "fixed_price", "offer", "refused_for",
                )
            },
        ),
        (
            _("What customers read"),
            {
                "fields": (
                    "name", "description", "category", "type", "average_time", "min",
                    "max", "refill", "cancel", "dripfeed",
                )
            },
        ),
        (
            _("Refills"),
            {
                "fields": (("refill_days", "refill_first_hours", "refill_hours"),),
                "description": _(
                    "Read from the upstream name until you set them. Days and the hours "
                    "until the first refill count from the order's end, hours between "
                    "refills from the last one. No days: for ever. No hours: as those "
                    "between refills, or as the shop's settings say."
                ),
            },
        ),
    )  # fmt: skip

    def tables(self, row: Service) -> Iterable[Table]:
        yield by_hand_table(row)
        yield routes_table(row)
        yield losses_table(row)
        yield history_table(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        return with_cost(super().get_queryset(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("no."), ordering="id")
    def number(self, service: Service) -> int:
        return service.pk

    @display(description=_("state"))
    def on_sale(self, service: Service) -> str:
        if not service.active:
            return badge(_("switched off"))
        if service.off_reason:
            return badge(service.get_off_reason_display(), "warning")
        return badge(_("on sale"), "success")

    @display(description=_("price"), ordering="price")
    def selling_price(self, service: Service) -> str:
        return NOTHING if service.price is None else show(service.price)

    @display(description=_("price"))
    def explained(self, service: Service) -> str:
        return format_html("{} · {}", self.selling_price(service), why_link(service.pk))

    @display(description=_("cost"))
    def buying_price(self, service: Any) -> str:
        return NOTHING if service.cost is None else show(service.cost)

    @display(description=_("margin"))
    def margin(self, service: Any) -> str:
        """What is earned on the newest cost, and in percent of it, as rules count."""
        if service.price is None or service.cost is None:
            return NOTHING
        earned = service.price - service.cost
        if not service.cost:
            return show(earned)
        percent = (earned * 100 / service.cost).quantize(CENT)
        return f"{show(earned)} ({plain(percent)} %)"

    @display(description=_("provider"))
    def bought_at(self, service: Any) -> str:
        return service.seller or NOTHING

    @display(description=_("bought as"))
    def offer(self, service: Service) -> Any:
        return link_to(first_offer(service=service))

    def get_form(
        self, request: HttpRequest, obj: Service | None = None, **kwargs: Any
    ) -> Any:
        """Say of each field that staff have set that it is so."""
        marks = {}
        for name in obj.set_by_hand if obj else ():
            help_text = getattr(Service._meta.get_field(name), "help_text", "")
            marks[name] = f"{gettext('Set by hand.')} {help_text}".strip()
        return super().get_form(request, obj, **{**kwargs, "help_texts": marks})

    @display(description=_("refused for"))
    def refused_for(self, service: Service) -> str:
        offer = first_offer(service=service)
        labels = dict([*RefusedClass.choices, *RefusedKind.choices])
        causes = offer.refused_for if offer else []
        return ", ".join(str(labels[cause]) for cause in causes) or NOTHING

    def save_model(
        self, request: HttpRequest, obj: Service, form: Any, change: bool
    ) -> None:
        """Save what was changed, remember that staff did, and re-price."""
        because(ChangeReason.HAND, by=request.user)
        changed = set(form.changed_data) & set(HandField.values)
        by_hand = {*obj.set_by_hand, *changed}
        if obj.fixed_price is None:
            by_hand.discard(HandField.FIXED_PRICE)
        obj.set_by_hand = sorted(by_hand)
        obj.save(update_fields=[*form.changed_data, "set_by_hand"])
        reprice_in_transaction()

    @button(
        label=_("Reset a field"),
        question=_("The field follows the provider again, at once and from now on."),
        permission="provider.change_service",
        form=ResetForm,
        refusals=(ProviderError,),
        icon="undo",
    )
    def reset_field(self, request: HttpRequest, service: Service, data: Any) -> str:
        """Forget that one field was set by hand."""
        actions.reset_fields(service=service, fields=[data["field"]], by=request.user)
        return gettext("The field follows the provider again.")

    @button(
        label=_("Reset to the provider's values"),
        question=_(
            "Name, description, category, limits, price and switches follow the "
            "provider and the rules again, at once and from now on."
        ),
        permission="provider.change_service",
        refusals=(ProviderError,),
        icon="restart_alt",
    )
    def reset(self, request: HttpRequest, service: Service, data: object) -> str:
        """Forget what was set by hand, all of it."""
        actions.reset_fields(
            service=service, fields=service.set_by_hand, by=request.user
        )
        return gettext("The service follows the provider again.")

    @button(
        label=_("Accept in spite of the rules"),
        question=_(
            "For a service that only looks like what the shop refuses. Your statement "
            "is kept with your name."
        ),
        permission="provider.add_acceptance",
        form=StatementForm,
        refusals=(AcceptanceError,),
        icon="verified",
    )
    def accept(
        self, request: HttpRequest, service: Service, data: dict[str, Any]
    ) -> str:
        """Sell a service whatever it is refused for, by an owner's statement."""
        actions.accept_service(
            service=service, statement=data["statement"], by=request.user
        )
        return gettext("Accepted. It is on sale where it is switched on and priced.")

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(description=_("Unpublish"), permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        self._switch(request, queryset, active=False)

    def _switch(
        self, request: HttpRequest, queryset: QuerySet[Service], *, active: bool
    ) -> None:
        number = actions.switch_services(
            services=queryset, active=active, by=request.user
        )
        self.message_user(
            request,
            ngettext("%d service switched.", "%d services switched.", number) % number,
        )
