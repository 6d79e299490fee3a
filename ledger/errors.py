"""What may go wrong with money, in words fit for the person who asked."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _


class LedgerError(Exception):
    """Money that was not moved; `message` is fit for the person who asked."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


class InsufficientFundsError(LedgerError):
    """The customer's balance does not cover the amount; `missing` says by how much."""

    def __init__(self, missing: Decimal) -> None:
        super().__init__(_("Your balance is too low."))
        self.missing = missing


class AlreadyMovedError(LedgerError):
    """This cause has moved its money before."""

    def __init__(self) -> None:
        super().__init__(_("This has been booked already."))
