"""Orders that wait: what frees each of them, and what its customer may do meanwhile."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now

from ledger.queries import balance
from orders import actions
from orders.actions import explaining
from orders.admin.settling import SettlingButtons
from orders.enums import HoldReason, Status, Submission
from orders.errors import OrderError
from orders.models import Attempt, Order
from provider.models import ErrorPhrase, Offer, Provider, Service
from provider.protocol.replies import AddAnswer, AddOutcome
from provider.protocol.statuses import UpstreamStatus
from tests.factories import make_admin, make_customer, make_order, make_service
from tests.orders.acting import (
    NO_FUNDS,
    Script,
    accepted,
    accepted_as,
    again,
    answer,
    book,
    make_due,
    reasons,
    says,
    seconds_ahead,
    sending,
    staff_alerts,
    tracked,
)

pytestmark = pytest.mark.django_db
LINK_BUSY = AddAnswer(AddOutcome.HELD_LINK, error="Active order with this link")
NEW_WORDING = AddAnswer(AddOutcome.HELD_WORDING, error="Mercury is in retrograde")


def read_balance(amount: str) -> None:
    """Let the provider's balance be read now, after what was answered before."""
    Attempt.objects.update(answered_at=Now() - timedelta(seconds=5))
    Provider.objects.update(balance=Decimal(amount), balance_at=Now())


def held_for_funds(script: Script, number: int = 1) -> list[Order]:
    service, customer = make_service(), make_customer(credit="100")
    return [
        answer(sending(script, make_order(customer, service)), NO_FUNDS)
        for _ in range(number)
    ]


def test_an_order_without_funds_upstream_is_held_and_staff_are_told(
    script: Script,
) -> None:
    (order,) = held_for_funds(script)

    assert (order.submission, order.held_for) == (Submission.HELD, HoldReason.FUNDS)
    assert (order.flagged_at, order.status) == (None, Status.PENDING)
    assert staff_alerts() == [f"Order {order.pk}: held_funds: Not enough funds"]
    assert balance(customer=order.customer) == 98


def test_it_is_queued_as_soon_as_a_newer_balance_covers_it(script: Script) -> None:
    (order,) = held_for_funds(script)
    read_balance("1")

    actions.sweep()

    assert again(order).submission == Submission.QUEUED
    assert reasons(order)[-1] == "the balance covers it now"


def test_a_balance_that_does_not_cover_it_frees_nothing(script: Script) -> None:
    (order,) = held_for_funds(script)
    read_balance("0.99999")

    actions.sweep()

    assert again(order).submission == Submission.HELD


def test_a_balance_that_is_older_than_the_answer_frees_nothing(script: Script) -> None:
    (order,) = held_for_funds(script)
    Provider.objects.update(
        balance=Decimal(50), balance_at=Now() - timedelta(minutes=1)
    )

    actions.sweep()

    assert again(order).submission == Submission.HELD


def test_a_balance_frees_as_many_orders_as_it_covers(script: Script) -> None:
    orders = held_for_funds(script, 3)
    read_balance("2.5")

    actions.sweep()

    states = [again(order).submission for order in orders]
    assert states == [Submission.QUEUED, Submission.QUEUED, Submission.HELD]


def test_a_balance_frees_nothing_that_is_left_to_staff(script: Script) -> None:
    attempt = sending(script)
    Attempt.objects.filter(pk=attempt.pk).update(no=20)
    attempt.refresh_from_db()
    order = answer(attempt, NO_FUNDS)
    read_balance("100")

    actions.sweep()

    assert (again(order).submission, again(order).next_at) == (Submission.HELD, None)


def test_an_order_that_was_held_often_is_flagged_and_tried_all_the_same(
    script: Script,
) -> None:
    order = make_order()
    flags, waits = [], []
    for _ in range(5):
        order = answer(sending(script, order), NO_FUNDS)
        flags.append(order.flagged_at is not None)
        waits.append(round(seconds_ahead(order), -2))
        make_due(order)
        actions.sweep()

    assert flags == [False, False, False, False, True]
    assert waits == [300, 900, 3600, 3600, 3600]
    assert again(order).submission == Submission.QUEUED


def test_an_order_waits_behind_our_own_open_order_for_the_link(script: Script) -> None:
    service, customer = make_service(), make_customer(credit="100")
    first = accepted(script, make_order(customer, service))
    second = answer(sending(script, make_order(customer, service)), LINK_BUSY)
    make_due(second)

    actions.sweep()

    assert again(second).submission == Submission.HELD
    assert 0 < seconds_ahead(second) <= 30
    assert len(script.asked("add")) == 2

    tracked(script, first, says(UpstreamStatus.COMPLETED, charge="1"))
    make_due(second)
    actions.sweep()

    assert again(second).submission == Submission.QUEUED


def test_an_order_whose_link_is_busy_elsewhere_is_tried_after_its_wait(
    script: Script,
) -> None:
    order = answer(sending(script), LINK_BUSY)
    make_due(order)

    actions.sweep()

    assert again(order).submission == Submission.QUEUED


def test_a_new_wording_waits_for_staff_and_is_not_tried_again(script: Script) -> None:
    order = answer(sending(script), NEW_WORDING)

    actions.sweep()

    held = again(order)
    assert (held.submission, held.held_for) == (Submission.HELD, HoldReason.WORDING)
    assert held.next_at is None
    assert held.flag_reason == "new wording: Mercury is in retrograde"


