"""Orders whose answers were read from real bodies, and kept beside what they made."""

import json
from typing import Any

from orders import actions
from orders.actions.refill_tracking import apply_refill_statuses
from orders.actions.request_answering import apply_request_answers
from orders.actions.tracking import apply_statuses
from orders.enums import RequestKind, RequestState
from orders.models import Attempt, Order, OrderRequest
from orders.replaying import Reading, replay
from provider.client import Exchange
from provider.models import ErrorPhrase, Provider
from provider.protocol.errors import ErrorClass
from provider.protocol.readers import (
    read_add,
    read_cancels,
    read_refill_statuses,
    read_refills,
    read_statuses,
)
from tests.orders.acting import Script, again, sending

Told = tuple[str, str, str, str]


def exchange(action: str, body: str, asked: str = "", status: int = 200) -> Exchange:
    return Exchange(action, status, body, "", 0.05, asked)


def text_of(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def add(script: Script, body: Any, order: Order | None = None) -> Attempt:
    """Send an order, and let the provider answer with `body`."""
    return answer_add(sending(script, order), body)


def answer_add(attempt: Attempt, body: Any, status: int = 200) -> Attempt:
    text = text_of(body)
    actions.apply_answer(
        attempt=attempt,
        answer=read_add(status, {}, text.encode()),
        exchange=exchange("add", text, "service=1", status),
    )
    attempt.refresh_from_db()
    return attempt


def accepted(script: Script, upstream_id: str) -> Order:
    return again(add(script, {"order": upstream_id}).order)


def status(body: Any, *orders: Order, asked: str = "") -> None:
    """Let the provider answer a question about `orders` with `body`."""
    text = text_of(body)
    ids = [order.upstream_id or "" for order in orders]
    apply_statuses(
        provider=provider_of(orders[0]),
        orders=[again(order) for order in orders],
        answers=read_statuses(ids, text.encode()),
        exchange=exchange("status", text, asked or f"orders={','.join(ids)}"),
    )


def request(order: Order, kind: RequestKind) -> OrderRequest:
    """Return a request that is being sent."""
    ask = {
        RequestKind.REFILL: actions.request_refill,
        RequestKind.CANCEL: actions.cancel_order,
    }[kind]
    made: OrderRequest = ask(order=again(order), by=order.customer)  # type: ignore[operator]
    OrderRequest.objects.filter(pk=made.pk).update(state=RequestState.SENDING)
    return made


def answer_request(made: OrderRequest, body: Any) -> None:
    text = text_of(body)
    upstream_id = made.order.upstream_id or ""
    asked = f"order={upstream_id}"
    reader = {RequestKind.REFILL: read_refills, RequestKind.CANCEL: read_cancels}
    answers = reader[RequestKind(made.kind)]([upstream_id], 200, text.encode())  # type: ignore[operator]
    apply_request_answers(
        provider=provider_of(made.order),
        requests=[made],
        answers=answers,
        exchange=exchange(made.kind, text, asked),
    )


def refill_status(body: str, *refills: OrderRequest, asked: str = "") -> None:
    for refill in refills:
        refill.refresh_from_db()
    ids = [refill.upstream_id for refill in refills]
    answers = {}
    for line in body.split("\n"):
        answers |= read_refill_statuses(ids, line.encode())
    apply_refill_statuses(
        provider=provider_of(refills[0].order),
        refills=refills,
        answers=answers,
        exchange=exchange("refill_status", body, asked or f"refills={','.join(ids)}"),
    )


def provider_of(order: Order) -> Provider:
    found = again(order).provider
    assert found is not None
    return found


def explain(pattern: str, error_class: ErrorClass) -> None:
    """Let staff have said what a wording means."""
    ErrorPhrase.objects.create(pattern=pattern, error_class=error_class)


def told(**filters: Any) -> list[Told]:
    """Return what a second reading says, the oldest reply first."""
    return [tell(reading) for reading in reversed(list(replay(**filters)))]


def tell(reading: Reading) -> Told:
    return (reading.action, str(reading.verdict), reading.was, reading.now)
