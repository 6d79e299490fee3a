"""The test gateway's hosted page: a button for each way that a payment may go."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments import actions
from payments.gateways import registry
from payments.gateways.protocol import State
from payments.gateways.test.gateway import (
    Payment,
    TestGateway,
    keep,
    notification_of,
    recall,
    report_of,
)


def _paid(payment: Payment) -> Payment:
    return replace(payment, state=State.PAID, paid=payment.wanted)


# What the payment becomes, by button.
BECOMES: Mapping[str, Callable[[Payment], Payment]] = {
    "pay": _paid,
    "pay_silently": _paid,
    "pay_wrong": lambda payment: replace(
        payment, state=State.PAID, paid=payment.wanted - Decimal("0.01")
    ),
    "pay_late": lambda payment: replace(payment, state=State.LATE, paid=payment.wanted),
    "fail": lambda payment: replace(payment, state=State.FAILED),
    "dispute": lambda payment: replace(payment, state=State.DISPUTED),
    "win": lambda payment: replace(payment, state=State.DISPUTE_WON),
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def hosted_page(request: HttpRequest, remote_id: str) -> HttpResponse:
    """Show the payment, or do what a button says and go back to the shop."""
    gateway = registry.by_name(TestGateway.name)
    payment = recall(remote_id) if gateway else None
    if gateway is None or payment is None:
        raise Http404
    action = request.POST.get("action", "")
    if request.method != "POST" or action not in BECOMES:
        return render(request, "payments/test_gateway.html", {"payment": payment})
    payment = BECOMES[action](payment)
    keep(payment)
    if action != "pay_silently":
        headers, body = notification_of(report_of(payment))
        actions.receive(gateway=gateway, headers=headers, body=body)
    return redirect(payment.return_url)
