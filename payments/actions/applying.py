"""The one door through which a payment changes: what a gateway reported of it."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts import actions as accounts
from accounts.models import User
from ledger import actions as ledger
from ledger.enums import TransferKind
from orders import actions as orders
from payments import facts as facts_
from payments.actions import telling
from payments.enums import OPEN, Dispute, Outcome, TopUpState
from payments.facts import Facts
from payments.gateways.protocol import INQUIRY, Report, State
from payments.models import GatewayTerms, TopUp, TopUpEvent
from shop.celery import ring
from shop.money import ZERO, plain

# A payment that arrived is asked about again after this: what was said of it later, a
# refund or a dispute, may have been lost, too.
FIRST_LOOK = timedelta(days=1)
# Why customers are frozen whose payment is disputed.
DISPUTED = "a payment is disputed"


@transaction.atomic(durable=True)
def apply_report(
    *, gateway: str, report: Report, by: User | None = None, reason: str = ""
) -> tuple[Outcome, TopUp | None]:
    """Apply what a gateway said of a payment; return what came of it, and of which.

    Only for reports that were verified, or asked for by us.

    1. The top-up is found by our reference, else by the gateway's number; the customer's
       accounts are locked, then the row.
    2. Reference, number, amount and currency are compared. What does not match flags the
       top-up, tells the staff, and moves no money.
    3. The facts are added to those known. A payment is credited once, by the ledger's
       key; what was refunded or is disputed is taken back, as far as it is there, and
       the rest is debt; what a won dispute sets free is given back.
    4. A dispute freezes the customer, one that is won frees them.
    """
    found = _find(gateway, report)
    if found is None:
        if report.state != State.PENDING:
            telling.tell_of_stranger(gateway, report)
        return Outcome.STRANGER, None
    ledger.lock_customers(customer_ids=[found.customer_id])
    top_up = TopUp.objects.select_for_update(of=("self",), no_key=True).get(pk=found.pk)
    fault = facts_.mismatch(report, top_up) or _taken_number(report, top_up)
    if fault:
        _flag(top_up, report, fault)
        return Outcome.MISMATCH, top_up
    known = facts_.facts_of(top_up)
    facts = facts_.add(known, report, top_up)
    # Even where nothing is new: a number that was missing, or an excess to look at.
    _watch_instrument(top_up, report)
    _note_details(top_up, report)
    if report.risk == INQUIRY:
        _flag(top_up, report, f"inquiry: {report.detail}")
    if report.state == State.OVERPAID:
        _flag(top_up, report, f"overpaid: {plain(report.amount)} {report.currency}")
    if report.state == State.DISPUTED and known.dispute == Dispute.WON:
        telling.tell_of_dispute_again(top_up, report)
    if facts == known:
        return Outcome.REPEATED, top_up
    _settle(top_up, facts, report, by=by, reason=reason)
    return Outcome.APPLIED, top_up


def _find(gateway: str, report: Report) -> TopUp | None:
    top_ups = TopUp.objects.filter(gateway=gateway)
    if report.reference:
        found = top_ups.filter(reference=report.reference).first()
        if found is not None:
            return found
    if report.remote_id:
        return top_ups.filter(remote_id=report.remote_id).first()
    return None


def _taken_number(report: Report, top_up: TopUp) -> str:
    """Return why the gateway's number cannot be this top-up's: it is another's."""
    if not report.remote_id or top_up.remote_id:
        return ""
    other = TopUp.objects.filter(gateway=top_up.gateway, remote_id=report.remote_id)
    return f"another top-up's payment: {report.remote_id}" if other.exists() else ""


def _flag(top_up: TopUp, report: Report, fault: str) -> None:
    """Put a top-up on the staff's list, and tell them once for each fault."""
    fault = fault[:200]
    if top_up.events.filter(reason=fault).exists():
        return
    TopUp.objects.filter(pk=top_up.pk, flagged_at=None).update(
        flagged_at=Now(), flag_reason=fault
    )
    _add_event(top_up, TopUpState(top_up.state), fault, report=report)
    telling.tell_of_fault(top_up, fault)


def _watch_instrument(top_up: TopUp, report: Report) -> None:
    """Put a payment on the staff's list whose card somebody else has paid with, too.

    Where a gateway cannot tell one from another it names a kind, such as a wallet's brand:
    a word without a digit, which many pay with.
    """
    if top_up.instrument or not any(sign.isdigit() for sign in report.instrument):
        return
    others = (
        TopUp.objects.filter(gateway=top_up.gateway, instrument=report.instrument[:100])
        .exclude(customer_id=top_up.customer_id)
        .order_by("customer_id")
        .values_list("customer_id", flat=True)
        .distinct()
    )
    numbers = ", ".join(str(number) for number in others[:5])
    if numbers:
        _flag(top_up, report, f"paid as by customers {numbers}")


