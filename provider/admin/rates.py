"""Rates of exchange: what is in force, how it came to be, and what is in question."""

from decimal import Decimal, localcontext
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldBooleanWidget

from provider import actions
from provider.actions import PricingError
from provider.actions.rates import jumps
from provider.admin.pricing import RepricingAdmin
from provider.enums import ChangeReason
from provider.models import ExchangeRate, RateProposal
from provider.queries import currencies_in_use, newest_rates
from shop.admin import (
    NOTHING,
    ReadonlyMixin,
    ShopAdmin,
    Table,
    badge,
    button,
    link_to,
    moment,
)
from shop.money import plain

CENT = Decimal("0.01")


def currency_code(given: str) -> str:
    """Return a currency's code as it is kept; ValidationError for anything else."""
    code = given.upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise forms.ValidationError(_("A code of three letters, such as USD."))
    return code


class ExchangeRateForm(forms.ModelForm):
    """What one of another currency costs in the shop's, from now on."""

    sure = forms.BooleanField(
        label=_("yes, it has moved that far"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("Only asked for where a rate jumps."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.quote = self.instance.quote or settings.SHOP_CURRENCY

    def clean_base(self) -> str:
        code = currency_code(self.cleaned_data["base"])
        if code == self.instance.quote:
            raise forms.ValidationError(_("This is the shop's own currency."))
        return code

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        base, rate = data.get("base"), data.get("rate")
        if not base or rate is None or rate <= 0 or data.get("sure"):
            return data
        for known in newest_rates(bases=[base]):
            if jumps(before=known.rate, rate=rate):
                moved = _(
                    "It was %(before)s: a jump. Is that right? Then say so below."
                )
                self.add_error("rate", moved % {"before": plain(known.rate)})
        return data


@admin.register(ExchangeRate)
class ExchangeRateAdmin(RepricingAdmin):
    """Rates of exchange are added, never changed: past orders were priced by them."""

    reason = ChangeReason.RATE
    form = ExchangeRateForm
    list_display = ("base", "worth", "said_by", "time")
    list_filter = ("base", "source")
    list_select_related = ("by",)
    list_before_template = "admin/_rates.html"
    ordering = ("-id",)
    fields = ("base", "rate", "sure", "source")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tables = {"tables": [table_in_force()]}
        return super().changelist_view(request, {**(extra_context or {}), **tables})

    @display(description=_("rate"))
    def worth(self, row: ExchangeRate) -> str:
        return _worth(row.base, row.rate, row.quote)

    @display(description=_("source"))
    def said_by(self, row: ExchangeRate) -> str:
        return ", ".join(str(word) for word in (row.source, row.by) if word) or NOTHING

    @display(description=_("time"))
    def time(self, row: ExchangeRate) -> str:
        return moment(row.created_at)

    def save_model(
        self, request: HttpRequest, obj: ExchangeRate, form: Any, change: bool
    ) -> None:
        row = actions.note_rate_in_transaction(
            base=obj.base, rate=obj.rate, source=obj.source, by=request.user
        )
        obj.pk = row.pk
        self.reprice(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(RateProposal)
class RateProposalAdmin(ReadonlyMixin, ShopAdmin):
    """Rates that jumped, and were not taken unasked."""

    list_display = ("base", "worth", "moved", "source", "state", "time")
    list_filter = ("base",)
    list_select_related = ("closed_by",)
    ordering = ("-id",)
    fields = (
        "base", "worth", "worth_before", "moved", "source", "time", "state",
        "closed_by", "taken_as",
    )  # fmt: skip
    actions_detail = ("take", "refuse")

    @display(description=_("rate"))
    def worth(self, row: RateProposal) -> str:
        return _worth(row.base, row.rate, row.quote)

    @display(description=_("rate before"))
    def worth_before(self, row: RateProposal) -> str:
        return _worth(row.base, row.before, row.quote)

    @display(description=_("change"))
    def moved(self, row: RateProposal) -> str:
        return _change(row.before, row.rate)

    @display(description=_("state"))
    def state(self, row: RateProposal) -> str:
        if row.closed_at is None:
            return badge(_("waits for an answer"), "warning")
        if row.taken_id is not None:
            return badge(_("taken"), "success")
        return badge(_("not taken"))

    @display(description=_("time"))
    def time(self, row: RateProposal) -> str:
        return moment(row.created_at)

    @display(description=_("taken as"))
    def taken_as(self, row: RateProposal) -> Any:
        return link_to(row.taken)

    @button(
        label=_("Take this rate"),
        question=_("It holds from now on, and every price is worked out by it."),
        permission="provider.add_exchangerate",
        refusals=(PricingError,),
        icon="check",
        variant=ActionVariant.PRIMARY,
    )
    def take(self, request: HttpRequest, row: RateProposal, data: object) -> str:
        """Believe the source."""
        taken = actions.take_proposal(proposal=row, by=request.user)
        return gettext("From now on, %(rate)s.") % {
            "rate": _worth(taken.base, taken.rate, taken.quote)
        }

    @button(
        label=_("Leave it"),
        question=_(
            "The rate stays as it was. Where the source says so again, it is asked again."
        ),
        permission="provider.add_exchangerate",
        refusals=(PricingError,),
        icon="close",
    )
    def refuse(self, request: HttpRequest, row: RateProposal, data: object) -> str:
        """Do not believe the source."""
        actions.refuse_proposal(proposal=row, by=request.user)
        return gettext("The rate stays as it was.")


def table_in_force() -> Table:
    """Return the rate of each currency that is bought in, and whether it still holds."""
    bases = currencies_in_use()
    known = {row.base: row for row in newest_rates(bases=bases)}
    return Table(
        _("In force, for the currencies of our providers"),
        [_("currency"), _("rate"), _("source"), _("time"), _("state")],
        [_line(base, known.get(base)) for base in bases],
    )


def _line(base: str, row: ExchangeRate | None) -> list[object]:
    if row is None:
        state = badge(_("nobody said, and nothing is sold"), "danger")
        return [base, NOTHING, NOTHING, NOTHING, state]
    if row.is_old(settings.RATE_PAUSE_HOURS):
        state = badge(_("too old, and nothing is sold"), "danger")
    elif row.is_old(settings.RATE_WARN_HOURS):
        state = badge(_("old"), "warning")
    else:
        state = badge(_("fresh"), "success")
    worth = _worth(row.base, row.rate, row.quote)
    return [base, worth, row.source or NOTHING, moment(row.created_at), state]


def _worth(base: str, rate: Decimal, quote: str) -> str:
    return f"1 {base} = {plain(rate)} {quote}"


def _change(before: Decimal, after: Decimal) -> str:
    with localcontext(prec=60):
        percent = ((after - before) * 100 / before).quantize(CENT)
    sign = "+" if percent > 0 else ""
    return f"{sign}{plain(percent)} %".replace("-", "−")
