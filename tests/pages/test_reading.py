"""Looking changes nothing: a page that is read writes no row."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from orders.models import Order
from provider.models import Service
from tests.content.writing import publish_terms
from tests.pages.rows import make_busy_customer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]

WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE")


def refuse_writes(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
) -> Any:
    assert not sql.lstrip().upper().startswith(WRITES), sql
    return execute(sql, params, many, context)


def test_no_page_writes_when_it_is_read() -> None:
    customer = make_busy_customer()
    publish_terms()
    client = Client()
    client.force_login(customer)
    pages = [
        "/orders/new/",
        "/faq/",
        "/news/",
        "/pages/terms/",
        "/sitemap.xml",
        "/sitemap-pages.xml",
        "/robots.txt",
        "/services/?q=sub",
        "/orders/",
        "/orders/new/?q=sub",
        "/orders/mass/",
        "/orders/drip-feed/",
        "/orders/subscriptions/",
        "/refills/",
        "/refunds/",
        "/statement/",
        "/funds/",
        "/account/",
        "/account/2fa/",
        "/account/log-ins/",
        "/account/api/",
        "/account/data/",
        "/account/close/",
        "/api/",
        "/updates/",
        "/notices/",
        "/account/notifications/",
        "/tickets/",
        "/tickets/new/",
    ]
    pages += [f"/tickets/{ticket.pk}/" for ticket in customer.tickets.all()]
    pages += [f"/services/{service.pk}/" for service in Service.objects.all()]
    pages += [f"/orders/{order.pk}/" for order in Order.objects.all()]
    with connection.execute_wrapper(refuse_writes):
        statuses = {page: client.get(page).status_code for page in pages}
        statuses["/"] = Client().get("/").status_code
    assert set(statuses.values()) == {200}
