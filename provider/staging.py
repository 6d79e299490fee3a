"""A read catalogue as a temporary table, and the statements that compare and write it.

Each statement handles all rows at once and writes only those that differ, so that a
sync costs the same number of statements for ten rows and for ten thousand, and writes
nothing where nothing changed. What differs is found once, by `provider.comparing`, and
kept in the temporary table `compared`. Parameters: provider, run, publish.
"""

from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

from provider.judging import Judgement, category_of
from provider.models.catalogue import MOST
from provider.pricing import PRICED_FRESH
from provider.protocol.replies import OfferRow

COLUMNS = (
    "upstream_id, name, category, type, type_given, rate_seen, min, max, "
    "refill, cancel, dripfeed, description, average_time"
)
# What the shop makes of an offer: provider.judging.
JUDGED = "clean_name, refill_days, refill_first_hours, refill_hours, refused_for"
DIFFERS = """
    (offer.name, offer.category, offer.type, offer.type_given, offer.rate_seen,
     offer.min, offer.max, offer.refill, offer.cancel, offer.dripfeed,
     offer.description, offer.average_time)
    IS DISTINCT FROM
    (staged.name, staged.category, staged.type, staged.type_given, staged.rate_seen,
     staged.min, staged.max, staged.refill, staged.cancel, staged.dripfeed,
     staged.description, staged.average_time)
"""
# A row of `compared` is an offer that is new, differs, is gone, or whose quarantined
# change is answered by what came. `shelf` is its category where that changed.
CREATE = """
    CREATE TEMPORARY TABLE compared (
        place integer, offer_id bigint, upstream_id text, kind text, oddity text,
        writes boolean, quarantine_id bigint, shelf text
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE staged (
        place integer, upstream_id text PRIMARY KEY, name text, category text,
        type text, type_given text, rate_seen numeric(30,20), min integer, max integer,
        refill boolean, cancel boolean, dripfeed boolean, description text,
        average_time text, raw jsonb
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE judged (
        upstream_id text, clean_name text, refill_days smallint,
        refill_first_hours smallint, refill_hours smallint, refused_for varchar(10)[]
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE fresh (
        id bigint, offer_id bigint, category_id bigint, type text, price numeric,
        fixed_price numeric, off_reason text, overcharged_at timestamptz
    ) ON COMMIT DROP
"""
WRITE_OFFERS = f"""
    INSERT INTO provider_offer (provider_id, {COLUMNS}, {JUDGED}, raw)
    SELECT %(provider)s, {", ".join("staged." + c for c in COLUMNS.split(", "))},
           {JUDGED}, staged.raw
    FROM staged
    JOIN compared ON compared.upstream_id = staged.upstream_id
    JOIN judged ON judged.upstream_id = staged.upstream_id
    WHERE compared.writes
    ORDER BY staged.place
    ON CONFLICT (provider_id, upstream_id) DO UPDATE SET
        ({COLUMNS}, {JUDGED}, raw, withdrawn_at, changed_at)
        = ({", ".join("excluded." + c for c in f"{COLUMNS}, {JUDGED}".split(", "))},
           excluded.raw, NULL, now())
"""  # noqa: S608
WITHDRAW = """
    UPDATE provider_offer SET withdrawn_at = now(), changed_at = now()
    FROM compared
    WHERE provider_offer.id = compared.offer_id AND compared.kind = 'gone'
"""
# Shelves for services to come, or to move; not for those that stand on one that staff
# may have renamed. By name, as two providers that add the same ones in two orders would deadlock.
ADD_CATEGORIES = """
    INSERT INTO provider_category (name, position)
    SELECT staged.category, min(staged.place) FROM staged
    JOIN provider_offer offer
      ON offer.provider_id = %(provider)s AND offer.upstream_id = staged.upstream_id
    WHERE (NOT EXISTS (SELECT FROM provider_route WHERE offer_id = offer.id)
           OR EXISTS (SELECT FROM compared
                      WHERE compared.offer_id = offer.id AND compared.shelf <> ''))
      AND NOT EXISTS (SELECT FROM provider_category known
                      WHERE known.name = staged.category)
      AND NOT EXISTS (SELECT FROM provider_categorymapping mapping
                      WHERE mapping.upstream_name = staged.category
                        AND coalesce(mapping.provider_id, %(provider)s) = %(provider)s)
    GROUP BY staged.category ORDER BY staged.category
    ON CONFLICT (name) DO NOTHING
"""
# A service and its route for every offer that has none, on the shelf that its category
# is mapped to, else on the one of its name. The service's number is drawn first, so that
# it is priced before it is written, and written once.
DRAW_SERVICES = """
    INSERT INTO fresh (id, offer_id, category_id, type)
    SELECT nextval(pg_get_serial_sequence('provider_service', 'id')), id, shelf, type
    FROM (
        SELECT offer.id, offer.type,
               coalesce(mine.category_id, anybodys.category_id, category.id) AS shelf
        FROM provider_offer offer
        JOIN staged ON staged.upstream_id = offer.upstream_id
        LEFT JOIN provider_categorymapping mine
          ON mine.upstream_name = offer.category AND mine.provider_id = %(provider)s
        LEFT JOIN provider_categorymapping anybodys
          ON anybodys.upstream_name = offer.category AND anybodys.provider_id IS NULL
        LEFT JOIN provider_category category ON category.name = offer.category
        WHERE offer.provider_id = %(provider)s
          AND NOT EXISTS (SELECT FROM provider_route WHERE offer_id = offer.id)
        ORDER BY staged.place
    ) AS without
"""
ADD_SERVICES = f"""
    INSERT INTO provider_service (
        id, category_id, name, description, type, min, max, refill, cancel, dripfeed,
        average_time, refill_days, refill_first_hours, refill_hours, active,
        set_by_hand, off_reason, price, unit_cost, floor)
    SELECT fresh.id, fresh.category_id,
           left(coalesce(nullif(clean_name, ''), name), 1000), description, offer.type,
           min, max, coalesce(refill, false), coalesce(cancel, false),
           coalesce(dripfeed, false), average_time, refill_days, refill_first_hours,
           refill_hours, %(publish)s, '{{}}', priced.off_reason, priced.price,
           priced.unit_cost, priced.floor
    FROM fresh
    JOIN provider_offer offer ON offer.id = fresh.offer_id
    JOIN ({PRICED_FRESH}) AS priced ON priced.id = fresh.id
    ORDER BY fresh.id
"""  # noqa: S608
ADD_ROUTES = """
    INSERT INTO provider_route (service_id, offer_id, position)
    SELECT id, offer_id, 1 FROM fresh ORDER BY id
"""
# A service follows its first offer to another shelf if it stands where that offer stood:
# not where staff have put it elsewhere, or renamed the shelf.
MOVE = """
    UPDATE provider_service service SET category_id = target.id
    FROM compared
    JOIN provider_offer offer ON offer.id = compared.offer_id
    JOIN provider_category target ON target.name = offer.category
    JOIN provider_category source ON source.name = compared.shelf
    JOIN (
        SELECT DISTINCT ON (service_id) service_id, offer_id
        FROM provider_route ORDER BY service_id, position
    ) AS first_route ON first_route.offer_id = offer.id
    WHERE compared.shelf <> '' AND service.id = first_route.service_id
      AND service.category_id = source.id AND source.id <> target.id
      AND NOT 'category' = ANY(service.set_by_hand)
"""
# What an upstream change means for the services that buy there first; never a field
# that staff set by hand, nor a type that is quarantined. Parameters: provider, or
# service, or NULL for all.
FOLLOW = """
    UPDATE provider_service service
    SET name = fresh.name, description = fresh.description, type = fresh.type,
        min = fresh.min, max = fresh.max, refill = fresh.refill,
        cancel = fresh.cancel, dripfeed = fresh.dripfeed,
        average_time = fresh.average_time, refill_days = fresh.refill_days,
        refill_first_hours = fresh.refill_first_hours,
        refill_hours = fresh.refill_hours,
        off_reason = CASE WHEN fresh.type = '' THEN 'type_unknown'
                          ELSE service.off_reason END
    FROM (
        SELECT mine.id,
               CASE WHEN 'name' = ANY(mine.set_by_hand) THEN mine.name
                    ELSE left(coalesce(nullif(offer.clean_name, ''), offer.name), 1000)
               END AS name,
               CASE WHEN 'description' = ANY(mine.set_by_hand) THEN mine.description
                    ELSE offer.description END AS description,
               CASE WHEN quarantine.id IS NOT NULL THEN mine.type
                    ELSE offer.type END AS type,
               CASE WHEN limits.by_hand THEN mine.min ELSE offer.min END AS min,
               CASE WHEN limits.by_hand THEN mine.max ELSE offer.max END AS max,
               CASE WHEN 'refill' = ANY(mine.set_by_hand) THEN mine.refill
                    ELSE coalesce(offer.refill, false) END AS refill,
               CASE WHEN 'cancel' = ANY(mine.set_by_hand) THEN mine.cancel
                    ELSE coalesce(offer.cancel, false) END AS cancel,
               CASE WHEN 'dripfeed' = ANY(mine.set_by_hand) THEN mine.dripfeed
                    ELSE coalesce(offer.dripfeed, false) END AS dripfeed,
               CASE WHEN 'average_time' = ANY(mine.set_by_hand) THEN mine.average_time
                    ELSE offer.average_time END AS average_time,
               CASE WHEN 'refill_days' = ANY(mine.set_by_hand) THEN mine.refill_days
                    ELSE offer.refill_days END AS refill_days,
               CASE WHEN 'refill_first_hours' = ANY(mine.set_by_hand)
                    THEN mine.refill_first_hours
                    ELSE offer.refill_first_hours END AS refill_first_hours,
               CASE WHEN 'refill_hours' = ANY(mine.set_by_hand) THEN mine.refill_hours
                    ELSE offer.refill_hours END AS refill_hours
        FROM provider_service mine
        CROSS JOIN LATERAL (
            SELECT mine.set_by_hand && ARRAY['min', 'max']::varchar[] AS by_hand
        ) AS limits
        JOIN (
            SELECT DISTINCT ON (service_id) service_id, offer_id
            FROM provider_route ORDER BY service_id, position
        ) AS first_route ON first_route.service_id = mine.id
        JOIN provider_offer offer ON offer.id = first_route.offer_id
        LEFT JOIN provider_quarantine quarantine
          ON quarantine.offer_id = offer.id AND quarantine.ended_at IS NULL
        WHERE (%(provider)s::bigint IS NULL OR offer.provider_id = %(provider)s)
          AND (%(service)s::bigint IS NULL OR mine.id = %(service)s)
    ) AS fresh
    WHERE service.id = fresh.id
      AND (service.name, service.description, service.type, service.min, service.max,
           service.refill, service.cancel, service.dripfeed, service.average_time,
           service.refill_days, service.refill_first_hours, service.refill_hours)
          IS DISTINCT FROM
          (fresh.name, fresh.description, fresh.type, fresh.min, fresh.max,
           fresh.refill, fresh.cancel, fresh.dripfeed, fresh.average_time,
           fresh.refill_days, fresh.refill_first_hours, fresh.refill_hours)
"""


