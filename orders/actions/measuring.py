"""How services do, measured from the orders themselves, for all services at once."""

from django.conf import settings
from django.db import connection, transaction

# An order has started with its first status beyond pending that is not its end without
# delivery. Time to finish is of completed orders that are delivered in one go. An order
# that somebody asked to cancel, or that was withdrawn by a person, is not the service's
# doing.
MEASURE = """
    WITH ordered AS MATERIALIZED (
        SELECT id, service_id, status, customer_id, created_at, finished_at,
            runs IS NULL AND type <> 'subscriptions' AS in_one_go
        FROM orders_order
        WHERE created_at > now() - make_interval(days => %(days)s)
    ), started AS (
        SELECT event.order_id, min(event.created_at) AS at
        FROM orders_orderevent AS event
        WHERE event.new_status NOT IN ('pending', 'canceled', 'failed')
          AND event.order_id IN (SELECT id FROM ordered)
        GROUP BY event.order_id
    ), asked AS (
        SELECT order_id FROM orders_orderrequest WHERE kind = 'cancel'
        UNION
        SELECT order_id FROM orders_orderevent
        WHERE new_status = 'canceled' AND by_id IS NOT NULL
          AND order_id IN (SELECT id FROM ordered WHERE status = 'canceled')
    ), timed AS (
        SELECT ordered.*,
            extract(epoch FROM started.at - ordered.created_at) AS start,
            CASE WHEN status = 'completed' AND in_one_go
                THEN extract(epoch FROM finished_at - ordered.created_at) END AS finish,
            asked.order_id IS NOT NULL AS is_asked
        FROM ordered
        LEFT JOIN started ON started.order_id = ordered.id
        LEFT JOIN asked ON asked.order_id = ordered.id
    ), refilled AS (
        SELECT orders_order.service_id,
            count(*) AS ended, count(*) FILTER (WHERE request.status = 'completed') AS done
        FROM orders_orderrequest AS request
        JOIN orders_order ON orders_order.id = request.order_id
        WHERE request.kind = 'refill' AND request.closed_at IS NOT NULL
          AND request.created_at > now() - make_interval(days => %(days)s)
        GROUP BY orders_order.service_id
    ), measured AS (
        SELECT service_id,
            count(*) AS orders,
            count(start) AS started,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY start) AS start_median,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY start) AS start_most,
            count(finish) AS completed,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY finish) AS finish_median,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY finish) AS finish_most,
            count(*) FILTER (WHERE finished_at IS NOT NULL AND NOT is_asked) AS ended,
            count(*) FILTER (WHERE status = 'partial' AND NOT is_asked) AS partial,
            count(*) FILTER (
                WHERE status IN ('canceled', 'failed') AND NOT is_asked) AS canceled
        FROM timed GROUP BY service_id
    )
    INSERT INTO orders_servicehealth (
        service_id, orders, started, start_median, start_most, completed, finish_median,
        finish_most, ended, partial, canceled, refills, refilled, measured_at)
    SELECT
        service.id, coalesce(orders, 0), coalesce(started, 0), round(start_median),
        round(start_most), coalesce(completed, 0), round(finish_median),
        round(finish_most), coalesce(measured.ended, 0), coalesce(partial, 0),
        coalesce(canceled, 0), coalesce(refilled.ended, 0), coalesce(done, 0), now()
    FROM provider_service AS service
    LEFT JOIN measured ON measured.service_id = service.id
    LEFT JOIN refilled ON refilled.service_id = service.id
    WHERE measured.service_id IS NOT NULL OR refilled.service_id IS NOT NULL
    ON CONFLICT (service_id) DO UPDATE SET
        orders = excluded.orders, started = excluded.started,
        start_median = excluded.start_median, start_most = excluded.start_most,
        completed = excluded.completed, finish_median = excluded.finish_median,
        finish_most = excluded.finish_most, ended = excluded.ended,
        partial = excluded.partial, canceled = excluded.canceled,
        refills = excluded.refills, refilled = excluded.refilled,
        measured_at = excluded.measured_at
"""
# Those that no order of these days tells of.
FORGET = "DELETE FROM orders_servicehealth WHERE measured_at < now()"
# What "fastest first" sorts by.
SORT = """
    UPDATE provider_listing AS listing SET speed = paced.speed
    FROM (
        SELECT listing.service_id,
            CASE WHEN health.started >= %(least)s THEN health.start_median END AS speed
        FROM provider_listing AS listing
        LEFT JOIN orders_servicehealth AS health USING (service_id)
    ) AS paced
    WHERE paced.service_id = listing.service_id
      AND listing.speed IS DISTINCT FROM paced.speed
"""


@transaction.atomic(durable=True)
def measure_health() -> None:
    """Measure every service anew, from the orders of the last HEALTH_DAYS days.

    1. One row for each service that was ordered or refilled in these days.
    2. The rows of all others go.
    3. The catalogue's order by speed follows, where HEALTH_ORDERS orders have started.
    """
    values = {"days": settings.HEALTH_DAYS, "least": settings.HEALTH_ORDERS}
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, values)
        cursor.execute(FORGET)
        cursor.execute(SORT, values)
