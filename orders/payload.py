"""An order as the fields of an upstream `add`."""

from orders.models import Order
from provider.models import Offer


def add_fields(*, order: Order, offer: Offer) -> dict[str, str]:
    """Return what to send for `order` at `offer`, by the table of types.

    Runs and interval go together or not at all. Where lines are counted no quantity is
    sent.
    """
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
    }
