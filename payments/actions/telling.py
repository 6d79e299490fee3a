"""Telling people about payments, once per cause; inside the caller's step."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from notices import actions as notices
from notices.actions import News
from notices.enums import Kind
from payments.enums import Dispute
from payments.gateways.protocol import Report
from payments.models import Decision, TopUp
from shop.money import plain, show


def tell_of_payment(top_up: TopUp) -> None:
    """Tell the customer that the payment has arrived."""
    amount = show(top_up.amount, top_up.currency)
    _tell(top_up, Kind.PAYMENT_RECEIVED, "paid", partial(_received, amount))


def _received(amount: str) -> tuple[str, str]:
    subject = _("Payment received: %(amount)s added") % {"amount": amount}
    return subject, _("It is on your balance now.")


def tell_of_taking(top_up: TopUp, amount: Decimal, owed: Decimal, no: int) -> None:
    """Tell the customer what was taken off the balance, and what they owe of it."""
    write = partial(
        _taken,
        show(amount, top_up.currency),
        show(owed, top_up.currency) if owed else "",
    )
    _tell(top_up, Kind.PAYMENT_RETURNED, f"taken:{no}", write)


def _taken(amount: str, owed: str) -> tuple[str, str]:
    text = _("The payment went back to where it came from.")
    if owed:
        text += " " + _("%(owed)s was spent already: your next payment repays it.")
        text %= {"owed": owed}
    return _("%(amount)s taken off your balance") % {"amount": amount}, text


def tell_of_claim(decision: Decision) -> None:
    """Tell the customer where to say how they get their refund."""
    top_up = decision.top_up
    amount = show(decision.amount, top_up.currency)
    notices.tell_all(
        [
            News(
                user_id=top_up.customer_id,
                kind=Kind.PAYMENT_RETURNED,
                key=f"decision:{decision.pk}:claim",
                write=partial(_claimable, amount),
                url=reverse("top_up", args=[top_up.pk]),
            )
        ]
    )


def _claimable(amount: str) -> tuple[str, str]:
    subject = _("Your refund of %(amount)s waits for you") % {"amount": amount}
    return subject, _("Say on the page of your payment where it is to go.")


def _tell(
    top_up: TopUp, kind: Kind, what: str, write: Callable[[], tuple[str, str]]
) -> None:
    notices.tell_all(
        [
            News(
                user_id=top_up.customer_id,
                kind=kind,
                key=f"top-up:{top_up.pk}:{what}",
                write=write,
                url=reverse("top_up", args=[top_up.pk]),
            )
        ]
    )


def tell_of_fault(top_up: TopUp, fault: str) -> None:
    """Alert the staff about something odd in a report of a payment."""
    notices.tell_staff(
        key=f"top-up:{top_up.pk}:{fault}"[:200],
        subject=f"Top-up {top_up.pk} ({top_up.gateway}): {fault}",
        text=f"{plain(top_up.total)} {top_up.currency} was asked for; see what was "
        "reported, and what came of it, in its history.",
    )


def tell_of_proof(top_up: TopUp, position: int) -> None:
    """Alert the staff about a file that is to show a bank transfer."""
    notices.tell_staff(
        key=f"top-up:{top_up.pk}:proof:{position}",
        subject=f"Top-up {top_up.pk} ({top_up.gateway}): a proof was added",
        text=f"{show(top_up.total, top_up.currency)} of {top_up.customer}. It proves "
        "nothing by itself: look whether the money has come.",
    )


def tell_of_dispute(top_up: TopUp, dispute: Dispute) -> None:
    """Alert the staff about a payment that its payer's bank contests."""
    notices.tell_staff(
        key=f"top-up:{top_up.pk}:dispute:{dispute}",
        subject=f"Top-up {top_up.pk} ({top_up.gateway}): dispute {dispute}",
        text=f"{show(top_up.total, top_up.currency)} of {top_up.customer}.",
    )


def tell_of_dispute_again(top_up: TopUp, report: Report) -> None:
    """Alert the staff about a dispute after one that was won, or an old report of that."""
    notices.tell_staff(
        key=f"top-up:{top_up.pk}:dispute-again:{report.event_id}"[:200],
        subject=f"Top-up {top_up.pk} ({top_up.gateway}): disputed after it was won",
        text="Either this came late, or the payer's bank disputes it a second time: look "
        "at the gateway. Nothing was taken back for it, and nobody was frozen.",
    )


def tell_of_stranger(gateway: str, report: Report) -> None:
    """Alert the staff about a payment that nobody began here."""
    notices.tell_staff(
        key=f"stranger:{gateway}:{report.remote_id or report.reference}"[:200],
        subject=f"{gateway}: {report.state} of a payment that is none of ours",
        text=f"reference {report.reference}, number {report.remote_id}, "
        f"{plain(report.amount)} {report.currency}",
    )


def tell_of_forgery(gateway: str) -> None:
    """Alert the staff, once a day, about notifications that were not signed right."""
    notices.tell_staff(
        key=f"forged:{gateway}",
        subject=f"{gateway}: a notification with a wrong signature was refused",
        text="If the gateway itself sent it, the secret in the settings is not its own.",
        daily=True,
    )
