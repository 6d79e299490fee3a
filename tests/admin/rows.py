"""A row of everything that staff can look at."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

from django.contrib.auth.models import Group
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from content.models import Acceptance as TermsAcceptance
from content.models import Operator, Page, PageText, TermsText, TermsVersion
from notices.models import Notice
from orders.actions import close_books, stop_deliveries
from orders.enums import RefillStatus, RequestKind, RequestState
from orders.models import Order, OrderEvent, OrderRequest, ServiceHealth
from payments.models import (
    Approval,
    BonusRule,
    Decision,
    GatewayKey,
    GatewayTerms,
    Notification,
    TopUp,
    TopUpEvent,
)
from provider.enums import NameStep, RefusedKind, RuleScope, SyncOutcome
from provider.models import (
    Acceptance,
    CategoryMapping,
    CustomerTerms,
    Difference,
    ErrorPhrase,
    ExchangeRate,
    MarkupRule,
    NameRule,
    Offer,
    PriceGroup,
    Provider,
    Quarantine,
    RateProposal,
    RefusedText,
    Reply,
    SpecialPrice,
    SyncRun,
)
from support.models import CannedAnswer, Ticket
from tests.factories import make_customer, make_order, make_provider, make_service

KEY = "sk-never-on-any-page"
_numbers = count(1)


def make_one_of_everything() -> None:
    """Make an order with all it stands on, and a row of each other table."""
    number = next(_numbers)
    provider = make_provider(key=KEY)
    service = make_service(provider=provider)
    order = make_order(customer=make_customer(credit="100"), service=service)
    make_unknown_refill(order)
    make_ticket(order, number)
    MarkupRule.objects.create(
        scope=RuleScope.SERVICE, service=service, percent=Decimal(5)
    )
    ExchangeRate.objects.create(base=f"AA{number % 10}", quote="USD", rate=Decimal(2))
    customer, group = order.customer, PriceGroup.objects.create(name=f"G{number}")
    CustomerTerms.objects.create(customer=customer, group=group, discount=Decimal(5))
    SpecialPrice.objects.create(
        group=group,
        service=service,
        price=Decimal("1.5"),
        consent_margin=Decimal(-5),
        consent_by=customer,
        consent_at=timezone.now(),
    )
    RateProposal.objects.create(
        base=f"AA{number % 10}",
        quote="USD",
        rate=Decimal(4),
        before=Decimal(2),
        source="url",
    )
    ErrorPhrase.objects.create(
        provider=provider, pattern=f"no money {number}", error_class="no_funds"
    )
    reply = Reply.objects.create(
        provider=provider, action="add", http_status=200, body="<b>ok</b>", duration=5
    )
    run = SyncRun.objects.create(
        provider=provider,
        outcome=SyncOutcome.APPLIED,
        reply=reply,
        rejected=[{"position": 3, "upstream_id": "9", "reason": "no rate"}],
    )
    Difference.objects.create(
        run=run,
        kind="quarantined",
        oddity="rise",
        upstream_id="7",
        name="Subtitles",
        fields=["rate_seen"],
        old_rate=1,
        new_rate=9,
        move=2.2,
    )
    Quarantine.objects.create(
        offer=Offer.objects.get(routes__service=service),
        run=run,
        oddity="rise",
        old_rate=1,
        new_rate=9,
        old_type="default",
        new_type="default",
    )
    Notice.objects.create(key=f"notice {number}", subject="Look", text="at this")
    Acceptance.objects.create(
        service=service, statement="It only looks like it.", by=order.customer
    )
    RefusedText.objects.create(kind=RefusedKind.WORD, text=f"casino {number}")
    NameRule.objects.create(step=NameStep.STRIP, text=f"brand {number}")
    CategoryMapping.objects.create(
        upstream_name=f"Films {number}", category=service.category
    )
    stop_deliveries(link=f"https://stopped.example/{number}")
    Group.objects.create(name=f"Support {number}")
    ServiceHealth.objects.create(
        service=service, orders=9, started=8, start_median=60, start_most=90, completed=0,
        ended=4, partial=1, canceled=1, refills=0, refilled=0,
    )  # fmt: skip
    make_payment(order.customer, number)
    make_writings(order.customer, number)
    close_books()


def make_writings(customer: User, number: int) -> None:
    """Make a page, a draft of terms that somebody has accepted, and the operator."""
    page = Page.objects.create(kind="page", slug=f"page-{number}")
    PageText.objects.create(page=page, language="en", title="About", body="Us.")
    # A draft: terms in force would ask every customer who orders.
    version = TermsVersion.objects.create()
    TermsText.objects.create(version=version, language="en", title="Terms", body="1.")
    TermsAcceptance.objects.create(user=customer, version=version, where="order")
    if not Operator.objects.exists():
        Operator.objects.create(name="Magpie Ltd")


def make_payment(customer: User, number: int) -> None:
    """Make a payment that is flagged, with a notification and an open decision."""
    top_up = TopUp.objects.create(
        customer=customer,
        gateway="test",
        reference=f"reference {number}",
        currency="USD",
        amount=Decimal(10),
        state="paid",
        paid_at=timezone.now(),
        flagged_at=timezone.now(),
        flag_reason="overpaid",
    )
    TopUpEvent.objects.create(top_up=top_up, new="paid", reason="paid", by=customer)
    Notification.objects.create(gateway="test", top_up=top_up, body=b"{}")
    decision = Decision.objects.create(
        top_up=top_up, kind="refund", amount=1, note="asked", by=customer, needed=2
    )
    Approval.objects.create(decision=decision, by=customer)
    GatewayTerms.objects.create(gateway=f"gateway {number}")
    GatewayKey.objects.create(name=f"KEY_{number}", value="a-secret-that-nobody-sees")
    BonusRule.objects.create(name=f"Summer {number}", percent=Decimal(5))


def make_unknown_refill(order: Order) -> OrderRequest:
    """Let nobody know whether the order's refill was accepted."""
    return OrderRequest.objects.create(
        order=order,
        kind=RequestKind.REFILL,
        state=RequestState.UNKNOWN,
        status=RefillStatus.REQUESTED,
        by=order.customer,
        error="html",
        flagged_at=timezone.now(),
    )


