"""Terms in versions: what is published stays, and customers accept it once."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from content import actions, queries
from content.enums import Where
from content.models import Acceptance, TermsText, TermsVersion
from ledger.queries import balance
from orders.enums import Source
from orders.errors import TermsChangedError
from orders.models import Order
from tests.content.writing import draft_terms, publish_terms
from tests.factories import make_customer, make_order, make_service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rings")]


def accepted(customer: object) -> list[tuple[int | None, str]]:
    rows = Acceptance.objects.filter(user=customer).order_by("version__number")
    return [(row.version.number, row.where) for row in rows]


def test_versions_are_numbered_and_sealed_as_they_are_published() -> None:
    first, second = publish_terms(), publish_terms(en="Be honest, please.")
    assert (first.number, second.number) == (1, 2)
    assert first.published_at is not None
    assert len(first.digest) == 64
    assert first.digest != second.digest
    now = queries.terms()
    assert now is not None
    assert now.number == 2


def test_the_same_words_have_the_same_digest_and_others_another() -> None:
    words = {"en": "Be honest.", "ko": "정직하게."}
    first, second = publish_terms(**words), publish_terms(**words)
    assert first.digest == second.digest
    assert publish_terms(en="Be honest.").digest != first.digest


def test_the_first_version_always_matters() -> None:
    assert publish_terms(material=False).material is True
    assert publish_terms(material=False).material is False


def test_terms_without_the_shops_first_language_are_not_published() -> None:
    draft = draft_terms(ko="정직하게.")
    with pytest.raises(actions.TermsError):
        actions.publish_terms(version=draft)
    draft.refresh_from_db()
    assert draft.published_at is None
    assert queries.terms() is None


def test_what_is_published_is_not_published_again() -> None:
    version = publish_terms()
    with pytest.raises(actions.TermsError):
        actions.publish_terms(version=version)
    assert TermsVersion.objects.get().number == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: TermsVersion.objects.update(material=False),
        lambda: TermsVersion.objects.all().delete(),
        lambda: TermsText.objects.update(body="Be cheap."),
        lambda: TermsText.objects.all().delete(),
        lambda: TermsText.objects.create(
            version=TermsVersion.objects.get(number=1),
            language="ko",
            title="약관",
            body="정직하게.",
        ),
    ],
    ids=["version", "deletion", "words", "deletion of words", "more words"],
)
def test_published_terms_are_never_changed(change: object) -> None:
    publish_terms()
    with pytest.raises(DatabaseError), transaction.atomic():
        change()  # type: ignore[operator]
    found = queries.terms()
    assert found is not None
    assert found.body == "Be honest."


def test_words_do_not_move_into_published_terms() -> None:
    published, draft = publish_terms(), draft_terms(ko="초안")
    with pytest.raises(DatabaseError), transaction.atomic():
        TermsText.objects.filter(version=draft).update(version=published)
    assert published.texts.count() == 1


def test_a_draft_is_changed_and_deleted_at_will() -> None:
    draft = draft_terms()
    draft.texts.update(body="Be kind.")
    assert draft.texts.get().body == "Be kind."
    draft.delete()
    assert TermsText.objects.count() == 0


def test_an_acceptance_is_once_and_for_good() -> None:
    customer, version = make_customer(), publish_terms()
    for _time in range(2):
        assert actions.accept_terms(user=customer, number=1, where=Where.ASKED)
    assert accepted(customer) == [(1, "asked")]
    with pytest.raises(DatabaseError), transaction.atomic():
        Acceptance.objects.update(where="order")
    with pytest.raises(DatabaseError), transaction.atomic():
        Acceptance.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.create(user=customer, version=version, where="order")


def test_only_the_version_in_force_is_accepted() -> None:
    customer = make_customer()
    publish_terms()
    publish_terms(en="Be honest, please.")
    assert not actions.accept_terms(user=customer, number=1, where=Where.ASKED)
    assert accepted(customer) == []


@pytest.mark.django_db(transaction=True)
def test_an_acceptance_belongs_into_a_step() -> None:
    with pytest.raises(RuntimeError):
        actions.accept(user_id=1, version_id=1, where=Where.ORDER, address=None)


def test_without_terms_an_order_accepts_none() -> None:
    order = make_order()
    assert order.terms is None
    assert Acceptance.objects.count() == 0


def test_an_order_asks_who_has_not_agreed_to_what_matters() -> None:
    customer = make_customer(credit="100")
    publish_terms()
    with pytest.raises(TermsChangedError):
        make_order(customer)
    with pytest.raises(TermsChangedError):
        make_order(customer, agreed_terms=2)
    assert Order.objects.count() == 0
    assert balance(customer=customer) == 100
    assert accepted(customer) == []


def test_who_agrees_on_the_form_is_asked_once() -> None:
    customer, service = make_customer(credit="100"), make_service()
    publish_terms()
    first = make_order(customer, service, agreed_terms=1, address="192.0.2.1")
    second = make_order(customer, service)
    assert (first.terms, second.terms) == (1, 1)
    assert accepted(customer) == [(1, "asked")]
    assert Acceptance.objects.get().address == "192.0.2.1"


def test_a_change_that_does_not_matter_is_accepted_by_ordering() -> None:
    customer = make_customer(credit="100")
    publish_terms()
    actions.accept_terms(user=customer, number=1, where=Where.SIGN_UP)
    publish_terms(material=False, en="Be honest!")
    assert make_order(customer).terms == 2
    assert accepted(customer) == [(1, "sign-up"), (2, "order")]


def test_a_change_that_matters_asks_again_also_behind_one_that_does_not() -> None:
    customer = make_customer(credit="100")
    publish_terms()
    actions.accept_terms(user=customer, number=1, where=Where.SIGN_UP)
    publish_terms(en="Be very honest.")
    publish_terms(material=False, en="Be very honest!")
    with pytest.raises(TermsChangedError):
        make_order(customer)
    assert make_order(customer, agreed_terms=3).terms == 3


def test_a_program_orders_under_the_terms_as_they_stand() -> None:
    customer = make_customer(credit="100")
    publish_terms()
    order = make_order(customer, source=Source.API)
    assert order.terms == 1
    assert accepted(customer) == [(1, "order")]


def test_an_order_that_is_refused_accepts_nothing() -> None:
    customer = make_customer()
    publish_terms()
    with pytest.raises(Exception, match="balance"):
        make_order(customer, agreed_terms=1)
    assert accepted(customer) == []
