"""The statements that undo a run: its provider's offers as they were before it.

Like those of a sync they handle all rows at once, and what they do is compared and
remembered like a catalogue that came. Parameters: provider, run, undone, keep.
"""

from provider import comparing, staging
from provider.staging import COLUMNS

# A row that the run withdrew returns, one that it added or brought back is withdrawn.
COMPARE = """
    INSERT INTO compared (
        place, offer_id, upstream_id, kind, oddity, writes, quarantine_id, shelf)
    SELECT row_number() OVER (ORDER BY difference.id), offer.id, offer.upstream_id,
           CASE WHEN difference.old IS NULL OR was.withdrawn_at IS NOT NULL THEN 'gone'
                WHEN offer.withdrawn_at IS NOT NULL THEN 'returned'
                ELSE 'changed' END,
           '', true, NULL,
           CASE WHEN offer.category <> was.category THEN offer.category ELSE '' END
    FROM provider_difference difference
    JOIN provider_offer offer
      ON offer.provider_id = %(provider)s
     AND offer.upstream_id = difference.upstream_id
    CROSS JOIN LATERAL jsonb_populate_record(NULL::provider_offer, difference.old) was
    WHERE difference.run_id = %(undone)s
      AND (difference.old IS NOT NULL OR difference.kind = 'new')
"""
STAGE = f"""
    INSERT INTO staged (place, {COLUMNS}, raw)
    SELECT compared.place, {", ".join("was." + c for c in COLUMNS.split(", "))}, was.raw
    FROM compared
    JOIN provider_difference difference
      ON difference.run_id = %(undone)s
     AND difference.upstream_id = compared.upstream_id
    CROSS JOIN LATERAL jsonb_populate_record(NULL::provider_offer, difference.old) was
    WHERE difference.old IS NOT NULL
"""  # noqa: S608
RESTORE = f"""
    UPDATE provider_offer SET
        ({COLUMNS}, raw)
        = ({", ".join("staged." + c for c in COLUMNS.split(", "))}, staged.raw),
        changed_at = now(),
        withdrawn_at = CASE WHEN compared.kind = 'gone' THEN now() END
    FROM compared JOIN staged ON staged.upstream_id = compared.upstream_id
    WHERE provider_offer.id = compared.offer_id
"""  # noqa: S608
WITHDRAW_ADDED = """
    UPDATE provider_offer SET withdrawn_at = now(), changed_at = now()
    FROM compared
    WHERE provider_offer.id = compared.offer_id AND compared.kind = 'gone'
      AND provider_offer.withdrawn_at IS NULL
"""
# What the run asked has come back to what it was; what it answered is open again.
END_ASKED = """
    UPDATE provider_quarantine
    SET ended_at = now(), ended_run_id = %(run)s,
        decided_at = coalesce(decided_at, now()),
        verdict = CASE WHEN verdict = '' THEN 'itself' ELSE verdict END
    WHERE run_id = %(undone)s AND ended_at IS NULL
"""
ASK_AGAIN = """
    UPDATE provider_quarantine
    SET ended_at = NULL, ended_run_id = NULL,
        decided_at = CASE WHEN verdict = 'rejected' THEN decided_at END,
        verdict = CASE WHEN verdict = 'rejected' THEN verdict ELSE '' END
    WHERE ended_run_id = %(undone)s
"""
# As in a sync, offers are judged in between.
OFFERS = (COMPARE, STAGE, comparing.REMEMBER, RESTORE)
SERVICES = (
    WITHDRAW_ADDED,
    END_ASKED,
    ASK_AGAIN,
    staging.ADD_CATEGORIES,
    staging.MOVE,
    staging.FOLLOW,
)
COUNT = """
    SELECT count(*),
           count(*) FILTER (WHERE kind = 'changed'),
           count(*) FILTER (WHERE kind = 'gone'),
           count(*) FILTER (WHERE kind = 'returned')
    FROM compared
"""
