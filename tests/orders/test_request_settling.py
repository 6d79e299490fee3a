"""What a person decides of a refill or a cancel that nobody can tell of."""

from collections.abc import Callable

import pytest
from django.db.models.functions import Now

from accounts.models import User
from notices.models import Notice
from orders import actions
from orders.enums import RefillStatus, RequestState
from orders.errors import OrderError
from orders.models import OrderRequest
from tests.factories import make_admin
from tests.orders.acting import Script, book, completed, reasons, seconds_ahead
from tests.orders.asking import (
    CANCEL_UNKNOWN,
    REFILL_UNKNOWN,
    cancel_asked,
    fresh,
    orders_of_one_provider,
    refill_asked,
    sent,
)

pytestmark = pytest.mark.django_db
Rings = list[tuple[str, dict[str, object]]]
Settle = Callable[[OrderRequest, User], OrderRequest]


def accept(request: OrderRequest, by: User) -> OrderRequest:
    return actions.settle_as_accepted(request=request, upstream_id=" 7 ", by=by)


def again(request: OrderRequest, by: User) -> OrderRequest:
    return actions.ask_again(request=request, by=by)


def reject(request: OrderRequest, by: User) -> OrderRequest:
    return actions.close_as_rejected(request=request, by=by)


SETTLES = [accept, again, reject]


@pytest.fixture
def admin() -> User:
    return make_admin()


@pytest.fixture
def unknown(script: Script) -> OrderRequest:
    """A refill of which nobody can tell whether it was accepted."""
    refill, script.refill = script.refill, REFILL_UNKNOWN
    request = sent(refill_asked(script))
    script.refill = refill
    assert request.state == RequestState.UNKNOWN
    return request


def test_a_refill_that_was_accepted_is_followed_under_its_id(
    unknown: OrderRequest, admin: User
) -> None:
    accept(unknown, admin)

    request = fresh(unknown)
    assert (request.state, request.upstream_id) == (RequestState.ACCEPTED, "7")
    assert (request.flagged_at, request.closed_at) == (None, None)
    assert seconds_ahead(request) > 0
    event = request.order.events.latest("id")
    assert event.reason == "refill: accepted as 7, says a person"
    assert event.by == admin


def test_a_refill_that_was_not_accepted_is_asked_for_again(
    script: Script, unknown: OrderRequest, admin: User
) -> None:
    again(unknown, admin)

    event = unknown.order.events.latest("id")
    assert event.reason == "refill: was not accepted, says a person; asked again"
    assert event.by == admin
    assert fresh(unknown).flagged_at is None
    request = sent(unknown)
    assert (request.state, request.misses) == (RequestState.ACCEPTED, 0)
    assert len(script.asked("refill")) == 2


def test_asking_again_rings(
    unknown: OrderRequest,
    admin: User,
    rings: Rings,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        again(unknown, admin)

    provider_id = unknown.order.provider_id
    assert rings == [("orders.send_requests", {"provider_id": provider_id})]


def test_a_refill_that_is_closed_as_rejected_is_told_to_its_customer(
    unknown: OrderRequest, admin: User
) -> None:
    reject(unknown, admin)

    request = fresh(unknown)
    assert (request.state, request.status) == (
        RequestState.REFUSED,
        RefillStatus.REJECTED,
    )
    assert request.closed_at is not None
    assert (request.next_at, request.flagged_at) == (None, None)
    event = request.order.events.latest("id")
    assert (event.reason, event.by) == ("refill: closed as rejected by a person", admin)
    assert Notice.objects.filter(user=request.order.customer).count() == 1


def test_a_refill_that_its_provider_lost_may_be_closed_or_get_another_id(
    script: Script, admin: User
) -> None:
    request = sent(refill_asked(script))
    actions.settle_as_accepted(request=request, upstream_id="8", by=admin)
    assert fresh(request).upstream_id == "8"

    reject(request, admin)

    request = fresh(request)
    assert (request.state, request.status) == (
        RequestState.ACCEPTED,
        RefillStatus.REJECTED,
    )


def test_a_cancel_that_nobody_can_tell_of_is_asked_again_or_closed(
    script: Script, admin: User
) -> None:
    script.cancel = CANCEL_UNKNOWN
    first, second = (
        sent(cancel_asked(script, order)) for order in orders_of_one_provider(script, 2)
    )
    OrderRequest.objects.update(
        state=RequestState.UNKNOWN, next_at=None, flagged_at=Now(), misses=5
    )

    again(first, admin)
    reject(second, admin)

    assert (fresh(first).state, fresh(first).misses) == (RequestState.REQUESTED, 0)
    assert seconds_ahead(first) <= 0
    assert (fresh(second).state, fresh(second).status) == (RequestState.REFUSED, "")
    assert fresh(second).closed_at is not None
    assert not Notice.objects.filter(user=second.order.customer).exists()


@pytest.mark.parametrize("upstream_id", ["7", "", "  ", "8" * 65])
def test_an_id_that_another_refill_has_or_that_is_none_is_refused(
    script: Script, admin: User, upstream_id: str
) -> None:
    first, second = orders_of_one_provider(script, 2)
    sent(refill_asked(script, first))
    script.refill = REFILL_UNKNOWN
    request = sent(refill_asked(script, second))
    before = book(request.order.customer)

    with pytest.raises(OrderError):
        actions.settle_as_accepted(request=request, upstream_id=upstream_id, by=admin)

    assert (fresh(request).state, fresh(request).upstream_id) == ("unknown", "")
    assert book(request.order.customer) == before


def test_a_cancel_has_no_id(script: Script, admin: User) -> None:
    request = cancel_asked(script)
    OrderRequest.objects.update(state=RequestState.UNKNOWN)
    before = reasons(request.order)

    with pytest.raises(OrderError, match="Only refills"):
        accept(request, admin)

    assert reasons(request.order) == before


@pytest.mark.parametrize("settle", SETTLES)
@pytest.mark.parametrize("closed", [False, True], ids=["being sent", "closed"])
def test_what_is_being_sent_or_has_ended_is_not_settled(
    script: Script, admin: User, settle: Settle, closed: bool
) -> None:
    order = completed(script)
    request = fresh(actions.request_refill(order=order, by=order.customer))
    if closed:
        OrderRequest.objects.update(closed_at=Now(), state=RequestState.UNKNOWN)
    else:
        OrderRequest.objects.update(state=RequestState.SENDING)
    before, row = book(order.customer), OrderRequest.objects.values().get()

    with pytest.raises(OrderError, match="look again"):
        settle(request, admin)

    assert book(order.customer) == before
    assert OrderRequest.objects.values().get() == row
