"""Customers show that they have sent a bank transfer; nothing is credited by it."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from notices.models import Notice
from payments import actions
from payments.enums import DecisionKind, ProofKind, TopUpState
from payments.models import Proof, TopUp, TopUpEvent
from shop.attachments import MOST_BYTES
from tests.factories import make_admin, make_customer
from tests.payments.paying import begin, begin_transfer, buckets
from tests.threads import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]

PDF = b"%PDF-1.7\n..."
PNG = b"\x89PNG\r\n\x1a\n..."
JPEG = b"\xff\xd8\xff\xe0..."


@pytest.fixture(autouse=True)
def _bank(settings: Settings) -> None:
    settings.BANK_ACCOUNTS = {"USD": {"Account": "123-45"}}


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def upload(
    top_up: TopUp,
    content: bytes,
    *,
    by: User | None = None,
    name: str = "proof.pdf",
    content_type: str = "application/pdf",
) -> Any:
    """Upload a file on the page of a payment; return the page that follows."""
    file = SimpleUploadedFile(name, content, content_type=content_type)
    client = signed_in(by or top_up.customer)
    return client.post(f"/funds/{top_up.pk}/proof/", {"file": file}, follow=True)


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


def kept() -> tuple[int, int]:
    """Return how many proofs and lines of history there are."""
    return Proof.objects.count(), TopUpEvent.objects.count()


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, ProofKind.PDF), (PNG, ProofKind.PNG), (JPEG, ProofKind.JPEG)],
)
def test_a_file_is_kept_as_it_came_and_credits_nothing(
    content: bytes, kind: ProofKind
) -> None:
    top_up = begin_transfer()

    page = upload(top_up, content, name="a.html", content_type="text/html")

    assert "The file was added." in text_of(page)
    assert f"<li>{kind.label}, " in text_of(page)
    proof = Proof.objects.get()
    assert (proof.top_up, proof.kind, bytes(proof.content), proof.size) == (
        top_up, kind, content, len(content),
    )  # fmt: skip
    event = TopUpEvent.objects.latest("pk")
    assert (event.old, event.new, event.reason, event.by) == (
        "pending", "pending", "proof of the transfer added", top_up.customer,
    )  # fmt: skip
    alert = Notice.objects.get(user=None)
    assert alert.subject == f"Top-up {top_up.pk} (bank): a proof was added"
    top_up.refresh_from_db()
    assert top_up.state == TopUpState.PENDING
    assert buckets(top_up.customer) == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><script>alert(1)</script>", "neither a PDF nor a PNG or JPEG"),
        (b"GIF89a", "neither a PDF nor a PNG or JPEG"),
        (b" %PDF-1.7", "neither a PDF nor a PNG or JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither a PDF nor a PNG"),
        (b"", "neither a PDF nor a PNG or JPEG"),
        (PDF.ljust(MOST_BYTES + 1, b"x"), "larger than 5 MB"),
    ],
    ids=["html", "gif", "space", "svg", "empty", "large"],
)
def test_a_file_of_another_kind_or_size_is_not_kept(content: bytes, words: str) -> None:
    top_up = begin_transfer()
    before = kept()

    page = upload(top_up, content)

    assert words in text_of(page)
    assert kept() == before


def test_the_largest_file_is_kept() -> None:
    upload(begin_transfer(), PDF.ljust(MOST_BYTES, b"x"))

    assert Proof.objects.get().size == MOST_BYTES


def test_a_form_without_a_file_keeps_nothing() -> None:
    top_up = begin_transfer()
    before = kept()
    client = signed_in(top_up.customer)

    for data in ({}, {"file": "%PDF-1.7"}):
        page = client.post(f"/funds/{top_up.pk}/proof/", data, follow=True)
        assert "Please choose a file." in text_of(page)
    assert kept() == before


def test_a_fourth_file_is_not_kept() -> None:
    top_up = begin_transfer()
    for _ in range(2):
        assert 'type="file"' in text_of(upload(top_up, PDF))
    assert 'type="file"' not in text_of(upload(top_up, PNG))
    before = kept()

    page = upload(top_up, PDF)

    assert "At most 3 files can be added." in text_of(page)
    assert kept() == before
    assert list(Proof.objects.order_by("pk").values_list("position", "kind")) == [
        (1, "pdf"), (2, "pdf"), (3, "png"),
    ]  # fmt: skip


def test_of_four_files_at_once_three_are_kept() -> None:
    top_up = begin_transfer()

    def add() -> bool:
        try:
            actions.add_proof(top_up=top_up, content=PDF)
        except actions.PaymentError:
            return False
        return True

    assert sorted(together(add, add, add, add)) == [False, True, True, True]
    assert sorted(Proof.objects.values_list("position", flat=True)) == [1, 2, 3]


def test_nobody_adds_a_file_to_the_payment_of_another() -> None:
    top_up = begin_transfer()
    before = kept()

    assert upload(top_up, PDF, by=make_customer()).status_code == 404
    assert upload(top_up, PDF, by=make_admin()).status_code == 404
    page = Client().post(f"/funds/{top_up.pk}/proof/", {"file": ""})
    assert page.status_code == 302
    assert page["Location"].startswith(reverse("account_login"))
    assert kept() == before


def test_only_bank_transfers_take_files(settings: Settings) -> None:
    settings.DEMO = True
    top_up = begin()
    before = kept()

    assert "This payment takes no proof of a transfer." in text_of(upload(top_up, PDF))

    assert kept() == before
    page = signed_in(top_up.customer).get(f"/funds/{top_up.pk}/")
    assert 'id="proofs"' not in text_of(page)


@pytest.mark.parametrize("state", [TopUpState.PAID, TopUpState.EXPIRED])
def test_a_payment_that_is_not_open_takes_no_file(state: TopUpState) -> None:
    top_up = begin_transfer()
    if state == TopUpState.PAID:
        credit(top_up)
    else:
        TopUp.objects.filter(pk=top_up.pk).update(state=state, next_at=None)
    before = kept()

    page = upload(top_up, PDF)

    assert "This payment takes no proof of a transfer." in text_of(page)
    assert 'type="file"' not in text_of(page)
    assert kept() == before


def test_the_form_leaves_the_page_when_the_transfer_has_arrived() -> None:
    top_up = begin_transfer()
    client = signed_in(top_up.customer)
    page = client.get(f"/funds/{top_up.pk}/")
    assert 'enctype="multipart/form-data"' in text_of(page)
    credit(top_up)

    seen = page.context["seen"]
    page = client.get(
        f"/funds/{top_up.pk}/?seen={seen}", headers={"HX-Request": "true"}
    )

    assert '<div id="proofs" hx-swap-oob="true"></div>' in text_of(page)
    assert 'type="file"' not in text_of(page)


def test_a_post_from_elsewhere_adds_nothing() -> None:
    top_up = begin_transfer()
    before = kept()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(top_up.customer)

    file = SimpleUploadedFile("proof.pdf", PDF)
    page = careful.post(f"/funds/{top_up.pk}/proof/", {"file": file})

    assert page.status_code == 403
    assert kept() == before
    assert careful.get(f"/funds/{top_up.pk}/proof/").status_code == 405


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("proof_few_per_top_up", {"position": 0}),
        ("proof_few_per_top_up", {"position": 4}),
        ("proof_one_per_position", {"position": 1}),
        ("proof_size_bounded", {"content": b""}),
        ("proof_size_bounded", {"content": b"x" * (MOST_BYTES + 1)}),
        ("proof_kind_known", {"kind": "html"}),
    ],
)
def test_the_database_refuses_what_is_no_proof(
    constraint: str, fields: dict[str, Any]
) -> None:
    first = actions.add_proof(top_up=begin_transfer(), content=PDF)
    values: dict[str, Any] = {"position": 2, "kind": "pdf", "content": PDF, **fields}

    with pytest.raises(IntegrityError, match=constraint):
        Proof.objects.create(top_up=first.top_up, **values)


def credit(top_up: TopUp) -> None:
    """Let staff credit a transfer."""
    actions.decide(
        top_up=top_up,
        kind=DecisionKind.CONFIRM,
        amount=top_up.total,
        note="seen",
        by=make_admin(),
    )
