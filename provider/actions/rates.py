"""Writing rates of exchange, by hand and from a source, and watching their age."""

from collections.abc import Mapping
from decimal import Decimal, localcontext

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from notices import actions as notices
from provider import rates
from provider.actions.pricing import PricingError, reprice_in_transaction
from provider.changes import because
from provider.enums import ChangeReason
from provider.models import ExchangeRate, Provider, RateProposal
from provider.queries import currencies_in_use, newest_rates
from provider.rates import HIGHEST_RATE, SourceFailed
from shop.money import has_places, plain


@transaction.atomic(durable=True)
def set_exchange_rate(
    *, base: str, rate: Decimal, source: str = "", by: User | None = None
) -> ExchangeRate:
    """Note that one `base` is worth `rate` of the shop's currency from now on; re-price.

    What is in question for this currency is settled by it.
    """
    row = note_rate_in_transaction(base=base, rate=rate, source=source, by=by)
    because(ChangeReason.RATE, by=by)
    reprice_in_transaction()
    return row


def note_rate_in_transaction(
    *, base: str, rate: Decimal, source: str = "", by: User | None = None
) -> ExchangeRate:
    """Write a rate inside the caller's transaction, who re-prices after it."""
    if not has_places(rate, 20) or not 0 < rate < HIGHEST_RATE:
        raise PricingError(
            _("A rate of exchange is above zero and has at most 20 decimals.")
        )
    if base == settings.SHOP_CURRENCY:
        raise PricingError(_("This is the shop's own currency."))
    quote = settings.SHOP_CURRENCY
    # What was in question is answered: by staff, or by a source that came back.
    RateProposal.objects.filter(base=base, quote=quote, closed_at=None).update(
        closed_at=Now(), closed_by=by
    )
    return ExchangeRate.objects.create(
        base=base, quote=quote, rate=rate, source=source, by=by
    )


def read_rates() -> int:
    """Read the source of rates, if there is one, and look at the age of all rates.

    1. The source is read, outside any transaction. Where it fails, staff are told once
       a day, and the rates stay and grow old.
    2. What moved by more than RATE_JUMP is put to staff, the rest is taken; one pricing.
    3. Old rates are an alert; what is bought by rates that are too old is paused.

    Returns how many rates were taken.
    """
    taken = 0
    if settings.RATE_SOURCE:
        try:
            wanted = {*currencies_in_use(), *settings.DISPLAY_CURRENCIES}
            wanted.discard(settings.SHOP_CURRENCY)
            found = rates.read(settings.RATE_SOURCE, sorted(wanted))
        except SourceFailed as error:
            _tell_about_source(error)
        else:
            taken = _take(found)
    watch_rates()
    return taken


@transaction.atomic(durable=True)
def watch_rates() -> None:
    """Tell staff about old rates, and pause what is bought by those that are too old."""
    because(ChangeReason.RATE)
    for row in newest_rates(bases=currencies_in_use()):
        if row.is_old(settings.RATE_PAUSE_HOURS):
            for provider in Provider.objects.filter(currency=row.base):
                reprice_in_transaction(provider_id=provider.pk)
        if row.is_old(settings.RATE_WARN_HOURS):
            _tell_about_age(row)


@transaction.atomic(durable=True)
def take_proposal(*, proposal: RateProposal, by: User) -> ExchangeRate:
    """Take a rate that jumped, as somebody believes it; PricingError if it is settled."""
    locked = _open(proposal)
    row = ExchangeRate.objects.create(
        base=locked.base,
        quote=locked.quote,
        rate=locked.rate,
        source=locked.source,
        by=by,
    )
    RateProposal.objects.filter(pk=locked.pk).update(
        closed_at=Now(), closed_by=by, taken=row
    )
    because(ChangeReason.RATE, by=by)
    reprice_in_transaction()
    return row


@transaction.atomic(durable=True)
def refuse_proposal(*, proposal: RateProposal, by: User) -> None:
    """Leave the rate as it was. Where the source says so again, it is asked again."""
    locked = _open(proposal)
    RateProposal.objects.filter(pk=locked.pk).update(closed_at=Now(), closed_by=by)


def jumps(*, before: Decimal, rate: Decimal) -> bool:
    """Return whether a rate moves by more than RATE_JUMP percent."""
    with localcontext(prec=60):
        return abs(rate - before) * 100 > before * settings.RATE_JUMP


def _open(proposal: RateProposal) -> RateProposal:
    locked = RateProposal.objects.select_for_update().get(pk=proposal.pk)
    if locked.closed_at is not None:
        raise PricingError(_("This was settled already."))
    return locked


@transaction.atomic(durable=True)
def _take(found: Mapping[str, Decimal]) -> int:
    before = {row.base: row.rate for row in newest_rates(bases=found)}
    taken = 0
    for base, rate in sorted(found.items()):
        known = before.get(base)
        if known is not None and jumps(before=known, rate=rate):
            _ask_about(base, rate, known)
        else:
            note_rate_in_transaction(base=base, rate=rate, source=settings.RATE_SOURCE)
            taken += 1
    if taken:
        because(ChangeReason.RATE)
        reprice_in_transaction()
    return taken


def _ask_about(base: str, rate: Decimal, before: Decimal) -> None:
    """Put a rate to staff; the same question is asked with the newest rate."""
    RateProposal.objects.update_or_create(
        base=base,
        quote=settings.SHOP_CURRENCY,
        closed_at=None,
        defaults={
            "rate": rate,
            "before": before,
            "source": settings.RATE_SOURCE,
            "created_at": Now(),
        },
    )
    notices.tell_staff(
        key=f"rate-jump:{base}",
        subject=_("The rate of exchange of %(currency)s jumped") % {"currency": base},
        text=_(
            "It was %(before)s, and is %(rate)s now, as its source says. It is not taken "
            "until somebody agrees, among the rates in question in the admin."
        )
        % {"before": plain(before), "rate": plain(rate)},
        daily=True,
    )


@transaction.atomic(durable=True)
def _tell_about_source(error: SourceFailed) -> None:
    notices.tell_staff(
        key="rate-source",
        subject=_("The rates of exchange were not read"),
        text=error.message,
        daily=True,
    )


def _tell_about_age(row: ExchangeRate) -> None:
    pauses = settings.RATE_PAUSE_HOURS
    if row.is_old(pauses):
        text = _("What is bought in %(currency)s is not sold until there is a new one.")
    elif pauses:
        text = _(
            "What is bought in %(currency)s is not sold any more once it is %(hours)d "
            "hours old."
        )
    else:
        text = _("Prices of what is bought in %(currency)s rest on it.")
    notices.tell_staff(
        key=f"rate-old:{row.base}",
        subject=_("The rate of exchange of %(currency)s is old")
        % {"currency": row.base},
        text=text % {"currency": row.base, "hours": pauses},
        daily=True,
    )
