"""The gateway: it says where to send money, and never says that it came.

People do: staff who look at the account, or at its statement (`statements`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from payments.gateways.bank.codes import code_of
from payments.gateways.protocol import (
    ForgedError,
    GatewayError,
    Limits,
    Refunded,
    Report,
    Started,
    State,
    Wish,
)
from payments.gateways.units import from_minor, places, write_amount


class BankGateway:
    """Transfers to the account that the settings name for a currency."""

    name = "bank"
    label = gettext_noop("Bank transfer")
    keys: Sequence[str] = ()

    def is_configured(self) -> bool:
        return bool(settings.BANK_ACCOUNTS)

    def currencies(self) -> Sequence[str]:
        return tuple(settings.BANK_ACCOUNTS)

    def limits(self, currency: str) -> Limits:
        return Limits(from_minor(100, currency), from_minor(100_000_000_000, currency))

    def start(self, wish: Wish) -> Started:
        """Return the account, the amount and the code, in the customer's language.

        Nothing is sent anywhere, so starting again says the same.
        """
        account = settings.BANK_ACCOUNTS.get(wish.currency)
        if account is None:
            raise GatewayError(f"No account for {wish.currency}.", unknown=False)
        amount = write_amount(wish.amount, places(wish.currency))
        return Started(
            "",
            instructions={
                **account,
                _("Amount"): f"{amount} {wish.currency}",
                _("Message to the recipient"): code_of(wish.reference),
            },
        )

    def read_notification(
        self, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Report]:
        raise ForgedError("Banks send no notifications.")

    def confirm(self, query: Mapping[str, str], remote_id: str) -> Report | None:
        return None

    def ask(self, *, reference: str, remote_id: str) -> Report:
        return Report(State.PENDING, reference=reference)

    def refund(
        self, *, remote_id: str, amount: Decimal, currency: str, key: str
    ) -> Refunded:
        message = _("Send it back at the bank, and note it here by hand.")
        raise GatewayError(message, unknown=False)

    def check(self) -> str:
        if not self.is_configured():
            raise GatewayError("BANK_ACCOUNTS is not set.", unknown=False)
        return _("Accounts are set for: %(currencies)s.") % {
            "currencies": ", ".join(self.currencies())
        }
