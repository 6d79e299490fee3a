"""Refills and cancels brought to where a test begins."""

from orders import actions
from orders.actions.request_answering import apply_request_answers
from orders.enums import RequestState
from orders.models import Order, OrderRequest
from provider.protocol.replies import CancelAnswer, RefillAnswer, RequestOutcome
from tests.factories import make_customer, make_order, make_service
from tests.orders.acting import (
    EXCHANGE,
    Script,
    accepted,
    completed,
    make_due,
    send_requests,
)

CANCEL_UNKNOWN = CancelAnswer(RequestOutcome.UNKNOWN, "html")
CANCEL_REFUSED = CancelAnswer(RequestOutcome.REFUSED, "Too late")
CANCEL_NOT_EXECUTED = CancelAnswer(RequestOutcome.NOT_EXECUTED, "slow down")
REFILL_UNKNOWN = RefillAnswer(RequestOutcome.UNKNOWN, error="html")
REFILL_REFUSED = RefillAnswer(RequestOutcome.REFUSED, error="Nothing dropped")
REFILL_NOT_EXECUTED = RefillAnswer(RequestOutcome.NOT_EXECUTED, error="slow down")


def fresh(request: OrderRequest | None) -> OrderRequest:
    """Return a request as it is in the database now."""
    assert request is not None
    return OrderRequest.objects.select_related("order__provider").get(pk=request.pk)


def cancel_asked(script: Script, order: Order | None = None) -> OrderRequest:
    order = order or accepted(script)
    return fresh(actions.cancel_order(order=order, by=order.customer))


def refill_asked(script: Script, order: Order | None = None) -> OrderRequest:
    order = completed(script, order)
    return fresh(actions.request_refill(order=order, by=order.customer))


def orders_of_one_provider(script: Script, count: int) -> list[Order]:
    service, customer = make_service(), make_customer(credit="1000")
    return [accepted(script, make_order(customer, service)) for _ in range(count)]


def sent(request: OrderRequest) -> OrderRequest:
    """Have a request sent with all that is due at its provider, and return it."""
    make_due(request)
    send_requests(request.order)
    return fresh(request)


def being_sent(request: OrderRequest) -> OrderRequest:
    """Return a request whose worker died, with its lease over."""
    OrderRequest.objects.filter(pk=request.pk).update(state=RequestState.SENDING)
    make_due(request)
    return fresh(request)


def answered(request: OrderRequest, what: RefillAnswer | CancelAnswer) -> OrderRequest:
    """Apply an answer to a request, and return it."""
    provider = request.order.provider
    assert provider is not None
    apply_request_answers(
        provider=provider,
        requests=[request],
        answers={request.order.upstream_id or "": what},
        exchange=EXCHANGE,
    )
    return fresh(request)
