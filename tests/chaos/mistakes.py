"""Deliberate mistakes, put into a process of the shop by importing this module.

Only `make chaos-teeth` does so (`celery -I tests.chaos.mistakes`): the shop's own code
has no hook for it. The variable CHAOS_MISTAKE names the function to call.
"""

import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_UP, Decimal
from typing import Any
from zlib import crc32

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

import ledger.actions
from ledger.actions import crediting
from ledger.enums import AccountKind, Bucket
from ledger.models import Transfer
from orders.actions import placing, submitting, sweeping
from orders.actions.transitions import transition
from orders.changes import Change
from orders.enums import Outcome, Status, Submission
from orders.models import Attempt, Order
from orders.payload import add_fields
from provider.client import Client
from provider.protocol.replies import AddOutcome, RequestOutcome
from shop import money, ticks

LATE = settings.ATTEMPT_LEASE + 2


def _replace(plain: object, other: object) -> None:
    """Put `other` wherever a module has imported `plain`."""
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()):
            if value is plain:
                setattr(module, name, other)


def none() -> None:
    """Nothing."""


def late_answer_kept() -> None:
    """Hold every ninth answer back until its lease is over, then apply it."""
    _delay(drop=False)


def late_answer_dropped() -> None:
    """The same, but throw it away where the order is unknown by then."""
    _delay(drop=True)


def _delay(*, drop: bool) -> None:
    plain = Client.add

    def add(self: Client, fields: Any) -> Any:
        answer = plain(self, fields)
        if _one_in(9, fields):
            time.sleep(LATE)
            if drop:
                raise RuntimeError("too late")
        return answer

    Client.add = add  # type: ignore[method-assign]


def _one_in(share: int, fields: Any) -> bool:
    """Return True for one order in `share`, by its link: the same in every process."""
    return crc32(fields["link"].encode()) % share == 0


def ticks_ignored() -> None:
    """Do every periodic task as often as it is rung for."""
    _replace(ticks.take, lambda name, every: True)


def retried_on_silence() -> None:
    """Call `add` again where it brought no answer."""
    plain = Client.add

    def add(self: Client, fields: Any) -> Any:
        answer, exchange = plain(self, fields)
        if answer.outcome == AddOutcome.UNKNOWN:
            return plain(self, fields)
        return answer, exchange

    Client.add = add  # type: ignore[method-assign]


def silence_is_refusal() -> None:
    """Take an exception for proof that nothing was done."""
    plain = Client.add

    def add(self: Client, fields: Any) -> Any:
        answer, exchange = plain(self, fields)
        if answer.outcome == AddOutcome.UNKNOWN:
            answer = replace(answer, outcome=AddOutcome.NOT_EXECUTED)
        return answer, exchange

    Client.add = add  # type: ignore[method-assign]


def claimed_unseen() -> None:
    """Send an order that is being sent already, as if a claim were no claim."""
    plain = submitting._claim

    def claim(order_id: int) -> Any:
        last = (
            Attempt.objects.filter(order_id=order_id, order__submission="sending")
            .select_related("order", "provider", "offer")
            .order_by("-no")
            .first()
        )
        if last is None:
            return plain(order_id)
        again = Attempt.objects.create(
            order=last.order,
            no=last.no + 1,
            provider=last.provider,
            offer=last.offer,
            expected_cost=last.expected_cost,
            currency=last.currency,
            fx_rate=last.fx_rate,
            lease_until=Now() + timedelta(seconds=settings.ATTEMPT_LEASE),
        )
        return submitting.Claim(again, last.provider, add_fields(attempt=again))

    submitting._claim = claim


def expired_is_queued() -> None:
    """Send again what was being sent when its lease ran out."""

    @transaction.atomic
    def expire(order_id: int) -> None:
        if sweeping._still(order_id, Submission.SENDING):
            _move([order_id], submission=Submission.QUEUED, wait=0)

    sweeping._expire = expire