def create(cursor: CursorWrapper) -> None:
    """Make the temporary tables of this transaction."""
    cursor.execute(CREATE)


def stage(cursor: CursorWrapper, rows: Iterable[OfferRow]) -> None:
    """Copy `rows` into a temporary table of this transaction."""
    create(cursor)
    columns = f"place, {COLUMNS}, raw"
    with cursor.copy(f"COPY staged ({columns}) FROM STDIN") as copy:
        for place, row in enumerate(rows):
            copy.write_row(
                (
                    place,
                    row.upstream_id,
                    row.name,
                    category_of(row),
                    row.type.value if row.type else "",
                    row.type_given[:100],
                    row.rate,
                    row.min,
                    min(row.max, MOST),
                    row.refill,
                    row.cancel,
                    row.dripfeed,
                    row.description,
                    row.average_time[:100],
                    # Its texts hold no NUL: the reader of replies drops them.
                    row.raw.decode(),
                )
            )


def keep_judgements(
    cursor: CursorWrapper, judgements: Iterable[tuple[str, Judgement]]
) -> None:
    """Copy what the shop makes of rows, by their upstream ids, to be written with them."""
    with cursor.copy(f"COPY judged (upstream_id, {JUDGED}) FROM STDIN") as copy:
        for upstream_id, judged in judgements:
            *others, causes = judged
            copy.write_row((upstream_id, *others, causes.split(",") if causes else []))
