"""A bank's statement in the admin: what it comes to, and crediting what matches."""

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from payments.admin import statements
from payments.gateways.bank.codes import code_of
from payments.gateways.bank.statements import MOST_BYTES
from payments.models import Decision, TopUp
from shop.admin import page_of
from tests.admin.acting import list_of, log_in, nothing_is_written, press, text_of
from tests.factories import make_admin, make_customer
from tests.payments.paying import begin, begin_transfer, buckets

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture(autouse=True)
def _gateways(settings: Settings) -> None:
    settings.DEMO = True
    settings.BANK_ACCOUNTS = {"USD": {"Account": "123-45"}}


@pytest.fixture
def client() -> Client:
    return log_in(make_admin())


def page_address() -> str:
    return reverse("admin:payments_topup_statement")


def row_of(top_up: TopUp, amount: str = "10") -> str:
    return f"2026.11.26,{code_of(top_up.reference)},{amount}"


def upload(client: Client, *rows: str, gateway: str = "bank", data: bytes = b"") -> Any:
    """Upload a statement; return the page that follows."""
    data = data or "\n".join(["거래일시,적요,입금액", *rows]).encode("cp949")
    file = SimpleUploadedFile("statement.csv", data, content_type="text/csv")
    with nothing_is_written():
        return client.post(page_address(), {"gateway": gateway, "file": file})


def results(page: Any) -> list[list[str]]:
    """Return the row, the payment and the result of each line that a page shows."""
    return [
        [re.sub(r"<[^>]*>", "", unescape(str(row[at]))).strip() for at in (0, 3, 5)]
        for row in page.context["tables"][0].rows
    ]


def test_the_list_of_payments_leads_to_the_page(client: Client) -> None:
    assert page_address() in text_of(client.get(list_of(TopUp)))

    with nothing_is_written():
        page = client.get(page_address())
    assert page.status_code == 200
    assert page.context["form"]["gateway"].value() == "bank"
    assert "Credit those that match" not in text_of(page)


def test_each_line_shows_what_it_comes_to_and_nothing_is_credited(
    client: Client,
) -> None:
    paid, waiting, other = (begin_transfer(amount="10") for _ in range(3))
    press(client, paid, "confirm", note="seen")

    page = upload(
        client,
        row_of(paid),
        row_of(waiting),
        row_of(waiting),
        row_of(other, "9"),
        "2026.11.26,<b>Kim</b>,7",
    )

    assert results(page) == [
        ["3", str(waiting), "paid, and not credited"],
        ["4", str(waiting), "paid a second time"],
        ["5", str(other), "another amount or currency"],
        ["6", "–", "of no payment of ours"],
        ["2", str(paid), "credited"],
    ]
    assert page_of(waiting) in text_of(page)
    assert "<b>Kim</b>" not in text_of(page)
    assert "Lines: 5. Paid and not credited: 1." in text_of(page)
    assert buckets(waiting.customer) == {}


def test_those_that_match_are_credited_and_much_waits_for_a_second_person(
    client: Client, settings: Settings
) -> None:
    settings.TOPUP_FOUR_EYES = Decimal(50)
    little, much, other = (begin_transfer(amount=sum_) for sum_ in ("10", "50", "10"))
    shown = upload(
        client, row_of(little), row_of(much, "50"), row_of(other, "9")
    ).context["shown"]

    said = text_of(client.post(page_address(), {"shown": shown}, follow=True))

    assert f"Credited. Payments: {little.pk}." in said
    assert f"Another person must approve it. Payments: {much.pk}." in said
    assert buckets(little.customer) == {"paid": 10}
    assert (buckets(much.customer), buckets(other.customer)) == ({}, {})
    assert list(
        Decision.objects.order_by("pk").values_list("top_up", "note", "needed")
    ) == [
        (little.pk, "row 2 of the statement", 1),
        (much.pk, "row 3 of the statement", 2),
    ]

    second = log_in(make_admin("other@example.com"))
    press(second, Decision.objects.get(closed_at=None), "approve")
    assert buckets(much.customer) == {"paid": 50}


