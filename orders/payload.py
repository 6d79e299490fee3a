"""An order as the fields of an upstream `add`."""

from collections.abc import Mapping
from uuid import UUID

from orders.models import Attempt
from provider.protocol.types import TypeRule


def add_fields(*, attempt: Attempt) -> dict[str, str]:
    """Return what to send for an attempt's order at its offer, by the table of types.

    A provider that knows request ids gets the attempt's own.
    """
    order, offer = attempt.order, attempt.offer
    values = {
        **order.fields,
        "link": order.link,
        "quantity": order.quantity,
        "runs": order.runs,
        "interval": order.interval,
    }
    return protocol_fields(
        order.rule,
        values,
        service=offer.upstream_id,
        request_id=attempt.request_id if offer.provider.request_ids else None,
    )


def protocol_fields(
    rule: TypeRule,
    values: Mapping[str, object],
    *,
    service: str,
    request_id: UUID | None = None,
) -> dict[str, str]:
    """Return the fields that a type sends of `values`, by their protocol names.

    Runs and interval go together or not at all. Where lines are counted no quantity is
    sent. `service` is the upstream id of what is bought.
    """
    sent = {
        name: str(values[name])
        for name in rule.fields
        if values.get(name) not in (None, "")
    }
    extra = {} if request_id is None else {"request_id": str(request_id)}
    return {"service": service, **sent, **extra}
