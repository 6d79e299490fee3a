"""Shelves: what lands on them, and merging them."""

from decimal import Decimal

import pytest

from provider import actions
from provider.actions import MergeError
from provider.enums import RuleScope
from provider.models import Category, CategoryMapping, MarkupRule, Provider, Service
from tests.factories import make_provider, make_service
from tests.provider.feeds import Feed, read, row

pytestmark = pytest.mark.django_db(transaction=True)


def shelf(name: str) -> Category:
    return Category.objects.get_or_create(name=name)[0]


def shelf_of(number: int, provider: Provider) -> str:
    return Service.objects.get(
        routes__offer__provider=provider, routes__offer__upstream_id=str(number)
    ).category.name


def rule(category: Category, percent: int) -> None:
    MarkupRule.objects.create(
        scope=RuleScope.CATEGORY, category=category, percent=Decimal(percent)
    )


def test_new_services_land_where_their_category_is_mapped_to(
    provider: Provider, feed: Feed
) -> None:
    other, film, all_film = (
        make_provider(url=feed.url),
        shelf("Film"),
        shelf("All film"),
    )
    CategoryMapping.objects.create(upstream_name="Movies", category=all_film)
    CategoryMapping.objects.create(
        provider=provider, upstream_name="Movies", category=film
    )

    for one in (provider, other):
        read(one, feed, row(1, category="Movies"), row(2, category="Voice"))

    assert [shelf_of(1, provider), shelf_of(1, other)] == ["Film", "All film"]
    assert [shelf_of(2, provider), shelf_of(2, other)] == ["Voice", "Voice"]
    assert not Category.objects.filter(name="Movies").exists()


def test_another_providers_mapping_is_none_of_ours(
    provider: Provider, feed: Feed
) -> None:
    CategoryMapping.objects.create(
        provider=make_provider(), upstream_name="Movies", category=shelf("Film")
    )

    read(provider, feed, row(1, category="Movies"))

    assert shelf_of(1, provider) == "Movies"


def test_a_mapping_moves_nothing_that_is_there(provider: Provider, feed: Feed) -> None:
    read(provider, feed, row(1, category="Movies"))
    CategoryMapping.objects.create(upstream_name="Movies", category=shelf("Film"))

    read(provider, feed, row(1, category="Movies", rate="3"), row(2, category="Movies"))

    assert [shelf_of(1, provider), shelf_of(2, provider)] == ["Movies", "Film"]


def test_a_merge_moves_everything_and_remembers_the_name(
    provider: Provider, feed: Feed
) -> None:
    read(provider, feed, row(1, category="Movies"), row(2, category="Film"))
    movies, film = shelf("Movies"), shelf("Film")
    CategoryMapping.objects.create(upstream_name="Cinema", category=movies)
    CategoryMapping.objects.create(upstream_name="Film", category=movies)

    assert actions.merge_categories(category=movies, into=film) == 1

    assert not Category.objects.filter(name="Movies").exists()
    assert set(CategoryMapping.objects.values_list("upstream_name", "category")) == {
        ("Cinema", film.pk),
        ("Movies", film.pk),
    }
    read(
        provider,
        feed,
        *[row(1, category="Movies"), row(2, category="Film")],
        *[row(3, category="Movies"), row(4, category="Cinema")],
    )
    assert [shelf_of(number, provider) for number in (1, 3, 4)] == ["Film"] * 3


def test_a_merge_that_would_change_a_price_asks_first() -> None:
    movies, film = shelf("Movies"), shelf("Film")
    service = make_service(category=movies, price=Decimal("1.3"))
    rule(film, 80)

    with pytest.raises(MergeError) as refusal:
        actions.merge_categories(category=movies, into=film)

    assert refusal.value.repriced == 1
    assert refusal.value.message == (
        "1 service would get another price or state, as the markup rules of the two "
        f"categories differ (#{service.pk}). Nothing was done; agree to it, or change "
        "the rules first."
    )
    service.refresh_from_db()
    assert (service.category, service.price) == (movies, Decimal("1.3"))
    assert not CategoryMapping.objects.exists()

    actions.merge_categories(category=movies, into=film, prices_may_change=True)
    service.refresh_from_db()
    assert (service.category, service.price) == (film, Decimal("1.8"))


def test_the_only_rule_of_the_two_moves_with_its_services() -> None:
    movies, film = shelf("Movies"), shelf("Film")
    service = make_service(category=movies, price=Decimal("1.8"))
    rule(movies, 80)

    actions.merge_categories(category=movies, into=film)

    service.refresh_from_db()
    assert service.price == Decimal("1.8")
    assert MarkupRule.objects.get().category == film


def test_of_two_rules_that_of_the_remaining_shelf_stands() -> None:
    movies, film = shelf("Movies"), shelf("Film")
    rule(movies, 80)
    rule(film, 90)

    actions.merge_categories(category=movies, into=film)

    assert MarkupRule.objects.get().percent == 90


def test_a_shelf_is_not_merged_into_itself_or_into_one_that_is_gone() -> None:
    movies, film = shelf("Movies"), shelf("Film")

    with pytest.raises(MergeError, match="another category"):
        actions.merge_categories(category=movies, into=movies)
    Category.objects.filter(pk=film.pk).delete()
    with pytest.raises(MergeError, match="gone already"):
        actions.merge_categories(category=movies, into=film)

    assert Category.objects.get() == movies
