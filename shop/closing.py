"""Why a customer's account cannot be closed yet, in words for its owner."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ledger import queries as ledger
from orders.models import Order
from payments.enums import OPEN
from payments.models import Decision, TopUp
from shop.money import ZERO


@dataclass(frozen=True)
class Obstacle:
    """One reason, and where its owner can do something about it."""

    reason: str | Promise
    url: str = ""
    label: str | Promise = ""


class ClosingRefused(Exception):
    """An account that stays open; `obstacles` say why, none where money is left on it."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__(", ".join(str(obstacle.reason) for obstacle in obstacles))
        self.obstacles = obstacles


def obstacles(*, user: User) -> list[Obstacle]:
    """Return everything that must end before the account may."""
    return list(_obstacles(user))


def left(*, user: User) -> Decimal:
    """Return what the owner gives up by closing: what they paid for, and what was given."""
    return ledger.balance(customer=user)


def _obstacles(user: User) -> Iterator[Obstacle]:
    if user.is_staff:
        yield Obstacle(_("You are staff: another administrator has to end that first."))
    if user.frozen_at is not None:
        yield Obstacle(_("Your account is frozen. Please write to the shop."))
    if Order.objects.open().filter(customer=user).exists():
        yield Obstacle(
            _("Some of your orders are still open. They end first."),
            reverse("orders"),
            _("Orders"),
        )
    own = TopUp.objects.filter(customer=user)
    if own.filter(state__in=OPEN).exists():
        yield Obstacle(
            _("A payment of yours is still open. It arrives or expires first."),
            reverse("funds"),
            _("Payments"),
        )
    back = Decision.objects.filter(top_up__customer=user, closed_at=None)
    if back.exists() or own.filter(promised__gt=F("refunded")).exists():
        yield Obstacle(
            _("A refund of yours is under way. It arrives first."),
            reverse("funds"),
            _("Payments"),
        )
    if ledger.debt(customer=user) > ZERO:
        yield Obstacle(
            _("You owe something of a payment that went back. Please pay it first."),
            reverse("funds"),
            _("Add funds"),
        )
