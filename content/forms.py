"""Signing up, with the terms."""

from typing import Any

from allauth.account.forms import SignupForm as PlainSignupForm
from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.models import User
from content import actions, queries
from content.enums import Where
from shop.requests import client_address


class SignupForm(PlainSignupForm):
    """An address, a password and, where there are terms, that they are accepted."""

    data: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.terms = queries.standing(user_id=None)
        if self.terms is None:
            return
        self.fields["terms"] = forms.BooleanField(
            label=self._label(),
            error_messages={
                "required": _("Please accept the terms: an account needs them.")
            },
        )
        self.fields["version"] = forms.IntegerField(
            initial=self.terms.number, widget=forms.HiddenInput
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a version that is no longer in force: it is not what was read."""
        data: dict[str, Any] = super().clean()
        if self.terms is not None and data.get("version") != self.terms.number:
            self.add_error(
                None, _("The terms have changed meanwhile. Please read them.")
            )
            # The page that follows is about the new ones.
            self.data = self.data.copy()
            self.data["version"] = str(self.terms.number)
            self.data.pop("terms", None)
        return data

    def save(self, request: HttpRequest) -> User:
        """Make the user, and note what they accepted."""
        user: User = super().save(request)
        if self.terms is not None:
            actions.accept_terms(
                user=user,
                number=self.terms.number,
                where=Where.SIGN_UP,
                address=client_address(request),
            )
        return user

    def _label(self) -> str:
        link = format_html(
            '<a class="link" href="{}" target="_blank">{}</a>',
            reverse("terms"),
            _("terms"),
        )
        return format_html(_("I have read the {} and accept them."), link)
