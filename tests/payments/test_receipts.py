"""Receipts: what they say, and who gets one."""

import re

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from payments.gateways.protocol import State
from payments.receipts import receipt
from tests.factories import make_customer
from tests.payments.paying import begin, tell

pytestmark = pytest.mark.django_db(transaction=True)


def texts(pdf: bytes) -> list[str]:
    """Return what is written, line by line; of Korean the codes of its signs."""
    found = re.findall(rb"\(([^\n]*?)\) Tj", pdf)
    return [text.decode("latin-1").replace("\\(", "(") for text in found]


def test_a_receipt_says_what_was_paid_how_and_by_whom(settings: Settings) -> None:
    settings.SHOP_NAME = "Nest"
    top_up = begin(make_customer("ann@example.com"), "12.5", bonus="1")
    tell(top_up, State.PAID)

    said = texts(receipt(top_up=top_up))

    assert said[:2] == ["Nest", "Receipt"]
    for part in (
        str(top_up.pk),
        top_up.reference,
        "ann@example.com",
        "$12.50",
        "$1.00",
        "This receipt confirms a payment. It is no tax invoice.",
    ):
        assert part in said, part
    assert "Refunded" not in said


def test_a_refund_stands_on_the_receipt() -> None:
    top_up = begin()
    tell(top_up, State.PAID)
    tell(top_up, State.REFUNDED, refunded=top_up.total)

    said = texts(receipt(top_up=top_up))

    assert said[said.index("Refunded") + 1] == "$10.00"


def test_a_korean_receipt_has_korean_letters() -> None:
    top_up = begin()
    tell(top_up, State.PAID)

    with translation.override("ko"):
        pdf = receipt(top_up=top_up)

    assert b"HYGothic-Medium" in pdf
    assert "$10.00" in texts(pdf)


def test_what_was_not_paid_has_no_receipt() -> None:
    with pytest.raises(ValueError, match=r"Nothing was paid\."):
        receipt(top_up=begin())


def test_customers_get_their_own_receipts_and_no_others(client: Client) -> None:
    customer = make_customer()
    paid, unpaid = begin(customer), begin(customer)
    strangers = begin(make_customer("eve@example.com"))
    for top_up in (paid, strangers):
        tell(top_up, State.PAID)
    client.force_login(customer)

    page = client.get(f"/funds/{paid.pk}/receipt.pdf")

    assert page.status_code == 200
    assert page["Content-Type"] == "application/pdf"
    assert page.content.startswith(b"%PDF-")
    assert (
        f"/funds/{paid.pk}/receipt.pdf"
        in client.get(f"/funds/{paid.pk}/").content.decode()
    )
    for other in (unpaid, strangers):
        assert client.get(f"/funds/{other.pk}/receipt.pdf").status_code == 404
