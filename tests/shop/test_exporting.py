"""All that the shop knows of somebody, and nothing of anybody else."""

import csv
import io
import json
import zipfile
from decimal import Decimal

import pytest

from accounts import actions
from accounts.models import User
from content import actions as content
from content.enums import Where
from notices.enums import Kind
from notices.models import Notice
from orders import actions as orders
from shop.exporting import export
from tests.content.writing import publish_terms
from tests.factories import make_customer, make_order

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


def taken(user: User) -> zipfile.ZipFile:
    with export(user=user) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    text = archive.read(f"{name}.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_customer_takes_everything_of_theirs() -> None:
    alice = make_customer("alice@example.com", credit="100", name="Alice")
    order = make_order(customer=alice, reference="=1+1")
    orders.keep_draft(
        customer=alice, service=None, fields={"lines": "1"}, charge=Decimal(2)
    )
    orders.cancel_order(order=make_order(customer=alice), by=alice)
    publish_terms()
    content.accept_terms(user=alice, number=1, where=Where.ASKED, address="::1")
    key = actions.rotate_api_key(user=alice)
    Notice.objects.create(
        user=alice, kind=Kind.ACCOUNT, key="a", subject="=HYPERLINK(1)"
    )

    archive = taken(alice)

    assert json.loads(archive.read("profile.json"))["email"] == "alice@example.com"
    exported = rows(archive, "orders")[-1]
    assert (exported["number"], exported["charge"]) == (str(order.pk), "2")
    assert exported["reference"] == "'=1+1"
    changes = [row["change"] for row in rows(archive, "transfers")]
    assert changes == ["2", "-2", "-2", "100"]
    assert [row["charge"] for row in rows(archive, "drafts")] == ["2"]
    accepted = [(row["version"], row["address"]) for row in rows(archive, "terms")]
    assert accepted == [("1", "::1")]
    assert [row["begins_with"] for row in rows(archive, "api-keys")] == [key[:6]]
    assert [row["subject"] for row in rows(archive, "notices")] == ["'=HYPERLINK(1)"]
    assert not any(key.encode() in archive.read(name) for name in archive.namelist())


def test_nobody_takes_anything_of_another() -> None:
    make_order(customer=make_customer(credit="100"))

    archive = taken(make_customer())

    tables = [name for name in archive.namelist() if name.endswith(".csv")]
    assert len(tables) == 10
    assert all(rows(archive, name.removesuffix(".csv")) == [] for name in tables)
