"""How often a customer may call. Counted in the cache, and not at all without it."""

import time

from accounts.models import User
from shop.counting import count

# Calls in so many seconds: generous, it is there for loops that ran away.
CALLS = 200
WINDOW = 10


def seconds_to_wait(*, customer: User) -> int:
    """Count a call; return 0 where it may be made, else the seconds until the next may.

    The limit is the customer's, so that a new key does not lift it.
    """
    window, gone = divmod(int(time.time()), WINDOW)
    calls = count(f"api-calls:{customer.pk}:{window}", window=WINDOW)
    return 0 if calls <= CALLS else WINDOW - gone
