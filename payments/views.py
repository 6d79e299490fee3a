"""Adding funds: the form, the way to the gateway and back, and the gateway's own door."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from ledger.queries import debt
from orders.drafts import address_of, draft_of, missing_for
from payments import actions, queries, receipts
from payments.enums import DecisionKind, Outcome
from payments.errors import PaymentError
from payments.forms import TopUpForm
from payments.gateways import registry
from payments.gateways.bank import BankGateway
from payments.gateways.protocol import Gateway
from payments.limits import bounds
from payments.models import TopUp
from payments.models.proofs import MOST_PROOFS
from payments.offers import Offer, offer, offered
from shop.attachments import MOST_BYTES as MOST_PROOF_BYTES
from shop.counting import count
from shop.money import plain
from shop.requests import CustomerRequest, client_address

# What the gateway hears: 200 where the row is stored and was understood or is of no use
# to us, else it sends it again.
_ANSWERS = {Outcome.FORGED: 400, Outcome.UNREADABLE: 400, Outcome.UNANSWERED: 503}
# From one address within a minute.
NOTIFICATIONS = 1000
# Bytes; the largest notification that a gateway sends has some tens of thousands.
MOST_BYTES = 256 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def funds(request: CustomerRequest) -> HttpResponse:
    """Show what can be paid and how; begin the payment that is posted."""
    if request.method != "POST":
        return _page(request, TopUpForm(offered(), initial=_wanted(request)))
    form = TopUpForm(offered(), request.POST)
    gateway = form.chosen if form.is_valid() else None
    if gateway is None:
        return _page(request, form)
    try:
        top_up = actions.start_top_up(
            customer=request.user,
            gateway=gateway,
            amount=form.cleaned_data["amount"],
            code=form.cleaned_data["coupon"],
            address=client_address(request),
        )
    except PaymentError as error:
        form.add_error(error.field or None, error.message)
        return _page(request, form)
    return redirect("top_up_pay" if top_up.url else "top_up", top_up_id=top_up.pk)


@require_POST
@login_required
@never_cache
def quote(request: CustomerRequest) -> HttpResponse:
    """Say what the posted payment costs and brings; nothing is begun."""
    form = TopUpForm(offered(), request.POST)
    form.is_valid()
    return _page(request, form, part="#quote" if request.htmx else "")


@require_safe
@login_required
@never_cache
def top_up(request: CustomerRequest, top_up_id: int) -> HttpResponse:
    """Show where a payment stands; while it is open the page asks for itself again."""
    found = _own(request, top_up_id)
    seen = f"{found.state}-{found.refunded}"
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    part = "#live" if request.htmx else ""
    proofs = queries.proofs_of(top_up=found)
    context = {
        "top_up": found,
        "seen": seen,
        "returned": "returned" in request.GET,
        "refundable": actions.refundable(top_up=found),
        "asked": queries.open_refund(top_up=found),
        "claim": queries.claim_of(top_up=found),
        "is_transfer": found.gateway == BankGateway.name,
        "proofs": proofs,
        "draft_address": _draft_address(request),
        "more_proofs": queries.takes_proofs(top_up=found) and len(proofs) < MOST_PROOFS,
    }
    return render(request, f"payments/top_up.html{part}", context)


@require_safe
@login_required
@never_cache
def pay(request: CustomerRequest, top_up_id: int) -> HttpResponse:
    """Send the customer on to the gateway's page.

    By a page of ours rather than a redirect: browsers hold the redirects of a posted form
    to the policy that forms are posted to us alone.
    """
    found = _own(request, top_up_id)
    if not found.is_open or not found.url:
        return redirect("top_up", top_up_id=found.pk)
    return render(request, "payments/pay.html", {"top_up": found})


@require_safe
@login_required
@never_cache
def returned(request: CustomerRequest, top_up_id: int) -> HttpResponse:
    """Take back the customer whom the gateway sends; what the address says credits nothing.

    Gateways whose payments we capture are asked to do so, and that answer counts.
    """
    found = _own(request, top_up_id)
    actions.confirm_return(top_up=found, query=request.GET.dict())
    response = redirect("top_up", top_up_id=found.pk)
    response["Location"] += "?returned=1"
    return response


@require_POST
@login_required
def refund(request: CustomerRequest, top_up_id: int) -> HttpResponse:
    """Ask for what is left of a payment to go back to where it came from."""
    found = _own(request, top_up_id)
    try:
        actions.decide(
            top_up=found,
            kind=DecisionKind.REFUND,
            amount=actions.refundable(top_up=found),
            note="asked for by the customer",
            by=request.user,
        )
    except PaymentError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, _("The refund was asked for. The shop decides on it.")
        )
    return redirect("top_up", top_up_id=found.pk)


@require_POST
@login_required
def prove(request: CustomerRequest, top_up_id: int) -> HttpResponse:
    """Take a file that shows a bank transfer; one byte more than fits is enough to know."""
    found = _own(request, top_up_id)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise PaymentError(_("Please choose a file."))
        actions.add_proof(top_up=found, content=file.read(MOST_PROOF_BYTES + 1))
    except PaymentError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The file was added. The shop looks at it."))
    return redirect("top_up", top_up_id=found.pk)


@require_safe
@login_required
@never_cache
def receipt(request: CustomerRequest, top_up_id: int) -> HttpResponse:
    """Send the receipt of a payment that has arrived."""
    found = _own(request, top_up_id)
    if found.paid_at is None:
        raise Http404
    return HttpResponse(
        receipts.receipt(top_up=found),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="receipt-{found.pk}.pdf"'
        },
    )


@csrf_exempt
@require_POST
@never_cache
def notify(request: HttpRequest, gateway: str) -> HttpResponse:
    """Take a gateway's notification: 400 for a forged one, 404 where none is set up.

    429, with nothing stored, to an address that floods us: a gateway sends it again.
    """
    found = registry.by_name(gateway)
    if found is None:
        raise Http404
    sender = client_address(request)
    if count(f"notify:{gateway}:{sender}", window=60) > NOTIFICATIONS:
        return HttpResponse(status=429)
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    outcome = actions.receive(gateway=found, headers=request.headers, body=body)
    return HttpResponse(status=_ANSWERS.get(outcome, 200))


def _own(request: CustomerRequest, top_up_id: int) -> TopUp:
    """Return the customer's own payment; anybody else's does not exist."""
    found = queries.top_up_of(customer=request.user, top_up_id=top_up_id)
    if found is None:
        raise Http404
    return found


def _draft_address(request: CustomerRequest) -> str:
    """Return where an order that waits for funds goes on, or "" where none does."""
    draft = draft_of(customer=request.user)
    return address_of(draft) if draft else ""


def _wanted(request: CustomerRequest) -> dict[str, object]:
    """Return what the form opens with: the address's amount, or what an order lacks."""
    amount = request.GET.get("amount", "")
    draft = draft_of(customer=request.user, number=request.GET.get("draft") or "0")
    if draft is None:
        return {"amount": amount}
    amounts = [missing_for(draft)]
    amounts += [
        bounds(customer=request.user, gateway=first).least for first in offered()[:1]
    ]
    return {"amount": plain(max(amounts))}


