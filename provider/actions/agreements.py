"""Writing what is agreed with customers, and who consents to less than the least price."""

from django.db.models.functions import Now

from accounts.models import User
from provider.models import Agreement, SpecialPrice
from provider.prices import least_of


def save_agreement_in_transaction(*, agreement: Agreement, by: User) -> None:
    """Save a group, a customer's terms or a special price, inside a transaction.

    Whoever writes a margin to consent to, or another one than there was, consents: `by`
    and the time are recorded. What is saved otherwise keeps who consented before.
    """
    known = type(agreement)._default_manager.filter(pk=agreement.pk)
    before = known.values_list("consent_margin", flat=True).first()
    if agreement.consent_margin is None:
        agreement.consent_by = agreement.consent_at = None
    elif agreement.consent_margin != before:
        agreement.consent_by = by
        # The database's clock, as everywhere.
        agreement.consent_at = Now()
    agreement.save()


def below_least(*, special: SpecialPrice) -> bool:
    """Return whether a special price would be raised, as nobody consented to so little."""
    least = least_of(special.service, special.consent_margin)
    return least is not None and special.price < least
