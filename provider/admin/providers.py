"""Providers: their settings, how they are, and the buttons that ask them."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from provider import actions, queries
from provider.admin.funds import FundsMixin
from provider.admin.rates import currency_code
from provider.models import ErrorPhrase, Provider
from shop.admin import NOTHING, ShopAdmin, Table, badge, button, link_to, moment
from shop.celery import ring
from shop.money import show

RUNS = 10


class ProviderForm(forms.ModelForm):
    """A provider's settings. The key is written, and never shown again."""

    url = forms.URLField(
        label=_("Address of the API"),
        max_length=300,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
    )
    key = forms.CharField(
        label=_("API key"),
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("key", None)
        if "key" in self.fields and self.instance.pk is None:
            self.fields["key"].required = True
        elif "key" in self.fields:
            self.fields["key"].help_text = _("Left empty, the key stays as it is.")

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if not url.startswith(("http://", "https://")):
            raise forms.ValidationError(_("An address that begins with https://."))
        return url

    def clean_key(self) -> str:
        given: str = self.cleaned_data["key"]
        return given or self.instance.key

    def clean_currency(self) -> str:
        return currency_code(self.cleaned_data["currency"])


class PauseForm(BaseDialogForm):
    """Why nothing is to be sent."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget
    )


@admin.register(Provider)
class ProviderAdmin(FundsMixin, ShopAdmin):
    """Who we buy from. A provider is not deleted: `active` is the switch."""

    form = ProviderForm
    list_display = ("name", "state", "funds", "synced", "on_sale", "currency")
    search_fields = ("name", "url")
    ordering = ("name",)
    readonly_fields = ("state", "funds", "synced", "on_sale")
    fieldsets = (
        (None, {"fields": ("name", "url", "key", "currency", "active", "publish")}),
        (
            _("Limits"),
            {
                "fields": (
                    "calls_per_minute",
                    "max_in_flight",
                    "batch_size",
                    "user_agent",
                    "refill_status_one_by_one",
                    "requests_one_by_one",
                )
            },
        ),
        (
            _("Finding unknown orders"),
            {"fields": ("request_ids", "list_orders", "id_gap")},
        ),
    )
    actions_detail = (
        "test",
        "pause",
        "resume",
        "record_funds",
        {"title": _("Catalogue"), "items": ["sync_now", "publish_all"]},
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        selling = Q(
            offers__routes__service__active=True, offers__routes__service__off_reason=""
        )
        found: QuerySet[Provider] = super().get_queryset(request)
        return found.annotate(
            services=Count("offers__routes__service", distinct=True),
            selling=Count("offers__routes__service", filter=selling, distinct=True),
        )

    def has_delete_permission(
        self, request: HttpRequest, obj: Provider | None = None
    ) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        return ((None, {"fields": self.readonly_fields}), *self.fieldsets)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Provider | None = None
    ) -> Any:
        return (*self.readonly_fields, "currency") if obj else self.readonly_fields

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Offer to pause who is not paused, and to resume who is."""
        is_paused = Provider.objects.filter(pk=object_id, paused_at__isnull=False)
        unfit = "pause" if is_paused.exists() else "resume"
        return [
            offered
            for offered in super().get_actions_detail(request, object_id)
            if not offered.action_name.endswith(f"_{unfit}")
        ]

    @display(description=_("state"))
    def state(self, provider: Provider) -> str:
        if not provider.active:
            return badge(_("switched off"))
        if provider.paused_at is None and provider.open_until is not None:
            return format_html(
                "{} {}",
                badge(_("left alone"), "warning"),
                gettext("%d sendings in a row came to nothing") % provider.failures,
            )
        if provider.paused_at is None:
            return badge(_("active"), "success")
        reason = provider.pause_reason
        return format_html("{} {}", badge(_("paused"), "warning"), reason)

    @display(description=_("balance"))
    def funds(self, provider: Provider) -> str:
        if provider.balance is None:
            return NOTHING
        age = naturaltime(provider.balance_at)
        return f"{show(provider.balance, provider.currency)} ({age})"

    @display(description=_("catalogue read"), ordering="synced_at")
    def synced(self, provider: Provider) -> str:
        return str(naturaltime(provider.synced_at)) if provider.synced_at else NOTHING

    @display(description=_("services on sale"))
    def on_sale(self, provider: Any) -> str:
        return gettext("%(selling)d of %(services)d") % {
            "selling": provider.selling,
            "services": provider.services,
        }

    def tables(self, row: Provider) -> Iterable[Table]:
        yield Table(
            _("Catalogue runs"),
            [_("time"), _("outcome"), _("rows"), _("new"), _("changed"),
             _("withdrawn"), _("message")],
            [
                [link_to(run, moment(run.finished_at)), run.get_outcome_display(),
                 run.rows, run.added, run.changed, run.withdrawn, run.message]
                for run in row.runs.defer("rejected").order_by("-id")[:RUNS]
            ],
        )  # fmt: skip

    def save_model(
        self, request: HttpRequest, obj: Provider, form: Any, change: bool
    ) -> None:
        """Save what was changed, no more: balance and rate limit move meanwhile."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            actions.save_provider(provider=obj)
        if queries.exchange_rate(base=obj.currency) is None:
            messages.warning(
                request,
                _("Nothing of it is sold until there is a rate of exchange for %s.")
                % obj.currency,
            )

    @button(
        label=_("Test connection"),
        question=_("Asks the provider for its balance, now, and keeps the answer."),
        permission="provider.change_provider",
        refusals=(actions.ProviderError,),
        icon="network_check",
    )
    def test(self, request: HttpRequest, provider: Provider, data: object) -> str:
        """Read the balance; what stands in the way is shown."""
        reading = actions.read_balance(provider=provider)
        return gettext("%(provider)s answers. The balance is %(balance)s.") % {
            "provider": provider,
            "balance": show(reading.amount, reading.currency),
        }

    @button(
        label=_("Sync now"),
        question=_("The catalogue is read within seconds, beside other work."),
        permission="provider.change_provider",
        icon="sync",
    )
    def sync_now(self, request: HttpRequest, provider: Provider, data: object) -> str:
        """Make the catalogue due, and ring; the sweeper finds it if nobody hears."""
        actions.request_sync(provider=provider)
        ring("provider.sync", provider_id=provider.pk)
        return gettext("The catalogue is being read; the run will be listed below.")

    @button(
        label=_("Pause"),
        question=_("Orders stay queued, and are sent when you resume."),
        permission="provider.change_provider",
        form=PauseForm,
        icon="pause",
        variant=ActionVariant.WARNING,
    )
    def pause(
        self, request: HttpRequest, provider: Provider, data: dict[str, Any]
    ) -> str:
        """Stop sending, for a reason that staff give."""
        actions.pause(provider=provider, reason=data["reason"])
        return gettext("%s is paused.") % provider

    @button(
        label=_("Resume"),
        question=_("Orders that wait are sent at once."),
        permission="provider.change_provider",
        icon="play_arrow",
        variant=ActionVariant.SUCCESS,
    )
    def resume(self, request: HttpRequest, provider: Provider, data: object) -> str:
        """Send again."""
        actions.resume(provider=provider)
        return gettext("%s is active again.") % provider

    @button(
        label=_("Publish all services"),
        question=_("Every service that is bought here is switched on."),
        permission="provider.change_service",
        icon="visibility",
    )
    def publish_all(
        self, request: HttpRequest, provider: Provider, data: object
    ) -> str:
        """Switch on what is bought here."""
        number = actions.publish_services(provider=provider)
        return ngettext(
            "%d service switched on.", "%d services switched on.", number
        ) % (number)


@admin.register(ErrorPhrase)
class ErrorPhraseAdmin(ShopAdmin):
    """What providers' wordings mean."""

    list_display = ("pattern", "error_class", "provider")
    list_filter = ("error_class", "provider")
    list_select_related = ("provider",)
    search_fields = ("pattern",)
    ordering = ("pattern",)
    fields = ("pattern", "error_class", "provider")
