"""A rule's preview: what would happen, and that nothing did."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from provider import actions
from provider.actions.previewing import Move, Spread
from provider.enums import RuleScope
from provider.models import MarkupRule, Service
from tests.factories import make_service

pytestmark = pytest.mark.django_db


def made(rate: str, **fields: object) -> Service:
    return make_service(offer={"rate_seen": Decimal(rate)}, **fields)


def test_a_new_rule_is_previewed_and_not_saved() -> None:
    services = [made("1"), made("2"), made("3", active=False)]
    actions.reprice()
    rule = MarkupRule(scope=RuleScope.SERVICE, service=services[1], percent=160)

    preview = actions.preview_rule(rule=rule)

    assert (preview.moved, preview.sold) == (1, (2, 2))
    assert (preview.paused, preview.resumed) == (0, 0)
    assert preview.before == Spread(Decimal(30), Decimal(30), Decimal(30))
    assert preview.after == Spread(Decimal(30), Decimal(30), Decimal(160))
    assert preview.moves == [
        Move(
            services[1].pk,
            services[1].name,
            Decimal("2.6"),
            Decimal("5.2"),
            Decimal(100),
        )
    ]
    assert rule.pk is None
    assert not MarkupRule.objects.exists()
    assert actions.reprice() == 0


def test_a_changed_rule_is_previewed_and_stays_as_it_was() -> None:
    made("1"), made("2", fixed_price=Decimal("2.2"))
    rule = MarkupRule(scope=RuleScope.EVERYTHING, percent=50)
    actions.save_rule(rule=rule)
    rule.percent, rule.minimum_margin = Decimal(25), Decimal(20)

    preview = actions.preview_rule(rule=rule)

    # What has a fixed price earns a tenth, and would wait.
    assert (preview.moved, preview.sold, preview.paused) == (1, (2, 1), 1)
    assert preview.before == Spread(Decimal(10), Decimal(10), Decimal(50))
    assert preview.after == Spread(Decimal(25), Decimal(25), Decimal(25))
    rule.refresh_from_db()
    assert (rule.percent, rule.minimum_margin) == (50, 0)
    assert actions.reprice() == 0


def test_a_preview_says_what_would_be_sold_again() -> None:
    service = made("1", fixed_price=Decimal("1.1"))
    rule = MarkupRule(scope=RuleScope.EVERYTHING, minimum_margin=20)
    actions.save_rule(rule=rule)
    rule.minimum_margin = Decimal(5)

    preview = actions.preview_rule(rule=rule)

    assert (preview.moved, preview.sold, preview.resumed) == (0, (0, 1), 1)
    assert preview.before == Spread(None, None, None)
    service.refresh_from_db()
    assert service.off_reason == "price_check"


def test_the_ten_biggest_moves_are_shown_up_or_down() -> None:
    services = [made("1", fixed_price=Decimal(price)) for price in range(1, 13)]
    actions.reprice()
    Service.objects.update(fixed_price=None)

    rule = MarkupRule(scope=RuleScope.EVERYTHING, percent=500)
    preview = actions.preview_rule(rule=rule)

    # From 6 to 6 is no move; 1 goes up most, 5 and 7 are among the least.
    assert preview.moved == 11
    assert len(preview.moves) == 10
    assert [move.service_id for move in preview.moves[:3]] == [
        service.pk for service in services[:3]
    ]
    assert preview.moves[0].percent == 500
    assert preview.moves[-1].after == 6


def test_a_rule_that_makes_no_sense_has_no_preview() -> None:
    with pytest.raises(ValidationError):
        actions.preview_rule(rule=MarkupRule(scope=RuleScope.SERVICE))
