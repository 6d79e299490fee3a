"""Markup rules: whatever changes them re-prices the catalogue."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from provider.actions import reprice_in_transaction
from provider.admin.previewing import PreviewMixin
from provider.admin.sheets import RuleSheets
from provider.changes import because
from provider.enums import ChangeReason, RuleScope
from provider.models import MarkupRule
from shop.admin import NOTHING, ShopAdmin, link_to
from shop.money import plain

SUBJECTS = (RuleScope.SERVICE, RuleScope.CATEGORY, RuleScope.PROVIDER)


class RepricingAdmin(ShopAdmin):
    """Rows that prices hang on. Both are saved in the transaction of Django's page."""

    reason = ChangeReason.RULE

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        self.reprice(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        self.reprice(request)

    def reprice(self, request: HttpRequest) -> None:
        """Re-price the whole catalogue, and say how many services that changed."""
        because(self.reason, by=request.user)
        number = reprice_in_transaction()
        messages.info(
            request,
            ngettext(
                "%d service has a new price or state.",
                "%d services have a new price or state.",
                number,
            )
            % number,
        )


class MarkupRuleForm(forms.ModelForm):
    """A rule; only the subject that its scope names is kept."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for subject in SUBJECTS:
            if subject != data.get("scope"):
                data[subject.value] = None
            elif subject.value not in self.errors and data.get(subject.value) is None:
                self.add_error(subject.value, _("Choose what the rule is about."))
        return data


@admin.register(MarkupRule)
class MarkupRuleAdmin(PreviewMixin, RuleSheets, RepricingAdmin):
    """What is added to a cost; the narrowest rule that fits a service decides."""

    form = MarkupRuleForm
    list_display = ("scope", "about", "added", "rounded", "least")
    list_filter = ("scope", "provider")
    list_select_related = ("service", "category", "provider")
    ordering = ("scope", "id")
    autocomplete_fields = ("service", "category", "provider")
    fields = (
        "scope", "service", "category", "provider",
        "percent", "fixed", "step", "rounding", "minimum_margin",
    )  # fmt: skip
    conditional_fields = {
        subject.value: f"scope == '{subject.value}'" for subject in SUBJECTS
    }

    @display(description=_("about"))
    def about(self, rule: MarkupRule) -> Any:
        return link_to(rule.service or rule.category or rule.provider)

    @display(description=_("added"))
    def added(self, rule: MarkupRule) -> str:
        percent = f"{plain(rule.percent)} %"
        return f"{percent} + {plain(rule.fixed)}" if rule.fixed else percent

    @display(description=_("rounded to"))
    def rounded(self, rule: MarkupRule) -> str:
        return f"{plain(rule.step)}, {rule.get_rounding_display()}"

    @display(description=_("minimum margin"))
    def least(self, rule: MarkupRule) -> str:
        return f"{plain(rule.minimum_margin)} %" if rule.minimum_margin else NOTHING
