"""The form in which customers say how they want to be told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from notices.enums import Kind, Mail, Wish
from shop.money import plain


@dataclass(frozen=True)
class Row:
    """A kind, and its two fields."""

    kind: Kind
    hint: str
    in_shop: forms.BoundField
    mail: forms.BoundField


HINTS = {
    Kind.ORDER_FINISHED: _("Everything was delivered."),
    Kind.ORDER_PARTIAL: _("The rest was refunded."),
    Kind.ORDER_CANCELED: _("Its charge was refunded."),
    Kind.PRICES: _("Of services that you have put a star on."),
}


class ChoicesForm(forms.Form):
    """Each kind in the shop and by mail, and below what a balance is low."""

    threshold = forms.DecimalField(
        label=_("My balance is low below"),
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput(
            {
                "class": "input w-full",
                "inputmode": "decimal",
                "autocomplete": "off",
            }
        ),
    )

    def __init__(
        self,
        wishes: Mapping[Kind, Wish],
        threshold: Decimal | None,
        data: Mapping[str, str] | None = None,
    ) -> None:
        shown = "" if threshold is None else plain(threshold)
        super().__init__(data, initial={"threshold": shown})
        self.kinds = list(wishes)
        self.fields["threshold"].widget.attrs["placeholder"] = plain(
            settings.LOW_BALANCE
        )
        for kind, wish in wishes.items():
            self.fields[f"{kind}_shop"] = forms.BooleanField(
                label=_("In the shop"), required=False, initial=wish.in_shop
            )
            self.fields[f"{kind}_mail"] = forms.ChoiceField(
                label=_("By mail"),
                choices=Mail.choices,
                initial=wish.mail,
                widget=forms.Select({"class": "select w-32"}),
            )

    def rows(self) -> Iterator[Row]:
        """Return what the table shows, kind by kind."""
        for kind in self.kinds:
            yield Row(
                kind=kind,
                hint=HINTS.get(kind, ""),
                in_shop=self[f"{kind}_shop"],
                mail=self[f"{kind}_mail"],
            )

    @property
    def wishes(self) -> dict[Kind, Wish]:
        """What was chosen."""
        return {
            kind: Wish(
                in_shop=self.cleaned_data[f"{kind}_shop"],
                mail=Mail(self.cleaned_data[f"{kind}_mail"]),
            )
            for kind in self.kinds
        }
