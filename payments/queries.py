"""Reading payments."""

from django.db.models import QuerySet

from accounts.models import User
from payments.enums import DecisionKind
from payments.gateways.bank import BankGateway
from payments.gateways.protocol import Gateway
from payments.models import Decision, GatewayTerms, Proof, TopUp

# How many of the last payments stand below the form.
LAST = 10


def top_ups_of(*, customer: User) -> QuerySet[TopUp]:
    """Return the customer's payments, newest first."""
    return TopUp.objects.filter(customer=customer).order_by("-id")


def top_up_of(*, customer: User, top_up_id: int) -> TopUp | None:
    """Return the customer's own payment; anybody else's does not exist."""
    return TopUp.objects.filter(customer=customer, pk=top_up_id).first()


def only_for(*, gateway: Gateway) -> list[str]:
    """Return the categories that money paid so can be spent on; none where on all."""
    terms = GatewayTerms.objects.filter(gateway=gateway.name)
    named = terms.filter(categories__isnull=False).order_by("categories__position")
    return list(named.values_list("categories__name", flat=True))


def open_refund(*, top_up: TopUp) -> Decision | None:
    """Return the refund of a payment that is being decided, if there is one."""
    return top_up.decisions.filter(kind=DecisionKind.REFUND, closed_at=None).first()


def claim_of(*, top_up: TopUp) -> str:
    """Return where the customer says how to get the newest refund, or ""."""
    newest = top_up.decisions.exclude(url="").order_by("-pk").first()
    return newest.url if newest else ""


def takes_proofs(*, top_up: TopUp) -> bool:
    """Return whether files may be added to a payment: an open bank transfer."""
    return top_up.gateway == BankGateway.name and top_up.is_open


def proofs_of(*, top_up: TopUp) -> QuerySet[Proof]:
    """Return the proofs of a payment as they came, without their content."""
    return Proof.objects.filter(top_up=top_up).defer("content").order_by("position")