def flag(order: Order, reason: str) -> None:
    """Flag an order, as the engine does."""
    Order.objects.filter(pk=order.pk).update(
        flagged_at=timezone.now(), flag_reason=reason
    )


def read_tomorrow(provider: Provider) -> None:
    """Put the next reading of a catalogue off."""
    tomorrow = timezone.now() + timedelta(days=1)
    Provider.objects.filter(pk=provider.pk).update(next_sync_at=tomorrow)


def is_due(provider: Provider) -> bool:
    """Return whether the catalogue is to be read now."""
    return Provider.objects.filter(pk=provider.pk, next_sync_at__lte=Now()).exists()


def add_event(order: Order) -> None:
    """Let something more have happened to an order, on an upstream reply."""
    reply = Reply.objects.create(
        provider=make_provider(), action="status", http_status=200, duration=5
    )
    OrderEvent.objects.create(
        order=order,
        new_status=order.status,
        new_submission=order.submission,
        reason="looked at",
        by=order.customer,
        reply=reply,
    )


def make_ticket(order: Order, number: int) -> Ticket:
    """Make a ticket about an order, with a message and a file, and a canned answer."""
    CannedAnswer.objects.create(title=f"Wait {number}").texts.create(
        language="en", text="Please wait."
    )
    ticket = Ticket.objects.create(
        customer=order.customer, category="order", subject="A question"
    )
    ticket.orders.add(order)
    message = ticket.messages.create(author=order.customer, text="How?")
    message.attachments.create(position=1, name="a.txt", kind="txt", content=b"a")
    return ticket
