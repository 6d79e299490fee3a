"""How customers want to be told."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from notices import queries
from notices.enums import DEFAULTS, Kind, Mail, Wish
from notices.models import BalanceWatch, Choice


@transaction.atomic(durable=True)
def choose(
    *, user: User, wishes: Mapping[Kind, Wish], threshold: Decimal | None
) -> None:
    """Keep how a customer wants to be told of the kinds in `wishes`.

    1. What is the default again loses its row, so that a later default holds for it.
    2. What differs is written.
    3. `threshold` is below what their balance is low: None leaves it to the shop.
    """
    _keep(user, wishes)
    BalanceWatch.objects.update_or_create(
        user=user,
        defaults={"threshold": threshold},
    )


@transaction.atomic(durable=True)
def stop_mail(*, user: User, kind: Kind) -> None:
    """Send a customer no more mail of a kind; of the daily one, nothing that is in it."""
    wishes = queries.wishes_of(user=user)
    if kind == Kind.DIGEST:
        kinds = [one for one, wish in wishes.items() if wish.mail == Mail.DAILY]
    else:
        kinds = [kind]
    _keep(
        user, {one: Wish(in_shop=wishes[one].in_shop, mail=Mail.NEVER) for one in kinds}
    )


def _keep(user: User, wishes: Mapping[Kind, Wish]) -> None:
    usual = [kind for kind, wish in wishes.items() if wish == DEFAULTS[kind]]
    Choice.objects.filter(user=user, kind__in=usual).delete()
    Choice.objects.bulk_create(
        [
            Choice(user=user, kind=kind, in_shop=wish.in_shop, mail=wish.mail)
            for kind, wish in wishes.items()
            if kind not in usual
        ],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["in_shop", "mail"],
    )
