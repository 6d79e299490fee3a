"""The providers' books, day by day: ours beside theirs, and which orders differ."""

from collections.abc import Iterable

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from orders.differences import Difference
from orders.models import Order, ProviderDay
from orders.reconciliation import Books, books
from shop.admin import NOTHING, ReadonlyMixin, ShopAdmin, Table, link_to, moment
from shop.money import show

# No page renders more rows; `manage.py reconcile` prints them all.
MOST = 200


@admin.register(ProviderDay)
class ProviderDayAdmin(ReadonlyMixin, ShopAdmin):
    """A provider's day, with what nobody explains of it."""

    list_display = (
        "date", "provider", "our_book", "balance_read", "funds_sent", "cost_booked",
        "charged_upstream", "not_named",
    )  # fmt: skip
    list_display_links = ("date", "provider")
    list_filter = ("provider", "date")
    list_select_related = ("provider",)
    ordering = ("-date", "provider")
    fields = (
        "provider", "date", "our_book", "balance_read", "read", "funds_sent",
        "cost_booked", "charged_upstream", "not_named", "written",
    )  # fmt: skip

    @display(description=_("our book"), ordering="book")
    def our_book(self, day: ProviderDay) -> str:
        return show(day.book, day.provider.currency)

    @display(description=_("balance upstream"), ordering="balance")
    def balance_read(self, day: ProviderDay) -> str:
        if day.balance is None:
            return NOTHING
        return show(day.balance, day.provider.currency)

    @display(description=_("funds sent"), ordering="funds")
    def funds_sent(self, day: ProviderDay) -> str:
        return show(day.funds, day.provider.currency)

    @display(description=_("cost booked"), ordering="cost")
    def cost_booked(self, day: ProviderDay) -> str:
        return show(day.cost, day.provider.currency)

    @display(description=_("charged upstream"), ordering="charged")
    def charged_upstream(self, day: ProviderDay) -> str:
        return show(day.charged, day.provider.currency)

    @display(description=_("charge not named"), ordering="unnamed")
    def not_named(self, day: ProviderDay) -> str:
        return show(day.unnamed, day.provider.currency)

    @display(description=_("balance read"))
    def read(self, day: ProviderDay) -> str | SafeString:
        return moment(day.balance_at)

    @display(description=_("time"))
    def written(self, day: ProviderDay) -> str | SafeString:
        return moment(day.changed_at)

    def tables(self, row: ProviderDay) -> Iterable[Table]:
        found = books(provider=row.provider, first=row.date, last=row.date)
        yield _movement(found)
        yield _differing(found)


def _movement(found: Books) -> Table:
    amounts = (found.book_movement, found.balance_movement, found.rest)
    return Table(
        _("Since the reading before"),
        [_("our book"), _("balance upstream"), _("unexplained")],
        [
            [NOTHING if amount is None else show(amount, found.provider.currency)
             for amount in amounts]
        ],
    )  # fmt: skip


def _differing(found: Books) -> Table:
    return Table(
        _("Orders that differ"),
        [_("order"), _("upstream id"), _("cost booked"), _("charged upstream"),
         _("at most"), _("reason")],
        [_line(one, found.provider.currency) for one in found.differences[:MOST]],
    )  # fmt: skip


def _line(one: Difference, currency: str) -> list[object]:
    return [
        link_to(Order(pk=one.order_id)),
        one.upstream_id,
        show(one.booked, currency),
        NOTHING if one.charged is None else show(one.charged, currency),
        show(one.expected if one.charged is None else one.charged, currency),
        one.reason.label,
    ]
