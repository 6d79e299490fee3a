"""The express lane: an order that goes well, in four statements.

Claiming and accepting are what every order does, and the work of an object mapper would
take longer than the call itself. So the two moves have a second form, one that handles
nothing but the plain case and changes nothing in any other: the first offer sells, it is
the first attempt, the provider is sound, and the answer is an id. Everything else falls
back to `submitting` and `answering`, whose rows a test compares with these.

The statements check what they write on locked rows, as the door does: a claim whose
order, provider or offer moved meanwhile finds nothing.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction

from ledger import actions as ledger
from ledger.enums import AccountKind, TransferKind
from orders.payload import protocol_fields
from provider.client import Client, Endpoint, Exchange
from provider.protocol.errors import ErrorClass, Phrase
from provider.protocol.replies import AddAnswer, AddOutcome
from provider.protocol.types import TYPES, ServiceType
from provider.upstream import BURST
from shop.crypto import decrypt
from shop.money import cost
from shop.statements import prepared_cursor

# Types whose rate is for one package rather than for a thousand units.
PACKAGES = [kind.value for kind, rule in TYPES.items() if rule.per_package]
# How often a claim looks for a place that nobody else takes at that very moment.
TRIES = 4

# A call from the rate limit, and all that is known of the plain case. By itself, so that
# the provider's row is locked for no longer than that; and as nothing is lost with it,
# its commit waits for no disk.
_CANDIDATE = """
    WITH candidate AS (
        SELECT waiting.id, waiting.type, waiting.link, waiting.quantity, waiting.runs,
               waiting.interval, waiting.fields, waiting.units,
               offer.id AS offer_id, offer.upstream_id AS service, offer.rate_seen,
               offer.provider_id
        FROM orders_order waiting
        CROSS JOIN LATERAL (
            SELECT offer_id FROM provider_route
            WHERE service_id = waiting.service_id ORDER BY position LIMIT 1
        ) AS first_route
        JOIN provider_offer offer ON offer.id = first_route.offer_id
        WHERE waiting.id = %(order)s AND waiting.submission = 'queued'
          AND waiting.flagged_at IS NULL
          AND waiting.next_at <= now() + make_interval(secs => %(hint)s)
          AND offer.withdrawn_at IS NULL AND offer.type = waiting.type
          AND shop_round_up(
              offer.rate_seen * waiting.units
                * CASE WHEN waiting.type = ANY(%(packages)s) THEN 1 ELSE 0.001 END,
              0.00000001) <= waiting.charge
          AND NOT EXISTS (SELECT FROM orders_attempt WHERE order_id = waiting.id)
    )
    UPDATE provider_provider provider
    SET next_call_at = greatest(next_call_at, clock_timestamp())
        + make_interval(secs => 60.0 / calls_per_minute)
    FROM candidate
    WHERE provider.id = candidate.provider_id AND provider.active
      AND provider.paused_at IS NULL AND provider.open_until IS NULL
      AND provider.failures = 0 AND provider.currency = %(currency)s
      AND provider.next_call_at
          <= clock_timestamp() + make_interval(secs => %(burst)s)
      AND (SELECT count(*) FROM orders_attempt
           WHERE provider_id = provider.id AND answered_at IS NULL
             AND place > 0) < provider.max_in_flight
      AND set_config('synchronous_commit', 'off', true) IS NOT NULL
    RETURNING candidate.type, candidate.link, candidate.quantity, candidate.runs,
        candidate.interval, candidate.fields, candidate.units,
        candidate.offer_id, candidate.service, candidate.rate_seen,
        provider.id AS provider_id,
        provider.name, provider.url, provider.key, provider.user_agent,
        provider.request_ids, provider.account_id, provider.max_in_flight,
        provider.balance,
        (SELECT jsonb_agg(jsonb_build_array(pattern, error_class)
                          ORDER BY provider_id NULLS LAST, id)
         FROM provider_errorphrase phrase
         WHERE phrase.provider_id = provider.id OR phrase.provider_id IS NULL)
        AS phrases
"""
# Any free place; where another claim has just taken it, the database refuses this one.
_CLAIM = """
    WITH room AS (
        SELECT free AS place FROM generate_series(1, %(places)s) AS free
        WHERE NOT EXISTS (
            SELECT FROM orders_attempt
            WHERE provider_id = %(provider)s AND answered_at IS NULL AND place = free)
        ORDER BY random() LIMIT 1
    ), mine AS (
        SELECT id FROM orders_order
        WHERE id = %(order)s AND submission = 'queued' AND flagged_at IS NULL
          AND next_at <= now() + make_interval(secs => %(hint)s)
          AND EXISTS (SELECT FROM room)
        FOR NO KEY UPDATE SKIP LOCKED
    ), moved AS (
        UPDATE orders_order
        SET submission = 'sending', misses = 0, errors = 0, changed_at = now(),
            next_at = now() + make_interval(secs => %(lease)s)
        FROM mine WHERE orders_order.id = mine.id
        RETURNING orders_order.id, orders_order.status
    ), told AS (
        INSERT INTO orders_orderevent (order_id, old_status, new_status,
            old_submission, new_submission, reason, refunded)
        SELECT id, status, status, 'queued', 'sending', %(reason)s, 0 FROM moved
    )
    INSERT INTO orders_attempt (order_id, no, provider_id, offer_id, request_id,
        expected_cost, currency, fx_rate, balance_before, lease_until, outcome, error,
        place)
    SELECT id, 1, %(provider)s, %(offer)s, %(request_id)s, %(cost)s, %(currency)s, 1,
           %(balance)s, now() + make_interval(secs => %(lease)s), '', '',
           (SELECT place FROM room)
    FROM moved RETURNING id
