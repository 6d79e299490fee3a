"""The order form: the fields that a service's type asks for, in people's words."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders import intake
from orders.models import Order
from orders.models.orders import LONGEST_REFERENCE
from provider.models import Service
from provider.protocol.types import ServiceType, Units, units

Text = str | Promise
# The fields that decide how many units an order comes to.
_COUNTED = frozenset(
    {"quantity", "runs", "comments", "usernames", "max", "posts", "old_posts"}
)
_DRIP_FEED = ("runs", "interval")
_PER_LINE = (Units.LINES_COMMENTS, Units.LINES_USERNAMES)


@dataclass(frozen=True)
class Wording:
    """How one field of the protocol is put to a person."""

    label: Text
    hint: Text = ""


_ONE_A_LINE = _("One per line.")
WORDINGS: Mapping[str, Wording] = {
    "link": Wording(_("Link"), _("The full address, with https://")),
    "quantity": Wording(_("Quantity")),
    "comments": Wording(_("Comments"), _ONE_A_LINE),
    "usernames": Wording(_("Usernames"), _ONE_A_LINE),
    "hashtags": Wording(_("Hashtags"), _ONE_A_LINE),
    "username": Wording(_("Username"), _("Without the @.")),
    "hashtag": Wording(_("Hashtag")),
    "media": Wording(_("Link to the media"), _("The full address, with https://")),
    "answer_number": Wording(_("Number of the answer"), _("The first answer is 1.")),
    "groups": Wording(_("Groups"), _ONE_A_LINE),
    "keywords": Wording(_("Keywords"), _ONE_A_LINE),
    "country": Wording(_("Country"), _("Two letters, such as US or KR.")),
    "device": Wording(_("Device")),
    "type_of_traffic": Wording(_("Where visitors come from")),
    "google_keyword": Wording(_("Google keyword")),
    "referring_url": Wording(_("Referring page"), _("The full address, with https://")),
    "runs": Wording(_("Runs"), _("How many times the quantity is delivered.")),
    "interval": Wording(_("Minutes between runs")),
    "min": Wording(_("Least per post")),
    "max": Wording(_("Most per post")),
    "posts": Wording(_("New posts"), _("For how many coming posts.")),
    "old_posts": Wording(
        _("Earlier posts"), _("How many posts that are there already.")
    ),
    "delay": Wording(_("Delay in minutes")),
    "expiry": Wording(_("Ends on"), _("Day/month/year.")),
}
CHOICES: Mapping[tuple[str, str], Text] = {
    ("device", "1"): _("Desktop"),
    ("device", "2"): _("Mobile, Android"),
    ("device", "3"): _("Mobile, iOS"),
    ("device", "4"): _("Mobile, mixed"),
    ("device", "5"): _("Mobile and desktop"),
    ("type_of_traffic", "1"): _("A Google search"),
    ("type_of_traffic", "2"): _("A page that links here"),
    ("type_of_traffic", "3"): _("Directly"),
}
_INPUTS: Mapping[str, Mapping[str, str]] = {
    "link": {"type": "url", "inputmode": "url", "placeholder": "https://"},
    "media": {"type": "url", "inputmode": "url", "placeholder": "https://"},
    "referring_url": {"type": "url", "inputmode": "url", "placeholder": "https://"},
    **{
        name: {"inputmode": "numeric", "pattern": "[0-9]*"}
        for name in (
            *("quantity", "answer_number", "runs", "interval"),
            *("min", "max", "posts", "old_posts"),
        )
    },
}


class OrderForm(forms.Form):
    """What one service needs to know. `orders.intake` judges it, field by field."""

    def __init__(
        self,
        service: Service,
        data: Mapping[str, str] | None = None,
        *,
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.service = service
        self.intake: intake.Intake | None = None
        rule = service.rule
        names = [n for n in rule.fields if service.dripfeed or n not in _DRIP_FEED]
        for name in names:
            self.fields[name] = self._field(name)
        self.fields["reference"] = reference_field()

    @property
    def raw(self) -> dict[str, str]:
        """The texts of the form, by their protocol names."""
        return {
            name: str(self.data.get(name, ""))
            for name in self.fields
            if name != "reference"
        }

    @property
    def reference(self) -> str:
        """What the customer calls the order: no field of the protocol."""
        return str(self.data.get("reference", ""))

    @property
    def units(self) -> int | None:
        """How many units are charged, as soon as the fields that decide it are good."""
        if not self.is_bound or _COUNTED & self.errors.keys():
            return None
        try:
            return units(ServiceType(self.service.type), self.raw) or None
        except ValueError:
            return None

    @property
    def faults(self) -> list[tuple[Text, str]]:
        """What is wrong with fields that have been filled in, as label and sentence."""
        return [
            (self.fields[name].label or "", messages[0])
            for name, messages in self.errors.items()
            if name in self.fields and str(self.data.get(name, "")).strip()
        ]

    def clean(self) -> dict[str, object]:
        """Read the order; every field that does not fit gets its sentence."""
        try:
            self.intake = intake.read(service=self.service, raw=self.raw)
        except intake.FieldErrors as error:
            for name, messages in error.errors.items():
                self.add_error(name if name in self.fields else None, messages)
        try:
            intake.read_reference(self.reference)
        except intake.FieldErrors as error:
            self.add_error("reference", error.errors["reference"])
        return self.cleaned_data

    def _field(self, name: str) -> forms.Field:
        rule = self.service.rule
        wording = WORDINGS[name]
        return forms.CharField(
            label=wording.label,
            help_text=self._hint(name) or wording.hint,
            required=False,
            strip=False,
            widget=self._widget(name, needed=name in rule.required),
        )

    def _hint(self, name: str) -> Text:
        example = self.service.category.link_example if name == "link" else ""
        if example:
            return _("Such as %(example)s") % {"example": example}
        limits = {"least": f"{self.service.min:,}", "most": f"{self.service.max:,}"}
        if name in {"quantity", "min", "max"}:
            return _("From %(least)s to %(most)s.") % limits
        if name in self.service.rule.multiline and self._counts_lines(name):
            return _("One per line, from %(least)s to %(most)s lines.") % limits
        return ""

    def _counts_lines(self, name: str) -> bool:
        return self.service.rule.units in _PER_LINE and name in _COUNTED

    def _widget(self, name: str, *, needed: bool) -> forms.Widget:
        rule = self.service.rule
        attrs: dict[str, object] = {"autocomplete": "off"}
        if needed:
            attrs["required"] = True
        if name in rule.required_when:
            # shop.js shows such a field only when it matters.
            attrs["data-shop-when"] = "=".join(rule.required_when[name])
        if name in rule.multiline:
            return forms.Textarea({**attrs, "rows": 5, "class": "textarea w-full"})
        if name in rule.choices:
            options = [(v, CHOICES.get((name, v), v)) for v in rule.choices[name]]
            return forms.Select({**attrs, "class": "select w-full"}, choices=options)
        attrs["class"] = "input w-full"
        inputs = dict(_INPUTS.get(name, {}))
        if name == "link" and self.service.category.link_network:
            # A browser takes no @name for an address.
            del inputs["type"]
            inputs["placeholder"] = "https://… / @name"
        return forms.TextInput({**attrs, **inputs})

    @property
    def always(self) -> list[forms.BoundField]:
        """The fields that the form opens with."""
        own = {*_DRIP_FEED, "reference"}
        return [self[name] for name in self.fields if name not in own]

    @property
    def drip_feed(self) -> list[forms.BoundField]:
        """The fields that spread an order over several runs, if the service can."""
        return [self[name] for name in self.fields if name in _DRIP_FEED]


def reference_field() -> forms.CharField:
    """Return the field for what the customer calls an order."""
    return forms.CharField(
        label=_("Your reference (optional)"),
        help_text=_("Only you see it, and can search for it."),
        required=False,
        strip=False,
        widget=forms.TextInput(
            {
                "class": "input w-full",
                "autocomplete": "off",
                "maxlength": LONGEST_REFERENCE,
            }
        ),
    )


def ordered_fields(order: Order) -> list[tuple[str, object]]:
    """Return what was ordered, by the protocol's names."""
    columns = [(name, getattr(order, name)) for name in ("link", "quantity")]
    drip_feed = [(name, getattr(order, name)) for name in ("runs", "interval")]
    return [
        (name, value)
        for name, value in [*columns, *order.fields.items(), *drip_feed]
        if value
    ]
