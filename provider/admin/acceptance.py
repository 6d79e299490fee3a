"""What the shop refuses, and what its owner accepts: whoever saves it judges anew."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from provider import actions
from provider.actions.accepting import SHORTEST_STATEMENT
from provider.models import Acceptance, RefusedText
from shop.admin import ShopAdmin, badge, button, moment, short


def say_how_many(request: HttpRequest, number: int) -> None:
    """Tell staff what a rule has changed."""
    messages.info(
        request,
        ngettext(
            "%d service has changed.",
            "%d services have changed.",
            number,
        )
        % number,
    )


class StatementForm(BaseDialogForm):
    """Why the shop may sell something."""

    statement = forms.CharField(
        label=_("statement"),
        min_length=SHORTEST_STATEMENT,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget,
    )


@admin.register(RefusedText)
class RefusedTextAdmin(ShopAdmin):
    """Words and domains that neither a service nor an order may hold."""

    list_display = ("text", "kind", "note")
    list_filter = ("kind",)
    search_fields = ("text", "note")
    ordering = ("text",)
    fields = ("kind", "text", "note")

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        say_how_many(request, actions.judge_again())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        say_how_many(request, actions.judge_again())


class AcceptanceForm(forms.ModelForm):
    """A class or one service, and why the shop may sell it."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        subject = {
            "refused_class": data.get("refused_class") or "",
            "service": data.get("service"),
        }
        if bool(subject["refused_class"]) == (subject["service"] is not None):
            raise forms.ValidationError(_("Choose either a class or a service."))
        if Acceptance.objects.filter(ended_at=None, **subject).exists():
            raise forms.ValidationError(_("This is accepted already."))
        if len((data.get("statement") or "").strip()) < SHORTEST_STATEMENT:
            self.add_error(
                "statement",
                _("Say in a sentence why: it is kept with your name."),
            )
        return data


@admin.register(Acceptance)
class AcceptanceAdmin(ShopAdmin):
    """Owners' statements. They are added and ended, and never changed."""

    form = AcceptanceForm
    list_display = ("subject", "state", "words", "by", "time")
    list_filter = ("refused_class", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("service", "by")
    ordering = ("-id",)
    fields = ("refused_class", "service", "statement")
    autocomplete_fields = ("service",)
    actions_detail = ("withdraw",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        obj.by = request.user
        say_how_many(request, actions.accept_in_transaction(acceptance=obj))

    @display(description=_("accepted"))
    def subject(self, row: Acceptance) -> str:
        return str(row)

    @display(description=_("state"))
    def state(self, row: Acceptance) -> str:
        if row.ended_at is None:
            return badge(_("stands"), "success")
        return badge(_("withdrawn"))

    @display(description=_("statement"))
    def words(self, row: Acceptance) -> str:
        return short(row.statement)

    @display(description=_("time"))
    def time(self, row: Acceptance) -> str:
        return moment(row.created_at)

    @button(
        label=_("Withdraw"),
        question=_("It is refused again from now on; the statement is kept."),
        permission="provider.change_acceptance",
        refusals=(actions.AcceptanceError,),
        icon="block",
        variant=ActionVariant.WARNING,
    )
    def withdraw(self, request: HttpRequest, row: Acceptance, data: object) -> str:
        """Refuse again what was accepted."""
        number = actions.end_acceptance(acceptance=row, by=request.user)
        return ngettext(
            "Withdrawn; %d service has changed.",
            "Withdrawn; %d services have changed.",
            number,
        ) % (number)
