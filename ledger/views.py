"""The customer's money, as they see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from ledger import queries
from ledger.enums import TransferKind
from ledger.models import Transfer
from shop.requests import CustomerRequest

ROWS = 50
_OF_ORDERS = {TransferKind.ORDER_CHARGE, TransferKind.ORDER_REFUND}


@dataclass(frozen=True)
class Line:
    """One line of the statement; `change` is signed, `order_id` 0 if it is about none."""

    at: datetime
    label: str
    note: str
    order_id: int
    change: Decimal
    after: Decimal | None


@require_safe
@login_required
def statement(request: CustomerRequest) -> HttpResponse:
    """Show the balance and what moved it, newest first."""
    transfers = queries.statement(customer=request.user)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        transfers = transfers.filter(pk__lt=int(before))
    rows = list(transfers[: ROWS + 1])
    context = {
        "lines": _lines(rows[:ROWS], request.user),
        "older": rows[ROWS - 1].pk if len(rows) > ROWS else None,
        "newest": not before,
    }
    return render(request, "ledger/statement.html", context)


def _lines(transfers: Iterable[Transfer], customer: User) -> list[Line]:
    return [
        Line(
            at=transfer.created_at,
            label=transfer.get_kind_display(),
            note=transfer.note,
            order_id=transfer.subject if transfer.kind in _OF_ORDERS else 0,
            change=transfer.amount if incoming else -transfer.amount,
            after=transfer.target_balance_after
            if incoming
            else transfer.source_balance_after,
        )
        for transfer in transfers
        # What repays a debt goes from one account of theirs to another.
        for incoming in [transfer.source.customer_id != customer.pk]
    ]
