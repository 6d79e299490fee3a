"""An order as the fields of an upstream `add`."""

from orders.models import Attempt


def add_fields(*, attempt: Attempt) -> dict[str, str]:
    """Return what to send for an attempt's order at its offer, by the table of types.

    Runs and interval go together or not at all. Where lines are counted no quantity is
    sent. A provider that knows request ids gets the attempt's own.
    """
    order, offer = attempt.order, attempt.offer
    rule = order.rule
    columns = {
        "link": order.link,
        "quantity": order.quantity,
        "runs": order.runs,
        "interval": order.interval,
    }
    values = {**order.fields, **columns}
    return {
        "service": offer.upstream_id,
        **{
            name: str(values[name])
            for name in rule.fields
            if values.get(name) not in (None, "")
        },
        **(
            {"request_id": str(attempt.request_id)}
            if offer.provider.request_ids
            else {}
        ),
    }
