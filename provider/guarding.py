"""Whether a catalogue is believed as a whole, by what it would change."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from provider.enums import RunCause, SyncOutcome
from provider.models import Provider, SyncRun

# So few may go up to half: a provider of ten services may well drop five.
FEW = 10
HALF = Decimal(50)
# A stop's message says what came, what stays, and what staff can do.
STAYS = "{reason} {rest}"


@dataclass
class Changes:
    """What a catalogue would change, or changed."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    returned: int = 0
    quarantined: int = 0
    repriced: int = 0
    # Of those that are quarantined, the ones for their price.
    jumped: int = field(default=0, repr=False)
    known: int = field(default=0, repr=False)

    @property
    def all_new(self) -> bool:
        """Whether none of the provider's offers was known, and so all are priced."""
        return self.known == 0 and not self.returned

    @property
    def differ(self) -> bool:
        """Whether the catalogue is not what we know already."""
        return bool(
            self.added
            or self.changed
            or self.withdrawn
            or self.returned
            or self.quarantined
        )

    @property
    def any(self) -> bool:
        return self.differ or bool(self.repriced)

    def look_cut(self) -> bool:
        """Return whether so much would go that the reply is not believed."""
        most = settings.SYNC_MOST_GONE
        if self.withdrawn <= FEW:
            most = max(most, HALF)
        return self.withdrawn * 100 > self.known * most

    def look_changed(self) -> bool:
        """Return whether so many prices jump that they are in something else."""
        return self.jumped > FEW and self.jumped * 2 > self.known


def stop_reason(*, provider: Provider, changes: Changes) -> str:
    """Return why a catalogue is not applied before somebody approves it, or ""."""
    told = provider.currency_told
    if told and told != provider.currency:
        reason = _(
            "The provider tells its balance in %(new)s, not in %(old)s any more: its "
            "prices may be in another currency too."
        ) % {"new": told, "old": provider.currency}
    elif changes.look_cut():
        reason = _("%(gone)d of %(known)d services would go: the reply looks cut.") % {
            "gone": changes.withdrawn,
            "known": changes.known,
        }
    elif changes.look_changed():
        reason = _(
            "%(jumped)d of %(known)d prices would jump: they look like another currency "
            "or unit."
        ) % {"jumped": changes.jumped, "known": changes.known}
    elif changes.differ and _was_undone(provider):
        reason = _("The last catalogue that was applied has been undone.")
    else:
        return ""
    rest = _("The catalogue stays as it was; approve the run if this is right.")
    return STAYS.format(reason=reason, rest=rest)


def _was_undone(provider: Provider) -> bool:
    applied = SyncRun.objects.filter(provider=provider, outcome=SyncOutcome.APPLIED)
    last = applied.order_by("-id").values_list("cause", flat=True).first()
    return last == RunCause.UNDO
