"""What a sync follows unless staff have written it."""

FOLLOWED = frozenset(
    {"name", "description", "min", "max", "refill", "cancel", "dripfeed"}
)
