"""When a subscription finds its next post, what it orders then, and when it ends."""

from sandbox.intake import Demand
from sandbox.records import Status, Subscription


def due_at(subscription: Subscription) -> float:
    """Return the moment of the next post: one post a life."""
    lives = len(subscription.orders) + 1
    return subscription.placed_at + lives * subscription.seconds


def demand(subscription: Subscription, chance: float) -> Demand:
    """Return what is ordered for one post; `chance` from 0 to 1 picks the quantity."""
    spread = subscription.maximum - subscription.minimum + 1
    return Demand(subscription.minimum + int(spread * chance))


def end(subscription: Subscription, now: float) -> Status | None:
    """Return how `subscription` has ended by `now`, or None while it is active."""
    if subscription.ended is not None:
        return subscription.ended
    if len(subscription.orders) >= subscription.posts:
        return Status.COMPLETED
    if subscription.expires_at is not None and now >= subscription.expires_at:
        return Status.EXPIRED
    return None
