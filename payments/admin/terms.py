"""The shop's terms for payments: gateways, and bonuses."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from payments.gateways import registry
from payments.gateways.protocol import GatewayError
from payments.models import BonusRule, GatewayTerms
from shop.admin import ShopAdmin, badge, button
from shop.money import plain


class GatewayForm(forms.ModelForm):
    """Terms of one of the gateways that there are."""

    gateway = forms.ChoiceField(label=_("gateway"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = GatewayTerms
        fields = (
            "gateway", "active", "position", "fee_percent", "fee_fixed", "least", "most",
            "categories",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["gateway"].choices = [(name, name) for name in registry.GATEWAYS]


@admin.register(GatewayTerms)
class GatewayTermsAdmin(ShopAdmin):
    """Which gateways are offered, in which order, and what they cost."""

    form = GatewayForm
    list_display = ("gateway", "active", "keys", "fee", "position")
    ordering = ("position", "gateway")
    actions_detail = ("test",)
    autocomplete_fields = ("categories",)
    fields = GatewayForm.Meta.fields

    @display(description=_("keys"))
    def keys(self, terms: GatewayTerms) -> str:
        if registry.by_name(terms.gateway) is None:
            return badge(_("not set up"), "warning")
        return badge(_("set up"), "success")

    @display(description=_("fee"))
    def fee(self, terms: GatewayTerms) -> str:
        return f"{plain(terms.fee_percent)} % + {plain(terms.fee_fixed)}"

    @button(
        label=_("Test"),
        question=_("The gateway is called, and no money moves."),
        permission="payments.change_gatewayterms",
        refusals=(GatewayError,),
        icon="network_check",
    )
    def test(self, request: HttpRequest, terms: GatewayTerms, data: object) -> str:
        """Call the gateway harmlessly, and say what came of it."""
        gateway = registry.by_name(terms.gateway)
        if gateway is None:
            raise GatewayError(str(_("Its keys are not set up.")), unknown=False)
        return gateway.check()


class BonusForm(forms.ModelForm):
    """A bonus; its code is kept in capitals."""

    class Meta:
        model = BonusRule
        fields = (
            "name", "code", "percent", "least", "most", "gateway", "once", "active",
            "starts_at", "ends_at",
        )  # fmt: skip

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()


@admin.register(BonusRule)
class BonusRuleAdmin(ShopAdmin):
    """What is given on top of payments. Without a code, to everybody."""

    form = BonusForm
    list_display = ("name", "code", "given", "once", "active", "starts_at", "ends_at")
    list_filter = ("active", "once")
    search_fields = ("name", "code")
    ordering = ("-active", "name")
    fields = BonusForm.Meta.fields

    @display(description=_("percent"))
    def given(self, rule: BonusRule) -> str:
        return f"{plain(rule.percent)} %"
