"""I17: whatever order reports come in, however often each, they end the same."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from payments.gateways.protocol import State
from payments.models import TopUp
from tests.payments.paying import begin, buckets, tell

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]

PAID = (State.PAID, Decimal(10), Decimal(0))
STORIES = [
    [(State.PENDING, 0, 0), PAID],
    [(State.PENDING, 0, 0), (State.FAILED, 0, 0), PAID],
    [(State.EXPIRED, 0, 0), (State.FAILED, 0, 0)],
    [PAID, (State.REFUNDED, 10, 3), (State.REFUNDED, 10, 7)],
    [PAID, (State.REFUNDED, 0, 3), (State.REFUNDED, 0, 10)],
    [PAID, (State.DISPUTED, 10, 0), (State.DISPUTE_WON, 10, 0)],
    [PAID, (State.DISPUTED, 0, 0), (State.DISPUTE_LOST, 0, 0)],
    [PAID, (State.REFUNDED, 10, 4), (State.DISPUTED, 0, 0), (State.DISPUTE_WON, 0, 0)],
    [(State.PAID, 9, 0), PAID, (State.REFUNDED, 10, 2)],
]
Story = list[tuple[State, Decimal, Decimal]]


def ending(story: Story) -> tuple[object, ...]:
    """Return what a story of reports leaves: of the payment, the money, the customer."""
    top_up = begin(amount="10", bonus="1")
    for state, amount, refunded in story:
        tell(top_up, state, amount=Decimal(amount), refunded=Decimal(refunded))
    row = TopUp.objects.get(pk=top_up.pk)
    return (
        row.state,
        row.disputed,
        row.refunded,
        row.dispute,
        row.taken,
        row.bonus_taken,
        row.flag_reason,
        User.objects.get(pk=row.customer_id).frozen_for,
        sorted(buckets(row.customer).items()),
    )


@pytest.mark.parametrize("story", STORIES, ids=lambda s: "-".join(r[0] for r in s))
def test_any_order_with_any_repeats_ends_as_the_story_does(
    story: Story, audit: Callable[[], list[str]]
) -> None:
    expected = ending(story)

    @settings(
        max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.lists(st.sampled_from(story), max_size=3).flatmap(
            lambda repeats: st.permutations([*story, *repeats])
        )
    )
    def shuffled(reports: Story) -> None:
        assert ending(reports) == expected

    shuffled()
    assert audit() == []