def _note_details(top_up: TopUp, report: Report) -> None:
    """Keep the gateway's number and what it says of card and risk, where they are new."""
    new = {
        name: value[:limit]
        for name, value, limit in (
            ("remote_id", report.remote_id, 200),
            ("instrument", report.instrument, 100),
            ("risk", report.risk, 200),
        )
        if value and not getattr(top_up, name)
    }
    if new:
        TopUp.objects.filter(pk=top_up.pk).update(**new)


def _settle(
    top_up: TopUp, facts: Facts, report: Report, *, by: User | None, reason: str
) -> None:
    """Move the money that the facts ask for, and write them down."""
    old, new = TopUpState(top_up.state), facts_.state(facts, top_up)
    changes: dict[str, Any] = {
        "state": new,
        "refunded": facts.refunded,
        "dispute": facts.dispute,
        "disputed": facts.disputed,
    }
    if facts.is_paid and top_up.paid_at is None:
        repaid = ledger.top_up(
            customer_id=top_up.customer_id,
            amount=top_up.amount,
            bonus=top_up.bonus,
            subject=top_up.pk,
        )
        _earmark(top_up, top_up.amount - repaid)
        changes |= {"paid_at": Now(), "next_at": Now() + FIRST_LOOK, "tries": 0}
        telling.tell_of_payment(top_up)
    if facts.refunded >= top_up.promised:
        changes["promised"] = top_up.promised = ZERO
    changes |= take_due(top_up, facts)
    if not facts.is_paid and new not in OPEN:
        changes["next_at"] = None
    if facts.dispute != top_up.dispute:
        _follow_dispute(top_up, facts)
    TopUp.objects.filter(pk=top_up.pk).update(**changes)
    reason = reason or f"{report.state} {report.detail}".strip()
    _add_event(top_up, new, reason[:200], report=report, by=by, old=old)


def _earmark(top_up: TopUp, amount: Decimal) -> None:
    """Keep what came by a limited gateway for the categories that it is limited to."""
    terms = GatewayTerms.objects.filter(gateway=top_up.gateway).first()
    limited = [] if terms is None else [row.pk for row in terms.categories.all()]
    if limited and amount > 0:
        orders.earmark(
            customer_id=top_up.customer_id,
            source=top_up.gateway,
            amount=amount,
            category_ids=limited,
        )


def take_due(top_up: TopUp, facts: Facts) -> dict[str, Any]:
    """Take back what is due and was not taken, or give back what is not due any more.

    Returns the columns that say so; the caller's step writes them.
    """
    due = facts_.due(facts, top_up)
    amount, bonus = due.amount - top_up.taken, due.bonus - top_up.bonus_taken
    if not amount and not bonus:
        return {}
    no = top_up.moves + 1
    if amount > 0 or bonus > 0:
        owed = ledger.take_back(
            customer_id=top_up.customer_id,
            amount=amount,
            bonus=bonus,
            subject=top_up.pk,
            kind=TransferKind.TOPUP_DISPUTE
            if facts.is_contested
            else TransferKind.TOPUP_REFUND,
            no=no,
        )
        orders.lessen_earmark(
            customer_id=top_up.customer_id, source=top_up.gateway, amount=amount
        )
        telling.tell_of_taking(top_up, amount, owed, no)
    else:
        repaid = ledger.bring_back(
            customer_id=top_up.customer_id,
            amount=-amount,
            bonus=-bonus,
            subject=top_up.pk,
            no=no,
        )
        _earmark(top_up, -amount - repaid)
    return {"taken": due.amount, "bonus_taken": due.bonus, "moves": no}


def _follow_dispute(top_up: TopUp, facts: Facts) -> None:
    """Freeze the customer, or free them where nothing else of theirs is disputed."""
    telling.tell_of_dispute(top_up, facts.dispute)
    if facts.is_contested:
        accounts.freeze(user_id=top_up.customer_id, reason=DISPUTED)
        stop = partial(ring, "payments.stop_orders", customer_id=top_up.customer_id)
        transaction.on_commit(stop, robust=True)
        return
    contested = Q(dispute__in=(Dispute.OPEN, Dispute.LOST))
    others = TopUp.objects.filter(contested, customer_id=top_up.customer_id)
    if not others.exclude(pk=top_up.pk).exists():
        accounts.unfreeze(user_id=top_up.customer_id, reason=DISPUTED)


def _add_event(
    top_up: TopUp,
    new: TopUpState,
    reason: str,
    *,
    report: Report,
    by: User | None = None,
    old: str = "",
) -> None:
    said = {name: str(value) for name, value in asdict(report).items() if value}
    TopUpEvent.objects.create(
        top_up=top_up, old=old, new=new, reason=reason, report=said, by=by
    )
