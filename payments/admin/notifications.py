"""What came to the gateways' addresses, as it came."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from payments.enums import Outcome
from payments.models import Notification
from shop.admin import ReadonlyMixin, ShopAdmin, badge, link_to, moment

TONES = {
    Outcome.APPLIED: "success",
    Outcome.MISMATCH: "danger",
    Outcome.FORGED: "danger",
    Outcome.UNREADABLE: "warning",
    Outcome.UNANSWERED: "warning",
}


@admin.register(Notification)
class NotificationAdmin(ReadonlyMixin, ShopAdmin):
    """What came to the gateways' addresses, as it came."""

    list_display = ("number", "gateway", "event_id", "result", "payment", "time")
    list_filter = ("outcome", "gateway")
    list_select_related = ("top_up",)
    number_fields = ("id", "top_up_id")
    search_fields = ("event_id",)
    ordering = ("-id",)
    fields = (
        "gateway", "event_id", "result", "error", "payment", "time", "headers", "text",
    )  # fmt: skip

    @display(description=_("no."), ordering="id")
    def number(self, said: Notification) -> int:
        return said.pk

    @display(description=_("outcome"))
    def result(self, said: Notification) -> str:
        if not said.outcome:
            return badge(_("not applied"), "warning")
        outcome = Outcome(said.outcome)
        return badge(outcome.label, TONES.get(outcome, ""))

    @display(description=_("payment"))
    def payment(self, said: Notification) -> Any:
        return link_to(said.top_up)

    @display(description=_("received"), ordering="id")
    def time(self, said: Notification) -> Any:
        return moment(said.received_at)

    @display(description=_("body"))
    def text(self, said: Notification) -> str:
        return text_of(said)


def text_of(said: Notification) -> str:
    """Return a notification's body as text, whatever its bytes are."""
    return bytes(said.body).decode(errors="replace")
