"""A bank's statement beside the payments: looked at first, and then credited."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from payments import actions
from payments.enums import DecisionKind, Match
from payments.errors import PaymentError
from payments.gateways import registry
from payments.gateways.bank import BankGateway
from payments.gateways.bank.statements import MOST_BYTES
from payments.matching import Found, SheetError, match, read_sheet
from payments.models import TopUp
from shop.admin import Table, badge, link_to, short
from shop.money import show

MAY = "payments.change_topup"
PAGE = "admin:payments_topup_statement"
# Lines of a file that one page shows; no other is credited by it.
SHOWN = 1000
# Seconds for which what was shown can be credited.
AGE = 3600
TONES = {
    Match.CREDITED: "success",
    Match.WAITING: "info",
    Match.DIFFERS: "danger",
    Match.TWICE: "danger",
    Match.STRANGER: "warning",
}


class StatementForm(forms.Form):
    """A file, and the gateway that it is of; valid where every line can be read."""

    gateway = forms.ChoiceField(label=_("gateway"), widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "A CSV of at most 5 MB: a bank's statement as the bank gives it, or for other "
            "gateways amount, currency, reference, remote_id and text."
        ),
        widget=UnfoldAdminFileFieldWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"gateway": BankGateway.name}, **kwargs)
        self.fields["gateway"].choices = [
            (gateway.name, gettext(gateway.label))
            for gateway in registry.GATEWAYS.values()
            if gateway.is_configured()
        ]

    def clean(self) -> dict[str, Any]:
        """Read the file's lines."""
        data = self.cleaned_data
        if "file" not in data or "gateway" not in data:
            return data
        try:
            if data["file"].size > MOST_BYTES:
                raise SheetError(gettext("The file is too large."))
            data["lines"] = read_sheet(
                gateway=data["gateway"], data=data["file"].read()
            )
        except SheetError as error:
            self.add_error("file", str(error))
        return data


class StatementsMixin:
    """Adds a page to the list of payments, on which a file is compared with them."""

    @action(
        description=_("Match a statement"),
        icon="rule",
        url_path="statement",
        permissions=[MAY],
    )
    def statement(self, request: HttpRequest) -> HttpResponse:
        """Show what each line comes to; credit what was shown where that is posted."""
        if "shown" in request.POST:
            return _credit(request)
        bound = request.method == "POST"
        form = StatementForm(request.POST, request.FILES) if bound else StatementForm()
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Match a statement"),
            "opts": self.opts,
            "form": form,
            "back": reverse("admin:payments_topup_changelist"),
        }
        if bound and form.is_valid():
            context |= _compared(request, form.cleaned_data)
        return render(request, "admin/statement.html", context)


def _compared(request: HttpRequest, data: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a file. Those that are settled come last."""
    every = sorted(
        match(gateway=data["gateway"], lines=data["lines"]),
        key=lambda found: found.match == Match.CREDITED,
    )
    is_bank = data["gateway"] == BankGateway.name
    waiting = [
        (found.line.number, found.top_up.pk)
        for found in every[:SHOWN]
        if found.match == Match.WAITING and found.top_up is not None
    ]
    return {
        "compared": True,
        "is_bank": is_bank,
        "lines": len(every),
        "left_out": max(len(every) - SHOWN, 0),
        "waiting": len(waiting),
        "shown": _sign(request, waiting) if is_bank and waiting else "",
        "tables": [_table(every[:SHOWN])],
    }


def _table(every: Iterable[Found]) -> Table:
    return Table(
        _("Lines of the file"),
        [_("row"), _("amount"), _("text"), _("payment"), _("to be paid"), _("result")],
        [
            [
                found.line.number,
                show(found.line.amount, found.line.currency),
                short(found.line.text or found.line.reference or found.line.remote_id),
                link_to(found.top_up),
                show(found.top_up.total, found.top_up.currency) if found.top_up else "",
                badge(found.match.label, TONES[found.match]),
            ]
            for found in every
        ],
    )


def _salt(request: HttpRequest) -> str:
    """Return what makes a signature good for one member of staff only."""
    return f"payments.statement.{request.user.pk}"


def _sign(request: HttpRequest, waiting: Sequence[tuple[int, int]]) -> str:
    return signing.dumps(waiting, salt=_salt(request), compress=True)


def _credit(request: HttpRequest) -> HttpResponse:
    """Decide that what was shown as waiting is credited, each payment by itself."""
    try:
        shown = signing.loads(
            request.POST["shown"], salt=_salt(request), max_age=AGE
        )  # fmt: skip
    except signing.BadSignature:
        messages.error(
            request,
            _("This page was too old. Nothing was credited; please upload it again."),
        )
        return redirect(PAGE)
    came: dict[str, list[str]] = defaultdict(list)
    top_ups = TopUp.objects.in_bulk([pk for _row, pk in shown])
    for row, pk in shown:
        came[_decide(request, top_ups[pk], row)].append(str(pk))
    for words, numbers in came.items():
        messages.info(
            request,
            gettext("%(words)s Payments: %(numbers)s.")
            % {"words": words, "numbers": ", ".join(numbers)},
        )
    return redirect("admin:payments_topup_changelist")


def _decide(request: HttpRequest, top_up: TopUp, row: int) -> str:
    """Ask for a payment to be credited; return in words what came of it."""
    try:
        decision = actions.decide(
            top_up=top_up,
            kind=DecisionKind.CONFIRM,
            amount=top_up.total,
            note=f"row {row} of the statement",
            by=request.user,
        )
    except PaymentError as error:
        return error.message
    if decision.closed_at is not None:
        return gettext("Credited.")
    return gettext("Asked for. Another person must approve it.")
