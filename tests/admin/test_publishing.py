"""Publishing in the admin: many at once, acceptable use, names, shelves, stops."""

import pytest
from django.test import Client
from django.urls import reverse

from orders.actions import stop_deliveries
from orders.models import StoppedLink
from provider.models import (
    Acceptance,
    Category,
    NameRule,
    Offer,
    RefusedText,
    Service,
    Translation,
)
from provider.naming import SHOWN, preview
from tests.admin.acting import list_of, log_in, press, save, text_of
from tests.factories import make_admin, make_customer, make_service

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("rings"),
]
STATEMENT = "Our testers review their own purchases, by contract."


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


@pytest.mark.parametrize(
    ("action", "active"), [("publish", True), ("unpublish", False)]
)
def test_all_services_that_a_filter_finds_are_switched_at_once(
    client: Client, action: str, active: bool
) -> None:
    film, voice = (Category.objects.create(name=name) for name in ("Film", "Voice"))
    services = [make_service(category=film, active=not active) for _ in range(60)]
    other = make_service(category=voice, active=not active)

    page = client.post(
        f"{list_of(Service)}?q=Film",
        {"action": action, "select_across": "1", "_selected_action": services[0].pk},
        follow=True,
    )

    assert "60 services switched." in text_of(page)
    assert Service.objects.filter(active=active).count() == 60
    other.refresh_from_db()
    assert other.active is not active


def test_a_refused_word_takes_services_off_and_its_end_brings_them_back(
    client: Client,
) -> None:
    service = make_service(name="Casino film")

    page = client.post(
        list_of(RefusedText) + "add/", {"kind": "word", "text": " CASINO "}, follow=True
    )

    assert "1 service has changed." in text_of(page)
    service.refresh_from_db()
    assert service.off_reason == "refused"
    word = RefusedText.objects.get()
    assert word.text == "casino"
    client.post(list_of(RefusedText) + f"{word.pk}/delete/", {"post": "yes"})
    service.refresh_from_db()
    assert service.off_reason == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [("https://www.Example.com/page", "example.com"), ("example", None)],
)
def test_a_refused_domain_is_kept_as_a_domain(
    client: Client, given: str, kept: str | None
) -> None:
    client.post(list_of(RefusedText) + "add/", {"kind": "domain", "text": given})

    assert RefusedText.objects.values_list("text", flat=True).first() == kept


def refused() -> Service:
    """Return a service that is refused for being reviews."""
    service = make_service(name="Reviews", off_reason="refused")
    Offer.objects.update(refused_for=["reviews"])
    return service


def test_an_owner_accepts_a_class_with_a_statement_and_withdraws_it(
    client: Client,
) -> None:
    service = refused()

    client.post(
        list_of(Acceptance) + "add/",
        {"refused_class": "reviews", "statement": STATEMENT},
    )

    kept = Acceptance.objects.get()
    assert (kept.statement, kept.by.email) == (STATEMENT, "admin@example.com")
    service.refresh_from_db()
    assert service.off_reason == ""


@pytest.mark.parametrize(
    "given",
    [
        {"refused_class": "reviews", "statement": "ok"},
        {"statement": STATEMENT},
        {"refused_class": "votes", "statement": STATEMENT},
    ],
)
def test_an_acceptance_that_does_not_fit_is_an_error_of_the_form(
    client: Client, given: dict[str, str]
) -> None:
    Acceptance.objects.create(
        refused_class="votes", statement=STATEMENT, by=make_customer()
    )

    page = client.post(list_of(Acceptance) + "add/", given)

    assert page.context["adminform"].form.errors
    assert Acceptance.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_owner_accepts_one_service_on_its_page(client: Client) -> None:
    service = refused()

    page = press(client, service, "accept", statement=STATEMENT)

    assert "Accepted." in text_of(page)
    service.refresh_from_db()
    assert service.off_reason == ""
    press(client, Acceptance.objects.get(), "withdraw")
    service.refresh_from_db()
    assert service.off_reason == "refused"
    again = press(client, Acceptance.objects.get(), "withdraw")
    assert "This was withdrawn already." in text_of(again)


