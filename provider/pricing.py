"""The price of a service, in its two equal forms: Python for one, SQL for all.

    cost  = rate × rate of exchange                    (per 1,000, or per package)
    price = round(cost × (1 + percent / 100) + fixed, step)
    floor = cost × (1 + minimum margin / 100)

The rule says whether it is rounded up, down or to the nearest; where that would go below
the floor, up. A fixed price stands instead of the second line. A price below the floor
is not sold at, nor is one whose cost nobody knows or rests on an old rate of exchange,
nor one that rounds to nothing. What a single customer pays is `provider.prices`.
"""

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from provider.enums import Rounding
from shop.money import ZERO, at_least, round_to, round_up

_EXACT = Context(prec=100)
# Above this a price is a sentinel or a mistake, and would not fit its column.
HIGHEST_PRICE = Decimal(10) ** 11
# The same for a cost, which is kept with 20 decimals.
HIGHEST_COST = Decimal(10) ** 10


@dataclass(frozen=True)
class Rule:
    """A markup: percent and a fixed sum on top, rounded to a multiple of `step`."""

    percent: Decimal
    fixed: Decimal = ZERO
    step: Decimal = Decimal("0.00001")
    minimum_margin: Decimal = ZERO
    rounding: str = Rounding.UP


def marked_up(cost: Decimal, rule: Rule) -> Decimal:
    """Return what `rule` makes of `cost` before it is rounded."""
    with localcontext(_EXACT):
        return cost * (100 + rule.percent) / 100 + rule.fixed


def price_of(cost: Decimal, rule: Rule) -> Decimal:
    """Return the selling price for `cost`, both in the shop's currency."""
    exact = marked_up(cost, rule)
    price = round_to(exact, rule.step, rule.rounding)
    return price if earns(price, cost, rule) else round_up(exact, rule.step)


def floor_of(cost: Decimal, rule: Rule) -> Decimal:
    """Return the least that may be asked without consent, to eight decimals."""
    return at_least(_least(cost, rule))


def earns(price: Decimal, cost: Decimal, rule: Rule) -> bool:
    """Return whether `price` covers `cost` and the rule's minimum margin."""
    return price >= _least(cost, rule)


def _least(cost: Decimal, rule: Rule) -> Decimal:
    with localcontext(_EXACT):
        return cost * (100 + rule.minimum_margin) / 100


