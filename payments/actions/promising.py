"""Refunds on their way: off the balance before the gateway is asked to send them."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from ledger import actions as ledger
from ledger.queries import paid
from payments import facts
from payments.actions.applying import take_due
from payments.enums import TopUpState
from payments.errors import PaymentError
from payments.models import TopUp, TopUpEvent
from shop.money import ZERO, plain


@transaction.atomic(durable=True)
def promise_refund(*, top_up: TopUp, amount: Decimal, only_what_is_there: bool) -> None:
    """Take a refund off the balance before the gateway is asked to send it.

    Else its customer could spend it meanwhile. Nothing for one that is under way already.
    Raises PaymentError where more would go back than was paid, or, with
    `only_what_is_there`, than is left of it.
    """
    ledger.lock_customers(customer_ids=[top_up.customer_id])
    locked = TopUp.objects.select_for_update(of=("self",), no_key=True).get(
        pk=top_up.pk
    )
    if locked.promised:
        return
    if locked.refunded + amount > locked.total:
        raise PaymentError(_("More would go back than was paid."))
    locked.promised = locked.refunded + amount
    if only_what_is_there and paid(customer=locked.customer) < amount:
        raise PaymentError(_("Only what is left of it can go back."))
    _promise(locked, f"a refund is on its way: {plain(amount)} {locked.currency}")


@transaction.atomic(durable=True)
def give_up_refund(*, top_up: TopUp) -> None:
    """Put back on the balance what a gateway has refused to send."""
    ledger.lock_customers(customer_ids=[top_up.customer_id])
    locked = TopUp.objects.select_for_update(of=("self",), no_key=True).get(
        pk=top_up.pk
    )
    if locked.promised:
        locked.promised = ZERO
        _promise(locked, "the refund was not taken")


def _promise(top_up: TopUp, reason: str) -> None:
    changes = take_due(top_up, facts.facts_of(top_up))
    TopUp.objects.filter(pk=top_up.pk).update(promised=top_up.promised, **changes)
    state = TopUpState(top_up.state)
    TopUpEvent.objects.create(top_up=top_up, old=state, new=state, reason=reason)


def refundable(*, top_up: TopUp) -> Decimal:
    """Return what of a payment its customer has not spent: it can go back."""
    if top_up.state != TopUpState.PAID:
        return ZERO
    untouched: Decimal = top_up.amount - top_up.taken
    return max(min(paid(customer=top_up.customer), untouched), ZERO)
