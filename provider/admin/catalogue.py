"""What the shop sells: its services with cost and margin, and their shelves."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from provider import actions
from provider.actions import reprice_in_transaction
from provider.admin.following import FOLLOWED
from provider.admin.routes import BuyingButtons, losses_table, routes_table
from provider.admin.sheets import ServiceSheets
from provider.models import Category, ExchangeRate, Route, Service
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
class ServiceAdmin(ServiceSheets, BuyingButtons, ShopAdmin):
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
    actions_detail = (
        "reset",
        {"title": _("Bought at"), "items": list(BuyingButtons.buying)},
    )
    readonly_fields = (
        "on_sale", "selling_price", "buying_price", "margin", "offer", "type",
        "average_time", "by_hand",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "active", "on_sale", "selling_price", "buying_price", "margin",
                    "fixed_price", "offer",
                )
            },
        ),
        (
            _("What customers read"),
            {
                "fields": (
                    "name", "description", "category", "type", "average_time", "min",
                    "max", "refill", "cancel", "dripfeed", "by_hand",
                )
            },
        ),
        (
            _("Refills"),
            {
                "fields": (("refill_days", "refill_hours"),),
                "description": _(
                    "Counted from the order's end, hours also from its last refill. "
                    "No days: for ever. No hours: as the shop's settings say."
                ),
            },
        ),
    )  # fmt: skip

    def tables(self, row: Service) -> Iterable[Table]:
        yield routes_table(row)
        yield losses_table(row)

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

    @display(description=_("set by hand"))
    def by_hand(self, service: Service) -> str:
        return ", ".join(service.set_by_hand) or NOTHING

    def save_model(
        self, request: HttpRequest, obj: Service, form: Any, change: bool
    ) -> None:
        """Save what was changed, remember that staff did, and re-price."""
        obj.set_by_hand = sorted({*obj.set_by_hand, *form.changed_data} & FOLLOWED)
        obj.save(update_fields=[*form.changed_data, "set_by_hand"])
        reprice_in_transaction()

    @button(
        label=_("Reset to the provider's values"),
        question=_(
            "Name, description, limits and switches follow the provider again, "
            "from the next reading of its catalogue on, which is asked for now."
        ),
        permission="provider.change_service",
        icon="restart_alt",
    )
    def reset(self, request: HttpRequest, service: Service, data: object) -> str:
        """Forget what was set by hand; the sync brings what the provider says."""
        Service.objects.filter(pk=service.pk).update(set_by_hand=[])
        offer = first_offer(service=service)
        if offer is not None:
            actions.request_sync(provider=offer.provider)
        return gettext("The provider's values come with the next catalogue.")

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        self._switch(request, queryset, active=True)

    @admin.action(description=_("Unpublish"), permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        self._switch(request, queryset, active=False)

    def _switch(
        self, request: HttpRequest, queryset: QuerySet[Service], *, active: bool
    ) -> None:
        chosen = queryset.order_by().values("pk")
        number = (
            Service.objects.filter(pk__in=chosen)
            .exclude(active=active)
            .update(active=active)
        )
        self.message_user(
            request,
            ngettext("%d service switched.", "%d services switched.", number) % number,
        )


@admin.register(Category)
class CategoryAdmin(ShopAdmin):
    """The shelves of the shop, in their order."""

    list_display = ("name", "position", "services")
    search_fields = ("name",)
    ordering = ("position", "name")
    fields = ("name", "position")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        found: QuerySet[Category] = super().get_queryset(request)
        return found.annotate(number=Count("services"))

    @display(description=_("services"), ordering="number")
    def services(self, category: Any) -> int:
        return int(category.number)
