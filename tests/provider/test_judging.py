"""What the shop makes of offers, as they come and when its rules change."""

from collections.abc import Callable

import pytest

from provider import actions
from provider.actions import AcceptanceError
from provider.enums import NameStep, RefusedClass, RefusedKind
from provider.models import Acceptance, NameRule, Offer, Provider, RefusedText, Service
from tests.factories import make_admin, make_customer
from tests.provider.feeds import Feed, read, row

pytestmark = pytest.mark.django_db(transaction=True)
STATEMENT = "Our testers review their own purchases, by contract."


def service_of(number: int) -> Service:
    return Service.objects.get(routes__offer__upstream_id=str(number))


def states(*numbers: int) -> list[str]:
    return [service_of(number).off_reason for number in numbers]


def judge_again() -> int:
    """Judge anew, as the admin does after a rule was saved."""
    return actions.judge_again()


def test_a_new_offer_of_a_refused_class_arrives_refused(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, name="Google Reviews"), row(2))

    assert states(1, 2) == ["refused", ""]
    assert Offer.objects.get(upstream_id="1").refused_for == ["reviews"]
    assert service_of(1).active


def test_a_service_goes_off_sale_when_its_offer_becomes_refused(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1))

    read(provider, feed, row(1, name="Poll votes"))
    assert states(1) == ["refused"]

    read(provider, feed, row(1, name="Film"))
    assert states(1) == [""]


def test_a_refused_word_or_domain_in_an_offer_refuses_it(
    provider: Provider, feed: Feed
) -> None:
    RefusedText.objects.create(kind=RefusedKind.WORD, text="casino")
    RefusedText.objects.create(kind=RefusedKind.DOMAIN, text="bad.example")

    read(
        provider,
        feed,
        row(1, name="Casino film"),
        row(2, desc="As on www.bad.example/x"),
        row(3, category="CASINO"),
        row(4, name="Casinos"),
    )

    assert states(1, 2, 3, 4) == ["refused", "refused", "refused", ""]
    causes = Offer.objects.order_by("upstream_id").values_list("refused_for", flat=True)
    assert list(causes) == [["word"], ["domain"], ["word"], []]


def test_offers_that_did_not_change_are_not_judged(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, name="Casino film"))
    RefusedText.objects.create(kind=RefusedKind.WORD, text="casino")

    assert read(provider, feed, row(1, name="Casino film")).outcome == "unchanged"
    assert states(1) == [""]


def test_all_are_judged_anew_when_a_rule_changes(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, name="Casino film"), row(2))
    word = RefusedText.objects.create(kind=RefusedKind.WORD, text="casino")

    assert judge_again() == 1
    assert states(1, 2) == ["refused", ""]

    word.delete()
    assert judge_again() == 1
    assert states(1, 2) == ["", ""]


def test_judging_takes_as_many_statements_for_a_hundred_offers(
    provider: Provider, feed: Feed, django_assert_num_queries: Callable[..., object]
) -> None:
    offers = [row(number, name=f"Poll {number}") for number in range(1, 101)]
    read(provider, feed, *offers)
    Offer.objects.update(refused_for=[])

    # Rules, words, names, refill windows, prices; the offers come by a cursor.
    with django_assert_num_queries(10):  # type: ignore[attr-defined]
        judge_again()

    assert Offer.objects.filter(refused_for=["votes"]).count() == 100


def test_an_owner_accepts_a_class_by_a_statement_that_is_kept(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, name="Film reviews"), row(2, name="Poll and reviews"))
    owner = make_admin()

    changed = actions.accept_class(
        refused_class=RefusedClass.REVIEWS, statement=f" {STATEMENT} ", by=owner
    )

    assert changed == 1
    assert states(1, 2) == ["", "refused"]
    kept = Acceptance.objects.get()
    assert (kept.refused_class, kept.by, kept.statement) == (
        "reviews",
        owner,
        STATEMENT,
    )

    assert actions.end_acceptance(acceptance=kept, by=owner) == 1
    assert states(1, 2) == ["refused", "refused"]
    kept.refresh_from_db()
    assert (kept.ended_by, kept.ended_at is None) == (owner, False)


