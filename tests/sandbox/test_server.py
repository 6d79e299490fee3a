"""The HTTP side over a real line: good calls, and everything that is none."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from http.client import HTTPConnection, RemoteDisconnected
from urllib.parse import urlsplit

import pytest

from sandbox.faults import Call, Faults, HangUp, Reply
from sandbox.server import LARGEST_BODY, running
from sandbox.vendor import Vendor
from tests.sandbox.practice import LINK, form, send

ADD = form(action="add", service=7, link=LINK, quantity=100)


def raw(url: str, request: bytes) -> bytes:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.parametrize("path", ["/api/v2", "/", "/api2/v2?x=1", "//a//b"])
def test_a_form_is_answered_in_json_at_any_path(url: str, path: str) -> None:
    answer = send(url, path=path, body=form(action="balance"))

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"balance": "10000.00000", "currency": "USD"}


def test_one_connection_serves_many_calls(url: str, vendor: Vendor) -> None:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    numbers = []
    for _ in range(20):
        connection.request("POST", "/api/v2", ADD, headers)
        numbers.append(json.loads(connection.getresponse().read())["order"])
    connection.close()

    assert numbers == list(range(23501, 23521))


def test_korean_text_travels_both_ways(url: str, vendor: Vendor) -> None:
    fields = {"service": 7, "link": LINK, "quantity": 100, "comments": "안녕하세요"}

    answer = send(url, body=form(action="add", **fields))

    assert vendor.orders[answer.json()["order"]].fields["comments"] == "안녕하세요"
    assert "안녕하세요".encode() in send(url, method="GET", path="/_book").body


def test_the_first_page_says_what_this_is(url: str) -> None:
    answer = send(url, method="GET", path="/")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"a provider to practise on" in answer.body


def test_the_book_counts_every_call(url: str) -> None:
    send(url, body=ADD)
    for action in ("balance", "balance", "nonsense", "services"):
        send(url, body=form(action=action))
    send(url, body="key=wrong&action=balance")

    whole = send(url, method="GET", path="/_book").json()

    assert whole["calls"] == {"add": 1, "balance": 3, "unknown": 1, "services": 1}
    assert whole["links"] == {LINK: [23501]}


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"", "application/x-www-form-urlencoded", "Invalid API key"),
        (b"\x00\xff\xfe%%%zz&&==", "application/x-www-form-urlencoded", "Invalid API"),
        (b"action=balance", "application/x-www-form-urlencoded", "Invalid API key"),
        (b"a=1&" * 300, "application/x-www-form-urlencoded", "Incorrect request"),
        (b'{"key": "practice"}', "application/json", "Incorrect request: not a form"),
        (ADD.encode(), "text/plain", "Incorrect request: not a form"),
        (b"x" * (LARGEST_BODY + 1), "", "Incorrect request: too large"),
    ],
)
def test_a_body_that_is_no_call_gets_an_error(
    url: str, vendor: Vendor, body: bytes, content_type: str, error: str
) -> None:
    answer = send(url, body=body, content_type=content_type)

    assert answer.status == 200
    assert answer.json()["error"].startswith(error)
    assert vendor.orders == {}


def test_a_field_given_twice_counts_the_first_time(url: str) -> None:
    answer = send(url, body=form(action="balance") + "&action=services&key=wrong")

    assert "balance" in answer.json()


def test_a_get_with_a_call_in_its_query_is_refused(url: str, vendor: Vendor) -> None:
    answer = send(url, method="GET", path=f"/api/v2?{ADD}")

    assert answer.json() == {"error": "Incorrect request: POST a form"}
    assert vendor.orders == {}


def test_a_get_with_a_body_does_not_smuggle_a_call(url: str, vendor: Vendor) -> None:
    inner = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(ADD)}\r\n\r\n{ADD}"
    head = f"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(inner)}\r\n\r\n"

    reply = raw(url, (head + inner).encode())

    assert reply.count(b"HTTP/1.1 ") == 1
    assert vendor.orders == {}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "NONSENSE"])
def test_another_method_is_refused(url: str, method: str) -> None:
    answer = send(url, method=method, body=ADD)

    assert answer.status == 501
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(
    "head",
    [
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: ten\r\n\r\n",
        f"POST / HTTP/1.1\r\nContent-Length: {'9' * 5000}\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GIBBERISH\r\n\r\n",
        "POST / HTTP/9.9\r\n\r\n",
        f"POST /{'a' * 70_000} HTTP/1.1\r\n\r\n",
        f"POST / HTTP/1.1\r\nX: {'a' * 70_000}\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_an_error_and_the_line_is_closed(
    url: str, head: str
) -> None:
    reply = raw(url, head.encode())

    assert b'{"error": ' in reply
    assert b"Traceback" not in reply


def test_half_a_form_never_becomes_an_order(url: str, vendor: Vendor) -> None:
    head = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(ADD) + 1}\r\n\r\n"

    assert raw(url, (head + ADD).encode()) == b""
    assert vendor.orders == {}


class DropsAfter(Faults):
    """Accepts, and hangs up instead of answering."""

    def after(self, call: Call, reply: Reply) -> Reply:
        raise HangUp


class AnswersBefore(Faults):
    """Answers in the vendor's place."""

    def before(self, call: Call) -> Reply:
        return Reply(b"<html>Just a moment", 503, "text/html")


