"""Decisions of people: who may, how many it takes, and what is done once."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from notices.models import Notice
from payments import actions
from payments.actions import PaymentError
from payments.enums import DecisionKind, TopUpState
from payments.gateways.protocol import GatewayError, Refunded, State
from payments.gateways.test.gateway import TestGateway, keep, recall
from payments.gateways.test.views import BECOMES
from payments.models import Approval, Decision, TopUp
from tests.factories import make_admin, make_customer
from tests.ledger.books import charge
from tests.payments.paying import begin, buckets, deliver, report, tell
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


def paid(amount: str = "100", customer: User | None = None) -> TopUp:
    """Make a payment that the gateway knows to be paid."""
    top_up = begin(customer, amount)
    payment = recall(top_up.remote_id)
    assert payment is not None
    keep(BECOMES["pay"](payment))
    tell(top_up, State.PAID)
    return top_up


def decide(top_up: TopUp, by: User, amount: str = "40", **fields: object) -> Decision:
    return actions.decide(
        top_up=top_up,
        kind=fields.pop("kind", DecisionKind.REFUND),  # type: ignore[arg-type]
        amount=Decimal(amount),
        note="because",
        by=by,
    )


def refusal(top_up: TopUp, by: User, amount: str = "40", **fields: object) -> str:
    with pytest.raises(PaymentError) as error:
        decide(top_up, by, amount, **fields)
    return error.value.message


def test_staff_send_back_part_of_a_payment_and_it_leaves_the_balance() -> None:
    top_up = paid("100")

    decision = decide(top_up, make_admin(), "40")

    top_up.refresh_from_db()
    payment = recall(top_up.remote_id)
    assert decision.closed_at is not None
    assert (top_up.state, top_up.refunded) == (TopUpState.PAID, 40)
    assert payment is not None
    assert payment.refunded == 40
    assert buckets(top_up.customer) == {"paid": 60}
    # Its notification, should it come as well, changes nothing more.
    deliver(report(top_up, State.REFUNDED, refunded=Decimal(40)))
    assert buckets(top_up.customer) == {"paid": 60}


def test_much_money_leaves_with_two_people_only(settings: Settings) -> None:
    settings.TOPUP_FOUR_EYES = Decimal(40)
    top_up, one, other = paid("100"), make_admin(), make_admin("other@example.com")

    decision = decide(top_up, one, "40")
    assert decision.closed_at is None
    assert buckets(top_up.customer) == {"paid": 100}
    with pytest.raises(PaymentError, match="Another person"):
        actions.approve(decision=decision, by=one)
    assert buckets(top_up.customer) == {"paid": 100}

    assert actions.approve(decision=decision, by=other)
    assert buckets(top_up.customer) == {"paid": 60}
    with pytest.raises(PaymentError, match="closed"):
        actions.approve(decision=decision, by=make_admin("third@example.com"))
    assert buckets(top_up.customer) == {"paid": 60}


def test_two_who_approve_at_once_send_it_once(settings: Settings) -> None:
    settings.TOPUP_FOUR_EYES = Decimal(40)
    top_up = paid("100")
    decision = decide(top_up, make_admin(), "40")
    others = [make_admin(f"{number}@example.com") for number in range(4)]

    def approve(by: User) -> bool:
        try:
            return actions.approve(decision=decision, by=by)
        except PaymentError:
            return False

    assert sum(together(*[lambda by=by: approve(by) for by in others])) == 1
    assert buckets(top_up.customer) == {"paid": 60}


def test_nobody_decides_about_a_payment_of_their_own() -> None:
    admin = make_admin()
    top_up = paid("100", customer=admin)

    decision = decide(top_up, admin, "40")
    with pytest.raises(PaymentError, match="of their own"):
        actions.approve(decision=decision, by=admin)

    assert not Approval.objects.exists()
    assert buckets(admin) == {"paid": 100}


def test_a_customer_asks_and_never_approves() -> None:
    top_up = paid("100")
    decision = decide(top_up, top_up.customer, "40")

    with pytest.raises(PaymentError, match="of their own"):
        actions.approve(decision=decision, by=top_up.customer)
    with pytest.raises(PaymentError, match="of their own"):
        actions.approve(decision=decision, by=make_customer())
    assert buckets(top_up.customer) == {"paid": 100}

    assert actions.approve(decision=decision, by=make_admin())
    assert buckets(top_up.customer) == {"paid": 60}


def test_a_customer_gets_back_only_what_is_left() -> None:
    top_up = paid("100")
    charge(top_up.customer, "70")
    assert refusal(top_up, top_up.customer, "30.01") == (
        "Only what is left of it can go back."
    )
    decision = decide(top_up, top_up.customer, "30")

    charge(top_up.customer, "1", subject=2)
    with pytest.raises(PaymentError, match="what is left"):
        actions.approve(decision=decision, by=make_admin())

    decision.refresh_from_db()
    assert decision.closed_at is not None
    assert decision.error == "Only what is left of it can go back."
    assert buckets(top_up.customer) == {"paid": 29}


@pytest.mark.parametrize("amount", ["0", "-1", "100.01"])
def test_no_more_goes_back_than_was_paid(amount: str) -> None:
    top_up = paid("100")

    assert refusal(top_up, make_admin(), amount) == (
        "More would go back than was paid."
    )

    assert not Decision.objects.exists()


def test_what_was_not_received_cannot_be_sent_back() -> None:
    assert "was received" in refusal(begin(), make_admin())


def test_one_thing_is_decided_at_a_time() -> None:
    top_up = paid("100")
    decide(top_up, top_up.customer, "40")

    assert "already" in refusal(top_up, make_admin())
    assert Decision.objects.count() == 1


def test_a_gateway_that_is_away_is_tried_again_with_the_same_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up, keys = paid("100"), []
    real = TestGateway.refund

    def refund(self: TestGateway, **fields: object) -> Refunded:
        assert not connection.in_atomic_block
        keys.append(fields["key"])
        sent = real(self, **fields)  # type: ignore[arg-type]
        if len(keys) == 1:
            raise GatewayError("timed out", unknown=True)
        return sent

    monkeypatch.setattr(TestGateway, "refund", refund)
    assert refusal(top_up, make_admin(), "40") == "timed out"
    decision = Decision.objects.get()
    assert (decision.error, decision.closed_at) == ("timed out", None)

    actions.carry_out(decision=decision)

    assert keys == [keys[0]] * 2
    decision.refresh_from_db()
    assert decision.closed_at is not None
    assert buckets(top_up.customer) == {"paid": 60}
    with pytest.raises(PaymentError, match="closed"):
        actions.carry_out(decision=decision)


def test_what_a_gateway_refuses_is_closed_and_done_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up, admin = paid("100"), make_admin()

    def refund(self: TestGateway, **fields: object) -> Refunded:
        raise GatewayError("not through us", unknown=False)

    monkeypatch.setattr(TestGateway, "refund", refund)
    assert refusal(top_up, admin) == "not through us"
    decision = Decision.objects.get()
    assert (decision.closed_at is not None, decision.error) == (True, "not through us")
    assert buckets(top_up.customer) == {"paid": 100}

    decide(top_up, admin, "40", kind=DecisionKind.RETURNED)
    assert buckets(top_up.customer) == {"paid": 60}


def test_a_payment_that_somebody_saw_arrive_is_credited_by_hand_once() -> None:
    top_up, admin = begin(amount="100"), make_admin()

    decide(top_up, admin, kind=DecisionKind.CONFIRM)

    top_up.refresh_from_db()
    event = top_up.events.latest("id")
    assert (event.reason, event.by) == ("by hand: because", admin)
    assert buckets(top_up.customer) == {"paid": 100}
    assert "already" in refusal(top_up, admin, kind=DecisionKind.CONFIRM)
    tell(top_up, State.PAID)
    assert buckets(top_up.customer) == {"paid": 100}


def test_a_rejected_decision_is_not_carried_out() -> None:
    top_up, admin = paid("100"), make_admin()
    decision = decide(top_up, top_up.customer, "40")

    assert actions.reject(decision=decision, by=admin)
    assert not actions.reject(decision=decision, by=admin)
    with pytest.raises(PaymentError, match="closed"):
        actions.approve(decision=decision, by=admin)

    assert buckets(top_up.customer) == {"paid": 100}


def test_a_gateway_without_keys_sends_nothing_back(settings: Settings) -> None:
    top_up = paid("100")
    settings.DEMO = False

    admin = make_admin()
    for _try in range(2):
        assert refusal(top_up, admin) == "This gateway is not set up."
    assert buckets(top_up.customer) == {"paid": 100}


def test_a_flagged_payment_leaves_the_list_once_with_a_note() -> None:
    top_up, admin = begin(), make_admin()
    tell(top_up, State.PAID, amount=Decimal(1))

    assert actions.release(top_up=top_up, by=admin, note="seen")
    assert not actions.release(top_up=top_up, by=admin, note="seen")

    top_up.refresh_from_db()
    assert (top_up.flagged_at, top_up.flag_reason) == (None, "")
    assert top_up.events.latest("id").reason == "looked at: seen"


def test_customers_ask_on_the_page_of_their_payment() -> None:
    top_up = paid("100")
    charge(top_up.customer, "70")
    client = Client()
    client.force_login(top_up.customer)

    page = client.get(f"/funds/{top_up.pk}/").content.decode()
    assert "Ask for a refund of $30.00" in page
    page = client.post(f"/funds/{top_up.pk}/refund/", follow=True).content.decode()
    assert "A refund of $30.00 was asked for." in page
    assert Decision.objects.get().amount == 30

    page = client.post(f"/funds/{top_up.pk}/refund/", follow=True).content.decode()
    assert "being decided" in page
    stranger = Client()
    stranger.force_login(make_customer())
    assert stranger.post(f"/funds/{top_up.pk}/refund/").status_code == 404
    assert Decision.objects.count() == 1


def test_what_was_sent_back_by_hand_leaves_the_balance_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up, admin = begin(amount="100"), make_admin()
    decide(top_up, admin, kind=DecisionKind.CONFIRM)
    monkeypatch.setattr(TestGateway, "refund", None)

    decide(top_up, admin, "40", kind=DecisionKind.RETURNED)
    decide(top_up, admin, "25", kind=DecisionKind.RETURNED)

    top_up.refresh_from_db()
    assert (top_up.state, top_up.refunded) == (TopUpState.PAID, 65)
    assert top_up.events.latest("id").reason == "sent back by hand: because"
    assert buckets(top_up.customer) == {"paid": 35}
    assert "More would go back" in refusal(
        top_up, admin, "35.01", kind=DecisionKind.RETURNED
    )


def test_a_refund_that_its_customer_must_fetch_says_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up = paid("100")
    claim = Refunded("pull 1", pending=True, url="https://pay.example.com/pull/1")
    monkeypatch.setattr(TestGateway, "refund", lambda self, **fields: claim)

    decision = decide(top_up, make_admin(), "40")

    assert (decision.url, decision.closed_at is not None) == (claim.url, True)
    notice = Notice.objects.filter(user=top_up.customer).latest("id")
    assert notice.subject == "Your refund of $40.00 waits for you"
    client = Client()
    client.force_login(top_up.customer)
    page = client.get(f"/funds/{top_up.pk}/").content.decode()
    assert f'href="{claim.url}"' in page
    # It is theirs to fetch, and off the balance.
    assert buckets(top_up.customer) == {"paid": 60}
    tell(top_up, State.REFUNDED, refunded=Decimal(40))
    assert buckets(top_up.customer) == {"paid": 60}


# --- What the database refuses -------------------------------------------------------


def make_decision(top_up: TopUp, **fields: object) -> Decision:
    values: dict[str, object] = {
        "kind": "refund",
        "amount": Decimal(1),
        "needed": 1,
        "by": top_up.customer,
        **fields,
    }
    return Decision.objects.create(top_up=top_up, **values)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("amount_and_approvals_above_zero", {"amount": Decimal(0)}),
        ("amount_and_approvals_above_zero", {"needed": 0}),
        ("closed_approved_or_rejected", {"closed_at": Now()}),
    ],
)
def test_a_decision_that_contradicts_itself_is_refused(
    constraint: str, fields: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError, match=f"decision_{constraint}"):
        make_decision(begin(), **fields)


def test_one_open_decision_stands_for_a_payment() -> None:
    top_up = begin()
    make_decision(top_up)

    with pytest.raises(IntegrityError, match="decision_one_open_per_top_up"):
        make_decision(top_up)


def test_one_person_approves_once() -> None:
    top_up = begin()
    decision = make_decision(top_up)
    Approval.objects.create(decision=decision, by=top_up.customer)

    with pytest.raises(IntegrityError, match="approval_one_per_person"):
        Approval.objects.create(decision=decision, by=top_up.customer)


def test_what_goes_back_is_off_the_balance_before_it_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    top_up, seen = paid("100"), []
    real = TestGateway.refund

    def refund(self: TestGateway, **fields: object) -> Refunded:
        seen.append(buckets(top_up.customer))
        return real(self, **fields)  # type: ignore[arg-type]

    monkeypatch.setattr(TestGateway, "refund", refund)

    decide(top_up, make_admin(), "40")

    top_up.refresh_from_db()
    assert seen == [{"paid": 60}]
    assert buckets(top_up.customer) == {"paid": 60}
    assert (top_up.refunded, top_up.promised, top_up.taken) == (40, 0, 40)


def test_what_nobody_knows_of_stays_off_the_balance(
    monkeypatch: pytest.MonkeyPatch, audit: Callable[[], list[str]]
) -> None:
    top_up = paid("100")

    def refund(self: TestGateway, **fields: object) -> Refunded:
        raise GatewayError("timed out", unknown=True)

    monkeypatch.setattr(TestGateway, "refund", refund)
    assert refusal(top_up, make_admin(), "40") == "timed out"

    top_up.refresh_from_db()
    assert buckets(top_up.customer) == {"paid": 60}
    assert (top_up.refunded, top_up.promised) == (0, 40)
    assert audit() == []
    # It had come through: the notification settles it, and takes no more.
    tell(top_up, State.REFUNDED, refunded=Decimal(40))
    assert buckets(top_up.customer) == {"paid": 60}
    assert (top_up.refunded, top_up.promised) == (40, 0)
    assert audit() == []


def test_a_customer_who_spends_meanwhile_gets_nothing_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = make_customer()
    top_up = paid("100", customer)
    decision = decide(top_up, customer, "40")
    charge(customer, "70")
    monkeypatch.setattr(
        TestGateway, "refund", lambda *_a, **_f: pytest.fail("it was sent")
    )

    with pytest.raises(PaymentError, match="Only what is left of it can go back"):
        actions.approve(decision=decision, by=make_admin())

    assert buckets(customer) == {"paid": 30}
    top_up.refresh_from_db()
    assert (top_up.refunded, top_up.promised) == (0, 0)
