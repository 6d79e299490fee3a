"""What every page says beyond its content: its language, and what it may load."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import translation

from accounts.actions import choose_language
from accounts.models import User
from shop.middleware import PreferredLanguage
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> User:
    return make_customer()


def policy(client: Client, path: str) -> dict[str, str]:
    """Return the page's Content-Security-Policy, by directive."""
    header = client.get(path).headers["Content-Security-Policy"]
    parts = [part.strip().partition(" ") for part in header.split(";")]
    return {name: value for name, _space, value in parts}


def spoken(client: Client, **headers: str) -> str:
    return client.get("/", headers=headers).headers["Content-Language"]


def test_customers_pages_run_our_own_scripts_only(client: Client) -> None:
    found = policy(client, "/")

    assert found["default-src"] == "'none'"
    assert found["script-src"] == found["style-src"] == "'self'"
    assert found["frame-ancestors"] == "'none'"


def test_a_page_that_is_not_there_has_the_policy_too(client: Client) -> None:
    assert policy(client, "/nowhere")["script-src"] == "'self'"


def test_the_admin_is_loosened_in_scripts_and_styles_only(client: Client) -> None:
    strict, loose = policy(client, "/"), policy(client, "/admin/login/")

    changed = {name for name in strict if strict[name] != loose[name]}
    assert changed == {"script-src", "style-src"}
    assert strict.keys() == loose.keys()


def test_a_visitor_is_spoken_to_as_the_browser_asks(client: Client) -> None:
    assert spoken(client) == "en"
    assert spoken(client, accept_language="ko-KR,en;q=0.5") == "ko"
    assert spoken(client, accept_language="fr") == "en"


def test_a_choice_in_this_browser_counts_more(client: Client) -> None:
    client.post("/language/", {"language": "ko"})

    assert spoken(client, accept_language="en") == "ko"


def test_a_customers_own_choice_counts_most(client: Client, customer: User) -> None:
    choose_language(user=customer, language="en")
    client.force_login(customer)
    client.cookies["django_language"] = "ko"

    assert spoken(client, accept_language="ko") == "en"


def test_a_customer_who_chose_nothing_is_a_visitor(
    client: Client, customer: User
) -> None:
    client.force_login(customer)

    assert spoken(client, accept_language="ko") == "ko"


def test_caches_keep_the_languages_apart(client: Client) -> None:
    varies = client.get("/").headers["Vary"].split(", ")

    assert {"Accept-Language", "Cookie"} <= set(varies)


def test_the_language_ends_with_the_request(customer: User) -> None:
    customer.language = "ko"
    request = HttpRequest()
    request.user = customer
    seen: list[str | None] = []

    def page(_request: HttpRequest) -> HttpResponse:
        seen.append(translation.get_language())
        return HttpResponse()

    response = PreferredLanguage(page)(request)

    assert seen == ["ko"]
    assert response.headers["Content-Language"] == "ko"
    assert translation.get_language() == "en"


@pytest.mark.parametrize("address", ["/services/", "/static/css/shop.css"])
def test_what_a_browser_reads_is_compressed_where_it_takes_that(address: str) -> None:
    plain = Client().get(address)
    packed = Client().get(address, headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.getvalue()) < len(plain.getvalue()) / 2
    assert "Accept-Encoding" in packed.headers["Vary"]
