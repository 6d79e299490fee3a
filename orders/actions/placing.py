"""Placing an order: the price, the debit and the order in one transaction."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from content.actions import NotAcceptedError, accept_by_order
from ledger import actions as ledger
from ledger.enums import TransferKind
from orders.acceptable import insist_on_acceptable
from orders.earmarks import insist_on_earmarks
from orders.enums import Source, Status, Submission
from orders.errors import (
    BalanceTooLowError,
    FrozenError,
    KeyReusedError,
    NotOnSaleError,
    OrderError,
    PriceChangedError,
    TermsChangedError,
)
from orders.intake import FieldErrors, Intake, read, read_reference
from orders.models import Order, OrderEvent
from orders.queries import Quote, quote
from provider.models import Service
from shop.celery import ring

# What an amount of money can be at most; nobody has as much.
MOST = Decimal(10) ** 12


def place_order(
    *,
    customer: User,
    service_id: int,
    raw: Mapping[str, str],
    source: Source = Source.WEB,
    idempotency_key: str | None = None,
    expected_charge: Decimal | None = None,
    agreed_terms: int | None = None,
    address: str | None = None,
    reference: str = "",
) -> Order:
    """Order a service and return the order, paid and queued.

    1. An order that the key names already is the answer.
    2. In one transaction: price on the server, debit, order, event, and that the terms
       in force are accepted.
    3. On commit the submitter is rung for; the sweeper finds the order anyway.

    `raw` are the fields by their protocol names, as texts. `expected_charge` is what the
    customer was shown: another charge is refused (PriceChangedError). `agreed_terms` is the
    version that they agreed to on this page, where they were asked (TermsChangedError);
    programs are not asked. `address` is theirs, for the acceptance. `reference` is what
    they call it; another one makes no other order of the same key. Raises FieldErrors
    for fields that do not fit and OrderError for everything else; then nothing was
    charged. After any refusal the key is looked up again: a twin request may have won.
    """
    body = _digest(service_id, raw)
    if (order := _twin(customer, idempotency_key, body)) is not None:
        return order
    try:
        return _place(
            customer=customer,
            service_id=service_id,
            raw=raw,
            source=source,
            key=idempotency_key or None,
            body=body,
            expected_charge=expected_charge,
            agreed_terms=agreed_terms,
            address=address,
            reference=reference,
        )
    except (OrderError, FieldErrors, IntegrityError):
        if (order := _twin(customer, idempotency_key, body)) is not None:
            return order
        raise


@transaction.atomic(durable=True)
def _place(
    *,
    customer: User,
    service_id: int,
    raw: Mapping[str, str],
    source: Source,
    key: str | None,
    body: str,
    expected_charge: Decimal | None,
    agreed_terms: int | None,
    address: str | None,
    reference: str,
) -> Order:
    # As read with the request; what is ordered in that moment is stopped by the freezing.
    if customer.frozen_at is not None:
        raise FrozenError
    service = Service.objects.select_related("category").filter(pk=service_id).first()
    if service is None or not service.on_sale:
        raise NotOnSaleError
    intake = read(service=service, raw=raw)
    called = read_reference(reference)
    insist_on_acceptable(service=service, intake=intake)
    offer = quote(service=service, intake=intake, customer=customer)
    if expected_charge is not None and expected_charge != offer.charge:
        raise PriceChangedError(offer.charge)
    if offer.charge >= MOST:
        raise BalanceTooLowError(offer.charge)
    terms = _accept(customer, source, agreed_terms, address)
    order = _insert(
        customer,
        service,
        intake,
        offer,
        source=source,
        key=key,
        body=body,
        terms=terms,
        reference=called,
    )
    try:
        ledger.charge(
            customer_id=customer.pk,
            amount=offer.charge,
            kind=TransferKind.ORDER_CHARGE,
            subject=order.pk,
        )
    except ledger.InsufficientFundsError as error:
        raise BalanceTooLowError(error.missing) from error
    insist_on_earmarks(customer=customer, service=service)
    transaction.on_commit(
        partial(ring, "orders.submit", order_id=order.pk), robust=True
    )
    return order


def _insert(
    customer: User,
    service: Service,
    intake: Intake,
    offer: Quote,
    *,
    source: Source,
    key: str | None,
    body: str,
    terms: int | None,
    reference: str,
) -> Order:
    order = Order.objects.create(
        customer=customer,
        service=service,
        source=source,
        idempotency_key=key,
        request_digest=body if key else "",
        type=service.type,
        link=intake.link,
        link_key=intake.link_key,
        reference=reference,
        quantity=intake.quantity,
        runs=intake.runs,
        interval=intake.interval,
        fields=intake.fields,
        units=intake.units,
        price=offer.price,
        charge=offer.charge,
        consent_margin=offer.consent.margin if offer.consent else None,
        consent_by_id=offer.consent.by_id if offer.consent else None,
        terms=terms,
        next_at=Now(),
    )
    OrderEvent.objects.create(
        order=order,
        new_status=Status.PENDING,
        new_submission=Submission.QUEUED,
        reason=f"ordered ({source})",
        by=customer,
    )
    return order


def _accept(
    customer: User, source: Source, agreed: int | None, address: str | None
) -> int | None:
    """Note that the order accepts the terms, and return their number."""
    try:
        return accept_by_order(
            user_id=customer.pk,
            agreed=agreed,
            asked=source == Source.WEB,
            address=address,
        )
    except NotAcceptedError as error:
        raise TermsChangedError from error


def _digest(service_id: int, raw: Mapping[str, str]) -> str:
    body = json.dumps([service_id, sorted(raw.items())], ensure_ascii=False)
    return hashlib.sha256(body.encode(errors="replace")).hexdigest()


def _twin(customer: User, key: str | None, body: str) -> Order | None:
    """Return the order that `key` has made; KeyReusedError where it was another one."""
    if not key:
        return None
    order = Order.objects.filter(customer=customer, idempotency_key=key).first()
    if order is not None and order.request_digest != body:
        raise KeyReusedError
    return order