@pytest.mark.parametrize(
    "meaning", ["refused", "no_funds", "link_busy", "not_executed", "provider_down"]
)
def test_a_wording_that_staff_have_explained_is_acted_on(
    script: Script, meaning: str
) -> None:
    order = answer(sending(script), NEW_WORDING)
    ErrorPhrase.objects.create(
        provider=order.attempts.get().provider,
        pattern="Mercury is in",
        error_class=meaning,
    )

    actions.sweep()
    actions.submit(order_id=order.pk)

    settled = again(order)
    expected = {
        "refused": Submission.WITHDRAWN,
        "provider_down": Submission.QUEUED,
    }.get(meaning, Submission.ACCEPTED)
    assert settled.submission == expected
    assert f"the wording means {meaning}: Mercury is in retrograde" in reasons(order)
    assert balance(customer=order.customer) == (100 if meaning == "refused" else 98)


def test_wordings_that_wait_do_not_hide_one_that_is_explained(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "BATCH", 1)
    answer(sending(script), NEW_WORDING)
    order = answer(
        sending(script), AddAnswer(AddOutcome.HELD_WORDING, error="Venus is in transit")
    )
    ErrorPhrase.objects.create(pattern="Venus", error_class="not_executed")

    actions.sweep()

    assert again(order).submission == Submission.QUEUED


def test_a_wording_about_an_id_explains_nothing(script: Script) -> None:
    order = answer(sending(script), NEW_WORDING)
    ErrorPhrase.objects.create(pattern="Mercury", error_class="unknown_id")

    actions.sweep()

    assert again(order).submission == Submission.HELD


def test_a_wording_of_another_provider_explains_nothing(script: Script) -> None:
    order = answer(sending(script), NEW_WORDING)
    make_order()
    other = Provider.objects.exclude(pk=order.attempts.get().provider_id).get()
    ErrorPhrase.objects.create(provider=other, pattern="Mercury", error_class="refused")

    actions.sweep()

    assert again(order).submission == Submission.HELD


@pytest.mark.parametrize("what", [NO_FUNDS, LINK_BUSY, NEW_WORDING])
def test_a_held_order_is_cancelled_at_once_by_its_customer(
    script: Script, what: AddAnswer
) -> None:
    order = answer(sending(script), what)

    assert actions.cancel_order(order=order, by=order.customer) is None

    ended = again(order)
    assert (ended.submission, ended.held_for) == (Submission.WITHDRAWN, "")
    assert balance(customer=order.customer) == 100


# --- Upstream after all: an earlier attempt was accepted, and its answer came late ---


def upstream_after_all(script: Script, second: AddAnswer | None) -> Order:
    """Return an order that staff had sent again, and whose first answer came then.

    `second` is what came of sending it again; None: it was not sent yet.
    """
    first = sending(script)
    make_due(first.order)
    actions.sweep()
    actions.send_again(order=first.order, by=make_admin())
    if second is not None:
        answer(sending(script, first.order), second)
    return answer(first, accepted_as("77"))


UNSENT = pytest.mark.parametrize("second", [None, NO_FUNDS, LINK_BUSY, NEW_WORDING])


@UNSENT
def test_it_is_not_sent_again_whatever_frees_others(
    script: Script, second: AddAnswer | None
) -> None:
    order = upstream_after_all(script, second)
    sent = len(script.asked("add"))
    read_balance("100")
    ErrorPhrase.objects.create(pattern="Mercury", error_class="not_executed")

    actions.sweep()
    actions.submit(order_id=order.pk)

    assert len(script.asked("add")) == sent
    assert again(order).submission == order.submission
    assert again(order).flag_reason == "two upstream orders: 77 is also ours"


@UNSENT
def test_its_customer_cannot_have_it_refunded(
    script: Script, second: AddAnswer | None
) -> None:
    order = upstream_after_all(script, second)
    before = book(order.customer)

    with pytest.raises(OrderError, match="being checked"):
        actions.cancel_order(order=order, by=order.customer)

    assert book(order.customer) == before


def test_staff_may_end_it(script: Script) -> None:
    order = upstream_after_all(script, NO_FUNDS)

    actions.cancel_order(order=order, by=make_admin("b@example.com"), by_staff=True)

    assert (again(order).submission, again(order).refunded) == ("withdrawn", 2)
    assert again(order).flag_reason == "two upstream orders: 77 is also ours"


def test_it_is_not_refunded_by_itself_when_it_costs_too_much_to_send(
    script: Script,
) -> None:
    order = upstream_after_all(script, NO_FUNDS)
    Service.objects.update(loss_policy="refund")
    Offer.objects.update(rate_seen=3)
    actions.try_again(order=order, by=make_admin("b@example.com"))

    actions.submit(order_id=order.pk)

    order = again(order)
    assert (order.submission, order.refunded) == (Submission.HELD, 0)
    assert order.next_at is None
    assert order.flag_reason == "it would cost more than the customer paid"
    assert balance(customer=order.customer) == 98
    assert SettlingButtons.fitting(order) == {"retry", "exists"}
