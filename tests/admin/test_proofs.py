"""What customers show of a transfer, as staff get it: as a file, never as a page."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from payments import actions
from payments.models import Proof, TopUp
from shop.admin import page_of
from tests.admin.acting import log_in, nothing_is_written, text_of
from tests.factories import make_admin, make_customer
from tests.payments.paying import begin, begin_transfer

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


def address_of(proof: Proof, top_up: TopUp | None = None) -> str:
    number = (top_up or proof.top_up).pk
    return reverse("admin:payments_topup_proof", args=[number, proof.pk])


@pytest.mark.parametrize(
    ("content", "content_type", "ending"),
    [
        (b"%PDF-1.7 <html><script>", "application/pdf", "pdf"),
        (b"\x89PNG\r\n\x1a\n<html>", "image/png", "png"),
        (b"\xff\xd8\xff<html>", "image/jpeg", "jpeg"),
    ],
)
def test_a_proof_is_downloaded_as_it_came_and_never_shown_as_a_page(
    client: Client, content: bytes, content_type: str, ending: str
) -> None:
    proof = actions.add_proof(top_up=begin_transfer(), content=content)
    assert address_of(proof) in text_of(client.get(page_of(proof.top_up)))

    with nothing_is_written():
        page = client.get(address_of(proof))

    assert page.content == content
    assert page["Content-Type"] == content_type
    assert page["Content-Disposition"] == (
        f'attachment; filename="proof-{proof.pk}.{ending}"'
    )
    assert page["X-Content-Type-Options"] == "nosniff"


def test_a_proof_is_below_its_own_payment_only(client: Client) -> None:
    proof = actions.add_proof(top_up=begin_transfer(), content=b"%PDF-1.7")
    other = begin_transfer()

    assert client.get(address_of(proof, other)).status_code == 404
    assert address_of(proof) not in text_of(client.get(page_of(other)))
    assert "Proofs of the transfer" not in text_of(client.get(page_of(begin())))


def test_only_staff_who_may_see_payments_get_a_proof() -> None:
    proof = actions.add_proof(top_up=begin_transfer(), content=b"%PDF-1.7")
    staff = make_customer(is_staff=True)

    for user in (staff, make_customer(), proof.top_up.customer):
        page = log_in(user).get(address_of(proof), follow=True)
        assert page.status_code == 403
        assert b"%PDF" not in page.content
    page = Client().get(address_of(proof), follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("account_login"))

    staff.user_permissions.add(Permission.objects.get(codename="view_topup"))
    assert log_in(staff).get(address_of(proof)).content == b"%PDF-1.7"