def test_an_owner_accepts_one_service_that_only_looks_like_it(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, name="Film reviews"), row(2, name="Book reviews"))

    actions.accept_service(service=service_of(1), statement=STATEMENT, by=make_admin())

    assert states(1, 2) == ["", "refused"]


def test_nobody_but_an_owner_accepts_or_withdraws(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, name="Film reviews"))
    staff = make_customer(is_staff=True)

    with pytest.raises(AcceptanceError, match="Only an owner"):
        actions.accept_class(
            refused_class=RefusedClass.REVIEWS, statement=STATEMENT, by=staff
        )

    assert states(1) == ["refused"]
    assert not Acceptance.objects.exists()
    actions.accept_class(
        refused_class=RefusedClass.REVIEWS, statement=STATEMENT, by=make_admin()
    )
    with pytest.raises(AcceptanceError, match="Only an owner"):
        actions.end_acceptance(acceptance=Acceptance.objects.get(), by=staff)
    assert states(1) == [""]


def test_a_few_words_are_no_statement(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row(1, name="Film reviews"))

    with pytest.raises(AcceptanceError, match="in a sentence"):
        actions.accept_class(
            refused_class=RefusedClass.REVIEWS, statement="  ok  ", by=make_admin()
        )

    assert states(1) == ["refused"]


def test_a_class_is_accepted_once_at_a_time() -> None:
    owner = make_admin()
    words = {"refused_class": RefusedClass.VOTES, "statement": STATEMENT, "by": owner}
    actions.accept_class(**words)  # type: ignore[arg-type]

    with pytest.raises(AcceptanceError, match="accepted already"):
        actions.accept_class(**words)  # type: ignore[arg-type]

    kept = Acceptance.objects.get()
    actions.end_acceptance(acceptance=kept, by=owner)
    with pytest.raises(AcceptanceError, match="withdrawn already"):
        actions.end_acceptance(acceptance=kept, by=owner)
    actions.accept_class(**words)  # type: ignore[arg-type]
    assert Acceptance.objects.count() == 2


def test_names_are_cleaned_as_they_come_but_for_those_set_by_hand(
    provider: Provider, feed: Feed
) -> None:
    NameRule.objects.create(step=NameStep.EMOJI)
    NameRule.objects.create(step=NameStep.STRIP, text="never", active=False)
    read(provider, feed, row(1, name="🔥 Film"), row(2, name="🔥 Never"))
    assert [service_of(1).name, service_of(2).name] == ["Film", "Never"]

    Service.objects.filter(name="Film").update(name="Ours", set_by_hand=["name"])
    read(provider, feed, row(1, name="⚡ Films"), row(2, name="⚡ Nevers"))

    assert [service_of(1).name, service_of(2).name] == ["Ours", "Nevers"]
    assert Offer.objects.get(upstream_id="1").name == "⚡ Films"
    again = read(provider, feed, row(1, name="⚡ Films"), row(2, name="⚡ Nevers"))
    assert again.outcome == "unchanged"


def test_rules_for_names_rewrite_all_names_when_they_are_applied(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, name="🔥 Film"), row(2, name="Voice"))
    rule = NameRule.objects.create(step=NameStep.EMOJI)

    assert judge_again() == 1
    assert service_of(1).name == "Film"

    rule.delete()
    assert judge_again() == 1
    assert service_of(1).name == "🔥 Film"


def test_refill_windows_come_from_names_but_for_those_set_by_hand(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, name="R30 | Refill after 24h"), row(2, name="R60"))
    service = service_of(1)
    assert (service.refill_days, service.refill_first_hours, service.refill_hours) == (
        30,
        24,
        None,
    )
    Service.objects.filter(pk=service_of(2).pk).update(
        refill_days=7, set_by_hand=["refill_days"]
    )

    read(provider, feed, row(1, name="R90"), row(2, name="R60 | Refill every 12h"))

    assert (service_of(1).refill_days, service_of(1).refill_first_hours) == (90, None)
    assert (service_of(2).refill_days, service_of(2).refill_hours) == (7, 12)
