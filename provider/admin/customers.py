"""What is agreed with customers about prices. Who consents to less is recorded."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from provider.actions import save_agreement_in_transaction
from provider.actions.agreements import below_least
from provider.admin.explaining import why_link
from provider.models import Agreement, CustomerTerms, PriceGroup, SpecialPrice
from provider.prices import least_of
from shop.admin import NOTHING, ShopAdmin, Table, link_to, moment
from shop.money import plain, show

# So many of a group are listed on its page.
MOST = 100


class AgreementAdmin(ShopAdmin):
    """Rows that may lower a price; nothing else follows from saving them."""

    readonly_fields: tuple[str, ...] = ("consented",)

    def save_model(
        self, request: HttpRequest, obj: Agreement, form: Any, change: bool
    ) -> None:
        save_agreement_in_transaction(agreement=obj, by=request.user)

    @display(description=_("consent"))
    def consented(self, row: Agreement) -> str | SafeString:
        if row.consent_margin is None:
            return NOTHING
        margin = plain(row.consent_margin).replace("-", "−")
        words = f"{margin} %, {row.consent_by}"
        return format_html("<span>{}, {}</span>", words, moment(row.consent_at))


@admin.register(PriceGroup)
class PriceGroupAdmin(AgreementAdmin):
    """Customers who pay alike."""

    list_display = ("name", "pays", "members", "consented")
    list_select_related = ("consent_by",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "discount", "markup", "consent_margin", "consented")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceGroup]:
        found: QuerySet[PriceGroup] = super().get_queryset(request)
        return found.annotate(number=Count("members"))

    @display(description=_("pays"))
    def pays(self, group: PriceGroup) -> str:
        if group.discount is not None:
            less = gettext("%(percent)s %% less")
            return less % {"percent": plain(group.discount)}
        if group.markup is not None:
            return gettext("cost + %(percent)s %%") % {"percent": plain(group.markup)}
        return NOTHING

    @display(description=_("customers"), ordering="number")
    def members(self, group: Any) -> int:
        return int(group.number)

    def tables(self, row: PriceGroup) -> Iterable[Table]:
        terms = row.members.select_related("customer").order_by("customer__email")
        yield Table(
            _("Customers"),
            [_("customer"), _("own discount")],
            [[link_to(one.customer), _discount(one)] for one in terms[:MOST]],
        )
        special = row.special_prices.select_related("service").order_by("service_id")
        yield Table(
            _("Special prices"),
            [_("service"), _("price"), _("until")],
            [
                [link_to(one, one.service), show(one.price), one.until_date or NOTHING]
                for one in special[:MOST]
            ],
        )


@admin.register(CustomerTerms)
class CustomerTermsAdmin(AgreementAdmin):
    """A customer's group and own discount."""

    list_display = ("customer", "group", "own_discount", "consented")
    list_filter = ("group",)
    list_select_related = ("customer", "group", "consent_by")
    search_fields = ("customer__email", "customer__name")
    ordering = ("customer__email",)
    autocomplete_fields = ("customer", "group")
    fields = ("customer", "group", "discount", "consent_margin", "consented")

    @display(description=_("own discount"))
    def own_discount(self, terms: CustomerTerms) -> str:
        return _discount(terms)


class SpecialPriceForm(forms.ModelForm):
    """A price, for a customer or a group, that needs consent where it is too low."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        service = data.get("service")
        if (
            service is None
            or data.get("price") is None
            or "consent_margin" in self.errors
        ):
            return data
        margin = data.get("consent_margin")
        special = SpecialPrice(
            service=service, price=data["price"], consent_margin=margin
        )
        if below_least(special=special):
            least = least_of(service, margin)
            self.add_error(
                "price",
                _(
                    "This service is sold at %(least)s at least. A lower price needs "
                    "consent to a lower margin, below."
                )
                % {"least": show(least)},
            )
        return data


@admin.register(SpecialPrice)
class SpecialPriceAdmin(AgreementAdmin):
    """What a customer or a group pays for one service."""

    form = SpecialPriceForm
    list_display = ("service", "whose", "special", "usual", "until_date", "consented")
    list_filter = ("group",)
    list_select_related = ("service", "customer", "group", "consent_by")
    number_fields = ("service_id",)
    search_fields = ("service__name", "customer__email", "group__name")
    ordering = ("service_id", "id")
    autocomplete_fields = ("service", "customer", "group")
    readonly_fields = ("consented", "explained")
    fields = (
        "service", "customer", "group", "price", "until_date", "consent_margin",
        "consented", "explained",
    )  # fmt: skip

    @display(description=_("for"))
    def whose(self, row: SpecialPrice) -> Any:
        return link_to(row.customer or row.group)

    @display(description=_("price"), ordering="price")
    def special(self, row: SpecialPrice) -> str:
        return show(row.price)

    @display(description=_("price for everybody"))
    def usual(self, row: SpecialPrice) -> str:
        return NOTHING if row.service.price is None else show(row.service.price)

    @display(description=_("explanation"))
    def explained(self, row: SpecialPrice) -> str | SafeString:
        return why_link(row.service_id, row.customer_id) if row.pk else NOTHING


def _discount(terms: CustomerTerms) -> str:
    return NOTHING if terms.discount is None else f"{plain(terms.discount)} %"
