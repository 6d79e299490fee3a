"""Customers who may look, but neither order nor pay."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts import actions
from accounts.models import User
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def frozen_for(user: User) -> str:
    user.refresh_from_db()
    assert (user.frozen_at is not None) == bool(user.frozen_for)
    return user.frozen_for


def test_the_first_reason_stays_and_only_it_frees() -> None:
    user = make_customer()
    with transaction.atomic():
        actions.freeze(user_id=user.pk, reason="one")
        actions.freeze(user_id=user.pk, reason="other")
    assert frozen_for(user) == "one"

    with transaction.atomic():
        actions.unfreeze(user_id=user.pk, reason="other")
    assert frozen_for(user) == "one"
    with transaction.atomic():
        actions.unfreeze(user_id=user.pk, reason="one")
    assert frozen_for(user) == ""


def test_freezing_belongs_to_the_transaction_of_its_cause() -> None:
    user = make_customer()

    with pytest.raises(RuntimeError, match="transaction of its cause"):
        actions.freeze(user_id=user.pk, reason="one")
    with pytest.raises(RuntimeError, match="transaction of its cause"):
        actions.unfreeze(user_id=user.pk, reason="one")

    assert frozen_for(user) == ""


def test_people_freeze_and_free_once() -> None:
    user = make_customer()

    assert not actions.unfreeze_by_hand(user=user)
    assert actions.freeze_by_hand(user=user, reason="one")
    assert not actions.freeze_by_hand(user=user, reason="other")
    assert frozen_for(user) == "one"
    assert actions.unfreeze_by_hand(user=user)
    assert frozen_for(user) == ""


@pytest.mark.parametrize("fields", [{"frozen_at": Now()}, {"frozen_for": "one"}])
def test_nobody_is_frozen_without_time_and_reason(fields: dict[str, object]) -> None:
    user = make_customer()

    with pytest.raises(IntegrityError, match="user_frozen_for_a_reason"):
        User.objects.filter(pk=user.pk).update(**fields)
