"""An answer that was paid for is not lost while the database is away."""

import pytest
from django.db import InterfaceError, OperationalError

from orders import actions
from orders.actions import answering, submitting
from orders.actions.answering import keep
from orders.enums import Submission
from orders.models import Order
from tests.factories import make_order
from tests.orders.acting import Script, again

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "AWAY", 0.0)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_an_answer_is_applied_once_the_database_is_back(
    error: type[Exception],
) -> None:
    tries = []

    def apply() -> None:
        tries.append(len(tries))
        if len(tries) < 4:
            raise error("server closed the connection")

    keep(apply)

    assert tries == [0, 1, 2, 3]


def test_what_is_no_outage_is_not_tried_again() -> None:
    tries = []

    def apply() -> None:
        tries.append(1)
        raise ValueError("a mistake of ours")

    with pytest.raises(ValueError, match="a mistake of ours"):
        keep(apply)

    assert tries == [1]


def test_in_the_end_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "KEPT", 0.0)

    def apply() -> None:
        raise OperationalError("server closed the connection")

    with pytest.raises(OperationalError):
        keep(apply)


def test_an_order_is_accepted_though_the_database_was_away(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order()
    accept, outages = submitting.express.accept, [1, 2, 3]

    def away(**arguments: object) -> bool:
        if outages:
            outages.pop()
            raise OperationalError("server closed the connection")
        return accept(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(submitting.express, "accept", away)
    actions.submit(order_id=order.pk)

    assert again(order).submission == Submission.ACCEPTED
    assert len(script.asked("add")) == 1
    assert Order.objects.get().attempts.count() == 1
