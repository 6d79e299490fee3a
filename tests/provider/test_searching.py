"""Searching the catalogue: words, filters, orders, page by page."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from provider import actions, queries
from provider.models import Category, Listing, Service, Translation
from provider.searching import SORTS, Wanted, find
from tests.factories import make_customer, make_provider, make_service

pytestmark = pytest.mark.django_db


def names(text: str = "", category_id: int | None = None) -> list[str]:
    found, more = find(Wanted(text=text, category_id=category_id), rows=100)
    assert not more
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


@pytest.mark.parametrize(
    "text",
    ["espana", "ESPAÑA", "españa", "instagram", "you tube", "gram", "ＹｏｕＴｕｂｅ"],
)
def test_case_accents_width_and_parts_of_words_do_not_matter(text: str) -> None:
    make_service(name="𝗜𝗻𝘀𝘁𝗮𝗴𝗿𝗮𝗺/YouTube [España]")

    assert names(text) == ["𝗜𝗻𝘀𝘁𝗮𝗴𝗿𝗮𝗺/YouTube [España]"]


@pytest.mark.parametrize("text", ["한국", "국인", "팔로", "팔로워 한국", "인"])
def test_korean_is_found_by_its_syllables(text: str) -> None:
    make_service(name="한국인팔로워 [실제]")
    make_service(name="일본 좋아요")

    assert names(text) == ["한국인팔로워 [실제]"]


def test_a_word_is_found_while_it_is_typed() -> None:
    make_service(name="Subtitles in Korean", category=Category.objects.create(name="A"))
    make_service(name="Dubbing", category=Category.objects.create(name="B"))

    assert [names("korean"[:end]) for end in range(1, 7)] == [
        ["Subtitles in Korean"]
    ] * 6


def test_the_service_of_the_number_comes_first_and_only_once() -> None:
    one, two = make_service(name="Dubbing"), make_service(name="Retouching")
    Service.objects.filter(pk=one.pk).update(name=f"Like {two.pk}")

    assert names(str(two.pk)) == ["Retouching", f"Like {two.pk}"]
    assert names(f"#{two.pk}") == ["Retouching"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"type": "package"}, ["c"]),
        ({"refill": "1"}, ["a", "c"]),
        ({"refill": "1", "cancel": "1"}, ["c"]),
        ({"dripfeed": "1"}, ["b"]),
        ({"least": "2"}, ["b", "c"]),
        ({"least": "1,5", "most": "2"}, ["b"]),
        ({"sort": "cheapest"}, ["a", "b", "c"]),
        ({"sort": "dearest"}, ["c", "b", "a"]),
        ({"sort": "newest"}, ["a", "b", "c"]),
        ({"sort": "name"}, ["a", "b", "c"]),
        ({"sort": "fastest"}, ["b", "c", "a"]),
        ({"type": "x", "least": "NaN", "most": "-1", "sort": "x"}, ["c", "b", "a"]),
    ],
)
def test_filters_and_orders(given: dict[str, str], found: list[str]) -> None:
    plain = {"refill": False, "cancel": False}
    c = make_service(name="c", price=3, type="package", min=1, max=1)
    b = make_service(name="b", price=2, **plain, dripfeed=True)
    make_service(name="a", price=1, refill=True, cancel=False)
    Listing.objects.filter(pk=b.pk).update(speed=60)
    Listing.objects.filter(pk=c.pk).update(speed=120)

    services, more = find(Wanted.read(given), rows=10)

    assert sorted(found) == sorted(service.name for service in services)
    if "sort" in given:
        assert [service.name for service in services] == found
    assert not more


@pytest.mark.parametrize("sort", SORTS)
def test_pages_in_every_order_hold_each_service_once(sort: str) -> None:
    shelves = [Category.objects.create(name=f"{n}", position=n // 2) for n in range(3)]
    provider = make_provider()
    for number in range(7):
        make_service(
            provider,
            name=f"Film {number % 2}",
            price=Decimal(number % 3 + 1),
            category=shelves[number % 3],
        )
    Listing.objects.filter(pk__in=Service.objects.values("pk")[:3]).update(speed=9)
    whole, _more = find(Wanted(text="film", sort=sort), rows=100)
    seen: list[Service] = []
    more = True
    while more:
        after = seen[-1].pk if seen else None
        page, more = find(Wanted(text="film", sort=sort, after=after), rows=2)
        seen += page

    assert len(whole) == 7
    assert seen == whole


@pytest.mark.django_db(transaction=True)
def test_favourites_are_the_customers_own() -> None:
    alice, bob = make_customer(), make_customer()
    one, _other = make_service(), make_service()
    actions.set_favourite(customer=alice, service=one, wanted=True)
    actions.set_favourite(customer=alice, service=one, wanted=True)
    wanted = Wanted(favourites=True)

    assert find(wanted, rows=9, customer_id=alice.pk) == ([one], False)
    assert find(wanted, rows=9, customer_id=bob.pk) == ([], False)
    assert find(wanted, rows=9) == ([], False)

    actions.set_favourite(customer=alice, service=one, wanted=False)
    assert queries.favourites(customer=alice) == set()


def test_search_follows_every_way_of_changing_a_service() -> None:
    service = make_service(name="Dubbing", price=1)
    Service.objects.filter(pk=service.pk).update(name="Voice-over", price=2)
    assert (names("dubbing"), names("voice over")) == ([], ["Voice-over"])
    assert Listing.objects.get().price == 2

    Category.objects.update(name="Sound", position=5)
    assert (names("subtitles"), names("sound")) == ([], ["Voice-over"])
    assert Listing.objects.get().position == 5

    Service.objects.update(off_reason="withdrawn")
    assert names() == []
    Service.objects.update(
        off_reason="", active=True, category=Category.objects.create(name="Z")
    )
    assert names("z") == ["Voice-over"]

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM provider_route")
        cursor.execute("DELETE FROM provider_servicechange")
        cursor.execute("DELETE FROM provider_service")
    assert Listing.objects.count() == 0


def test_services_are_found_by_their_names_in_other_languages() -> None:
    service = make_service(name="Subtitles")
    Translation.objects.create(
        service=service, language="ko", field="name", text="자막 제작"
    )
    shelf = Translation.objects.create(
        category=service.category, language="ko", field="name", text="영상"
    )
    assert names("자막") == names("영상 자막") == names("subtitles") == ["Subtitles"]

    Translation.objects.filter(service=service).update(text="번역")
    shelf.delete()
    assert names("자막") == names("영상") == []
    assert names("번역") == ["Subtitles"]


def test_the_listing_of_a_service_is_the_same_however_it_came_about() -> None:
    for number in range(5):
        make_service(
            name=f"Film {number}", category=Category.objects.create(name=f"{number}")
        )
    before = list(Listing.objects.order_by("pk").values())
    with connection.cursor() as cursor:
        cursor.execute("SELECT shop_list_services(array_agg(id)) FROM provider_service")

    assert list(Listing.objects.order_by("pk").values()) == before


def test_a_thousand_services_take_as_many_queries_as_one() -> None:
    make_service(name="Film")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            found, _more = find(Wanted(text="film", sort="cheapest"), rows=5)
        counts.append((len(captured), len(found)))
        shelf = Category.objects.get()
        Service.objects.bulk_create(
            Service(
                category=shelf,
                name=f"Film {number}",
                type="default",
                min=1,
                max=9,
                price=1,
                active=True,
            )
            for number in range(1000)
        )

    # The words, the numbers of what fits, and the services.
    assert counts == [(3, 1), (3, 5)]
