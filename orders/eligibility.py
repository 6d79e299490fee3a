"""Whether an order may be refilled or cancelled: pure reading, and why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from orders.enums import Status, Submission
from orders.models import Order
from provider.models import Service


@dataclass(frozen=True)
class Eligibility:
    """Whether something may be asked for now; otherwise why not and, where time alone
    will change that, from when on it may."""

    possible: bool
    reason: str = ""
    possible_from: datetime | None = None


@dataclass(frozen=True)
class Known:
    """What an order's own row does not say. `now` is the database's clock.

    `open` is whether such a request is under way, `last_closed_at` when the last one
    ended. `may_try` allows what the provider neither promises nor rules out. `upstream`
    says that a provider has accepted it once, wherever it is now.
    """

    now: datetime
    open: bool = False
    last_closed_at: datetime | None = None
    may_try: bool = False
    upstream: bool = False
    by_staff: bool = False


POSSIBLE = Eligibility(possible=True)


def may_cancel(order: Order, known: Known) -> Eligibility:
    """Return whether cancelling may be asked for; what is not upstream is always ended.

    Staff, who see what is upstream, may end what waits to be sent in any case.
    """
    if not order.is_open:
        return _no(_("This order has ended."))
    if order.is_unsent and (known.by_staff or not known.upstream):
        return POSSIBLE
    if order.submission != Submission.ACCEPTED:
        return _no(_("This order is being checked; please wait a moment."))
    if not (order.service.cancel or known.may_try):
        return _no(_("This service cannot be cancelled once it has started."))
    if known.open:
        return _no(_("Cancelling was asked for already."))
    return POSSIBLE


def may_refill(order: Order, known: Known) -> Eligibility:
    """Return whether a refill may be asked for.

    It may between the hours that must lie after the order's end, or after its last
    refill whatever came of it, and the service's last day for refills.
    """
    if not (order.service.refill or known.may_try):
        return _no(_("This service comes without refill."))
    if order.status != Status.COMPLETED or order.finished_at is None:
        return _no(_("Only completed orders can be refilled."))
    if known.open:
        return _no(_("A refill is under way already."))
    ended_at = order.finished_at
    since = max(ended_at, known.last_closed_at or ended_at)
    hours = (
        refill_hours(order.service)
        if known.last_closed_at
        else first_refill_hours(order.service)
    )
    possible_from = since + timedelta(hours=hours)
    days = order.service.refill_days
    over = days is not None and (
        max(possible_from, known.now) > ended_at + timedelta(days=days)
    )
    if over:
        return _no(_("The time for refills of this order is over."))
    if known.now < possible_from:
        return Eligibility(
            possible=False,
            reason=_("A refill is not possible yet."),
            possible_from=_next_second(possible_from),
        )
    return POSSIBLE


def refill_hours(service: Service) -> int:
    """Return how many hours lie between a refill and the next one."""
    hours = service.refill_hours
    return settings.REFILL_HOURS if hours is None else hours


def first_refill_hours(service: Service) -> int:
    """Return how many hours lie between an order's end and its first refill."""
    hours = service.refill_first_hours
    return refill_hours(service) if hours is None else hours


def _no(reason: str) -> Eligibility:
    return Eligibility(possible=False, reason=reason)


def _next_second(at: datetime) -> datetime:
    """Return the whole second at or after `at`: times are shown without fractions."""
    return at.replace(microsecond=0) + timedelta(seconds=bool(at.microsecond))