def test_crediting_twice_credits_once(client: Client) -> None:
    top_up = begin_transfer()
    shown = upload(client, row_of(top_up)).context["shown"]
    client.post(page_address(), {"shown": shown})

    said = text_of(client.post(page_address(), {"shown": shown}, follow=True))

    assert f"This payment was credited already. Payments: {top_up.pk}." in said
    assert buckets(top_up.customer) == {"paid": 10}
    assert Decision.objects.count() == 1


def test_nobody_credits_a_payment_of_their_own_by_a_statement() -> None:
    staff = make_admin()
    top_up = begin_transfer(customer=staff)
    client = log_in(staff)

    shown = upload(client, row_of(top_up)).context["shown"]
    said = text_of(client.post(page_address(), {"shown": shown}, follow=True))

    assert "Another person must approve it." in said
    assert buckets(staff) == {}


def test_what_another_was_shown_or_nobody_was_credits_nothing(client: Client) -> None:
    top_up = begin_transfer()
    shown = upload(client, row_of(top_up)).context["shown"]
    other = log_in(make_admin("other@example.com"))

    for browser, sent in ((other, shown), (client, f"{shown}x"), (client, "")):
        with nothing_is_written():
            page = browser.post(page_address(), {"shown": sent}, follow=True)
        assert "Nothing was credited" in text_of(page)
    assert not Decision.objects.exists()
    assert buckets(top_up.customer) == {}


def test_payments_through_other_gateways_are_shown_and_not_credited(
    client: Client,
) -> None:
    top_up = begin(amount="10")

    page = upload(
        client, gateway="test", data=f"amount,text\n10,{top_up.reference}\n".encode()
    )

    assert results(page) == [["2", str(top_up), "paid, and not credited"]]
    assert page.context["shown"] == ""
    assert "Credit those that match" not in text_of(page)
    assert "Only bank transfers are credited here." in text_of(page)


@pytest.mark.parametrize(
    ("gateway", "data", "fault"),
    [
        ("bank", b"\x81", "The file is neither in UTF-8 nor in CP949."),
        ("bank", b"a,b\n1,2\n", "No heading names a date and an amount."),
        ("bank", b"x" * (MOST_BYTES + 1), "The file is too large."),
        ("test", b"amount\nten\n", "Row 2: the amount is no number."),
        ("stripe", b"amount\n10\n", "Select a valid choice."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_fault(
    client: Client, gateway: str, data: bytes, fault: str
) -> None:
    page = upload(client, gateway=gateway, data=data)

    assert page.status_code == 200
    assert fault in text_of(page)
    assert "tables" not in page.context
    assert not Decision.objects.exists()


def test_a_file_must_be_chosen_and_must_not_be_empty(client: Client) -> None:
    with nothing_is_written():
        without = client.post(page_address(), {"gateway": "bank"})
        empty = client.post(
            page_address(),
            {"gateway": "bank", "file": SimpleUploadedFile("statement.csv", b"")},
        )

    assert "This field is required." in text_of(without)
    assert "The submitted file is empty." in text_of(empty)


def test_who_may_only_look_neither_compares_nor_credits(client: Client) -> None:
    top_up = begin_transfer()
    shown = upload(client, row_of(top_up)).context["shown"]
    looker = make_customer(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_topup"))
    browser = log_in(looker)

    assert page_address() not in text_of(browser.get(list_of(TopUp)))
    assert upload(browser, row_of(top_up)).status_code == 403
    with nothing_is_written():
        page = browser.post(page_address(), {"shown": shown})
    assert page.status_code == 403


def test_a_post_from_elsewhere_credits_nothing(client: Client) -> None:
    top_up = begin_transfer()
    shown = upload(client, row_of(top_up)).context["shown"]
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = client.cookies

    with nothing_is_written():
        page = careful.post(page_address(), {"shown": shown})

    assert page.status_code == 403
    assert buckets(top_up.customer) == {}


def test_what_a_page_does_not_show_it_does_not_credit(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SHOWN", 1)
    first, second = begin_transfer(), begin_transfer()

    page = upload(client, row_of(first), row_of(second))
    client.post(page_address(), {"shown": page.context["shown"]})

    assert "Not shown, and not credited from this page: 1." in text_of(page)
    assert [row[0] for row in results(page)] == ["2"]
    assert buckets(first.customer) == {"paid": 10}
    assert buckets(second.customer) == {}