def unknown_is_queued() -> None:
    """Send again what is unknown."""
    _after_sweeping(submission=Submission.QUEUED, wait=0, flag="")


def unknown_is_refunded() -> None:
    """Give back what is unknown."""
    _after_sweeping(submission=Submission.WITHDRAWN, status=Status.CANCELED, flag="")


def _after_sweeping(**change: Any) -> None:
    plain = sweeping.sweep

    def sweep() -> None:
        plain()
        for order in Order.objects.filter(submission=Submission.UNKNOWN):
            back = {"refunded": order.charge} if "status" in change else {}
            with transaction.atomic():
                _move([order.pk], **change, **back, done_waiting=bool(back))

    _replace(plain, sweep)


def _move(numbers: Sequence[int], **change: Any) -> None:
    transition([Change(order_id=one, reason="a mistake", **change) for one in numbers])


def applied_in_halves() -> None:
    """Commit the attempt's answer, and die before the order's."""
    plain = Client.add

    def add(self: Client, fields: Any) -> Any:
        answer, exchange = plain(self, fields)
        if answer.outcome == AddOutcome.ACCEPTED and _one_in(25, fields):
            sent = Attempt.objects.filter(order__link=fields["link"], answered_at=None)
            sent.update(
                answered_at=Now(),
                outcome=Outcome.ACCEPTED,
                upstream_id=answer.upstream_id,
            )
            os._exit(137)
        return answer, exchange

    Client.add = add  # type: ignore[method-assign]


def refunded_twice() -> None:
    """Give everything back once more."""
    plain = ledger.actions.give_back

    def give_back(*, returns: Any, charged: Any, kind: Any) -> None:
        plain(returns=returns, charged=charged, kind=kind)
        sales = ledger.actions.system_account(kind=AccountKind.SALES)
        for one in returns:
            account_id, after = crediting._add(
                one.customer_id, AccountKind.PAID, one.amount
            )
            Transfer.objects.create(
                source=sales, target_id=account_id, currency=sales.currency,
                amount=one.amount, kind=kind, subject=one.subject,
                bucket=Bucket.PAID, no=900, target_balance_after=after,
            )  # fmt: skip

    ledger.actions.give_back = give_back


def refund_rounded_up() -> None:
    """Round what goes back up, instead of what is kept."""

    def due(charge: Decimal, units: int, remains: int) -> Decimal:
        return (charge * remains / units).quantize(settings.PRICE_STEP, ROUND_UP)

    _replace(money.due, due)


def told_by_position() -> None:
    """Take the first row for the first id asked about, and so on."""
    plain = Client.statuses

    def statuses(self: Client, ids: Sequence[str]) -> Any:
        answers, exchange = plain(self, ids)
        return dict(zip(ids, answers.values(), strict=False)), exchange

    Client.statuses = statuses  # type: ignore[method-assign]


def nobody_rings_again() -> None:
    """Leave queued orders to the one message that was sent for each."""
    sweeping._hint = list


def key_forgotten() -> None:
    """Place every request as an order of its own."""
    plain = placing._place
    placing._twin = lambda *_: None
    placing._place = lambda *, key, **rest: plain(key=None, **rest)


def charge_forgotten() -> None:
    """Let some orders go without a charge."""
    plain = ledger.actions.charge

    def charge(**what: Any) -> None:
        if random.random() > 0.1:
            plain(**what)

    ledger.actions.charge = charge


def refill_repeated() -> None:
    """Ask for a refill again where it brought no answer."""
    plain = Client.refill

    def refill(self: Client, ids: Sequence[str]) -> Any:
        answers, exchange = plain(self, ids)
        if any(one.outcome == RequestOutcome.UNKNOWN for one in answers.values()):
            return plain(self, ids)
        return answers, exchange

    Client.refill = refill  # type: ignore[method-assign]


def commit_not_flushed() -> None:
    """Nothing in the code: the trial tells the database so."""


globals()[os.environ["CHAOS_MISTAKE"]]()
