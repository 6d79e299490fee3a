"""Rules for names: what they would change is looked at before it is applied."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from provider import actions
from provider.models import NameRule
from provider.naming import SHOWN, preview
from shop.admin import NOTHING, ShopAdmin, Table


@admin.register(NameRule)
class NameRuleAdmin(ShopAdmin):
    """Steps of cleaning. New names are cleaned as they come, others when it is applied."""

    list_display = ("shown", "text", "by", "active", "position")
    list_editable = ("position",)
    list_display_links = ("shown",)
    ordering = ("position", "id")
    ordering_field = "position"
    fields = ("step", "text", "replacement", "position", "active")
    conditional_fields = {
        "text": "step == 'strip' || step == 'replace'",
        "replacement": "step == 'replace'",
    }
    actions_list = ("preview",)

    @display(description=_("step"), ordering="step")
    def shown(self, rule: NameRule) -> str:
        return str(rule.get_step_display())

    @display(description=_("by"))
    def by(self, rule: NameRule) -> str:
        return rule.replacement or NOTHING

    @action(
        description=_("Preview"),
        icon="preview",
        url_path="preview",
        permissions=["provider.change_service"],
    )
    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show what the rules would change; apply them where that is posted."""
        if request.method == "POST":
            number = actions.apply_name_rules()
            messages.success(
                request,
                ngettext(
                    "%d service has changed.",
                    "%d services have changed.",
                    number,
                )
                % number,
            )
            return redirect("admin:provider_namerule_changelist")
        found = preview()
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("What the rules for names would change"),
            "opts": self.opts,
            "count": found.count,
            "back": reverse("admin:provider_namerule_changelist"),
            "table": Table(
                _("The first %d changes") % SHOWN,
                [_("no."), _("before"), _("after")],
                found.shown,
            ),
        }
        return render(request, "admin/name_preview.html", context)
