"""What comes in at the door: forms, JSON and query strings, good and bad."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orders.models import Order
from provider.models import Service
from tests.api.callers import URL, Caller, nothing_happens
from tests.factories import LINK

FORM = "application/x-www-form-urlencoded"
BALANCE = {"balance": "100", "currency": "USD"}


def send(
    body: bytes | str = b"",
    kind: str = "application/json",
    query: str = "",
    method: str = "POST",
    **extra: Any,
) -> Any:
    """Send a raw request and return the JSON of its reply."""
    raw = body.encode() if isinstance(body, str) else body
    address = f"{URL}?{query}" if query else URL
    reply = Client().generic(method, address, raw, content_type=kind, **extra)
    assert reply.status_code == 200
    return json.loads(reply.content)


def in_json(caller: Caller, action: str, **fields: Any) -> Any:
    return send(json.dumps({"key": caller.key, "action": action, **fields}))


# --- Ways to say the same ---------------------------------------------------------


@pytest.mark.parametrize("address", ["/api/v2", "/api/v2/"])
def test_with_and_without_the_trailing_slash(alice: Caller, address: str) -> None:
    fields = {"key": alice.key, "action": "balance"}

    assert Client().post(address, fields).json() == BALANCE
    assert Client().get(address, fields).json() == BALANCE


@pytest.mark.parametrize("action", ["balance", "BALANCE", "Balance", " balance "])
def test_the_action_may_be_in_any_case(alice: Caller, action: str) -> None:
    assert alice(action) == BALANCE


def test_a_form_of_parts_is_a_form(alice: Caller) -> None:
    # Django's test client sends these unless told otherwise; PHP does for arrays.
    reply = Client().post(URL, {"key": alice.key, "action": "balance"})

    assert reply.request["CONTENT_TYPE"].startswith("multipart/form-data")
    assert reply.json() == BALANCE


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=UTF-8", ""])
def test_a_plain_form(alice: Caller, kind: str) -> None:
    assert send(f"key={alice.key}&action=balance", kind) == BALANCE


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", FORM, ""])
def test_json_even_where_the_client_forgets_to_say_so(alice: Caller, kind: str) -> None:
    body = json.dumps({"key": alice.key, "action": "balance"})

    assert send(f"\ufeff {body}\n", kind) == BALANCE


def test_the_query_string_and_the_body_add_up(alice: Caller) -> None:
    assert send(f"key={alice.key}", FORM, query="action=balance") == BALANCE


def test_an_order_in_json_with_numbers(alice: Caller, service: Service) -> None:
    reply = in_json(alice, "add", service=service.pk, link=LINK, quantity=1000)

    assert reply == {"order": Order.objects.get().pk}


def test_an_order_by_get(alice: Caller, service: Service) -> None:
    order = {"service": service.pk, "link": LINK, "quantity": "1000"}
    fields: dict[str, Any] = {"key": alice.key, "action": "add", **order}

    reply = Client().get(URL, fields)

    assert reply.json() == {"order": Order.objects.get().pk}
    assert "no-store" in reply["Cache-Control"]


def test_null_counts_as_absent(alice: Caller, service: Service) -> None:
    fields = {"service": service.pk, "link": LINK, "quantity": 1000}

    in_json(alice, "add", **fields, runs=None, interval=None)

    assert Order.objects.get().runs is None


def test_ids_in_json_may_be_a_list(alice: Caller) -> None:
    assert list(in_json(alice, "status", orders=[900, "901"])) == ["900", "901"]


def test_a_file_among_the_parts_is_ignored(alice: Caller) -> None:
    upload = SimpleUploadedFile("notes.txt", b"text")

    assert alice("balance", notes=upload) == BALANCE


def test_the_reply_is_compact_json_in_utf_8(alice: Caller, service: Service) -> None:
    Service.objects.update(name="자막")

    reply = Client().post(URL, {"key": alice.key, "action": "services"})

    assert "자막" in reply.content.decode()
    assert b": " not in reply.content.replace(b"Subtitles: ", b"")
    assert reply["Content-Language"] == "en"
    assert reply.cookies == {}


# --- What is refused --------------------------------------------------------------


@pytest.mark.parametrize("action", ["", "orders", "balance\x01", "__init__", "잔액"])
def test_an_unknown_action_is_refused(alice: Caller, action: str) -> None:
    assert alice(action) == {"error": "Incorrect request: no such action"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(alice: Caller, method: str) -> None:
    reply = send(query=f"key={alice.key}&action=balance", method=method)

    assert reply == {"error": "Incorrect request: use POST or GET"}


def test_a_head_orders_nothing(alice: Caller, service: Service) -> None:
    fields = {"service": service.pk, "link": LINK, "quantity": 1000}

    with nothing_happens():
        Client().head(URL, {"key": alice.key, "action": "add", **fields})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("{", "the JSON cannot be read"),
        ("{'key': 'x'}", "the JSON cannot be read"),
        ('{"key": NaN}', "the JSON cannot be read"),
        ("[" * 100_000, "the JSON cannot be read"),
        ('{"key":' * 100_000, "the JSON cannot be read"),
        ("[]", "the JSON is not an object"),
        ('[{"key": "x"}]', "the JSON is not an object"),
        ("null", "the JSON is not an object"),
        ('"key"', "the JSON is not an object"),
        ("9" * 10_000, "the JSON is not an object"),
        ('{"key": {}}', "a parameter is neither text nor a number"),
        ('{"key": ["x"]}', "a parameter is neither text nor a number"),
        ('{"orders": [[1]]}', "a parameter is neither text nor a number"),
        ('{"orders": [null]}', "a parameter is neither text nor a number"),
        ('{"order": true}', "a parameter is neither text nor a number"),
        ('{"key": "x", "key": "y"}', "a parameter is given twice"),
        ('{"key": "a\\u0000b"}', "a parameter is not valid UTF-8 text"),
        ('{"key": "\\ud800"}', "a parameter is not valid UTF-8 text"),
        (b'{"key": "\xff"}', "a parameter is not valid UTF-8 text"),
    ],
)
def test_bad_json_is_refused(body: bytes | str, error: str) -> None:
    assert send(body) == {"error": f"Incorrect request: {error}"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"key=\xff", "a parameter is not valid UTF-8 text"),
        (b"key=%ff", "a parameter is not valid UTF-8 text"),
        (b"key=a%00b", "a parameter is not valid UTF-8 text"),
        (b"key=a&key=b", "a parameter is given twice"),
        (b"&".join(b"a%d=1" % n for n in range(201)), "the form cannot be read"),
    ],
)
def test_a_bad_form_is_refused(body: bytes, error: str) -> None:
    refusal = {"error": f"Incorrect request: {error}"}

    assert send(body, FORM) == refusal
    # As WSGI hands bytes over.
    query = {"QUERY_STRING": body.decode("latin-1")}
    assert send(method="GET", **query) == refusal


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"x", "multipart/form-data", "the form cannot be read"),
        (b"x", "multipart/form-data; boundary=\xe9", "the form cannot be read"),
        (b"\xff\xfe", "multipart/form-data; boundary=b", "a parameter is not valid"),
        (b"<key/>", "text/xml", "send a form or JSON"),
        (b"key=x", "text/plain", "send a form or JSON"),
    ],
)
def test_a_body_of_another_kind_is_refused(body: bytes, kind: str, error: str) -> None:
    assert send(body, kind)["error"].startswith(f"Incorrect request: {error}")


def test_parts_that_name_a_field_twice_are_refused(alice: Caller) -> None:
    reply = alice("add", quantity=["1000", "2000"])

    assert reply == {"error": "Incorrect request: a parameter is given twice"}


def test_the_query_string_and_the_body_may_not_disagree(alice: Caller) -> None:
    with nothing_happens():
        reply = send(f"key={alice.key}&action=cancel", FORM, query="action=balance")

    assert reply == {"error": "Incorrect request: a parameter is given twice"}


def test_a_huge_body_is_refused(alice: Caller) -> None:
    body = f"key={alice.key}&action=balance&link={'x' * 3_000_000}"

    assert send(body, FORM) == {"error": "Incorrect request: too large"}


def test_a_body_without_a_length_is_refused(alice: Caller) -> None:
    body = f"key={alice.key}&action=balance"

    reply = send(body, FORM, HTTP_TRANSFER_ENCODING="chunked")

    assert reply == {"error": "Incorrect request: send a Content-Length"}


@pytest.mark.parametrize("announced", ["1000", "many"])
def test_half_a_body_orders_nothing(
    alice: Caller, service: Service, announced: str
) -> None:
    body = f"key={alice.key}&action=add&service={service.pk}&link={LINK}&quantity=1000"
    cut: dict[str, Any] = {
        "CONTENT_LENGTH": announced,
        "wsgi.input": BytesIO(body.encode()),
    }

    with nothing_happens():
        reply = send(body, FORM, **cut)

    assert reply == {"error": "Incorrect request: incomplete"}


@pytest.mark.parametrize("quantity", [1000.0, -1000, True, [1000], {"n": 1000}])
def test_a_quantity_in_json_must_be_whole(
    alice: Caller, service: Service, quantity: object
) -> None:
    with nothing_happens():
        reply = in_json(alice, "add", service=service.pk, link=LINK, quantity=quantity)

    assert reply["error"].startswith("Incorrect ")
