"""What the shop sells in spite of its defaults, by whose statement; and judging anew."""

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from provider.actions.pricing import reprice_in_transaction
from provider.enums import RefusedClass
from provider.judging import follow, judge
from provider.models import Acceptance, Service

# Fewer words than a sentence are no statement.
SHORTEST_STATEMENT = 20


class AcceptanceError(Exception):
    """An acceptance that was not taken; `message` is fit for staff."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


@transaction.atomic(durable=True)
def accept_class(*, refused_class: RefusedClass, statement: str, by: User) -> int:
    """Sell a class that is refused by default, from now on.

    1. The owner's statement is kept with their name, for good.
    2. Services that were refused for this class alone come back, as staff's switches
       and prices allow. Returns how many services changed.

    Raises AcceptanceError for anybody but a superuser, for no real statement, and where
    the class is accepted already.
    """
    return accept_in_transaction(
        acceptance=Acceptance(refused_class=refused_class, statement=statement, by=by)
    )


@transaction.atomic(durable=True)
def accept_service(*, service: Service, statement: str, by: User) -> int:
    """Sell one service whatever it is refused for, as it is none of that; like a class."""
    return accept_in_transaction(
        acceptance=Acceptance(service=service, statement=statement, by=by)
    )


@transaction.atomic(durable=True)
def end_acceptance(*, acceptance: Acceptance, by: User) -> int:
    """Refuse again what was accepted; the statement stays as history.

    Returns how many services changed. Raises AcceptanceError where it ended already.
    """
    _insist_on_owner(by)
    ended = Acceptance.objects.filter(pk=acceptance.pk, ended_at=None).update(
        ended_at=Now(), ended_by=by
    )
    if not ended:
        raise AcceptanceError(_("This was withdrawn already."))
    return reprice_in_transaction()


@transaction.atomic(durable=True)
def apply_name_rules() -> int:
    """Rewrite all names by the rules as they are now; return how many services changed."""
    judge()
    return follow()


def judge_again() -> int:
    """Judge all offers by the rules as they are now; return how many services changed.

    What is refused goes off sale, what is not comes back; names and refill windows of
    services follow, but for those set by hand. Inside the caller's transaction.
    """
    judge()
    return follow() + reprice_in_transaction()


def accept_in_transaction(*, acceptance: Acceptance) -> int:
    """Keep an owner's statement and sell what it is about, inside the caller's step.

    Returns how many services changed; AcceptanceError as `accept_class` says.
    """
    _insist_on_owner(acceptance.by)
    acceptance.statement = acceptance.statement.strip()
    if len(acceptance.statement) < SHORTEST_STATEMENT:
        raise AcceptanceError(
            _(
                "Say in a sentence why the shop may sell this: it is kept with your name."
            )
        )
    try:
        acceptance.save()
    except IntegrityError as error:
        # The step ends with the exception, so that nothing asks a broken transaction.
        raise AcceptanceError(_("This is accepted already.")) from error
    return reprice_in_transaction()


def _insist_on_owner(by: User) -> None:
    if not by.is_superuser:
        raise AcceptanceError(
            _("Only an owner of the shop (a superuser) decides this.")
        )
