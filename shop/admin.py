"""What every page of the admin builds on: read-only pages, tables, and buttons."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce, wraps
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import unquote
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django_htmx.http import HttpResponseClientRedirect
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from shop.money import plain

# Deleting many at once would pass by what an admin does when one is deleted.
admin.site.disable_action("delete_selected")

NOTHING = "–"
# Characters of a long text in a list.
SHORT = 48
# So many digits fit a bigint, whatever they are.
BIGGEST = 18


class PlainDecimalField(forms.DecimalField):
    """Shows 0.05 where the column holds 0.05000000."""

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True)
class Table:
    """Rows to read below a form."""

    title: object
    headers: Sequence[object]
    rows: Sequence[Sequence[object]]


class ShopAdmin(ModelAdmin):
    """A page of the admin; `tables` names what is to be read below the form."""

    # Django's own: unfold's asks the database for permissions, before there is any.
    checks_class = ModelAdminChecks
    formfield_overrides = {models.DecimalField: {"form_class": PlainDecimalField}}
    change_form_outer_after_template = "admin/_tables.html"
    # Where a number is looked for, through indexes; words, in all `search_fields`.
    number_fields: Sequence[str] = ()
    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True

    def tables(self, row: Any) -> Iterable[Table]:
        """Return the tables below the form of `row`."""
        return ()

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        number = search_term.strip().removeprefix("#")
        if self.number_fields and number.isdecimal() and len(number) <= BIGGEST:
            matches = [models.Q((name, number)) for name in self.number_fields]
            return queryset.filter(reduce(or_, matches)), False
        found: tuple[models.QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context["tables"] = self.tables(row) if row is not None else ()
        return super().render_change_form(request, context, *args, **kwargs)


class ReadonlyMixin:
    """Rows that actions write: to be looked at, whatever permissions somebody has."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


Press = Callable[[Any, HttpRequest, Any, dict[str, Any]], object]


def button(
    *,
    label: object,
    question: object,
    permission: str,
    form: type[BaseDialogForm] = BaseDialogForm,
    refusals: tuple[type[Exception], ...] = (),
    icon: str | None = None,
    variant: ActionVariant = ActionVariant.DEFAULT,
) -> Callable[[Press], Any]:
    """Make a method `(self, request, row, data) -> what was done` a button of a row.

    Following the link only shows `question` and the form's fields; the method runs on a
    POST of that form, with its cleaned data, for staff who have `permission`
    (app.codename). It runs outside the transaction that wraps Django's change view, so
    it may call any action. The exceptions in `refusals` have a `message`, which is shown
    instead of what was done; otherwise the press is noted in the row's history.
    """

    def decorate(press: Press) -> Any:
        @action(
            description=label,
            permissions=[permission],
            icon=icon,
            variant=variant,
            dialog={
                "title": label,
                "description": question,
                "form_class": form,
                "form_submit_text": label,
            },
        )
        @wraps(press)
        def pressed(
            self: ModelAdmin, request: HttpRequest, filled: forms.Form, object_id: str
        ) -> HttpResponse:
            row = self.get_object(request, unquote(object_id))
            if row is None:
                raise Http404
            try:
                done = press(self, request, row, filled.cleaned_data)
            except refusals as error:
                messages.error(request, str(getattr(error, "message", error)))
            else:
                messages.success(request, str(done))
                self.log_change(request, row, str(label))
            url = _page_after(row)
            # The dialog is posted by htmx, and by the browser where scripts are off.
            return HttpResponseClientRedirect(url) if request.htmx else redirect(url)

        return pressed

    return decorate


def page_of(row: models.Model) -> str:
    """Return the address of a row's page in the admin."""
    options = row._meta
    name = f"admin:{options.app_label}_{options.model_name}_change"
    return reverse(name, args=[row.pk])


def _page_after(row: models.Model) -> str:
    """Return the address of a row's page, or of the list where the row is gone."""
    if type(row)._base_manager.filter(pk=row.pk).exists():
        return page_of(row)
    options = row._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


def link_to(row: models.Model | None, text: object = None) -> str | SafeString:
    """Return a link to a row's page in the admin, or a dash where there is no row."""
    if row is None:
        return NOTHING
    return format_html(
        '<a class="text-link" href="{}">{}</a>', page_of(row), text or row
    )


def moment(at: datetime | None) -> str | SafeString:
    """Return a time to the second, as it is compared with logs; a dash for none."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    # A narrow column may break the line between date and time, but within neither.
    return format_html(
        '<span class="whitespace-nowrap">{}</span> {}',
        f"{local:%Y-%m-%d}",
        f"{local:%H:%M:%S}",
    )


def short(text: object) -> str | SafeString:
    """Return the beginning of a text that may be long, for a column of a list."""
    if not text:
        return NOTHING
    return format_html(
        '<span class="block" style="min-width: 10rem" title="{}">{}</span>',
        text,
        Truncator(text).chars(SHORT),
    )


def badge(text: object, tone: str = "") -> SafeString:
    """Return a coloured label; `tone` is success, info, warning, danger or nothing."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": tone})
