"""Orders as staff see them: everything that is known, and the buttons that act."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Case, Q, When
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.paginator import InfinitePaginator

from ledger.enums import TransferKind
from ledger.models import Transfer
from orders import actions
from orders.admin.requests import FlagFilter
from orders.admin.settling import SettlingButtons
from orders.enums import Status, Submission
from orders.errors import OrderError
from orders.models import Evidence, Order
from provider.admin.explaining import why_link
from shop.admin import (
    NOTHING,
    ReadonlyMixin,
    ShopAdmin,
    Table,
    badge,
    button,
    link_to,
    moment,
    short,
)
from shop.money import plain, show

MONEY = (
    TransferKind.ORDER_CHARGE,
    TransferKind.ORDER_REFUND,
    TransferKind.ORDER_LOSS,
    TransferKind.ORDER_COST,
    TransferKind.ORDER_COST_SECOND,
    TransferKind.ORDER_COST_CORRECTION,
)
STATUS_TONES: dict[str, str] = {
    Status.IN_PROGRESS: "info",
    Status.PROCESSING: "info",
    Status.COMPLETED: "success",
    Status.PARTIAL: "warning",
    Status.PAUSED: "warning",
    Status.CANCELED: "danger",
    Status.FAILED: "danger",
}
SUBMISSION_TONES: dict[str, str] = {
    Submission.ACCEPTED: "success",
    Submission.HELD: "warning",
    Submission.UNKNOWN: "danger",
}
# No page renders more rows; an order that has more history is a case for SQL.
MOST = 200
URGENT = timedelta(hours=24)


@admin.register(Order)
class OrderAdmin(SettlingButtons, ReadonlyMixin, ShopAdmin):
    """Every order. Nothing can be edited; cancel and refill go through actions."""

    list_display = (
        "number", "customer", "bought", "state", "sent", "flag_shortened", "paid",
        "provider", "ordered",
    )  # fmt: skip
    list_filter = (FlagFilter, "status", "submission", "provider", "source")
    list_select_related = ("customer", "service", "provider")
    number_fields = ("id", "upstream_id")
    search_fields = ("upstream_id__exact", "link", "reference", "customer__email")
    search_help_text = _("A number, an upstream id, a link or an e-mail address.")
    ordering = ("-id",)
    paginator = InfinitePaginator
    actions_detail = (
        {
            "title": _("Settle"),
            "items": list(SettlingButtons.settling),
            "variant": ActionVariant.PRIMARY,
        },
        {"title": _("As the customer may"), "items": ["cancel", "refill"]},
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "state", "sent", "flag", "customer", "service", "type", "source",
                    "ordered", "ended", "looked_at",
                )
            },
        ),
        (
            _("What was ordered"),
            {
                "fields": (
                    "reference", "link", "quantity", "runs", "interval", "units", "fields",
                )
            },
        ),
        (_("Money"), {"fields": ("price_shown", "paid", "returned", "consented")}),
        (
            _("Upstream"),
            {
                "fields": (
                    "provider", "upstream_id", "start_count", "remains",
                    "charged_upstream", "misses", "errors",
                )
            },
        ),
    )  # fmt: skip

    def get_ordering(self, request: HttpRequest) -> Any:
        """Put first, of the flagged, what is unknown for a day, then what waits longest."""
        if FlagFilter.parameter_name not in request.GET:
            return self.ordering
        urgent = Q(submission=Submission.UNKNOWN, flagged_at__lt=Now() - URGENT)
        return [Case(When(urgent, then=0), default=1).asc(), "flagged_at", "id"]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Offer those tools that fit the state that the order is in."""
        order = Order.objects.filter(pk=object_id).first()
        fitting = self.fitting(order) if order else frozenset()
        unfit = set(self.settling) - fitting
        return [
            offered
            for offered in super().get_actions_detail(request, object_id)
            if not getattr(offered, "action_name", "").endswith(
                tuple(f"_{name}" for name in unfit)
            )
        ]

    @display(description=_("no."), ordering="id")
    def number(self, order: Order) -> str:
        return str(order)

    @display(description=_("service"))
    def bought(self, order: Order) -> str:
        return short(order.service)

    @display(description=_("status"))
    def state(self, order: Order) -> str:
        return badge(order.get_status_display(), STATUS_TONES.get(order.status, ""))

    @display(description=_("submission"))
    def sent(self, order: Order) -> str:
        tone = SUBMISSION_TONES.get(order.submission, "")
        return badge(order.get_submission_display(), tone)

    @display(description=_("flagged"))
    def flag(self, order: Order) -> str:
        return order.flag_reason or NOTHING

    @display(description=_("flagged"), ordering="flagged_at")
    def flag_shortened(self, order: Order) -> str:
        return short(order.flag_reason)

    @display(description=_("charge"))
    def paid(self, order: Order) -> str:
        return show(order.charge)

    @display(description=_("price"))
    def price_shown(self, order: Order) -> str | SafeString:
        """The price, and why it is what it is today for this customer."""
        link = why_link(order.service_id, order.customer_id)
        return format_html("<span>{} · {}</span>", show(order.price), link)

    @display(description=_("consent by"))
    def consented(self, order: Order) -> str:
        """Who let the price be below the service's least, and down to what margin."""
        if order.consent_margin is None:
            return NOTHING
        margin = plain(order.consent_margin).replace("-", "−")
        return f"{order.consent_by} ({margin} %)"

    @display(description=_("refunded"))
    def returned(self, order: Order) -> str:
        return show(order.refunded)

    @display(description=_("upstream charge"))
    def charged_upstream(self, order: Order) -> str:
        if order.upstream_charge is None or order.provider is None:
            return NOTHING
        return show(order.upstream_charge, order.provider.currency)

    @display(description=_("ordered"), ordering="id")
    def ordered(self, order: Order) -> str:
        return moment(order.created_at)

    @display(description=_("finished"))
    def ended(self, order: Order) -> str:
        return moment(order.finished_at)

    @display(description=_("looked at again"))
    def looked_at(self, order: Order) -> str:
        return moment(order.next_at)

    def tables(self, row: Order) -> Iterable[Table]:
        yield _history(row)
        yield _attempts(row)
        yield _evidence(row)
        yield _deliveries(row)
        yield _requests(row)
        yield _money(row)

    @button(
        label=_("Cancel order"),
        question=_(
            "What has not been sent is ended at once with a full refund. "
            "Otherwise the provider is asked, and money moves when it agrees."
        ),
        permission="orders.change_order",
        refusals=(OrderError,),
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, order: Order, data: object) -> str:
        """End the order, or ask upstream to."""
        asked = actions.cancel_order(order=order, by=request.user, by_staff=True)
        if asked is None:
            return gettext("The order was ended, and its whole charge given back.")
        return gettext("The provider is being asked to cancel.")

    @button(
        label=_("Refill order"),
        question=_("The provider is asked to deliver again what was lost."),
        permission="orders.change_order",
        refusals=(OrderError,),
        icon="autorenew",
    )
    def refill(self, request: HttpRequest, order: Order, data: object) -> str:
        """Ask upstream for a refill."""
        actions.request_refill(order=order, by=request.user, by_staff=True)
        return gettext("The provider is being asked for a refill.")


