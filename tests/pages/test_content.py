"""What owners write, as its readers see it."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from content import frame
from content.enums import PageKind
from content.models import Acceptance, Operator, Page
from orders.models import Order
from tests.content.writing import draft_terms, publish_terms, write_page
from tests.factories import LINK, make_admin, make_customer, make_service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rings")]


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_a_page_is_read_in_the_readers_language_else_in_the_first(
    client: Client,
) -> None:
    write_page(slug="about", en="About", ko="소개")
    write_page(slug="imprint", en="Imprint")
    assert "<strong>소개</strong>" in text(
        client, "/pages/about/", accept_language="ko"
    )
    page = text(client, "/pages/imprint/", accept_language="ko")
    assert '<article class="panel max-w-3xl p-5 sm:p-8" lang="en">' in page
    assert "Imprint" in page


def test_what_an_owner_writes_is_text_and_never_a_script(client: Client) -> None:
    page = write_page(slug="about", en="<script>alert(1)</script>")
    page.texts.update(body="<script>alert(1)</script> [x](javascript:alert(1))")
    shown = text(client, "/pages/about/")
    assert "<script>alert" not in shown
    assert 'javascript:alert(1)"' not in shown


@pytest.mark.parametrize("kind", ["page", "news"])
def test_a_draft_is_for_staff(client: Client, kind: str) -> None:
    page = write_page(PageKind(kind), "soon", published=False, en="Soon")
    for person in (None, make_customer()):
        if person:
            client.force_login(person)
        assert client.get(page.get_absolute_url()).status_code == 404
        assert client.get("/pages/nowhere/").status_code == 404
    client.force_login(make_admin())
    assert "only staff see it" in text(client, page.get_absolute_url())


def test_kinds_do_not_stand_at_each_others_addresses(client: Client) -> None:
    write_page(PageKind.NEWS, "open", en="We are open")
    write_page(slug="about")
    assert client.get("/pages/open/").status_code == 404
    assert client.get("/news/about/").status_code == 404


def test_questions_are_found_by_every_word(client: Client) -> None:
    write_page(PageKind.FAQ, "cancel", position=2, en="May I cancel an order?")
    write_page(PageKind.FAQ, "order", position=1, en="How do I order?")
    page = text(client, "/faq/")
    assert page.index("How do I order?") < page.index("May I cancel")
    page = text(client, "/faq/?q=ORDER+cancel")
    assert "May I cancel" in page
    assert "How do I order?" not in page
    assert "Nothing matches" in text(client, "/faq/?q=zebra")
    part = text(client, "/faq/?q=cancel", hx_request="true")
    assert part.lstrip().startswith('<div id="questions">')


def test_empty_pages_say_so(client: Client) -> None:
    assert "No questions yet" in text(client, "/faq/")
    assert "No news yet" in text(client, "/news/")


def test_news_come_newest_first(client: Client) -> None:
    write_page(PageKind.NEWS, "old", position=1, en="Old")
    write_page(PageKind.NEWS, "new", position=2, en="New")
    Page.objects.filter(slug="old").update(published_at="2026-01-01T00:00Z")
    page = text(client, "/news/")
    assert page.index("New, in short.") < page.index("Old, in short.")


@pytest.mark.parametrize(
    ("address", "kind"), [("/faq/", PageKind.FAQ), ("/news/", PageKind.NEWS)]
)
def test_lists_ask_as_often_for_three_as_for_one(
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    address: str,
    kind: PageKind,
) -> None:
    write_page(kind, "a")
    client.get(address)
    with django_assert_num_queries(2):
        client.get(address)
    write_page(kind, "b")
    write_page(kind, "c")
    client.get(address)
    with django_assert_num_queries(2):
        client.get(address)


def test_the_footer_names_the_operator_and_links_to_what_there_is(
    client: Client,
) -> None:
    page = text(client, "/services/")
    assert "Business registration number" not in page
    assert 'href="/pages/terms/"' not in page
    assert 'href="/faq/"' not in page
    Operator.objects.create(name="Magpie Ltd", registration_number="123-45-67890")
    publish_terms()
    write_page(PageKind.PRIVACY, "privacy", en="Privacy policy", ko="개인정보")
    write_page(PageKind.FAQ, "why", en="Why?")
    page = text(client, "/services/")
    assert "Magpie Ltd" in page
    assert "123-45-67890" in page
    assert "VAT" not in page
    for address in ("/pages/terms/", "/pages/privacy/", "/faq/"):
        assert f'href="{address}"' in page
    assert "개인정보" in text(client, "/services/", accept_language="ko")


def test_what_stands_around_pages_is_read_once_and_again_when_forgotten(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Operator.objects.create(name="Magpie Ltd")
    frame.forget()
    client.get("/news/")
    with django_assert_num_queries(1):
        assert "Magpie Ltd" in text(client, "/news/")
    Operator.objects.update(name="Jay Ltd")
    frame.forget()
    assert "Jay Ltd" in text(client, "/news/")


def test_a_cache_that_holds_something_else_is_not_believed(client: Client) -> None:
    cache.set("content:frame:en", "nonsense")
    assert client.get("/news/").status_code == 200


def sign_up(client: Client, **fields: str) -> str:
    values = {"email": "new@example.com", "password1": "a good password", **fields}
    return client.post("/account/signup/", values).content.decode()


def test_without_terms_nobody_is_asked_as_they_sign_up(client: Client) -> None:
    assert 'name="terms"' not in text(client, "/account/signup/")
    sign_up(client)
    assert User.objects.count() == 1


def test_who_signs_up_accepts_the_terms(client: Client) -> None:
    publish_terms()
    assert 'href="/pages/terms/"' in text(client, "/account/signup/")
    assert "an account needs them" in sign_up(client, version="1")
    assert User.objects.count() == 0
    sign_up(client, terms="on", version="1")
    row = Acceptance.objects.get()
    assert (row.user.email, row.version.number, row.where, row.address) == (
        "new@example.com", 1, "sign-up", "127.0.0.1",
    )  # fmt: skip


def test_terms_that_were_published_meanwhile_are_read_first(client: Client) -> None:
    publish_terms()
    publish_terms(en="Be honest, please.")
    page = sign_up(client, terms="on", version="1")
    assert "changed meanwhile" in page
    assert re.search(r'name="version" value="2"', page)
    assert not re.search(r'name="terms"[^>]*checked', page)
    assert User.objects.count() == 0


def order(client: Client, service_id: int, **fields: str) -> object:
    values = {"link": LINK, "quantity": "1000", **fields}
    return client.post(f"/services/{service_id}/", values)


def test_an_order_asks_for_new_terms_once(client: Client) -> None:
    service, customer = make_service(), make_customer(credit="10")
    client.force_login(customer)
    assert "you can withdraw" not in text(client, f"/services/{service.pk}/")
    publish_terms()
    page = text(client, f"/services/{service.pk}/")
    assert "you can withdraw" in page
    assert 'name="terms"' in page
    refused = order(client, service.pk).content.decode()  # type: ignore[attr-defined]
    assert "The terms have changed" in refused
    assert Order.objects.count() == 0
    order(client, service.pk, terms="1")
    assert Order.objects.get().terms == 1
    assert Acceptance.objects.get().address == "127.0.0.1"
    page = text(client, f"/services/{service.pk}/")
    assert "you can withdraw" in page
    assert 'name="terms"' not in page


def test_terms_are_read_in_their_versions_and_accepted_there(client: Client) -> None:
    assert client.get("/pages/terms/").status_code == 404
    publish_terms()
    publish_terms(en="Be honest, please.")
    assert "Be honest, please." in text(client, "/pages/terms/")
    old = text(client, "/pages/terms/1/")
    assert "no longer in force" in old
    assert client.get("/pages/terms/3/").status_code == 404
    assert "Accept the terms" not in text(client, "/pages/terms/")
    customer = make_customer()
    client.force_login(customer)
    assert "Accept the terms" in text(client, "/pages/terms/")
    assert "Accept the terms" not in text(client, "/pages/terms/1/")
    client.post("/pages/terms/accept/", {"number": "1"})
    for none in ("x", "9" * 5000):
        client.post("/pages/terms/accept/", {"number": none})
    assert Acceptance.objects.count() == 0
    client.post("/pages/terms/accept/", {"number": "2"})
    row = Acceptance.objects.get()
    assert (row.user, row.version.number, row.where) == (customer, 2, "asked")
    assert "Accept the terms" not in text(client, "/pages/terms/")


def test_a_draft_of_the_terms_is_for_staff(client: Client) -> None:
    draft = draft_terms()
    client.force_login(make_customer())
    assert client.get(draft.get_absolute_url()).status_code == 404
    client.force_login(make_admin())
    assert "only staff see it" in text(client, draft.get_absolute_url())


def test_a_visitor_accepts_nothing(client: Client) -> None:
    publish_terms()
    response = client.post("/pages/terms/accept/", {"number": "1"})
    assert re.match("/account/login/", response.headers["Location"])
    assert Acceptance.objects.count() == 0
