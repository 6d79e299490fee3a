"""What is read of providers and the catalogue."""

from decimal import Decimal

import pytest

from provider import actions, queries
from provider.models import Category, Offer, Provider, Route, Service
from tests.factories import make_provider, make_service

pytestmark = pytest.mark.django_db


def names(text: str = "", category_id: int | None = None) -> list[str]:
    found = queries.search(text=text, category_id=category_id)
    return [service.name for service in found]


@pytest.fixture
def shelves() -> list[Category]:
    """Two shelves with three services on sale, and three that are not."""
    film = Category.objects.create(name="Film", position=2)
    voices = Category.objects.create(name="Voices 목소리", position=1)
    for category, name in (
        (film, "Subtitles in Korean"),
        (film, "Dubbing 100%"),
        (voices, "한국어 더빙"),
    ):
        make_service(category=category, name=name)
    empty = Category.objects.create(name="Empty", position=0)
    make_service(category=empty, name="Subtitles, off", active=False)
    for reason in ("price_check", "withdrawn"):
        make_service(category=empty, name=f"Subtitles {reason}", off_reason=reason)
    return [voices, film]


def test_only_what_is_on_sale_is_found_shelf_by_shelf(shelves: list[Category]) -> None:
    assert names() == ["한국어 더빙", "Subtitles in Korean", "Dubbing 100%"]
    assert list(queries.categories_on_sale()) == shelves


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("subtitles", ["Subtitles in Korean"]),
        ("korean SUBTITLES", ["Subtitles in Korean"]),
        ("film dub", ["Dubbing 100%"]),
        ("더빙", ["한국어 더빙"]),
        ("목소리 한국", ["한국어 더빙"]),
        ("100%", ["Dubbing 100%"]),
        ("%", ["Dubbing 100%"]),
        ("_", []),
        ("\\", []),
        ("subtitles dubbing", []),
        ("12345678901234567890", []),
        ("²", []),
        ("off", []),
        ("   ", ["한국어 더빙", "Subtitles in Korean", "Dubbing 100%"]),
    ],
)
def test_words_are_found_in_any_order_and_taken_as_they_are(
    shelves: list[Category], text: str, found: list[str]
) -> None:
    assert names(text) == found


def test_a_number_finds_its_service(shelves: list[Category]) -> None:
    service = Service.objects.get(name="Dubbing 100%")

    assert "Dubbing 100%" in names(str(service.pk))


def test_one_shelf_can_be_looked_at(shelves: list[Category]) -> None:
    assert names(category_id=shelves[0].pk) == ["한국어 더빙"]
    assert names("dubbing", shelves[0].pk) == []


def test_the_rate_of_exchange_is_the_newest_or_none() -> None:
    assert queries.exchange_rate(base="USD") == 1
    assert queries.exchange_rate(base="EUR") is None

    for rate in ("1.1", "1.2"):
        actions.set_exchange_rate(base="EUR", rate=Decimal(rate))

    assert queries.exchange_rate(base="EUR") == Decimal("1.2")


def test_providers_are_those_that_we_buy_from() -> None:
    second, first, off = (make_provider(name=name) for name in ("B", "A", "C"))
    Provider.objects.filter(pk=off.pk).update(active=False)

    assert list(queries.active_providers()) == [first, second]
    assert queries.provider(provider_id=off.pk) == off
    assert queries.provider(provider_id=0) is None


def test_the_first_offer_is_the_one_bought() -> None:
    service, spare = make_service(), make_service()
    Route.objects.create(
        service=service, offer=Offer.objects.get(routes__service=spare), position=0
    )

    offer = queries.first_offer(service=service)

    assert offer == Offer.objects.filter(routes__service=spare).first()
    service.routes.all().delete()
    assert queries.first_offer(service=service) is None
