"""What may go wrong for the one who orders, in words fit for them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from shop.money import show


class OrderError(Exception):
    """Something that was not done. `code` is stable, for programs; `field` may be ""."""

    code = "refused"

    def __init__(self, message: object, *, field: str = "") -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.field = field


class NotOnSaleError(OrderError):
    """The service does not exist, or is not sold at present."""

    code = "not_on_sale"

    def __init__(self) -> None:
        super().__init__(_("This service is not available at the moment."))


class TermsChangedError(OrderError):
    """The terms have changed in what matters, and the customer has not agreed yet."""

    code = "terms_changed"

    def __init__(self) -> None:
        super().__init__(
            _("The terms have changed. Please read and accept them, then order again.")
        )


class BalanceTooLowError(OrderError):
    """The balance does not cover the charge; `missing` says by how much."""

    code = "balance_too_low"

    def __init__(self, missing: Decimal) -> None:
        super().__init__(
            _("Your balance is too low: %(missing)s is missing.")
            % {"missing": show(missing)}
        )
        self.missing = missing


class EarmarkedError(OrderError):
    """What would be left is less than what is for other categories only."""

    code = "earmarked"

    def __init__(self, kept: Decimal, categories: Sequence[str]) -> None:
        super().__init__(
            _(
                "%(kept)s of your balance came by a way to pay that is only for: "
                "%(categories)s. Nothing was charged."
            )
            % {"kept": show(kept), "categories": ", ".join(categories)}
        )
        self.kept = kept


class FrozenError(OrderError):
    """The customer may not order at present."""

    code = "frozen"

    def __init__(self) -> None:
        super().__init__(_("Your account is frozen. Please write to the shop."))


class PriceChangedError(OrderError):
    """The price moved between the page and the post; `charge` is what it comes to now."""

    code = "price_changed"

    def __init__(self, charge: Decimal) -> None:
        super().__init__(
            _(
                "The price has changed: this order now costs %(charge)s. "
                "Nothing was charged; order again if you agree."
            )
            % {"charge": show(charge)}
        )
        self.charge = charge


class KeyReusedError(OrderError):
    """The idempotency key was used before, for another order."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(_("This key was used for a different order."))


class LinkStoppedError(OrderError):
    """Whoever the page belongs to does not want deliveries to it."""

    code = "link_stopped"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The owner of this page has asked for no more deliveries to it. "
                "Nothing was charged."
            ),
            field="link",
        )


class NotAcceptedError(OrderError):
    """The shop's own rules refuse the order; `field` says which part of it."""

    code = "not_accepted"


class NotYetError(OrderError):
    """Time alone stands in the way: it may be asked for from `possible_from` on."""

    code = "not_yet"

    def __init__(self, reason: str, possible_from: datetime) -> None:
        time = date_format(timezone.localtime(possible_from), "SHORT_DATETIME_FORMAT")
        possible = _("It will be from %(time)s on.") % {"time": time}
        super().__init__(f"{reason} {possible}")
        self.reason = reason
        self.possible_from = possible_from
