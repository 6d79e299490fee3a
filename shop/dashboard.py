"""The admin's first page: the numbers that staff need each morning."""

from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Min, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.enums import Submission
from orders.models import Order
from provider.models import Provider
from shop.money import ZERO, show


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add `cards` to the page: a title, a value, a link, and whether it is an alarm."""
    cards = []
    if request.user.has_perm("orders.view_order"):
        cards += _orders()
    if request.user.has_perm("provider.view_provider"):
        cards += [_provider(row) for row in Provider.objects.order_by("name")[:12]]
    return {**context, "cards": cards}


def _orders() -> list[dict[str, Any]]:
    page = reverse("admin:orders_order_changelist")
    waiting = Order.objects.filter(
        # Both halves have an index: open orders are looked at again, or flagged.
        Q(next_at__isnull=False) | Q(flagged_at__isnull=False),
        submission__in=[Submission.QUEUED, Submission.HELD],
    ).aggregate(
        held=Count("pk", filter=Q(submission=Submission.HELD)),
        oldest=Min("created_at", filter=Q(submission=Submission.QUEUED)),
    )
    today = Order.objects.filter(
        created_at__gte=timezone.localtime().replace(hour=0, minute=0, second=0)
    ).aggregate(number=Count("pk"), charged=Sum("charge"), returned=Sum("refunded"))
    revenue = (today["charged"] or ZERO) - (today["returned"] or ZERO)
    flagged = Order.objects.filter(flagged_at__isnull=False).count()
    oldest = naturaltime(waiting["oldest"]) if waiting["oldest"] else _("none waits")
    held = f"{page}?submission__exact=held"
    queued = f"{page}?submission__exact=queued"
    return [
        _card(_("Flagged orders"), flagged, f"{page}?flagged=yes", alarm=flagged > 0),
        _card(_("Held orders"), waiting["held"], held, alarm=waiting["held"] > 0),
        _card(_("Oldest order in the queue"), oldest, queued),
        _card(_("Orders today"), today["number"], page),
        _card(_("Charged today, less refunds"), show(revenue), page),
    ]


def _provider(row: Provider) -> dict[str, Any]:
    page = reverse("admin:provider_provider_change", args=[row.pk])
    if row.paused_at:
        return _card(row.name, _("paused"), page, alarm=True)
    if row.balance is None:
        return _card(row.name, _("balance not read yet"), page)
    return _card(
        row.name, show(row.balance, row.currency), page, alarm=row.balance <= 0
    )


def _card(
    title: str, value: object, url: str, *, alarm: bool = False
) -> dict[str, Any]:
    return {"title": title, "value": value, "url": url, "alarm": alarm}
