"""What crawlers read: addresses in each language, lists of pages, and what is private."""

import re

import pytest
from django.conf import settings
from django.test import Client

from content.enums import PageKind
from shop.views import crawlers
from tests.content.writing import publish_terms, write_page
from tests.factories import make_customer, make_service

pytestmark = pytest.mark.django_db
SITE = settings.SITE_URL


def head(client: Client, address: str) -> str:
    return client.get(address).content.decode().partition("</head>")[0]


def test_a_public_page_names_its_address_in_each_language(client: Client) -> None:
    found = head(client, "/services/?category=3&q=film&sort=name")
    assert f'rel="canonical" href="{SITE}/services/?category=3"' in found
    assert f'hreflang="en" href="{SITE}/services/?category=3"' in found
    assert f'hreflang="ko" href="{SITE}/services/?category=3&amp;lang=ko"' in found
    assert f'hreflang="x-default" href="{SITE}/services/?category=3"' in found
    assert '<meta property="og:title" content="Services">' in found
    assert f'content="{SITE}/static/img/share.png"' in found
    assert "noindex" not in found


def test_an_address_with_a_language_speaks_it_and_so_do_the_next(
    client: Client,
) -> None:
    found = head(client, "/?lang=ko")
    assert '<html lang="ko">' in found
    assert f'rel="canonical" href="{SITE}/?lang=ko"' in found
    assert '<html lang="ko">' in head(client, "/services/")
    assert '<html lang="en">' in head(client, "/services/?lang=en")
    assert '<html lang="en">' in head(client, "/services/?lang=xx")


def test_a_customers_own_language_stays_after_such_an_address(client: Client) -> None:
    customer = make_customer(language="en")
    client.force_login(customer)
    assert '<html lang="ko">' in head(client, "/services/?lang=ko")
    assert '<html lang="en">' in head(client, "/services/")
    customer.refresh_from_db()
    assert customer.language == "en"


@pytest.mark.parametrize("page", ["/orders/", "/funds/", "/account/", "/nowhere/"])
def test_what_is_private_or_not_there_is_not_for_crawlers(
    client: Client, page: str
) -> None:
    client.force_login(make_customer())
    found = head(client, page)
    assert '<meta name="robots" content="noindex">' in found
    assert "canonical" not in found


def test_the_lists_hold_every_public_page_in_every_language(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = [make_service() for _number in range(3)]
    make_service(active=False)
    write_page(slug="about")
    write_page(PageKind.NEWS, "open")
    publish_terms()
    monkeypatch.setattr(crawlers, "CHUNK", 2)
    index = client.get("/sitemap.xml")
    assert index.headers["Content-Type"] == "application/xml"
    lists = re.findall("<loc>(.*?)</loc>", index.content.decode())
    assert lists == [f"{SITE}/sitemap-{part}.xml" for part in ("pages", "1", "2")]
    listed = "".join(
        client.get(address.removeprefix(SITE)).content.decode() for address in lists
    )
    addresses = re.findall("<loc>(.*?)</loc>", listed)
    assert len(addresses) == len(set(addresses))
    for path in [
        "/", "/services/", "/faq/", "/news/", "/news/open/", "/pages/about/",
        "/pages/terms/", *(f"/services/{service.pk}/" for service in services),
    ]:  # fmt: skip
        assert f"{SITE}{path}" in addresses
        assert f"{SITE}{path}?lang=ko" in addresses
    category = services[0].category_id
    assert f"{SITE}/services/?category={category}&amp;lang=ko" in addresses
    assert f"/services/{services[-1].pk + 1}/" not in listed
    for part in (0, 3, 10**18):
        assert client.get(f"/sitemap-{part}.xml").status_code == 404


def test_crawlers_are_told_what_to_leave_alone(client: Client) -> None:
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"] == "text/plain"
    lines = response.content.decode().splitlines()
    assert {"Disallow: /orders/", "Disallow: /admin/"} <= set(lines)
    assert lines[-1] == f"Sitemap: {SITE}/sitemap.xml"
