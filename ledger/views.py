"""The customer's money, as they see it."""

from datetime import date, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from ledger import papers, statements
from ledger.enums import Group
from ledger.wanted import Wanted
from shop.requests import CustomerRequest

ROWS = 50
# On paper; a table has no end.
MOST_ON_PAPER = 5000


@require_safe
@login_required
@vary_on_headers("HX-Request")
def statement(request: CustomerRequest) -> HttpResponse:
    """Show the balance and what moved it, newest first; and what that comes to."""
    wanted = Wanted.read(request.GET)
    rows = statements.lines(customer=request.user, wanted=wanted, rows=ROWS + 1)
    first = wanted.is_filtered and not wanted.before
    context = {
        "wanted": wanted,
        "groups": Group.choices,
        "months": _months(),
        "lines": rows[:ROWS],
        "sums": statements.sums(customer=request.user, wanted=wanted)
        if first
        else None,
        "query": wanted.address(),
        "older": wanted.address(before=rows[ROWS - 1].number)
        if len(rows) > ROWS
        else "",
    }
    part = "#results" if request.htmx else ""
    return render(request, f"ledger/statement.html{part}", context)


@require_safe
@login_required
def statement_csv(request: CustomerRequest) -> HttpResponseBase:
    """Send what is wanted as a table, as it is read."""
    wanted = Wanted.read(request.GET)
    lines = statements.all_lines(customer=request.user, wanted=wanted)
    return StreamingHttpResponse(
        papers.as_csv(lines),
        content_type="text/csv; charset=utf-8",
        headers=_download(wanted, "csv"),
    )


@require_safe
@login_required
def statement_pdf(request: CustomerRequest) -> HttpResponse:
    """Send what is wanted on paper; a period with too many lines for that is refused."""
    wanted = Wanted.read(request.GET)
    customer = request.user
    lines = statements.lines(customer=customer, wanted=wanted, rows=MOST_ON_PAPER + 1)
    if len(lines) > MOST_ON_PAPER:
        messages.error(
            request,
            _("On paper a statement has at most %(count)d lines: choose fewer days.")
            % {"count": MOST_ON_PAPER},
        )
        return redirect(f"{reverse('statement')}?{wanted.address()}")
    sums = statements.sums(customer=customer, wanted=wanted)
    pdf = papers.as_pdf(customer=customer, wanted=wanted, lines=lines, sums=sums)
    return HttpResponse(
        pdf, content_type="application/pdf", headers=_download(wanted, "pdf")
    )


def _download(wanted: Wanted, kind: str) -> dict[str, str]:
    parts = ["statement", wanted.group, wanted.from_date, wanted.to_date]
    name = "-".join(str(part) for part in parts if part)
    return {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}


def _months() -> list[tuple[str, date, date]]:
    """Return this month and the last two: name, first and last day."""
    found = []
    last = timezone.localdate()
    for _number in range(3):
        first = last.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
        end = after - timedelta(days=1)
        found.append((date_format(first, "YEAR_MONTH_FORMAT"), first, end))
        last = first - timedelta(days=1)
    return found
