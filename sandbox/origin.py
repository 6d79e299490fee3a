"""Where an order came from, when it was not an `add` of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

# What belongs to an `add`, and not to one of the orders that came of it.
BELONGS = {"request_id", "runs", "interval"}


@dataclass(frozen=True, slots=True)
class Origin:
    """The subscription or the drip-feed that an order was placed for, if any.

    What is `prepaid` for it was charged with its parent.
    """

    subscription: int | None = None
    parent: int | None = None
    prepaid: Decimal | None = None

    def fields(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the fields of the order, of those that were given to the `add`."""
        if self.subscription is None and self.parent is None:
            return dict(given)
        return {name: text for name, text in given.items() if name not in BELONGS}
