"""What a person decides of a refill or a cancel that nobody can tell of."""

from collections.abc import Collection

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from orders.actions.request_answering import close, follow, lock_requests, refill_with
from orders.actions.requesting import note, ring_for
from orders.enums import RefillStatus, RequestKind, RequestState
from orders.errors import OrderError
from orders.models import OrderRequest

ID_LENGTH = 64


@transaction.atomic(durable=True)
def settle_as_accepted(
    *, request: OrderRequest, upstream_id: str, by: User
) -> OrderRequest:
    """Follow a refill that the provider has, under the id that it has there.

    Of an unknown refill, or of one whose id turned out wrong. Raises OrderError where
    another refill of that provider has the id, with nothing changed.
    """
    locked = _lock(request, {RequestState.UNKNOWN, RequestState.ACCEPTED})
    upstream_id = upstream_id.strip()
    if locked.kind != RequestKind.REFILL:
        raise OrderError(_("Only refills have an id."))
    if not 0 < len(upstream_id) <= ID_LENGTH:
        raise OrderError(_("Write the refill's id at the provider."))
    if (other := refill_with(locked, upstream_id)) is not None:
        raise OrderError(
            _("Refill %(number)d of order %(order)d has this id.")
            % {"number": other.pk, "order": other.order_id}
        )
    follow(locked, upstream_id)
    note(locked, f"refill: accepted as {upstream_id}, says a person", by=by)
    return locked


@transaction.atomic(durable=True)
def ask_again(*, request: OrderRequest, by: User) -> OrderRequest:
    """Send a request again now, as it is not at the provider; raises OrderError."""
    locked = _lock(request, {RequestState.UNKNOWN, RequestState.REQUESTED})
    locked.state = RequestState.REQUESTED
    locked.misses = 0
    locked.flagged_at = None
    locked.next_at = Now()
    locked.save(update_fields=["state", "misses", "flagged_at", "next_at"])
    note(locked, f"{locked.kind}: was not accepted, says a person; asked again", by=by)
    ring_for(locked)
    return locked


@transaction.atomic(durable=True)
def close_as_rejected(*, request: OrderRequest, by: User) -> OrderRequest:
    """End a request that comes to nothing; a refill's customer is told. OrderError
    while it is being sent, or where it has ended."""
    open_states = set(RequestState) - {RequestState.SENDING}
    locked = _lock(request, open_states)
    was_accepted = locked.state == RequestState.ACCEPTED
    state = RequestState.ACCEPTED if was_accepted else RequestState.REFUSED
    close(locked, state, RefillStatus.REJECTED)
    note(locked, f"{locked.kind}: closed as rejected by a person", by=by)
    return locked


def _lock(request: OrderRequest, states: Collection[RequestState]) -> OrderRequest:
    """Lock a request that is open and in one of `states`; raises OrderError."""
    found = OrderRequest.objects.filter(
        pk=request.pk, closed_at=None, state__in=list(states)
    )
    for locked in lock_requests(found):
        return locked
    raise OrderError(_("It is not any more where this could be decided; look again."))
