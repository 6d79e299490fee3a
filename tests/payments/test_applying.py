"""What reports do to a payment and its money: every exit."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.models import User
from ledger.enums import TransferKind
from ledger.models import Transfer
from ledger.queries import balance
from notices.models import Notice
from payments import actions
from payments.enums import Outcome, TopUpState
from payments.gateways.protocol import INQUIRY, Report, State
from payments.models import TopUp
from tests.ledger.books import charge
from tests.payments.paying import begin, buckets, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rings")]
CREDIT = TransferKind.TOPUP_CREDIT


def credits() -> int:
    return Transfer.objects.filter(kind=CREDIT).count()


def test_a_payment_is_credited_with_its_bonus_and_its_customer_told() -> None:
    top_up = begin(amount="10", bonus="1")

    assert tell(top_up, State.PAID) == Outcome.APPLIED

    assert top_up.state == TopUpState.PAID
    assert (top_up.paid_at is not None, top_up.next_at is not None) == (True, True)
    assert buckets(top_up.customer) == {"paid": 10, "bonus": 1}
    (transfer,) = Transfer.objects.filter(kind=CREDIT)
    assert (transfer.subject, transfer.bucket) == (top_up.pk, "paid")
    notice = Notice.objects.get(user=top_up.customer)
    assert notice.subject == "Payment received: $10.00 added"


def test_the_same_payment_twice_is_credited_once() -> None:
    top_up = begin()
    tell(top_up, State.PAID)

    assert tell(top_up, State.PAID) == Outcome.REPEATED

    assert balance(customer=top_up.customer) == 10
    assert credits() == 1
    assert top_up.events.count() == 3


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"amount": Decimal("9.99")}, "another amount: 9.99 USD"),
        ({"amount": Decimal("10.01")}, "another amount: 10.01 USD"),
        ({"amount": Decimal(0)}, "another amount: 0 USD"),
        ({"currency": "KRW"}, "another currency: 10 KRW"),
        ({"remote_id": "test_other"}, "another payment: test_other"),
    ],
)
def test_what_does_not_match_is_flagged_and_credits_nothing(
    fields: dict[str, object], fault: str
) -> None:
    top_up = begin(amount="10")
    fields = {"amount": Decimal(10), **fields}

    assert tell(top_up, State.PAID, **fields) == Outcome.MISMATCH

    assert (top_up.state, top_up.flag_reason) == (TopUpState.PENDING, fault)
    assert buckets(top_up.customer) == {}
    assert credits() == 0
    assert Notice.objects.get(user=None).subject == (
        f"Top-up {top_up.pk} (test): {fault}"
    )


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (State.UNDERPAID, "underpaid: 10.00000000 USD"),
        (State.LATE, "paid too late: 10.00000000 USD"),
    ],
)
def test_coins_that_are_too_few_or_too_late_wait_for_staff(
    state: State, fault: str
) -> None:
    top_up = begin(amount="10")

    assert tell(top_up, state) == Outcome.MISMATCH

    assert (top_up.state, top_up.flag_reason) == (TopUpState.PENDING, fault)
    assert buckets(top_up.customer) == {}


def test_coins_that_are_too_many_are_credited_as_asked_for_and_flagged() -> None:
    top_up = begin(amount="10")

    assert tell(top_up, State.OVERPAID, amount=Decimal(12)) == Outcome.APPLIED

    assert (top_up.state, top_up.flag_reason) == (TopUpState.PAID, "overpaid: 12 USD")
    assert buckets(top_up.customer) == {"paid": 10}


def test_another_gateways_report_of_our_reference_is_none_of_ours() -> None:
    top_up = begin()
    report = Report(
        State.PAID,
        reference=top_up.reference,
        amount=top_up.total,
        currency=top_up.currency,
    )

    outcome, found = actions.apply_report(gateway="stripe", report=report)

    assert (outcome, found) == (Outcome.STRANGER, None)
    assert buckets(top_up.customer) == {}
    assert Notice.objects.filter(user=None).count() == 1


def test_one_payment_of_the_gateway_pays_for_one_top_up() -> None:
    one, other = begin(), begin()
    tell(one, State.PAID)
    TopUp.objects.filter(pk=other.pk).update(remote_id="")
    other.refresh_from_db()

    assert tell(other, State.PAID, remote_id=one.remote_id) == Outcome.MISMATCH

    assert buckets(other.customer) == {}
    assert credits() == 1


def test_a_payment_without_our_reference_is_found_by_the_gateways_number() -> None:
    top_up = begin()

    assert tell(top_up, State.PAID, reference="") == Outcome.APPLIED

    assert buckets(top_up.customer) == {"paid": 10}


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED])
def test_a_payment_that_comes_after_its_end_is_credited_all_the_same(
    state: State,
) -> None:
    top_up = begin()
    tell(top_up, state)
    assert top_up.state == state

    tell(top_up, State.PAID)

    assert (top_up.state, top_up.next_at is not None) == (TopUpState.PAID, True)
    assert buckets(top_up.customer) == {"paid": 10}


def test_refunds_are_cumulative_and_take_back_the_bonus_in_proportion() -> None:
    top_up = begin(amount="10", bonus="1")
    tell(top_up, State.PAID)

    tell(top_up, State.REFUNDED, refunded=Decimal(4))
    assert (top_up.state, top_up.refunded) == (TopUpState.PAID, 4)
    assert buckets(top_up.customer) == {"paid": 6, "bonus": Decimal("0.6")}
    assert tell(top_up, State.REFUNDED, refunded=Decimal(4)) == Outcome.REPEATED
    assert tell(top_up, State.REFUNDED, refunded=Decimal(3)) == Outcome.REPEATED

    tell(top_up, State.REFUNDED, refunded=Decimal(10))
    assert (top_up.state, top_up.refunded) == (TopUpState.REFUNDED, 10)
    assert buckets(top_up.customer) == {}


def test_a_refund_that_comes_before_its_payment_leaves_nothing() -> None:
    top_up = begin()

    tell(top_up, State.REFUNDED, refunded=Decimal(10))
    tell(top_up, State.PAID)

    assert top_up.state == TopUpState.REFUNDED
    assert buckets(top_up.customer) == {}


def test_what_was_refunded_and_spent_is_owed_and_repaid_first() -> None:
    top_up = begin(amount="10")
    tell(top_up, State.PAID)
    charge(top_up.customer, "7")

    tell(top_up, State.REFUNDED, refunded=Decimal(10))
    assert buckets(top_up.customer) == {"debt": -7}
    notice = Notice.objects.filter(user=top_up.customer).latest("id")
    assert notice.subject == "$10.00 taken off your balance"
    assert "$7.00 was spent already" in notice.text

    tell(begin(top_up.customer, amount="10"), State.PAID)
    assert buckets(top_up.customer) == {"paid": 3}


def test_a_dispute_freezes_its_customer_and_a_won_one_frees_them(
    rings: list[tuple[str, dict[str, object]]],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    top_up = begin(amount="10", bonus="1")
    tell(top_up, State.PAID)
    charge(top_up.customer, "4")

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        tell(top_up, State.DISPUTED)
    customer = User.objects.get(pk=top_up.customer_id)
    assert top_up.state == TopUpState.DISPUTED
    assert (customer.frozen_at is not None, customer.frozen_for) == (
        True,
        "a payment is disputed",
    )
    assert buckets(customer) == {"debt": -4}
    assert rings == [("payments.stop_orders", {"customer_id": customer.pk})]
    assert Notice.objects.filter(user=None).count() == 1

    tell(top_up, State.DISPUTE_WON)
    customer.refresh_from_db()
    assert top_up.state == TopUpState.PAID
    assert (customer.frozen_at, customer.frozen_for) == (None, "")
    assert buckets(customer) == {"paid": 6, "bonus": 1}

    alerts = Notice.objects.filter(user=None, key__contains="dispute-again")
    for event_id in ("evt_1", "evt_1"):
        assert tell(top_up, State.DISPUTED, event_id=event_id) == Outcome.REPEATED
    assert alerts.count() == 1
    assert buckets(customer) == {"paid": 6, "bonus": 1}


def test_a_dispute_that_is_won_frees_nobody_whose_other_payment_is_disputed() -> None:
    one = begin()
    other = begin(one.customer)
    for top_up in (one, other):
        tell(top_up, State.PAID)
        tell(top_up, State.DISPUTED)

    tell(one, State.DISPUTE_WON)
    assert User.objects.get(pk=one.customer_id).frozen_at is not None
    tell(other, State.DISPUTE_WON)
    assert User.objects.get(pk=one.customer_id).frozen_at is None


def test_a_dispute_that_is_lost_keeps_money_and_customer_where_they_are() -> None:
    top_up = begin()
    tell(top_up, State.PAID)

    tell(top_up, State.DISPUTED)
    tell(top_up, State.DISPUTE_LOST)

    assert (top_up.state, top_up.dispute) == (TopUpState.DISPUTED, "lost")
    assert buckets(top_up.customer) == {}
    assert User.objects.get(pk=top_up.customer_id).frozen_at is not None


def test_a_dispute_about_a_part_takes_that_part() -> None:
    top_up = begin(amount="10", bonus="1")
    tell(top_up, State.PAID)

    tell(top_up, State.DISPUTED, disputed=Decimal(4))
    assert top_up.state == TopUpState.DISPUTED
    assert buckets(top_up.customer) == {"paid": 6, "bonus": Decimal("0.6")}
    tell(top_up, State.REFUNDED, refunded=Decimal(2))
    assert buckets(top_up.customer) == {"paid": 4, "bonus": Decimal("0.4")}

    tell(top_up, State.DISPUTE_WON)
    assert (top_up.state, top_up.refunded) == (TopUpState.PAID, 2)
    assert buckets(top_up.customer) == {"paid": 8, "bonus": Decimal("0.8")}


def test_a_card_that_two_customers_pay_with_is_credited_and_flagged() -> None:
    one, same, other = begin(), begin(), begin()
    tell(one, State.PAID, instrument="card 1")
    tell(begin(one.customer), State.PAID, instrument="card 1")
    tell(other, State.PAID, instrument="card 2")

    tell(same, State.PAID, instrument="card 1")

    assert same.flag_reason == f"paid as by customers {one.customer_id}"
    assert buckets(same.customer) == {"paid": 10}
    assert TopUp.objects.filter(flagged_at__isnull=False).count() == 1


def test_a_wallets_brand_is_no_card_that_two_customers_share() -> None:
    for _number in range(2):
        tell(begin(), State.PAID, instrument="kakao_pay")

    assert not TopUp.objects.filter(flagged_at__isnull=False).exists()
    assert set(TopUp.objects.values_list("instrument", flat=True)) == {"kakao_pay"}


def test_a_bank_that_only_asks_puts_the_payment_on_the_list(rings: object) -> None:
    top_up = begin()
    tell(top_up, State.PAID, risk="normal")

    asks = {"risk": INQUIRY, "detail": "fraudulent"}
    assert [tell(top_up, State.PAID, **asks) for _time in range(2)] == [
        Outcome.REPEATED
    ] * 2

    assert (top_up.flag_reason, top_up.state) == (
        "inquiry: fraudulent",
        TopUpState.PAID,
    )
    assert Notice.objects.filter(user=None).count() == 1
    assert buckets(top_up.customer) == {"paid": 10}
