"""What the shop itself decides about selling a service, and what staff consent to."""

from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from provider.actions.pricing import reprice_in_transaction
from provider.actions.providers import ProviderError, refresh_soon
from provider.changes import because
from provider.enums import ChangeReason, LossPolicy, OffReason
from provider.models import Provider, Service

MOST_LOSS = Decimal(1000)


def pause_overcharged(*, service_id: int, provider: Provider) -> None:
    """Take a service off sale whose provider charged more than expected.

    Its catalogue is read again soon: a new rate there is the explanation, and the
    service comes back at its new price. Otherwise staff put it back. Inside the caller's
    transaction.
    """
    because(ChangeReason.OVERCHARGED)
    Service.objects.filter(pk=service_id).update(
        overcharged_at=Now(), off_reason=OffReason.OVERCHARGED
    )
    refresh_soon(provider=provider)


@transaction.atomic(durable=True)
def clear_overcharge(*, service: Service) -> None:
    """Sell a service again that was overcharged, as staff have looked at it."""
    because(ChangeReason.HAND)
    Service.objects.filter(pk=service.pk).update(overcharged_at=None)
    reprice_in_transaction()


@transaction.atomic(durable=True)
def set_loss_policy(
    *, service: Service, policy: LossPolicy, limit: Decimal, by: User
) -> None:
    """Decide what becomes of orders that would cost more than was paid.

    `limit` is in percent of the charge, and only for LossPolicy.SEND: whoever sets it
    consents to such losses, and is recorded. ProviderError where the two do not fit.
    """
    sends = policy == LossPolicy.SEND
    if sends != (limit > 0) or limit > MOST_LOSS:
        raise ProviderError(
            _("A limit above 0 % belongs to sending at a loss, and to nothing else.")
        )
    Service.objects.filter(pk=service.pk).update(
        loss_policy=policy,
        loss_limit=limit,
        loss_consent_by=by if sends else None,
        loss_consent_at=Now() if sends else None,
    )
