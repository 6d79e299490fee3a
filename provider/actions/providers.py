"""Adding, asking, pausing and resuming providers."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from ledger import actions as ledger
from notices import actions as notices
from provider.client import CallFailed, Client, Endpoint
from provider.enums import RuleScope
from provider.models import MarkupRule, Provider
from provider.upstream import client_of
from shop.money import cut

logger = logging.getLogger(__name__)

# Seconds between two readings of a catalogue that orders give cause for.
REFRESH = 300
# What fits into the column of a balance.
HIGHEST_BALANCE = Decimal(10) ** 10


class ProviderError(Exception):
    """A provider that was not added or asked; `message` is fit for staff."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True)
class Reading:
    """A provider's balance as it was read."""

    amount: Decimal
    currency: str


def ask_currency(*, url: str, key: str) -> str:
    """Ask a provider that has no row yet for its currency; ProviderError if it won't say."""
    try:
        balance, _exchange = Client(
            Endpoint(url=url, key=key, user_agent="Magpie/0.1")
        ).balance()
    except CallFailed as error:
        raise ProviderError(error.message) from error
    if not balance.currency:
        raise ProviderError(_("The provider does not say its currency. Name it."))
    return balance.currency


@transaction.atomic(durable=True)
def add_provider(
    *,
    name: str,
    url: str,
    key: str,
    currency: str,
    markup: Decimal | None = None,
    publish: bool = False,
    calls_per_minute: int = 120,
) -> Provider:
    """Add a provider with an account for its money and, with `markup`, its rule.

    `markup` is in percent. Raises ValidationError with the fields that do not fit.
    """
    provider = Provider(
        name=name,
        url=url,
        key=key,
        currency=currency.upper(),
        publish=publish,
        calls_per_minute=calls_per_minute,
    )
    provider.full_clean(exclude=["account"])
    save_provider(provider=provider)
    if markup is not None:
        rule = MarkupRule(
            scope=RuleScope.PROVIDER,
            provider=provider,
            percent=markup,
            step=settings.PRICE_STEP,
        )
        rule.full_clean()
        rule.save()
    return provider


def save_provider(*, provider: Provider) -> None:
    """Save a provider's settings; a new one gets an account in its currency first.

    Inside the caller's transaction. A provider with an account keeps its currency.
    """
    if provider._state.adding:
        provider.account = ledger.open_provider_account(currency=provider.currency)
    elif provider.account.currency != provider.currency:
        raise ValidationError(
            {"currency": _("The currency is fixed once the provider has an account.")}
        )
    # What is said of it may be about how its catalogue is read.
    provider.catalogue_digest = ""
    provider.save()


def read_balance(*, provider: Provider) -> Reading:
    """Ask the provider for its balance, keep it, and return it.

    A provider that is asked and answers in another currency than it used to is paused.
    Raises ProviderError with what staff should know; the kept balance stays.
    """
    try:
        balance, _exchange = client_of(provider).balance()
    except CallFailed as error:
        raise ProviderError(error.message) from error
    reading = Reading(cut(balance.amount), balance.currency or provider.currency)
    if (balance.currency or "") != provider.currency_told:
        _note_currency(provider, balance.currency or "")
    if reading.currency != provider.currency:
        message = _("The provider answers in %(new)s instead of %(old)s.") % {
            "new": reading.currency,
            "old": provider.currency,
        }
        pause(provider=provider, reason=message)
        raise ProviderError(message)
    if abs(reading.amount) >= HIGHEST_BALANCE:
        raise ProviderError(_("The provider's balance is too large to be kept."))
    _keep_balance(provider, reading)
    return reading


@transaction.atomic(durable=True)
def _note_currency(provider: Provider, told: str) -> None:
    """Remember what the balance is told in: a catalogue may change with it."""
    provider.currency_told, provider.catalogue_digest = told[:3], ""
    provider.save(update_fields=["currency_told", "catalogue_digest"])


@transaction.atomic(durable=True)
def _keep_balance(provider: Provider, reading: Reading) -> None:
    Provider.objects.filter(pk=provider.pk).update(
        balance=reading.amount, balance_at=Now()
    )
    # Read after the pause, and so a proof that the key and the account work again.
    Provider.objects.filter(pk=provider.pk, pause_heals=True).update(
        paused_at=None, pause_reason="", pause_heals=False
    )


