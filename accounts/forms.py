"""Forms of a person's own pages. They validate; actions write."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts import time_zones

MOST_NETWORKS = 50


class ProfileForm(forms.Form):
    """How somebody is called, and how pages speak to them."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language, also of mail"),
        widget=forms.Select({"class": "select w-full"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=time_zones.choices,
        widget=forms.Select({"class": "select w-full"}),
    )
    display_currency = forms.ChoiceField(
        label=_("Show prices in"),
        required=False,
        widget=forms.Select({"class": "select w-full"}),
    )

    def __init__(self, *args: Any, currencies: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [
            (code, get_language_info(code)["name_local"])
            for code, _name in settings.LANGUAGES
        ]
        own = settings.SHOP_CURRENCY
        self.fields["display_currency"].choices = [
            ("", own),
            *((code, code) for code in currencies if code != own),
        ]
        if currencies:
            self.fields["display_currency"].help_text = _(
                "At about today's rate. You always pay in %(currency)s."
            ) % {"currency": own}
        else:
            del self.fields["display_currency"]


class NetworksForm(forms.Form):
    """From where an API key may be used: an address or a network per line."""

    networks = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        max_length=4000,
        help_text=_(
            "One per line, such as 203.0.113.7, 198.51.100.0/24 or 2001:db8::/32. "
            "Empty: from anywhere."
        ),
        widget=forms.Textarea(
            {
                "class": "textarea w-full",
                "rows": 4,
                "spellcheck": "false",
                "autocomplete": "off",
            }
        ),
    )

    def clean_networks(self) -> list[str]:
        """Return the networks as they are kept, each once, in their order."""
        lines = self.cleaned_data["networks"].split()
        found = dict.fromkeys(map(self._network, lines))
        if len(found) > MOST_NETWORKS:
            raise forms.ValidationError(
                _("At most %(most)d addresses."), params={"most": MOST_NETWORKS}
            )
        return list(found)

    def _network(self, line: str) -> str:
        try:
            network = ip_network(line, strict=False)
        except ValueError as error:
            raise forms.ValidationError(
                _("%(line)s is neither an address nor a network."),
                params={"line": line[:60]},
            ) from error
        whole = network.prefixlen == network.max_prefixlen
        return str(network.network_address if whole else network)


class ClosingForm(forms.Form):
    """That somebody wants to close their account, and gives up what is left on it."""

    waive = forms.BooleanField(required=False)
    sure = forms.BooleanField(
        label=_("Close my account"),
        error_messages={"required": _("Please tick that you want this.")},
    )
