"""What a markup rule would do, seen before it is saved."""

from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from provider.actions.pricing import parameters
from provider.models import MarkupRule
from provider.pricing import PRICED
from shop.statements import whole_tables

# So many moves are shown, the biggest ones.
MOST = 10

# Services as they are and as they would be. A margin is in percent of the newest cost.
_COMPARED = f"""
    WITH priced AS MATERIALIZED ({PRICED}), compared AS (
        SELECT priced.*, service.name,
               service.active AND priced.off_reason_before = '' AS sold_before,
               service.active AND priced.off_reason = '' AS sold,
               (priced.price_before - priced.unit_cost) * 100
                 / nullif(priced.unit_cost, 0) AS margin_before,
               (priced.price - priced.unit_cost) * 100
                 / nullif(priced.unit_cost, 0) AS margin,
               (priced.price - priced.price_before) * 100
                 / nullif(priced.price_before, 0) AS percent
        FROM priced JOIN provider_service service USING (id)
    )
"""  # noqa: S608 - a constant of ours
_SUMMARY = f"""
    {_COMPARED}
    SELECT count(*) FILTER (WHERE price IS DISTINCT FROM price_before),
           count(*) FILTER (WHERE sold_before), count(*) FILTER (WHERE sold),
           count(*) FILTER (WHERE sold_before AND NOT sold),
           count(*) FILTER (WHERE sold AND NOT sold_before),
           min(margin_before) FILTER (WHERE off_reason_before = ''),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY margin_before)
               FILTER (WHERE off_reason_before = ''),
           max(margin_before) FILTER (WHERE off_reason_before = ''),
           min(margin) FILTER (WHERE off_reason = ''),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY margin)
               FILTER (WHERE off_reason = ''),
           max(margin) FILTER (WHERE off_reason = '')
    FROM compared
"""  # noqa: S608
_MOVES = f"""
    {_COMPARED}
    SELECT id, name, price_before, price, percent FROM compared
    WHERE price IS DISTINCT FROM price_before
    ORDER BY abs(percent) DESC NULLS LAST, id LIMIT {MOST}
"""  # noqa: S608


@dataclass(frozen=True)
class Move:
    """A price that would move; None for a price that nobody knows."""

    service_id: int
    name: str
    before: Decimal | None
    after: Decimal | None
    percent: Decimal | None


@dataclass(frozen=True)
class Spread:
    """The margins of what can be sold, in percent of the cost; None where nothing is."""

    least: Decimal | None
    median: Decimal | None
    greatest: Decimal | None


@dataclass(frozen=True)
class Preview:
    """What saving a rule would do.

    `moved` counts prices, `sold` the services that are switched on and sold, before and
    after; `paused` and `resumed` say how many of those would go and come.
    """

    moved: int
    sold: tuple[int, int]
    paused: int
    resumed: int
    before: Spread
    after: Spread
    moves: list[Move]


@transaction.atomic(durable=True)
def preview_rule(*, rule: MarkupRule) -> Preview:
    """Return what saving `rule`, which may be new, would do to the catalogue.

    It is saved, all services are priced by the statement that prices them in earnest,
    and both are rolled back. ValidationError where the rule makes no sense.
    """
    # Not the caller's row, which would believe that it was saved.
    tried = copy(rule)
    tried._state = copy(rule._state)
    tried.full_clean()
    tried.save()
    values: dict[str, Any] = parameters()
    with whole_tables(), connection.cursor() as cursor:
        cursor.execute(_SUMMARY, values)
        moved, sold_before, sold, paused, resumed, *margins = cursor.fetchone()
        cursor.execute(_MOVES, values)
        moves = [Move(*row) for row in cursor.fetchall()]
    transaction.set_rollback(True)
    return Preview(
        moved=moved,
        sold=(sold_before, sold),
        paused=paused,
        resumed=resumed,
        before=Spread(*margins[:3]),
        after=Spread(*margins[3:]),
        moves=moves,
    )
