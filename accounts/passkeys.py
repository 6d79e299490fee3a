"""The form of a new passkey, which the log-in library shows and saves."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A name, and whether the passkey does without the password: it does by default."""

    passwordless = forms.BooleanField(
        label=_("It replaces my password, too"), required=False, initial=True
    )

    field_order = ("name", "passwordless")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")
        self.fields["name"].max_length = 60
