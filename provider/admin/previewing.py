"""A button beside "Save" that shows what saving a markup rule would do."""

from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from provider.actions import preview_rule
from provider.actions.previewing import Move, Preview
from provider.models import Service
from shop.admin import NOTHING, Table, link_to
from shop.money import plain, show

NAME = "_preview"
CENT = Decimal("0.01")


class PreviewMixin:
    """Shows the form as it was filled in, with what it would do above it."""

    change_form_outer_before_template = "admin/_rule_preview.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method == "POST" and NAME in request.POST:
            # Before Django's transaction, as the preview rolls its own back.
            tables = self._preview(request, object_id)
            extra_context = {**(extra_context or {}), "preview": tables}
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        return unsaved(form) if NAME in request.POST else form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        button = {"action_name": NAME, "description": _("Preview"), "attrs": {}}
        context["actions_submit_line"] = [button]
        return super().render_change_form(request, context, *args, **kwargs)

    def _preview(self, request: HttpRequest, object_id: str | None) -> list[Table]:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if not (
            self.has_change_permission(request, row)
            if object_id
            else self.has_add_permission(request)
        ):
            raise PermissionDenied
        form = self.get_form(request, row, change=row is not None)(
            request.POST, instance=row
        )
        form.full_clean()
        if form.errors:
            return []
        return tables_of(preview_rule(rule=form.save(commit=False)))


def unsaved(form: type[ModelForm]) -> type[ModelForm]:
    """Return the form as one that never says that it may be saved."""

    class Unsaved(form):  # type: ignore[valid-type]
        def is_valid(self) -> bool:
            super().is_valid()
            return False

    return Unsaved


def tables_of(preview: Preview) -> list[Table]:
    """Return a preview as tables to read."""
    before, after = preview.before, preview.after
    pairs = [
        (_("On sale"), *preview.sold),
        (_("Least margin"), _percent(before.least), _percent(after.least)),
        (_("Median margin"), _percent(before.median), _percent(after.median)),
        (_("Greatest margin"), _percent(before.greatest), _percent(after.greatest)),
    ]
    counts = [
        (_("Prices that move"), preview.moved),
        (_("Services that would be paused"), preview.paused),
        (_("Services that would be sold again"), preview.resumed),
    ]
    return [
        Table(_("What would change"), ["", _("services")], counts),
        Table(_("Services and margins"), ["", _("now"), _("with this rule")], pairs),
        Table(
            _("The biggest moves"),
            [_("service"), _("price now"), _("price then"), _("change")],
            [_line(move) for move in preview.moves],
        ),
    ]


def _line(move: Move) -> list[object]:
    return [
        link_to(Service(pk=move.service_id), f"{move.service_id} {move.name}"),
        _money(move.before),
        _money(move.after),
        _percent(move.percent, signed=True),
    ]


def _money(amount: Decimal | None) -> str:
    return NOTHING if amount is None else show(amount)


def _percent(amount: Decimal | None, *, signed: bool = False) -> str:
    if amount is None:
        return NOTHING
    sign = "+" if signed and amount > 0 else ""
    return f"{sign}{plain(amount.quantize(CENT))} %".replace("-", "−")
