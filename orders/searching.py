"""Looking for an unknown order upstream: questions only, and what they show.

Each look returns a Finding. FOUND needs exactly one candidate that is nobody else's;
ABSENT needs an answer that reaches back behind the attempt; all else is UNCLEAR.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.enums import EvidenceSource, Outcome, Verdict
from orders.models import Attempt, Delivery
from provider.client import CallFailed, Client, Exchange
from provider.protocol.replies import IdError, ListedOrder, StatusRow
from shop.money import plain

# Between our order before and the one after: beyond it the key is not ours alone.
WIDEST_GAP = 1000
# Charges in the protocol have five decimals: that much more is rounding.
ROUNDING = Decimal("0.00001")
# Returns False where the rate limit has no call left just now.
TakeCall = Callable[[], bool]


@dataclass(frozen=True)
class Finding:
    """What one look showed. `exchange` is the last call that was made for it."""

    source: EvidenceSource
    verdict: Verdict
    detail: str
    upstream_id: str = ""
    exchange: Exchange | None = None


def search_list(attempt: Attempt, client: Client) -> Finding:
    """Look for the attempt in the provider's list of our newest orders.

    Its request id decides; else service, link and quantity, where no other unknown order
    of ours looks the same. The list must reach back to an order that we know to be older
    before a missing one counts as absent.
    """
    source = EvidenceSource.ORDERS
    try:
        rows, exchange = client.orders()
    except CallFailed as error:
        return Finding(
            source, Verdict.UNCLEAR, f"no list: {error.reason}", "", error.exchange
        )
    ours = _ours(attempt, [row.upstream_id for row in rows])
    named = [row for row in rows if row.request_id == str(attempt.request_id)]
    alike = [row for row in rows if row.upstream_id not in ours and _fits(attempt, row)]
    candidates = named or alike
    ids = [row.upstream_id for row in candidates]
    if len(ids) == 1 and ids[0] not in ours and (named or not _twins(attempt)):
        return Finding(source, Verdict.FOUND, "in the list", ids[0], exchange)
    if ids:
        detail = f"{len(ids)} orders look like it: {', '.join(ids[:5])}"
        return Finding(source, Verdict.UNCLEAR, detail, "", exchange)
    if _knows_older(attempt, [row.upstream_id for row in rows]):
        detail = f"not among {len(rows)} orders, which reach back behind it"
        return Finding(source, Verdict.ABSENT, detail, "", exchange)
    detail = f"not among {len(rows)} orders, which may not reach back to it"
    return Finding(source, Verdict.UNCLEAR, detail, "", exchange)


def search_gap(attempt: Attempt, client: Client, take_call: TakeCall) -> Finding:
    """Look for the attempt among the ids between our orders before and after it.

    For a key that is this shop's alone, and numbers that rise. Only asks for statuses.
    """
    source = EvidenceSource.ID_GAP
    before, after = _neighbours(attempt)
    if before is None or after is None:
        return Finding(source, Verdict.UNCLEAR, "no order of ours before and after it")
    if after - before > WIDEST_GAP:
        detail = f"{after - before - 1} ids between {before} and {after} are too many"
        return Finding(source, Verdict.UNCLEAR, detail)
    ids = [str(number) for number in range(before + 1, after)]
    ours = _ours(attempt, ids)
    ids = [upstream_id for upstream_id in ids if upstream_id not in ours]
    between = f"{len(ids)} ids between {before} and {after}"
    candidates: list[str] = []
    exchange: Exchange | None = None
    for batch in _batches(ids, attempt.provider.batch_size):
        if not take_call():
            return Finding(source, Verdict.UNCLEAR, f"{between}: no call left for them")
        try:
            answers, exchange = client.statuses(batch)
        except CallFailed as error:
            detail = f"{between}: {error.reason}"
            return Finding(source, Verdict.UNCLEAR, detail, "", error.exchange)
        if unread := [name for name in batch if name not in answers]:
            detail = f"{between}: nothing is said of {len(unread)}"
            return Finding(source, Verdict.UNCLEAR, detail, "", exchange)
        candidates += [
            name for name in batch if _costs_the_same(attempt, answers[name])
        ]
    if len(candidates) == 1 and not _twins(attempt):
        detail = f"the only one of {between} that costs the same"
        return Finding(source, Verdict.FOUND, detail, candidates[0], exchange)
    if candidates:
        detail = f"{len(candidates)} of {between} cost the same"
        return Finding(source, Verdict.UNCLEAR, detail, "", exchange)
    return Finding(source, Verdict.ABSENT, f"none of {between}", "", exchange)


def weigh_balance(attempt: Attempt) -> Finding | None:
    """Tell how the provider's balance has moved since: a hint for staff, no proof.

    None until a balance was read that is newer than the attempt.
    """
    provider, before = attempt.provider, attempt.balance_before
    end = attempt.answered_at or attempt.lease_until
    if (
        before is None
        or provider.balance is None
        or provider.balance_at is None
        or provider.balance_at < end
    ):
        return None
    moved = provider.balance - before
    others = [
        other.expected_cost
        for other in Attempt.objects.filter(
            provider=provider,
            upstream_id__isnull=False,
            answered_at__gte=attempt.sent_at,
            answered_at__lte=provider.balance_at,
        )[:WIDEST_GAP]
    ]
    detail = (
        f"the balance moved by {plain(moved)} {attempt.currency}; {len(others)} orders "
        f"accepted since account for {plain(-sum(others, Decimal(0)))}, "
        f"this one would for {plain(-attempt.expected_cost)}"
    )
    return Finding(EvidenceSource.BALANCE, Verdict.UNCLEAR, detail)


def _fits(attempt: Attempt, row: ListedOrder) -> bool:
    order = attempt.order
    return (
        row.service == attempt.offer.upstream_id
        and row.link == order.link
        and row.quantity in (None, order.quantity, order.units)
        and row.request_id == ""
    )


def _costs_the_same(attempt: Attempt, answer: StatusRow | IdError) -> bool:
    return (
        isinstance(answer, StatusRow)
        and answer.charge is not None
        and abs(answer.charge - attempt.expected_cost) <= ROUNDING
        and answer.currency in (None, "", attempt.currency)
    )


def _ours(attempt: Attempt, ids: Sequence[str]) -> set[str]:
    """Return those of `ids` that belong to an order or a delivery of ours."""
    wanted = {"provider": attempt.provider_id, "upstream_id__in": ids}
    attempts = Attempt.objects.filter(**wanted).values_list("upstream_id", flat=True)
    children = Delivery.objects.filter(**wanted).values_list("upstream_id", flat=True)
    return {name for name in [*attempts, *children] if name is not None}


def _twins(attempt: Attempt) -> bool:
    """Whether another order of ours at the provider is unknown and costs the same."""
    return (
        Attempt.objects.filter(
            provider=attempt.provider_id,
            upstream_id=None,
            outcome__in=("", Outcome.UNKNOWN),
            expected_cost__gte=attempt.expected_cost - ROUNDING,
            expected_cost__lte=attempt.expected_cost + ROUNDING,
        )
        .exclude(pk=attempt.pk)
        .exists()
    )


def _knows_older(attempt: Attempt, ids: Sequence[str]) -> bool:
    """Whether one of `ids` was ours before the attempt was sent."""
    return Attempt.objects.filter(
        provider=attempt.provider_id,
        upstream_id__in=ids,
        answered_at__lt=attempt.sent_at,
    ).exists()


def _neighbours(attempt: Attempt) -> tuple[int | None, int | None]:
    """Return our last number before the attempt, and our first one after it."""
    end = attempt.answered_at or attempt.lease_until
    numbers = Attempt.objects.filter(
        provider=attempt.provider_id, upstream_id__regex=r"^[1-9][0-9]{0,17}$"
    ).values_list("upstream_id", flat=True)
    before = numbers.filter(answered_at__lt=attempt.sent_at).order_by("-answered_at")
    after = numbers.filter(sent_at__gt=end).order_by("sent_at")
    # The newest few: numbers given at the same moment need not rise in our order.
    return (
        max((int(name or 0) for name in before[:50]), default=None),
        min((int(name or 0) for name in after[:50]), default=None),
    )


def _batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