def test_a_plan_of_faults_can_hang_up_after_accepting(vendor: Vendor) -> None:
    with running(vendor, DropsAfter()) as url, pytest.raises(RemoteDisconnected):
        send(url, body=ADD)

    order = vendor.orders[23501]
    assert (order.given, order.fault) == ("", "hang_up")


def test_a_plan_of_faults_can_answer_in_the_vendors_place(vendor: Vendor) -> None:
    with running(vendor, AnswersBefore()) as url:
        answer = send(url, body=ADD)

    assert (answer.status, answer.body) == (503, b"<html>Just a moment")
    assert vendor.orders == {}
    assert vendor.calls == {"add": 1}
    assert vendor.refused == {"fault:answer": 1}


@pytest.mark.parametrize(
    ("query", "orders"),
    [
        ("", [23501, 23502]),
        ("?since=23501", [23502]),
        ("?since=23502", []),
        ("?since=", [23501, 23502]),
        ("?since=nonsense", [23501, 23502]),
        ("?other=1", [23501, 23502]),
    ],
)
def test_the_book_can_be_read_from_an_order_on(
    url: str, query: str, orders: list[int]
) -> None:
    send(url, body=ADD)
    send(url, body=ADD)

    whole = send(url, method="GET", path=f"/_book{query}").json()

    assert [row["order"] for row in whole["orders"]] == orders


def test_thirty_two_clients_and_a_reader_of_the_book_agree(
    url: str, vendor: Vendor
) -> None:
    with ThreadPoolExecutor(32) as pool:
        answers = [pool.submit(send, url, body=ADD) for _ in range(320)]
        books = [send(url, method="GET", path="/_book").json() for _ in range(10)]
        given = sorted(answer.result().json()["order"] for answer in answers)

    books.append(send(url, method="GET", path="/_book").json())
    for whole in books:
        accepted = len(whole["orders"])
        assert Decimal(whole["balance"]) == 10_000 - accepted * Decimal("0.15")
        assert len(whole["links"].get(LINK, [])) == accepted
    assert [row["order"] for row in books[-1]["orders"]] == given
    assert [row["given"] for row in books[-1]["orders"]] == [*map(str, given)]


def test_connections_are_served_whether_threads_have_idled_or_ended(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.server.THREAD_SECONDS", 0.002)
    with running(vendor) as url:
        for pause in (0, 0, 0.002, 0.002, 0.05, 0):
            time.sleep(pause)
            with ThreadPoolExecutor(8) as pool:
                for _ in range(16):
                    pool.submit(send, url, body=ADD)

    assert len(vendor.orders) == 96