# The SQL form. Parameters: currency, default_percent, default_step, highest,
# highest_cost, oldest (seconds after which a rate of exchange is not priced by, or NULL)
# and provider (or NULL: all). One row per service with a route: what it costs, its floor,
# what it sells at, and why not, if not; and what it was before. {services} are rows as
# of provider_service, each with the offer that it is bought at first.
_PRICED = """
    SELECT priced.id, priced.price_before, priced.off_reason_before,
           CASE WHEN priced.price > 0 AND priced.price <= %(highest)s
                THEN priced.price END AS price,
           CASE WHEN priced.cost_seen < %(highest_cost)s
                THEN round(priced.cost_seen, 20) END AS unit_cost,
           CASE WHEN priced.least <= %(highest)s
                THEN ceil(priced.least * 100000000) * 0.00000001 END AS floor,
           CASE
             WHEN priced.type = '' THEN 'type_unknown'
             WHEN priced.refused THEN 'refused'
             WHEN priced.overcharged THEN 'overcharged'
             WHEN priced.withdrawn THEN 'withdrawn'
             WHEN priced.quarantined THEN 'quarantined'
             WHEN priced.rate_old THEN 'rate_old'
             WHEN priced.cost IS NULL
               OR priced.price <= 0
               OR priced.price > %(highest)s
               OR priced.price < priced.least
               THEN 'price_check'
             ELSE ''
           END AS off_reason
    FROM (
      SELECT marked.*,
             CASE
               WHEN marked.fixed_price IS NOT NULL THEN marked.fixed_price
               -- Rounded down below the floor, it is rounded up instead.
               WHEN marked.rounding <> 'up' AND marked.least
                 <= shop_round_to(marked.exact, marked.step, marked.rounding)
                 THEN shop_round_to(marked.exact, marked.step, marked.rounding)
               ELSE shop_round_up(marked.exact, marked.step)
             END AS price
      FROM (
       SELECT ruled.*,
              ruled.cost * (100 + ruled.percent) * 0.01 + ruled.fixed AS exact,
              ruled.cost_seen * (100 + ruled.minimum_margin) * 0.01 AS least
       FROM (
        SELECT service.id, service.type, service.fixed_price,
               service.price AS price_before,
               service.off_reason AS off_reason_before,
               -- What came after it, a new rate, explains it.
               coalesce(service.overcharged_at > offer.changed_at, false)
                 AS overcharged,
               offer.withdrawn_at IS NOT NULL AS withdrawn,
               -- A price is made of what was accepted last, and earns on what was
               -- seen last. A fall that waits harms nobody; the rest is not sold, nor
               -- what would be ordered in another way upstream.
               coalesce(
                 quarantine.verdict = '' AND quarantine.oddity <> 'fall'
                   OR quarantine.old_type <> quarantine.new_type,
                 false
               ) AS quarantined,
               coalesce(quarantine.old_rate, offer.rate_seen) * exchange.rate AS cost,
               offer.rate_seen * exchange.rate AS cost_seen,
               -- By the shop's rules, unless an owner has accepted it by a statement.
               NOT offer.refused_for <@ ARRAY(
                 SELECT refused_class FROM provider_acceptance
                 WHERE ended_at IS NULL AND service_id IS NULL
               ) AND service.id <> ALL(ARRAY(
                 SELECT service_id FROM provider_acceptance
                 WHERE ended_at IS NULL AND service_id IS NOT NULL
               )) AS refused,
               provider.currency <> %(currency)s AND coalesce(
                 fx.created_at < now() - make_interval(secs => %(oldest)s::float8),
                 false) AS rate_old,
               coalesce(by_service.percent, by_category.percent, by_provider.percent,
                        everything.percent, %(default_percent)s) AS percent,
               coalesce(by_service.fixed, by_category.fixed, by_provider.fixed,
                        everything.fixed, 0) AS fixed,
               coalesce(by_service.step, by_category.step, by_provider.step,
                        everything.step, %(default_step)s) AS step,
               coalesce(by_service.rounding, by_category.rounding,
                        by_provider.rounding, everything.rounding, 'up') AS rounding,
               coalesce(by_service.minimum_margin, by_category.minimum_margin,
                        by_provider.minimum_margin, everything.minimum_margin, 0
               ) AS minimum_margin
        FROM {services}
        JOIN provider_offer offer ON offer.id = first_route.offer_id
        JOIN provider_provider provider ON provider.id = offer.provider_id
        LEFT JOIN (
          SELECT DISTINCT ON (base) base, rate, created_at FROM provider_exchangerate
          WHERE quote = %(currency)s ORDER BY base, created_at DESC, id DESC
        ) AS fx ON fx.base = provider.currency
        CROSS JOIN LATERAL (
          SELECT CASE
            WHEN provider.currency = %(currency)s THEN 1 ELSE fx.rate
          END AS rate
        ) AS exchange
        LEFT JOIN provider_quarantine quarantine
          ON quarantine.offer_id = offer.id AND quarantine.ended_at IS NULL
        LEFT JOIN provider_markuprule by_service ON by_service.service_id = service.id
        LEFT JOIN provider_markuprule by_category
          ON by_category.category_id = service.category_id
        LEFT JOIN provider_markuprule by_provider
          ON by_provider.provider_id = provider.id
        LEFT JOIN provider_markuprule everything ON everything.scope = 'everything'
        WHERE {chosen}
       ) AS ruled
      ) AS marked
      -- So that a price is worked out once, not wherever it is named above.
      OFFSET 0
    ) AS priced
"""
PRICED = _PRICED.format(
    services="""provider_service service
        JOIN (
          -- The first that is not withdrawn, if there is one.
          SELECT DISTINCT ON (service_id) service_id, offer_id
          FROM provider_route JOIN provider_offer any_offer ON any_offer.id = offer_id
          ORDER BY service_id, any_offer.withdrawn_at IS NOT NULL, position
        ) AS first_route ON first_route.service_id = service.id""",
    chosen="""%(provider)s::bigint IS NULL OR service.id IN (
          SELECT mine.service_id FROM provider_route mine
          JOIN provider_offer known ON known.id = mine.offer_id
          WHERE known.provider_id = %(provider)s
        )""",
)
# Of services that are about to be written: rows of the temporary table `fresh`.
PRICED_FRESH = _PRICED.format(
    services="fresh service "
    "CROSS JOIN LATERAL (SELECT service.offer_id) AS first_route",
    chosen="true",
)
