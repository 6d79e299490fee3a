"""What differs between a read catalogue and the offers, and what of it is odd.

The statements of a sync that look, ask and remember, before `provider.staging` writes.
All of them handle all rows at once. Parameters: provider, run, zeroed (the upstream ids
of rows whose price is zero or less), jump (a factor), keep (whether to keep old rows).
"""

from provider.staging import COLUMNS, DIFFERS

FIELDS = COLUMNS.split(", ")[1:]

# Odd is what differs too much from what was accepted last: the old values of a change
# that stands quarantined, else the offer as it was. Where such a change stands and the
# same values come again, it is the same question, and nothing to compare.
COMPARE = f"""
    WITH found AS (
        INSERT INTO compared (
            place, offer_id, upstream_id, kind, oddity, writes, quarantine_id, shelf)
        SELECT place, offer_id, upstream_id,
               CASE WHEN offer_id IS NULL THEN 'new'
                    WHEN oddity <> '' THEN 'quarantined'
                    WHEN withdrawn THEN 'returned'
                    ELSE 'changed' END,
               oddity, writes, quarantine_id, shelf
        FROM (
            SELECT staged.place, offer.id AS offer_id, staged.upstream_id,
                   offer.withdrawn_at IS NOT NULL AS withdrawn,
                   offer.id IS NULL OR offer.withdrawn_at IS NOT NULL OR {DIFFERS}
                     AS writes,
                   quarantine.id AS quarantine_id,
                   CASE WHEN offer.id IS NULL THEN ''
                        WHEN accepted.type <> '' AND accepted.type <> staged.type
                        THEN 'type'
                        WHEN staged.rate_seen > accepted.rate * %(jump)s THEN 'rise'
                        WHEN staged.rate_seen * %(jump)s < accepted.rate THEN 'fall'
                        ELSE '' END AS oddity,
                   CASE WHEN offer.category <> staged.category
                        THEN offer.category ELSE '' END AS shelf
            FROM staged
            LEFT JOIN provider_offer offer
              ON offer.provider_id = %(provider)s
             AND offer.upstream_id = staged.upstream_id
            LEFT JOIN provider_quarantine quarantine
              ON quarantine.offer_id = offer.id AND quarantine.ended_at IS NULL
            CROSS JOIN LATERAL (
                SELECT coalesce(quarantine.old_rate, offer.rate_seen) AS rate,
                       coalesce(quarantine.old_type, offer.type) AS type
            ) AS accepted
            WHERE offer.id IS NULL OR offer.withdrawn_at IS NOT NULL OR {DIFFERS}
               OR (quarantine.id IS NOT NULL
                   AND (quarantine.new_rate, quarantine.new_type)
                       IS DISTINCT FROM (staged.rate_seen, staged.type))
        ) AS came
        UNION ALL
        SELECT NULL, offer.id, offer.upstream_id,
               CASE WHEN zero.upstream_id IS NULL THEN 'gone' ELSE 'quarantined' END,
               CASE WHEN zero.upstream_id IS NULL THEN '' ELSE 'zero' END,
               false, quarantine.id, ''
        FROM provider_offer offer
        LEFT JOIN (
            SELECT DISTINCT unnest(%(zeroed)s::text[]) AS upstream_id
        ) AS zero ON zero.upstream_id = offer.upstream_id
        LEFT JOIN provider_quarantine quarantine
          ON quarantine.offer_id = offer.id AND quarantine.ended_at IS NULL
        WHERE offer.provider_id = %(provider)s AND offer.withdrawn_at IS NULL
          AND NOT EXISTS (SELECT FROM staged
                          WHERE staged.upstream_id = offer.upstream_id)
          AND (zero.upstream_id IS NULL OR quarantine.new_rate IS DISTINCT FROM 0)
        RETURNING kind, oddity
    )
    SELECT count(*) FILTER (WHERE kind = 'new'),
           count(*) FILTER (WHERE kind = 'changed'),
           count(*) FILTER (WHERE kind = 'gone'),
           count(*) FILTER (WHERE kind = 'returned'),
           count(*) FILTER (WHERE kind = 'quarantined'),
           count(*) FILTER (WHERE oddity IN ('rise', 'fall')),
           (SELECT count(*) FROM provider_offer mine
            WHERE mine.provider_id = %(provider)s AND mine.withdrawn_at IS NULL)
    FROM found
"""  # noqa: S608
# The differences as staff read them, with whole old rows where the run will change them.
REMEMBER = f"""
    INSERT INTO provider_difference (
        run_id, kind, oddity, upstream_id, name, category, fields,
        old_rate, new_rate, old_type, new_type, move, old)
    SELECT %(run)s, compared.kind, compared.oddity, compared.upstream_id,
           coalesce(staged.name, offer.name), coalesce(staged.category, offer.category),
           CASE WHEN offer.id IS NULL OR staged.upstream_id IS NULL THEN '{{}}'
                ELSE array_remove(ARRAY[{
    ", ".join(
        f"CASE WHEN offer.{name} IS DISTINCT FROM staged.{name} THEN '{name}' END"
        for name in FIELDS
    )
}], NULL) END,
           offer.rate_seen,
           CASE WHEN compared.oddity = 'zero' THEN 0 ELSE staged.rate_seen END,
           coalesce(offer.type, ''), coalesce(staged.type, ''),
           CASE WHEN offer.rate_seen <> staged.rate_seen
                THEN abs(ln(staged.rate_seen::float8 / offer.rate_seen::float8)) END,
           CASE WHEN %(keep)s AND (compared.writes OR compared.kind = 'gone')
                THEN to_jsonb(offer) END
    FROM compared
    LEFT JOIN staged ON staged.upstream_id = compared.upstream_id
    LEFT JOIN provider_offer offer ON offer.id = compared.offer_id
    ORDER BY compared.place NULLS LAST, compared.offer_id
"""  # noqa: S608
# What came answers what was asked before: the price is back, or it is another one. A
# change that staff rejected stays rejected in the history. What is gone leaves it open.
END_QUARANTINES = """
    UPDATE provider_quarantine quarantine
    SET ended_at = now(), ended_run_id = %(run)s,
        decided_at = coalesce(quarantine.decided_at, now()),
        verdict = CASE WHEN quarantine.verdict <> '' THEN quarantine.verdict
                       WHEN compared.oddity = '' THEN 'itself'
                       ELSE 'superseded' END
    FROM compared
    WHERE compared.quarantine_id = quarantine.id AND compared.kind <> 'gone'
"""
# A question that follows another keeps what was accepted before both. Before the offers
# are written: they are the old values of the others.
ASK = """
    INSERT INTO provider_quarantine (
        offer_id, run_id, oddity, old_rate, new_rate, old_type, new_type, verdict)
    SELECT compared.offer_id, %(run)s, compared.oddity,
           coalesce(earlier.old_rate, offer.rate_seen), coalesce(staged.rate_seen, 0),
           coalesce(earlier.old_type, offer.type),
           coalesce(staged.type, earlier.old_type, offer.type), ''
    FROM compared
    JOIN provider_offer offer ON offer.id = compared.offer_id
    LEFT JOIN staged ON staged.upstream_id = compared.upstream_id
    LEFT JOIN provider_quarantine earlier ON earlier.id = compared.quarantine_id
    WHERE compared.oddity <> ''
    ORDER BY compared.place NULLS LAST, compared.offer_id
"""
