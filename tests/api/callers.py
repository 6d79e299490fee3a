"""Customers' programs, and what their calls may leave behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Now
from django.test import Client

from accounts.actions import rotate_api_key
from accounts.models import User
from ledger.models import Account, Transfer
from orders.enums import FINISHED, Status, Submission
from orders.models import Order, OrderEvent, OrderRequest
from tests.factories import make_customer

URL = "/api/v2"


@dataclass
class Caller:
    """A customer's program: `alice("add", service=7)` posts a form, returns the JSON."""

    user: User
    key: str
    client: Client = field(default_factory=Client)

    def __call__(
        self, action: str, headers: dict[str, str] | None = None, **fields: Any
    ) -> Any:
        reply = self.client.post(
            URL, {"key": self.key, "action": action, **fields}, headers=headers
        )
        assert reply.status_code == 200
        assert reply["Content-Type"] == "application/json"
        return reply.json()


def make_caller(email: str, credit: str = "0") -> Caller:
    """Make a customer with a key in force."""
    user = make_customer(email, credit)
    return Caller(user, rotate_api_key(user=user))


@contextmanager
def nothing_happens() -> Iterator[None]:
    """Fail if orders, their requests, or money are not as before in the end."""
    before = _rows()
    yield
    assert _rows() == before


def _rows() -> list[Any]:
    models: tuple[Any, ...] = (Order, OrderEvent, OrderRequest, Transfer, Account)
    return [list(model.objects.order_by("pk").values()) for model in models]


def accept(order: Order, status: Status = Status.IN_PROGRESS, **fields: Any) -> Order:
    """Let upstream have taken the order and brought it as far as `status`."""
    route = order.service.routes.select_related("offer__provider").get()
    Order.objects.filter(pk=order.pk).update(
        submission=Submission.ACCEPTED,
        provider=route.offer.provider,
        upstream_id=f"upstream-{order.pk}",
        status=status,
        finished_at=Now() if status in FINISHED else None,
        **fields,
    )
    order.refresh_from_db()
    return order
