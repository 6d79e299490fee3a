"""An order's status in the words that customers read.

The protocol document's table ("What customers and their clients may read") is the
source: never failed, unknown, held or flagged.
"""

from dataclasses import dataclass

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from orders.enums import RefillStatus, RequestState, Status, Submission
from orders.models import Order, OrderRequest
from orders.queries import outward
from shop.money import show

register = template.Library()

_TONES = {
    Status.PENDING: "",
    Status.PROCESSING: "badge-info",
    Status.IN_PROGRESS: "badge-primary",
    Status.PAUSED: "badge-warning",
    Status.COMPLETED: "badge-success",
    Status.PARTIAL: "badge-warning",
    Status.CANCELED: "",
}
_REFILL_TONES = {
    RefillStatus.REQUESTED: "",
    RefillStatus.IN_PROGRESS: "badge-primary",
    RefillStatus.COMPLETED: "badge-success",
    RefillStatus.REJECTED: "badge-warning",
}
_OF_CANCELS = {
    RequestState.REQUESTED: RefillStatus.REQUESTED,
    RequestState.SENDING: RefillStatus.REQUESTED,
    RequestState.UNKNOWN: RefillStatus.REQUESTED,
    # Accepted is not yet cancelled: the order's own status says when it is.
    RequestState.ACCEPTED: RefillStatus.REQUESTED,
    RequestState.REFUSED: RefillStatus.REJECTED,
}


@dataclass(frozen=True)
class Words:
    """A status as it is shown: the word, what goes with it, and its colour."""

    label: str
    detail: str
    tone: str

    def __str__(self) -> str:
        return f"{self.label} · {self.detail}" if self.detail else self.label


@register.filter
def words(order: Order) -> Words:
    """Return the order's status in words."""
    status = outward(Status(order.status))
    return Words(str(status.label), _detail(order, status), _TONES[status])


@register.filter
def request_words(request: OrderRequest) -> Words:
    """Return how far a refill or a cancel is, in words; whether it is checked is ours."""
    status = RefillStatus(request.status or _OF_CANCELS[RequestState(request.state)])
    return Words(str(status.label), "", _REFILL_TONES[status])


def _detail(order: Order, status: Status) -> str:
    if status == Status.PARTIAL:
        return _("%(amount)s refunded") % {"amount": show(order.refunded)}
    if status == Status.CANCELED:
        return pgettext("order", "refunded")
    if order.is_open and order.submission == Submission.HELD:
        return _("waiting to start (cancel any time)")
    if order.being_checked:
        return _("being checked")
    return ""
