"""Looking changes nothing: a page that is read writes no row."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from orders.models import Order
from payments.enums import TopUpState
from payments.models import TopUp
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


def pages_of(customer: User) -> list[str]:
    """Return every page that a customer may read."""
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
    pages += [f"/funds/{top_up.pk}/" for top_up in customer.top_ups.all()]
    return pages


def read_by(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def test_no_page_writes_when_it_is_read() -> None:
    customer = make_busy_customer()
    publish_terms()
    client, pages = read_by(customer), pages_of(customer)
    with connection.execute_wrapper(refuse_writes):
        statuses = {page: client.get(page).status_code for page in pages}
        statuses["/"] = Client().get("/").status_code
    assert set(statuses.values()) == {200}


# What the shop calls things among its own people.
OF_THE_HOUSE = re.compile(r"\b(failed|unknown|held|flagged)\b", re.IGNORECASE)


def test_customers_never_read_what_the_house_calls_things() -> None:
    customer = make_busy_customer()
    for number, state in enumerate(TopUpState):
        paid = state in (TopUpState.PAID, TopUpState.REFUNDED, TopUpState.DISPUTED)
        TopUp.objects.create(
            customer=customer,
            gateway="bank",
            reference=f"reference {number}",
            currency="USD",
            amount=10,
            state=state,
            dispute="open" if state == TopUpState.DISPUTED else "",
            refunded=10 if state == TopUpState.REFUNDED else 0,
            paid_at=Now() if paid else None,
            next_at=None if paid else Now(),
            flagged_at=Now(),
            flag_reason="another amount",
        )
    client, found = read_by(customer), {}
    for page in pages_of(customer):
        text = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", client.get(page).text)
        if words := OF_THE_HOUSE.findall(text):
            found[page] = words
    assert found == {}