"""
_ACCEPT = """
    WITH reply AS (
        INSERT INTO provider_reply
            (provider_id, action, asked, http_status, body, failure, duration)
        VALUES (%(provider)s, %(action)s, %(asked)s, %(http_status)s, %(body)s, '',
                %(duration)s)
        RETURNING id
    ), answered AS (
        UPDATE orders_attempt
        SET answered_at = now(), outcome = 'accepted', upstream_id = %(upstream_id)s,
            reply_id = (SELECT id FROM reply)
        WHERE id = %(attempt)s AND answered_at IS NULL
          AND NOT EXISTS (SELECT FROM orders_delivery
                          WHERE provider_id = %(provider)s
                            AND upstream_id = %(upstream_id)s)
        RETURNING order_id
    ), moved AS (
        UPDATE orders_order
        SET submission = 'accepted', provider_id = %(provider)s, misses = 0, holds = 0,
            upstream_id = %(upstream_id)s, errors = 0, changed_at = now(),
            next_at = now() + make_interval(secs => %(interval)s)
        FROM answered
        WHERE orders_order.id = answered.order_id AND submission = 'sending'
          AND flagged_at IS NULL
          AND NOT EXISTS (SELECT FROM orders_attempt later
                          WHERE later.order_id = answered.order_id AND later.no > 1)
        RETURNING orders_order.id, orders_order.status
    )
    INSERT INTO orders_orderevent (order_id, old_status, new_status, old_submission,
        new_submission, reason, refunded, reply_id)
    SELECT id, status, status, 'sending', 'accepted', %(reason)s, 0,
           (SELECT id FROM reply)
    FROM moved RETURNING order_id
"""


class _NotPlain(Exception):
    """The plain case it is not: what was written is rolled back."""


@dataclass(frozen=True)
class Express:
    """A claimed order: what to send, to whom, and what accepting it needs."""

    order_id: int
    attempt_id: int
    provider_id: int
    account_id: int
    expected_cost: Decimal
    client: Client
    fields: dict[str, str]


def claim(*, order_id: int, hint: float) -> Express | None:
    """Claim an order in the plain case; None, and nothing claimed, in any other.

    `hint` is in seconds: so far ahead of its time an order may be claimed that the
    sweeper has rung for. Where two claims want one place, the second looks for another.
    """
    try:
        found = _one(
            _CANDIDATE,
            order=order_id,
            hint=hint,
            currency=settings.SHOP_CURRENCY,
            burst=BURST,
            packages=PACKAGES,
        )
        for _ in range(TRIES):
            with suppress(IntegrityError):
                return _claim(order_id, hint, found)
    except _NotPlain:
        pass
    return None


@transaction.atomic(durable=True)
def _claim(order_id: int, hint: float, found: dict[str, Any]) -> Express:
    rule = TYPES[ServiceType(found["type"])]
    request_id = uuid4()
    expected = cost(found["rate_seen"], found["units"], per_package=rule.per_package)
    attempt = _one(
        _CLAIM,
        order=order_id,
        hint=hint,
        provider=found["provider_id"],
        places=found["max_in_flight"],
        lease=settings.ATTEMPT_LEASE,
        reason=f"attempt 1 at {found['name']}",
        offer=found["offer_id"],
        request_id=request_id,
        cost=expected,
        currency=settings.SHOP_CURRENCY,
        balance=found["balance"],
    )
    return Express(
        order_id=order_id,
        attempt_id=attempt["id"],
        provider_id=found["provider_id"],
        account_id=found["account_id"],
        expected_cost=expected,
        client=_client(found),
        fields=protocol_fields(
            rule,
            {**json.loads(found["fields"]), **found},
            service=found["service"],
            request_id=request_id if found["request_ids"] else None,
        ),
    )


def accept(*, claimed: Express, answer: AddAnswer, exchange: Exchange) -> bool:
    """Commit an acceptance in the plain case; False, and nothing written, in any other.

    Another answer than an id is never the plain case, nor is an id that is ours already.
    """
    if answer.outcome != AddOutcome.ACCEPTED or answer.retry_after:
        return False
    try:
        _accept(claimed, answer, exchange)
    except (_NotPlain, IntegrityError):
        return False
    return True


@transaction.atomic(durable=True)
def _accept(claimed: Express, answer: AddAnswer, exchange: Exchange) -> None:
    _one(
        _ACCEPT,
        provider=claimed.provider_id,
        action=exchange.action,
        asked=exchange.asked.replace("\x00", ""),
        http_status=exchange.http_status,
        body=exchange.body.replace("\x00", ""),
        duration=int(exchange.elapsed * 1000),
        attempt=claimed.attempt_id,
        upstream_id=answer.upstream_id,
        interval=settings.TRACK_INTERVAL,
        reason=f"accepted as {answer.upstream_id}",
    )
    if claimed.expected_cost > 0:
        ledger.move_to_system(
            source_id=claimed.account_id,
            kind_of_target=AccountKind.COST,
            currency=settings.SHOP_CURRENCY,
            amount=claimed.expected_cost,
            kind=TransferKind.ORDER_COST,
            subject=claimed.order_id,
        )


def _one(statement: str, **values: Any) -> dict[str, Any]:
    """Return the one row of a statement, by column; _NotPlain where it found none."""
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        row: dict[str, Any] | None = cursor.fetchone()
    if row is None:
        raise _NotPlain
    return row


def _client(found: dict[str, Any]) -> Client:
    phrases = json.loads(found["phrases"] or "[]")
    return Client(
        Endpoint(
            url=found["url"],
            key=decrypt(found["key"]),
            user_agent=found["user_agent"],
            phrases=tuple(
                Phrase(pattern, ErrorClass(error_class))
                for pattern, error_class in phrases
            ),
        )
    )