@pytest.mark.django_db(transaction=True)
def test_names_are_looked_at_before_they_are_rewritten(client: Client) -> None:
    ours = make_service(name="🔥 Ours", set_by_hand=["name"])
    service, other = make_service(name="🔥 Film"), make_service(name="Voice")
    NameRule.objects.create(step="emoji")
    address = reverse("admin:provider_namerule_preview")

    page = text_of(client.get(address))

    assert "1 name would change." in page
    assert "🔥 Film" in page
    assert "Ours" not in page
    service.refresh_from_db()
    assert service.name == "🔥 Film"

    done = client.post(address, follow=True)
    assert "1 service has changed." in text_of(done)
    names = Service.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == [ours.name, "Film", other.name]
    assert "0 names would change." in text_of(client.get(address))


def test_a_preview_counts_all_and_shows_the_first() -> None:
    provider = make_service(name="🔥 Film").routes.get().offer.provider
    for _ in range(SHOWN):
        make_service(name="🔥 Film", provider=provider)
    NameRule.objects.create(step="emoji")

    found = preview()

    assert (found.count, len(found.shown)) == (SHOWN + 1, SHOWN)
    assert found.shown[0][1:] == ("🔥 Film", "Film")


def test_a_rule_without_its_text_is_an_error_of_the_form(client: Client) -> None:
    page = client.post(
        list_of(NameRule) + "add/", {"step": "strip", "text": "", "position": "0"}
    )

    assert page.context["adminform"].form.errors
    assert not NameRule.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_category_is_merged_into_another_on_its_page(client: Client) -> None:
    service = make_service()
    film = Category.objects.create(name="Film")

    page = press(client, film, "merge", into=film.pk)
    assert "Choose another category." in text_of(page)

    page = press(
        client, service.category, "merge", into=film.pk, prices_may_change="on"
    )
    assert "1 service moved to Film." in text_of(page)
    service.refresh_from_db()
    assert service.category == film


def test_categories_are_ordered_by_number(client: Client) -> None:
    film, voice = (Category.objects.create(name=name) for name in ("Film", "Voice"))

    client.post(
        list_of(Category),
        {
            "form-TOTAL_FORMS": "2",
            "form-INITIAL_FORMS": "2",
            "form-0-id": film.pk,
            "form-0-position": "2",
            "form-1-id": voice.pk,
            "form-1-position": "1",
            "_save": "Save",
        },
    )

    names = Category.objects.order_by("position").values_list("name", flat=True)
    assert list(names) == ["Voice", "Film"]
    page = text_of(client.get(list_of(Category)))
    assert 'data-ordering-field="position"' in page


def test_a_pattern_that_may_not_end_is_an_error_of_the_form(client: Client) -> None:
    category = Category.objects.create(name="Film")

    page = save(client, category, link_pattern="(a+)+")

    assert "link_pattern" in page.context["adminform"].form.errors
    category.refresh_from_db()
    assert category.link_pattern == ""


def test_a_service_is_translated_on_its_page(client: Client) -> None:
    service = make_service()

    save(
        client,
        service,
        **{
            "translations-TOTAL_FORMS": "1",
            "translations-0-language": "ko",
            "translations-0-field": "name",
            "translations-0-text": "자막",
        },
    )

    row = Translation.objects.get()
    assert (row.service, row.language, row.text) == (service, "ko", "자막")


@pytest.mark.django_db(transaction=True)
def test_staff_lift_a_stop(client: Client) -> None:
    stop = stop_deliveries(link="https://example.com/name")

    page = press(client, stop, "lift")

    assert "Orders for this page are taken again." in text_of(page)
    assert StoppedLink.objects.get().lifted_by is not None
    assert "This was lifted already." in text_of(press(client, stop, "lift"))
