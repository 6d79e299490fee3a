"""The sandbox's own book of money: every movement is a line, the balance their sum."""

from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.errors import RefusedError


def text(amount: Decimal) -> str:
    """Return `amount` as the protocol writes money: with five decimals."""
    return f"{amount:.5f}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement: a deposit or a credit adds to the balance, a charge takes."""

    kind: str
    amount: Decimal
    order: int | None = None


@dataclass(slots=True)
class Ledger:
    """The account that a reseller holds with the sandbox."""

    balance: Decimal = Decimal(0)
    entries: list[Entry] = field(default_factory=list)

    def deposit(self, amount: Decimal) -> None:
        """Add `amount` to the balance."""
        self._write(Entry("deposit", amount), amount)

    def charge(self, order: int, amount: Decimal) -> None:
        """Take `amount` for `order`; RefusedError when it is not covered."""
        if amount > self.balance:
            raise RefusedError("Not enough funds on balance")
        self._write(Entry("charge", amount, order), -amount)

    def credit(self, order: int, amount: Decimal) -> None:
        """Give `amount` of the charge of `order` back; nothing leaves no entry."""
        if amount:
            self._write(Entry("credit", amount, order), amount)

    def _write(self, entry: Entry, change: Decimal) -> None:
        self.entries.append(entry)
        self.balance += change