def note_balance(*, provider: Provider) -> bool:
    """Read the balance if it can be had; False, and a line in the log, if it cannot."""
    try:
        read_balance(provider=provider)
    except ProviderError as error:
        logger.warning("%s: the balance was not read: %s", provider, error.message)
        return False
    return True


@transaction.atomic(durable=True)
def pause(*, provider: Provider, reason: str) -> bool:
    """Stop sending to a provider, and tell the staff why; False if it was paused before.

    Its orders stay queued and are sent when it is resumed.
    """
    return pause_in_transaction(provider=provider, reason=reason)


def pause_in_transaction(
    *, provider: Provider, reason: str, heals: bool = False
) -> bool:
    """The same, inside the caller's transaction.

    With `heals` the pause ends by itself, once the provider tells our balance again:
    what was wrong with the key or the account is then over.
    """
    paused = Provider.objects.filter(pk=provider.pk, paused_at=None).update(
        paused_at=Now(), pause_reason=reason[:300], pause_heals=heals
    )
    if paused:
        notices.tell_staff(
            key=f"provider:{provider.pk}:paused",
            subject=_("%(provider)s is paused") % {"provider": provider},
            text=reason,
            daily=True,
        )
    return bool(paused)


@transaction.atomic(durable=True)
def resume(*, provider: Provider) -> bool:
    """Send to a paused provider again; False if it was not paused."""
    return bool(
        Provider.objects.filter(pk=provider.pk, paused_at__isnull=False).update(
            paused_at=None, pause_reason="", pause_heals=False
        )
    )


@transaction.atomic(durable=True)
def move(*, provider: Provider, url: str) -> None:
    """Note that a provider's API has another address now."""
    Provider.objects.filter(pk=provider.pk).update(url=url)
    provider.url = url


@transaction.atomic(durable=True)
def remember_refill_status_one_by_one(*, provider: Provider) -> None:
    """Note that the provider does not know `refill_status` of several."""
    Provider.objects.filter(pk=provider.pk).update(refill_status_one_by_one=True)


@transaction.atomic(durable=True)
def remember_requests_one_by_one(*, provider: Provider) -> None:
    """Note that the provider takes one refill or cancel per call."""
    Provider.objects.filter(pk=provider.pk).update(requests_one_by_one=True)


@transaction.atomic(durable=True)
def remember_batch_size(*, provider: Provider, size: int) -> bool:
    """Note that the provider takes no more than `size` ids a call; it never grows by
    itself. False where that is known already."""
    learned = Provider.objects.filter(pk=provider.pk, batch_size__gt=size).update(
        batch_size=max(size, 1)
    )
    if learned:
        logger.info("%s: no more than %d ids a call from now on", provider, size)
        provider.batch_size = max(size, 1)
    return bool(learned)


@transaction.atomic(durable=True)
def request_sync(*, provider: Provider) -> None:
    """Make the provider's catalogue due now; the next sweep reads and compares it."""
    Provider.objects.filter(pk=provider.pk).update(
        next_sync_at=Now(), catalogue_digest=""
    )


def refresh_soon(*, provider: Provider) -> None:
    """Make the catalogue due now, unless it was read within the last REFRESH seconds.

    For an order that was refused, or cost more than it should: what we know of the
    service may be old. Inside the caller's transaction.
    """
    old = Q(synced_at=None) | Q(synced_at__lt=Now() - timedelta(seconds=REFRESH))
    Provider.objects.filter(old, pk=provider.pk).update(next_sync_at=Now())


@transaction.atomic(durable=True)
def take_due_sync() -> Provider | None:
    """Return one active provider whose catalogue is due, pushed ahead so that nobody
    else takes it, or None."""
    provider = (
        Provider.objects.filter(active=True, next_sync_at__lte=Now())
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .order_by("next_sync_at")
        .first()
    )
    if provider is not None:
        Provider.objects.filter(pk=provider.pk).update(
            next_sync_at=Now() + timedelta(seconds=settings.SYNC_INTERVAL)
        )
    return provider