def _page(request: CustomerRequest, form: TopUpForm, *, part: str = "") -> HttpResponse:
    gateway = _gateway(form)
    limits = bounds(customer=request.user, gateway=gateway) if gateway else None
    context: dict[str, object] = {
        "form": form,
        "gateway": gateway,
        "limits": limits,
        "only_for": queries.only_for(gateway=gateway) if gateway else [],
        "offer": _offer(request, form),
        "frozen": request.user.frozen_at is not None,
        "owed": debt(customer=request.user),
    }
    if not part:
        context["draft"] = draft_of(customer=request.user)
        last = queries.top_ups_of(customer=request.user)[: queries.LAST]
        context["top_ups"] = list(last)
    return render(request, f"payments/funds.html{part}", context)


def _gateway(form: TopUpForm) -> Gateway | None:
    """Return the gateway whose limits are shown: the chosen one, else the first."""
    chosen = form.data.get("gateway", "") if form.is_bound else ""
    return form.gateways.get(chosen) or next(iter(form.gateways.values()), None)


def _offer(request: CustomerRequest, form: TopUpForm) -> Offer | None:
    if not form.is_bound or "amount" not in form.cleaned_data or not form.chosen:
        return None
    try:
        return offer(
            customer=request.user,
            gateway=form.chosen,
            amount=form.cleaned_data["amount"],
            code=form.cleaned_data.get("coupon", ""),
        )
    except PaymentError as error:
        if not form.has_error("coupon"):
            form.add_error(error.field or None, error.message)
        return None
