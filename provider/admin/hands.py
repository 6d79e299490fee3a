"""What staff have set by hand on a service, and what happened to it."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget

from provider.enums import HandField
from provider.models import Service
from provider.queries import first_offer
from shop.admin import NOTHING, Table, link_to, moment
from shop.money import plain

LATEST = 20
# What a field of a service is called on its offer; of the others it has the same name.
OFFERED = {"fixed_price": "", "active": ""}


class ResetForm(BaseDialogForm):
    """Which field is to follow the provider again; a link may name it already."""

    field = forms.ChoiceField(
        label=_("Field"), choices=HandField.choices, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        request = kwargs.get("request")
        super().__init__(*args, **kwargs)
        if request is not None:
            self.initial["field"] = request.GET.get("field", "")


def by_hand_table(service: Service) -> Table:
    """Return each field that staff have set, what the provider says, and a reset."""
    offer = first_offer(service=service)
    reset = reverse("admin:provider_service_reset_field", args=[service.pk])
    return Table(
        _("Set by hand"),
        [_("field"), _("ours"), _("the provider's"), ""],
        [
            [
                HandField(name).label,
                _shown(getattr(service, name)),
                _shown(getattr(offer, OFFERED.get(name, name), None)),
                format_html(
                    '<a class="text-link" href="{}?field={}">{}</a>',
                    reset, name, gettext("Reset"),
                ),
            ]
            for name in service.set_by_hand
        ],
    )  # fmt: skip


def _shown(value: Any) -> object:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or value == "":
        return NOTHING
    return plain(value) if hasattr(value, "as_tuple") else value


def history_table(service: Service) -> Table:
    """Return what happened to a service lately, and why."""
    rows = service.changes.select_related("run__provider", "by").order_by("-id")
    return Table(
        _("What happened"),
        [_("time"), _("what happened"), _("price before"), _("price after"),
         _("reason"), _("run"), _("by")],
        [
            [moment(row.created_at), row.get_kind_display(), _shown(row.old_price),
             _shown(row.new_price), row.get_reason_display(), link_to(row.run),
             row.by or NOTHING]
            for row in rows[:LATEST]
        ],
    )  # fmt: skip
