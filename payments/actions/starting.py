"""Beginning a payment: the row, the gateway, where the customer goes on."""

import secrets
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from payments.enums import TopUpState
from payments.errors import PaymentError
from payments.gateways.protocol import Gateway, GatewayError, Started, Wish
from payments.limits import insist_on_limits
from payments.models import TopUp, TopUpEvent
from payments.offers import offer

# A start whose answer is missing is asked about after this; longer than any call takes.
LEASE = timedelta(minutes=2)
# Of references: what people copy into a transfer, none taken for another.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def start_top_up(
    *,
    customer: User,
    gateway: Gateway,
    amount: Decimal,
    code: str = "",
    address: str | None = None,
) -> TopUp:
    """Begin a payment of `amount` (what is credited) and return where it stands.

    `code` is a coupon's. A customer who is frozen, too much or too often, is refused.

    1. Limits are checked and the row is committed, with its reference.
    2. The gateway is called.
    3. What it answered is committed: its number, its page, its instructions.

    Raises PaymentError where it is refused, or the gateway did not take it. Where nobody
    knows whether it did, the row stays open and the sweeper asks.
    """
    top_up = _open(customer, gateway, amount, code, address)
    try:
        started = gateway.start(_wish(top_up))
    except GatewayError as error:
        _note_refusal(top_up, error)
        raise PaymentError(
            _("This way to pay does not answer at the moment. Nothing was paid.")
        ) from error
    _note_start(top_up, started)
    top_up.refresh_from_db()
    return top_up


@transaction.atomic(durable=True)
def _open(
    customer: User, gateway: Gateway, amount: Decimal, code: str, address: str | None
) -> TopUp:
    # Locked, so that two at once do not both fit under one limit, or use one coupon.
    locked = User.objects.select_for_update(no_key=True).get(pk=customer.pk)
    wanted = offer(customer=locked, gateway=gateway, amount=amount, code=code)
    insist_on_limits(customer=locked, wanted=wanted, address=address)
    top_up = TopUp.objects.create(
        customer=customer,
        gateway=wanted.gateway.name,
        reference="".join(secrets.choice(_LETTERS) for _ in range(12)),
        currency=settings.SHOP_CURRENCY,
        amount=wanted.amount,
        fee=wanted.fee,
        bonus=wanted.bonus,
        bonus_rule=wanted.rule,
        address=address,
        next_at=Now() + LEASE,
    )
    TopUpEvent.objects.create(
        top_up=top_up, new=TopUpState.CREATED, reason="begun", by=customer
    )
    return top_up


def _wish(top_up: TopUp) -> Wish:
    page = partial(_address, args=[top_up.pk])
    return Wish(
        reference=top_up.reference,
        amount=top_up.total,
        currency=top_up.currency,
        email=top_up.customer.email,
        language=top_up.customer.language or settings.LANGUAGE_CODE,
        description=f"{settings.SHOP_NAME} #{top_up.pk}",
        return_url=page("top_up_return"),
        cancel_url=page("top_up"),
        notify_url=_address("notify", args=[top_up.gateway]),
    )


def _address(name: str, args: list[object]) -> str:
    return settings.SITE_URL + reverse(name, args=args)


@transaction.atomic(durable=True)
def _note_start(top_up: TopUp, started: Started) -> None:
    """Write down where the customer goes on; what was reported meanwhile stays."""
    rows = TopUp.objects.filter(pk=top_up.pk)
    rows.update(
        url=started.url,
        instructions=dict(started.instructions),
        expires_at=started.expires_at,
    )
    if started.remote_id:
        rows.filter(remote_id="").update(remote_id=started.remote_id)
    if rows.filter(state=TopUpState.CREATED).update(state=TopUpState.PENDING):
        TopUpEvent.objects.create(
            top_up=top_up,
            old=TopUpState.CREATED,
            new=TopUpState.PENDING,
            reason="taken by the gateway",
        )


@transaction.atomic(durable=True)
def _note_refusal(top_up: TopUp, error: GatewayError) -> None:
    """Write down that a start failed, or that nobody knows: then it stays open."""
    state = TopUpState.CREATED if error.unknown else TopUpState.FAILED
    changed = {} if error.unknown else {"state": state, "next_at": None}
    if changed:
        TopUp.objects.filter(pk=top_up.pk, state=TopUpState.CREATED).update(**changed)
    TopUpEvent.objects.create(
        top_up=top_up,
        old=TopUpState.CREATED,
        new=state,
        reason=f"start: {error.message}"[:200],
    )
