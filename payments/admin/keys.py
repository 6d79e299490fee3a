"""Keys of gateways, for those who do not keep them in the environment."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from payments.gateways import registry
from payments.models import GatewayKey
from shop.admin import ShopAdmin, badge, moment


class KeyForm(forms.ModelForm):
    """A key is written, and never shown again."""

    name = forms.ChoiceField(label=_("name"), widget=UnfoldAdminSelectWidget)
    value = forms.CharField(
        label=_("key"),
        max_length=500,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "off"}),
    )

    class Meta:
        model = GatewayKey
        fields = ("name", "value")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("value", None)
        if "name" in self.fields:
            self.fields["name"].choices = [(name, name) for name in registry.KEYS]


@admin.register(GatewayKey)
class GatewayKeyAdmin(ShopAdmin):
    """Which keys are kept here. What the environment says goes before them."""

    form = KeyForm
    list_display = ("name", "standing", "changed")
    ordering = ("name",)
    fields = ("name", "value")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A key stays the key of what it is of."""
        return ("name",) if obj else ()

    def save_model(
        self, request: HttpRequest, obj: GatewayKey, form: Any, change: bool
    ) -> None:
        """Note when it was written."""
        obj.changed_at = Now()
        super().save_model(request, obj, form, change)

    @display(description=_("state"))
    def standing(self, key: GatewayKey) -> str:
        if getattr(settings, key.name, ""):
            return badge(_("the environment has another"), "warning")
        return badge(_("in force"), "success")

    @display(description=_("changed"))
    def changed(self, key: GatewayKey) -> Any:
        return moment(key.changed_at)
