"""Proofs of bank transfers in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from payments import actions
from payments.enums import DecisionKind
from payments.models import Proof
from tests.factories import make_admin
from tests.pages.test_browser import PHONE
from tests.pages.test_browser import _faults as faults_of
from tests.payments.paying import begin_transfer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _bank(settings: Settings) -> None:
    settings.BANK_ACCOUNTS = {"USD": {"Account": "123-45"}}


def file_of(content: bytes, name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


@pytest.mark.parametrize(
    "options", [{}, {"viewport": PHONE}, {"java_script_enabled": False}]
)
def test_a_proof_is_added_on_the_page_of_a_transfer(
    open_page: Open, options: dict[str, object]
) -> None:
    top_up = begin_transfer()
    page = open_page(top_up.customer, **options)
    page.goto(f"/funds/{top_up.pk}/")

    page.get_by_label("File").set_input_files(file_of(b"%PDF-1.7", "proof.pdf"))
    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_text("The file was added.")).to_be_visible()
    expect(page.locator("#proofs li")).to_contain_text("PDF")
    assert Proof.objects.get().top_up == top_up
    if options.get("java_script_enabled", True):
        assert faults_of(page) == []


def test_the_form_leaves_the_page_by_itself_when_the_money_is_there(
    open_page: Open,
) -> None:
    top_up = begin_transfer()
    page = open_page(top_up.customer)
    page.goto(f"/funds/{top_up.pk}/")
    expect(page.get_by_label("File")).to_be_visible()

    actions.decide(
        top_up=top_up,
        kind=DecisionKind.CONFIRM,
        amount=top_up.total,
        note="seen",
        by=make_admin(),
    )

    expect(page.locator("#top-up")).to_contain_text("The payment has arrived")
    expect(page.get_by_label("File")).to_have_count(0)
