"""Customers with something to look at."""

from decimal import Decimal

from django.db.models.functions import Now

from accounts.models import User
from orders.enums import HoldReason, Status, Submission
from orders.models import Order
from support.actions import open_ticket
from support.enums import Category, Wish
from tests.factories import make_customer, make_order, make_provider, make_service


def make_orders(customer: User, number: int) -> list[Order]:
    """Place so many orders of services of their own."""
    return [make_order(customer=customer) for _ in range(number)]


def make_order_of_each_state(customer: User) -> None:
    """Give the customer an order in every state that a page has words for."""
    accepted = {"submission": Submission.ACCEPTED, "provider": make_provider()}
    ended = {**accepted, "finished_at": Now(), "next_at": None}
    for index, state in enumerate(
        [
            {},
            {"submission": Submission.HELD, "held_for": HoldReason.FUNDS},
            {"submission": Submission.UNKNOWN},
            {**accepted, "status": Status.PROCESSING},
            {**accepted, "status": Status.IN_PROGRESS, "remains": 400},
            {**accepted, "status": Status.PAUSED},
            {**ended, "status": Status.COMPLETED, "remains": 0},
            {**ended, "status": Status.PARTIAL, "refunded": Decimal("0.5")},
            {**ended, "status": Status.CANCELED, "refunded": Decimal(2)},
            {**ended, "status": Status.FAILED, "refunded": Decimal(2)},
        ]
    ):
        order = make_order(customer=customer)
        upstream_id = str(9000 + index) if state.get("provider") else None
        Order.objects.filter(pk=order.pk).update(upstream_id=upstream_id, **state)


def make_busy_customer(email: str = "busy@example.com") -> User:
    """Make a customer with a balance and orders of every state, and a full catalogue."""
    customer = make_customer(email, credit="100")
    make_order_of_each_state(customer)
    order = customer.orders.get(status=Status.COMPLETED)
    open_ticket(
        customer=customer,
        category=Category.ORDER,
        wish=Wish.SPEED_UP,
        order_ids=[order.pk],
        text="How long?",
        files=[("counts.txt", b"1: 200")],
    )
    make_service(
        name="Voice-over · 성우 녹음",
        type="custom_comments",
        min=1,
        description="One line.",
    )
    return customer
