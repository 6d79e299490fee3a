"""Ordering many things at once: write the list, look at it, order it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from tablib import Dataset

from content.agreeing import agreed_version
from ledger.queries import balance
from orders import actions
from orders.checking import Checked, check, is_token
from orders.drafts import draft_of, to_add
from orders.errors import BalanceTooLowError, OrderError
from orders.lines import MOST_BYTES, MOST_LINES, ListError, read_file, read_lines
from orders.models import Draft
from shop.money import ZERO, plain
from shop.requests import CustomerRequest, client_address
from shop.sheets import SafeCsv


@dataclass(frozen=True)
class Sum:
    """What the chosen lines come to, beside the balance."""

    lines: int
    charge: Decimal
    balance: Decimal

    @property
    def after(self) -> Decimal:
        return self.balance - self.charge

    @property
    def to_add(self) -> Decimal | None:
        """What is to be paid in so that the balance covers it, if it does not."""
        return to_add(-self.after) if self.after < 0 else None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def mass_order(request: CustomerRequest) -> HttpResponse:
    """Take a list: show what it would order, then order the chosen lines of it."""
    token, draft = _token(request), None
    if request.method != "POST":
        draft = draft_of(customer=request.user, number=request.GET.get("draft") or "0")
        text = draft.fields.get("lines", "") if draft else ""
        if not text:
            return _write(request, token)
    else:
        text = request.POST.get("lines", "")
    try:
        checked = _checked(request, token, text)
    except ListError as error:
        return _write(request, token, text, error=error.message)
    if request.htmx:
        return _look(request, token, checked, part="#sum")
    if request.POST.get("step") == "order":
        return _order(request, token, checked)
    return _look(request, token, checked, draft=draft)


@require_POST
@login_required
@never_cache
def keep_list(request: CustomerRequest) -> HttpResponse:
    """Keep the list and go on to add what is missing; nothing is ordered."""
    token, text = _token(request), request.POST.get("lines", "")
    try:
        checked = _checked(request, token, text)
    except ListError as error:
        return _write(request, token, text, error=error.message)
    chosen = _sum(request, checked)
    if not chosen.charge:
        return _look(request, token, checked)
    draft = actions.keep_draft(
        customer=request.user,
        service=None,
        fields={"lines": _text(checked)},
        charge=chosen.charge,
    )
    return redirect(f"{reverse('funds')}?draft={draft.pk}")


@require_POST
@login_required
@never_cache
def results(request: CustomerRequest) -> HttpResponse:
    """Send what came of a list as a table: what its lines have ordered, and what not."""
    token, text = _token(request), request.POST.get("lines", "")
    try:
        checked = _checked(request, token, text)
    except ListError as error:
        return _write(request, token, text, error=error.message)
    table = Dataset(
        headers=[
            *("line", "service", "name", "link", "quantity", "reference"),
            *("order", "charge", "result"),
        ]
    )
    for one in checked:
        table.append(_row(one))
    return HttpResponse(
        SafeCsv().export_data(table),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="mass-order.csv"'},
    )


def _row(one: Checked) -> list[object]:
    line = one.line
    return [
        *(line.number, line.service_id or "", one.service.name if one.service else ""),
        *(line.link or line.text, line.quantity, line.reference),
        one.order.pk if one.order else "",
        plain(one.order.charge) if one.order else "",
        _("Ordered") if one.order else one.fault or _("Not ordered"),
    ]


def _checked(request: CustomerRequest, token: str, text: str) -> list[Checked]:
    """Return the lines of the text or of the file, looked at."""
    file = request.FILES.get("file")
    if file is not None:
        text = read_file(file.read(MOST_BYTES + 1))
    return check(read_lines(text), customer=request.user, token=token)


def _token(request: CustomerRequest) -> str:
    """Return the name of the list: whatever comes of it, under it nothing comes twice."""
    token = request.POST.get("token", "")
    return token if is_token(token) else uuid4().hex


def _write(
    request: CustomerRequest, token: str, text: str = "", *, error: str = ""
) -> HttpResponse:
    context = {
        "text": text,
        "error": error,
        "token": token,
        "most": MOST_LINES,
        "kilobytes": MOST_BYTES // 1024,
    }
    return render(request, "orders/mass.html", context)


def _order(
    request: CustomerRequest, token: str, checked: Sequence[Checked]
) -> HttpResponse:
    try:
        placed = actions.place_lines(
            customer=request.user,
            checked=checked,
            chosen=_chosen(request),
            shown=_shown(request.POST.get("shown", "")),
            agreed_terms=agreed_version(request.POST),
            address=client_address(request),
        )
    except BalanceTooLowError as refusal:
        return _look(request, token, checked, error=refusal)
    draft = draft_of(customer=request.user, number=request.POST.get("draft") or "0")
    if draft is not None and placed.orders:
        actions.drop_draft(customer=request.user, draft_id=draft.pk)
    context = {
        "placed": placed,
        "left": [one for one in placed.lines if one.order is None],
        "balance": balance(customer=request.user),
        "text": _text(placed.lines),
        "rest": _text([one for one in placed.lines if one.order is None]),
        "token": token,
    }
    return render(request, "orders/mass_done.html", context)


def _look(
    request: CustomerRequest,
    token: str,
    checked: Sequence[Checked],
    *,
    draft: Draft | None = None,
    error: OrderError | None = None,
    part: str = "",
) -> HttpResponse:
    """Show what each line would order, and the sum of those that are chosen."""
    context = {
        "lines": checked,
        "sum": _sum(request, checked),
        "faults": sum(bool(one.fault) for one in checked),
        "chosen": _chosen_of(request, checked),
        "error": error.message if error else "",
        "text": _text(checked),
        "shown": _written_prices(checked),
        "token": token,
        "draft": draft.pk if draft else request.POST.get("draft", ""),
    }
    return render(request, f"orders/mass_check.html{part}", context)


def _sum(request: CustomerRequest, checked: Sequence[Checked]) -> Sum:
    chosen = _chosen_of(request, checked)
    counted = [one for one in checked if one.line.number in chosen]
    return Sum(
        lines=len(counted),
        charge=sum((one.charge or ZERO for one in counted), ZERO),
        balance=balance(customer=request.user),
    )


def _chosen_of(request: CustomerRequest, checked: Sequence[Checked]) -> frozenset[int]:
    """Return the numbers of the lines to order: at first all that are good."""
    good = frozenset(one.line.number for one in checked if one.is_good)
    return good & _chosen(request) if "shown" in request.POST else good


def _chosen(request: CustomerRequest) -> frozenset[int]:
    given = request.POST.getlist("line")
    return frozenset(int(number) for number in given if _is_number(number))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _written_prices(checked: Sequence[Checked]) -> str:
    prices = {one.line.service_id: one.price for one in checked if one.price}
    return " ".join(f"{pk}:{plain(price)}" for pk, price in prices.items())


def _shown(text: str) -> Mapping[int, Decimal]:
    """Return the prices that the page showed, by service; nonsense is left out."""
    shown = {}
    for pair in text.split()[:MOST_LINES]:
        number, _colon, price = pair.partition(":")
        try:
            value = Decimal(price)
        except InvalidOperation:
            continue
        if _is_number(number) and value.is_finite() and 0 < value < 10**12:
            shown[int(number)] = value
    return shown


def _text(checked: Sequence[Checked]) -> str:
    return "\n".join(one.line.text for one in checked)
