"""What came from upstream, as it came: offers and replies."""

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from provider.models import Offer, Reply
from shop.admin import NOTHING, ReadonlyMixin, ShopAdmin, Table, link_to, moment
from shop.money import show

# Characters of a reply; a catalogue may have millions.
MOST_BODY = 50_000


@admin.register(Offer)
class OfferAdmin(ReadonlyMixin, ShopAdmin):
    """One upstream service as last seen."""

    list_display = ("upstream_id", "name", "type", "rate", "min", "max", "provider")
    list_display_links = ("upstream_id", "name")
    list_filter = (
        "provider",
        "type",
        ("withdrawn_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("provider",)
    search_fields = ("upstream_id__exact", "name", "category")
    ordering = ("provider", "id")
    fields = (
        "provider", "upstream_id", "name", "category", "type", "type_given", "rate",
        "min", "max", "refill", "cancel", "dripfeed", "description", "average_time",
        "first_seen", "changed", "withdrawn", "raw",
    )  # fmt: skip

    def tables(self, row: Offer) -> Iterable[Table]:
        yield Table(
            _("Services that buy this"),
            [_("service"), _("position")],
            [
                [link_to(route.service), route.position]
                for route in row.routes.select_related("service").order_by("id")
            ],
        )

    @display(description=_("rate"), ordering="rate_seen")
    def rate(self, offer: Offer) -> str:
        return show(offer.rate_seen, offer.provider.currency)

    @display(description=_("first seen"))
    def first_seen(self, offer: Offer) -> str:
        return moment(offer.seen_at)

    @display(description=_("changed"))
    def changed(self, offer: Offer) -> str:
        return moment(offer.changed_at)

    @display(description=_("withdrawn"))
    def withdrawn(self, offer: Offer) -> str:
        return moment(offer.withdrawn_at)


@admin.register(Reply)
class ReplyAdmin(ReadonlyMixin, ShopAdmin):
    """The archive: every upstream reply that changed something, the key taken out."""

    list_display = ("number", "provider", "action", "http_status", "failure", "time")
    list_filter = ("provider", "action")
    list_select_related = ("provider",)
    number_fields = ("id",)
    search_fields = ("failure",)
    search_help_text = _("A reply's number, or a failure.")
    ordering = ("-id",)
    paginator = InfinitePaginator
    fields = (
        "provider", "action", "question", "http_status", "failure", "duration", "time",
        "content",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reply]:
        found: QuerySet[Reply] = super().get_queryset(request)
        return found.defer("body", "asked")

    @display(description=_("no."), ordering="id")
    def number(self, reply: Reply) -> int:
        return reply.pk

    @display(description=_("time"))
    def time(self, reply: Reply) -> str:
        return moment(reply.created_at)

    @display(description=_("asked"))
    def question(self, reply: Reply) -> str | SafeString:
        fields = (unquote_plus(field) for field in re.split("[&\n]", reply.asked))
        return _verbatim("\n".join(fields))

    @display(description=_("body"))
    def content(self, reply: Reply) -> str | SafeString:
        return _verbatim(Truncator(reply.body).chars(MOST_BODY))


def _verbatim(content: str) -> str | SafeString:
    """Return what somebody else wrote, line by line; a dash for nothing."""
    if not content:
        return NOTHING
    return format_html(
        '<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', content
    )
