"""What a customer filled in and could not pay yet."""

from decimal import Decimal

import pytest
from django.db.models.functions import Now

from orders import actions
from orders.actions.drafting import KEPT
from orders.drafts import address_of, draft_of, missing_for
from orders.models import Draft
from tests.factories import LINK, make_customer, make_service

pytestmark = pytest.mark.django_db

FIELDS = {"link": LINK, "quantity": "1000"}


def test_a_draft_is_kept_and_found_by_its_customer_alone() -> None:
    alice, bob, service = make_customer(), make_customer(), make_service()

    draft = actions.keep_draft(
        customer=alice, service=service, fields=FIELDS, charge=Decimal(2)
    )

    found = draft_of(customer=alice, number=str(draft.pk))
    assert found == draft
    assert (found.service, found.fields) == (service, FIELDS)
    assert draft_of(customer=bob, number=str(draft.pk)) is None
    assert draft_of(customer=bob) is None


def test_what_the_database_cannot_take_is_left_out() -> None:
    draft = actions.keep_draft(
        customer=make_customer(),
        service=make_service(),
        fields={"link": f"\0{LINK}", "reference": "\0"},
        charge=Decimal(2),
    )

    assert draft.fields == {"link": LINK, "reference": ""}


@pytest.mark.parametrize("number", ["x", "-1", "²", "9" * 30])
def test_a_number_that_is_none_finds_nothing(number: str) -> None:
    assert draft_of(customer=make_customer(), number=number) is None


def test_a_later_draft_takes_the_place_of_the_one_before() -> None:
    alice, service = make_customer(), make_service()
    first, second = (
        actions.keep_draft(
            customer=alice, service=chosen, fields=FIELDS, charge=Decimal(2)
        )
        for chosen in (service, None)
    )

    assert draft_of(customer=alice, number=str(first.pk)) is None
    assert draft_of(customer=alice) == second
    assert Draft.objects.count() == 1


def test_a_draft_of_yesteryear_is_not_found() -> None:
    alice = make_customer()
    actions.keep_draft(customer=alice, service=None, fields={}, charge=Decimal(2))
    Draft.objects.update(created_at=Now() - 2 * KEPT, expires_at=Now() - KEPT)

    assert draft_of(customer=alice) is None


def test_a_draft_is_dropped_by_its_customer_alone() -> None:
    alice, bob = make_customer(), make_customer()
    draft = actions.keep_draft(
        customer=alice, service=None, fields={}, charge=Decimal(2)
    )

    actions.drop_draft(customer=bob, draft_id=draft.pk)
    assert draft_of(customer=alice) == draft
    actions.drop_draft(customer=alice, draft_id=draft.pk)
    assert draft_of(customer=alice) is None


@pytest.mark.parametrize(
    ("credit", "charge", "missing"),
    [("1", "10.00001", "9.01"), ("1", "1.5", "5"), ("10", "2", "5")],
)
def test_what_is_missing_can_be_paid(credit: str, charge: str, missing: str) -> None:
    draft = actions.keep_draft(
        customer=make_customer(credit=credit),
        service=None,
        fields={},
        charge=Decimal(charge),
    )

    assert missing_for(draft) == Decimal(missing)


def test_a_draft_says_where_it_goes_on() -> None:
    alice, service = make_customer(), make_service()
    draft = actions.keep_draft(
        customer=alice, service=service, fields={}, charge=Decimal(2)
    )
    assert address_of(draft) == f"/services/{service.pk}/?draft={draft.pk}"
    draft = actions.keep_draft(
        customer=alice, service=None, fields={}, charge=Decimal(2)
    )
    assert address_of(draft) == f"/orders/mass/?draft={draft.pk}"