def _history(order: Order) -> Table:
    events = order.events.select_related("by", "reply").order_by("id")[:MOST]
    return Table(
        _("History"),
        [_("time"), _("status"), _("submission"), _("reason"), _("refunded"), _("by"),
         _("reply")],
        [
            [moment(event.created_at), event.get_new_status_display(),
             event.get_new_submission_display(), event.reason,
             show(event.refunded) if event.refunded else "", event.by or "",
             link_to(event.reply)]
            for event in events
        ],
    )  # fmt: skip


def _attempts(order: Order) -> Table:
    attempts = order.attempts.select_related("provider", "offer", "reply")
    return Table(
        _("Attempts"),
        [_("no."), _("provider"), _("bought as"), _("expected cost"),
         _("rate of exchange"), _("sent"), _("answered"), _("outcome"),
         _("upstream id"), _("error"), _("reply")],
        [
            [attempt.no, attempt.provider, link_to(attempt.offer, attempt.offer.upstream_id),
             f"{plain(attempt.expected_cost)} {attempt.currency}",
             plain(attempt.fx_rate),
             moment(attempt.sent_at), moment(attempt.answered_at),
             attempt.get_outcome_display(), attempt.upstream_id or "", attempt.error,
             link_to(attempt.reply)]
            for attempt in attempts.order_by("no")[:MOST]
        ],
    )  # fmt: skip


def _evidence(order: Order) -> Table:
    found = Evidence.objects.filter(attempt__order=order)
    found = found.select_related("attempt", "by", "reply")
    return Table(
        _("Evidence"),
        [_("time"), _("attempt"), _("looked at"), _("it says"), _("upstream id"),
         _("detail"), _("by"), _("reply")],
        [
            [moment(row.created_at), row.attempt.no, row.get_source_display(),
             row.get_verdict_display(), row.upstream_id, row.detail, row.by or "",
             link_to(row.reply)]
            for row in found.order_by("id")[:MOST]
        ],
    )  # fmt: skip


def _deliveries(order: Order) -> Table:
    return Table(
        _("Deliveries"),
        [_("upstream id"), _("status"), _("remains"), _("delivered"),
         _("upstream charge"), _("finished")],
        [
            [row.upstream_id, row.get_status_display(),
             NOTHING if row.remains is None else row.remains,
             NOTHING if row.delivered is None else row.delivered,
             NOTHING if row.upstream_charge is None else plain(row.upstream_charge),
             moment(row.finished_at)]
            for row in order.deliveries.order_by("id")[:MOST]
        ],
    )  # fmt: skip


def _requests(order: Order) -> Table:
    requests = order.requests.select_related("by", "reply").order_by("id")[:MOST]
    return Table(
        _("Refills and cancels"),
        [_("no."), _("kind"), _("state"), _("status"), _("upstream id"), _("by"),
         _("asked for"), _("closed"), _("error"), _("reply")],
        [
            [link_to(request, request.pk), request.get_kind_display(), request.get_state_display(),
             request.get_status_display(), request.upstream_id, request.by or "",
             moment(request.created_at), moment(request.closed_at), request.error,
             link_to(request.reply)]
            for request in requests
        ],
    )  # fmt: skip


def _money(order: Order) -> Table:
    transfers = Transfer.objects.filter(kind__in=MONEY, subject=order.pk)
    return Table(
        _("Transfers"),
        [_("time"), _("transfer"), _("amount"), _("note")],
        [
            [moment(transfer.created_at),
             link_to(transfer, transfer.get_kind_display()),
             show(transfer.amount, transfer.currency), transfer.note]
            for transfer in transfers.order_by("id")[:MOST]
        ],
    )  # fmt: skip
