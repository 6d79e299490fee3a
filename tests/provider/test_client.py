"""The client of a provider, against a scripted server on a real socket."""

import json
import socket
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from pytest_django import Settings

from provider.client import MAX_IDS, CallFailed, Client, Endpoint, Exchange
from provider.failures import http_failed
from provider.protocol.errors import ErrorClass, Phrase
from provider.protocol.replies import (
    AddAnswer,
    AddOutcome,
    Balance,
    CancelAnswer,
    IdError,
    RefillAnswer,
    RefillStatusRow,
    RequestOutcome,
    StatusRow,
)
from provider.protocol.statuses import RefillStatus, UpstreamStatus
from shop.http import HttpFailure, Reached

KEY = "s3cret+key/é"
COMPLETED = RefillStatusRow(RefillStatus.COMPLETED, "Completed")
NOT_FOUND = RefillStatusRow(RefillStatus.NOT_FOUND, "Refill not found")


class Upstream:
    """A provider that gives the scripted replies in turn, and notes what it is sent.

    A reply is a body (text, or a value for JSON), or (HTTP status, headers, body); None
    closes the connection without a word.
    """

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.requests: list[dict[str, str]] = []
        self.agents: list[str | None] = []
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = parse_qs(self.rfile.read(length).decode(), strict_parsing=True)
                upstream.requests.append({name: form[name][0] for name in form})
                upstream.agents.append(self.headers["User-Agent"])
                reply = upstream.replies.pop(0)
                if reply is not None:
                    self.answer(
                        *(reply if isinstance(reply, tuple) else (200, {}, reply))
                    )

            def answer(self, status: int, headers: dict[str, str], body: Any) -> None:
                data = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v2"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def client(self, *replies: Any, **options: Any) -> Client:
        self.replies = list(replies)
        return Client(Endpoint(self.url, KEY, "Magpie/1", **options))

    @property
    def forms(self) -> list[dict[str, str]]:
        """What was sent, without the key."""
        return [
            {name: value for name, value in form.items() if name != "key"}
            for form in self.requests
        ]


@pytest.fixture
def upstream(settings: Settings) -> Iterator[Upstream]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    settings.HTTP_CONNECT_TIMEOUT = 1.0
    settings.HTTP_DEADLINE = 2.0
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture
def nobody(upstream: Upstream) -> Client:
    """A client of an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return Client(Endpoint(f"http://127.0.0.1:{port}/", KEY, "Magpie/1"))


def failed(client: Client, action: str = "balance", *args: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        getattr(client, action)(*args)
    assert KEY not in str(caught.value.message) + caught.value.exchange.body
    assert str(caught.value.message).endswith((".", "”."))
    return caught.value


# --- Reads -----------------------------------------------------------------------


def test_a_balance_is_read(upstream: Upstream) -> None:
    client = upstream.client({"balance": "100.84292", "currency": "USD"})
    balance, exchange = client.balance()
    assert balance == Balance(Decimal("100.84292"), "USD")
    assert upstream.requests == [{"key": KEY, "action": "balance"}]
    assert upstream.agents == ["Magpie/1"]
    assert (exchange.action, exchange.http_status, exchange.failure) == (
        "balance",
        200,
        "",
    )
    assert json.loads(exchange.body) == {"balance": "100.84292", "currency": "USD"}
    assert exchange.elapsed > 0


def test_services_are_read(upstream: Upstream) -> None:
    row = {
        "service": 1,
        "name": "A",
        "type": "Default",
        "rate": "1",
        "min": 1,
        "max": 9,
    }
    catalogue, _exchange = upstream.client([row, {}]).services()
    assert [offer.upstream_id for offer in catalogue.rows] == ["1"]
    assert (catalogue.total, len(catalogue.rejected)) == (2, 1)
    assert upstream.forms == [{"action": "services"}]


def test_one_order_is_asked_by_order(upstream: Upstream) -> None:
    answers, _exchange = upstream.client({"status": "Pending"}).statuses(["7"])
    assert answers == {"7": StatusRow(UpstreamStatus.PENDING, "Pending")}
    assert upstream.forms == [{"action": "status", "order": "7"}]


def test_several_orders_are_asked_by_orders(upstream: Upstream) -> None:
    client = upstream.client({"7": {"status": "Pending"}, "8": "Incorrect order ID"})
    answers, _exchange = client.statuses(["7", "8"])
    assert answers == {
        "7": StatusRow(UpstreamStatus.PENDING, "Pending"),
        "8": IdError("Incorrect order ID", ErrorClass.UNKNOWN_ID),
    }
    assert upstream.forms == [{"action": "status", "orders": "7,8"}]


@pytest.mark.parametrize("count", [0, MAX_IDS + 1])
@pytest.mark.parametrize("action", ["statuses", "refill", "cancel", "refill_statuses"])
def test_a_call_has_1_to_100_ids(upstream: Upstream, action: str, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        getattr(upstream.client(), action)([str(number) for number in range(count)])
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("reply", "reason", "words"),
    [
        pytest.param("", "empty", "empty answer", id="empty"),
        pytest.param((503, {}, "<html>"), "html", "web page", id="a page"),
        pytest.param("OK", "not_json", "cannot be read", id="no JSON"),
        pytest.param("[" * 99 + "]" * 99, "too_deep", "too deeply", id="too deep"),
        pytest.param({"foo": 1}, "shape", "something else", id="another answer"),
        pytest.param((429, {}, ""), "rate_limited", "fewer calls", id="429"),
        pytest.param(
            (301, {"Location": "https://new.example/api"}, ""),
            "redirect",
            "new.example",
            id="a redirect",
        ),
        pytest.param("[" + " " * 2**21 + "]", "too_large", "too large", id="too large"),
        pytest.param(None, "interrupted", "broke off", id="no answer"),
        pytest.param({"error": "Invalid key"}, "error:provider_down", "key", id="key"),
        pytest.param(
            {"error": "Not enough funds"}, "error:no_funds", "Top it up", id="funds"
        ),
        pytest.param({"error": "Oops"}, "error:unrecognised", "“Oops”", id="new words"),
        pytest.param(
            (429, {}, {"error": "Oops"}), "rate_limited", "fewer", id="429, new words"
        ),
        pytest.param(
            {"error": "Too many requests"}, "rate_limited", "fewer", id="limit as text"
        ),
    ],
)
def test_a_read_without_a_usable_answer_fails_with_its_reason(
    upstream: Upstream, reply: Any, reason: str, words: str
) -> None:
    failure = failed(upstream.client(reply))
    assert failure.reason == reason
    assert words in str(failure.message)
    assert len(upstream.requests) == 1


def test_a_read_names_how_long_to_wait(upstream: Upstream) -> None:
    assert failed(upstream.client((429, {"Retry-After": "9"}, ""))).retry_after == 9.0
    reply = {"error": "Wait 20 seconds"}
    assert failed(upstream.client(reply)).retry_after == 20.0
    assert failed(upstream.client((429, {}, ""))).retry_after is None


def test_a_slow_read_times_out(upstream: Upstream, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.HTTP_DEADLINE = 0.2
        port = silent.getsockname()[1]
        client = Client(Endpoint(f"http://127.0.0.1:{port}/", KEY, "Magpie/1"))
        failure = failed(client)
    assert failure.reason == "timeout"
    assert failure.exchange.failure == "deadline"


def test_an_unreachable_provider_is_named_so(nobody: Client) -> None:
    failure = failed(nobody)
    assert failure.reason == "unreachable"
    exchange = failure.exchange
    assert (exchange.http_status, exchange.body, exchange.failure) == (
        None,
        "",
        "refused",
    )


def test_a_private_address_is_named_so(upstream: Upstream, settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    failure = failed(upstream.client())
    assert (failure.reason, failure.exchange.failure) == ("unreachable", "address")
    assert "private" in str(failure.message)


@pytest.mark.parametrize("reason", ["dns", "connect_timeout", "tls", "protocol"])
def test_every_failure_to_connect_has_words(reason: str) -> None:
    exchange = Exchange("balance", None, "", reason, 0.1)
    failure = http_failed(HttpFailure(Reached.NEVER, reason, "why"), exchange)
    assert failure.reason == "unreachable"
    assert "provider" in str(failure.message)


@pytest.mark.parametrize(
    ("action", "attempts"), [("balance", 2), ("services", 2), ("add", 1), ("refill", 1)]
)
def test_only_reads_are_tried_again_when_nothing_was_reached(
    nobody: Client, monkeypatch: pytest.MonkeyPatch, action: str, attempts: int
) -> None:
    dialled: list[object] = []
    look_up = socket.getaddrinfo

    def counted(*args: Any) -> Any:
        dialled.append(args)
        return look_up(*args)

    monkeypatch.setattr("socket.getaddrinfo", counted)
    if attempts == 2:
        failed(nobody, action)
    else:
        getattr(nobody, action)({"1": "1"} if action == "add" else ["1"])
    assert len(dialled) == attempts


# --- Add, refill, cancel ---------------------------------------------------------


def test_an_order_is_added(upstream: Upstream) -> None:
    answer, exchange = upstream.client({"order": 23501}).add(
        {"service": "1", "runs": "2"}
    )
    assert answer == AddAnswer(AddOutcome.ACCEPTED, "23501")
    assert upstream.forms == [{"action": "add", "service": "1", "runs": "2"}]
    assert (exchange.action, json.loads(exchange.body)) == ("add", {"order": 23501})


def test_fields_of_an_order_replace_neither_key_nor_action(upstream: Upstream) -> None:
    upstream.client({"order": 1}).add({"key": "other", "action": "refill"})
    assert upstream.requests == [{"key": KEY, "action": "add"}]


def test_an_order_that_reached_nobody_was_not_executed(nobody: Client) -> None:
    answer, exchange = nobody.add({"service": "1"})
    assert answer == AddAnswer(AddOutcome.NOT_EXECUTED, error="refused")
    assert (exchange.http_status, exchange.failure) == (None, "refused")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(None, "reset", id="no answer"),
        pytest.param(
            (301, {"Location": "https://new.example/"}, ""), "redirect", id="301"
        ),
        pytest.param((502, {}, "<html>"), "html", id="502"),
    ],
)
def test_an_order_that_may_have_arrived_is_unknown(
    upstream: Upstream, reply: Any, error: str
) -> None:
    answer, _exchange = upstream.client(reply).add({"service": "1"})
    assert answer == AddAnswer(AddOutcome.UNKNOWN, error=error)
    assert len(upstream.requests) == 1


def test_a_providers_own_wording_is_known(upstream: Upstream) -> None:
    phrases = (Phrase("private profile", ErrorClass.REFUSED),)
    client = upstream.client({"error": "Private profile!"}, phrases=phrases)
    answer, _exchange = client.add({"service": "1"})
    assert answer == AddAnswer(AddOutcome.REFUSED, error="Private profile!")


def test_refills_are_asked_for(upstream: Upstream) -> None:
    client = upstream.client({"refill": "5"}, [{"order": 7, "refill": 6}])
    assert client.refill(["7"])[0] == {"7": RefillAnswer(RequestOutcome.ACCEPTED, "5")}
    assert client.refill(["7", "8"])[0] == {
        "7": RefillAnswer(RequestOutcome.ACCEPTED, "6"),
        "8": RefillAnswer(RequestOutcome.UNKNOWN, error="left_out"),
    }
    assert upstream.forms == [
        {"action": "refill", "order": "7"},
        {"action": "refill", "orders": "7,8"},
    ]


def test_cancels_are_asked_for_in_a_list_even_of_one(upstream: Upstream) -> None:
    client = upstream.client([{"order": 9, "cancel": 1}])
    assert client.cancel(["9"])[0] == {"9": CancelAnswer(RequestOutcome.ACCEPTED)}
    assert upstream.forms == [{"action": "cancel", "orders": "9"}]


@pytest.mark.parametrize("action", ["refill", "cancel"])
def test_a_request_without_an_answer_is_unknown_or_not_executed(
    upstream: Upstream, nobody: Client, action: str
) -> None:
    answers, exchange = getattr(upstream.client(None), action)(["7", "8"])
    assert {answer.outcome for answer in answers.values()} == {RequestOutcome.UNKNOWN}
    assert (list(answers), exchange.failure) == (["7", "8"], "reset")
    answers, exchange = getattr(nobody, action)(["7"])
    assert answers["7"].outcome is RequestOutcome.NOT_EXECUTED
    assert (answers["7"].error, exchange.failure) == ("refused", "refused")


# --- Refill statuses -------------------------------------------------------------


def test_one_refill_is_asked_by_refill(upstream: Upstream) -> None:
    rows, _exchange, fell_back = upstream.client(
        {"status": "Completed"}
    ).refill_statuses(["5"])
    assert (rows, fell_back) == ({"5": COMPLETED}, False)
    assert upstream.forms == [{"action": "refill_status", "refill": "5"}]


def test_several_refills_are_asked_by_refills(upstream: Upstream) -> None:
    client = upstream.client([{"refill": 5, "status": "Completed"}])
    rows, _exchange, fell_back = client.refill_statuses(["5", "6"])
    assert (rows, fell_back) == ({"5": COMPLETED}, False)
    assert upstream.forms == [{"action": "refill_status", "refills": "5,6"}]


def test_where_several_are_not_understood_each_is_asked_alone(
    upstream: Upstream,
) -> None:
    client = upstream.client(
        {"error": "Incorrect request"},
        {"status": "Completed"},
        {"error": "Refill not found"},
    )
    rows, exchange, fell_back = client.refill_statuses(["5", "6"])
    assert (rows, fell_back) == ({"5": COMPLETED, "6": NOT_FOUND}, True)
    assert [form["action"] for form in upstream.forms] == ["refill_status"] * 3
    assert exchange.body == '{"status": "Completed"}\n{"error": "Refill not found"}'


def test_who_is_known_to_answer_one_by_one_is_asked_so(upstream: Upstream) -> None:
    client = upstream.client(
        *[{"status": "Completed"}] * 2, refill_status_one_by_one=True
    )
    rows, _exchange, fell_back = client.refill_statuses(["5", "6"])
    assert (rows, fell_back) == ({"5": COMPLETED, "6": COMPLETED}, True)
    assert [form["refill"] for form in upstream.forms] == ["5", "6"]


@pytest.mark.parametrize("text", ["Invalid key", "Too many requests"])
def test_an_error_about_the_call_is_not_asked_again(
    upstream: Upstream, text: str
) -> None:
    failed(upstream.client({"error": text}), "refill_statuses", ["5", "6"])
    assert len(upstream.requests) == 1


def test_after_a_failure_the_rest_is_left_for_later(upstream: Upstream) -> None:
    client = upstream.client(
        {"status": "Completed"}, None, refill_status_one_by_one=True
    )
    rows, _exchange, _fell_back = client.refill_statuses(["5", "6", "7"])
    assert rows == {"5": COMPLETED}
    assert len(upstream.requests) == 2


def test_a_failure_at_the_first_is_a_failure(upstream: Upstream) -> None:
    client = upstream.client({"error": "Oops"}, "<html>")
    assert failed(client, "refill_statuses", ["5", "6"]).reason == "html"


def test_one_by_one_ends_with_the_time_of_one_call(
    upstream: Upstream, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, 1.0, 2.0])
    monkeypatch.setattr("provider.client.monotonic", lambda: next(now))
    client = upstream.client(
        *[{"status": "Completed"}] * 2, refill_status_one_by_one=True
    )
    rows, _exchange, _fell_back = client.refill_statuses(["5", "6", "7"])
    assert list(rows) == ["5", "6"]


# --- What is kept ----------------------------------------------------------------


@pytest.mark.parametrize("written", ["plain", "escaped", "in an address"])
def test_the_key_is_kept_nowhere(upstream: Upstream, written: str) -> None:
    forms = {
        "plain": '{"error": "Invalid key s3cret+key/é"}',
        "escaped": r'{"error": "Invalid key s3cret+key\/\u00e9"}',
        "in an address": '{"error": "Invalid key s3cret%2Bkey%2F%C3%A9"}',
    }
    body = forms[written]
    failure = failed(upstream.client(body))
    assert "s3cret" not in failure.exchange.body + str(failure.message)
    for action, given in (("add", {}), ("refill", ["1"]), ("cancel", ["1"])):
        answer, exchange = getattr(upstream.client(body), action)(given)
        assert "s3cret" not in exchange.body + repr(answer)
        assert "Invalid key ***" in repr(answer)


def test_what_was_asked_is_kept_without_the_key(upstream: Upstream) -> None:
    asked = upstream.client({"order": 1}).add(
        {"service": "7", "comments": "so\ngood", "key": "another", "action": "refill"}
    )[1]
    assert asked.asked == "service=7&comments=so%0Agood"
    many = upstream.client({"1": {"status": "Pending"}}).statuses(["1", "2"])[1]
    assert many.asked == "orders=1,2"
    assert upstream.client({"balance": 5}).balance()[1].asked == ""


@pytest.mark.parametrize("written", [KEY, "s3cret%2Bkey%2F%C3%A9", r"s3cret+key\/é"])
def test_a_key_inside_a_field_is_not_kept_either(
    upstream: Upstream, written: str
) -> None:
    fields = {"link": f"https://example.com/?k={written}"}
    _answer, exchange = upstream.client({"order": 1}).add(fields)
    assert exchange.asked == "link=https%3A%2F%2Fexample.com%2F%3Fk%3D***"


def test_no_more_than_4_kib_of_a_question_are_kept(upstream: Upstream) -> None:
    _answer, exchange = upstream.client({"order": 1}).add({"comments": "good " * 1000})
    assert len(exchange.asked) == 4_096


def test_what_was_asked_is_kept_where_nobody_answered(nobody: Client) -> None:
    _answer, exchange = nobody.add({"service": "7"})
    assert (exchange.failure, exchange.asked) == ("refused", "service=7")


def test_questions_asked_one_by_one_are_kept_line_by_line(upstream: Upstream) -> None:
    client = upstream.client(
        *[{"status": "Completed"}] * 2, refill_status_one_by_one=True
    )
    _rows, exchange, _fell_back = client.refill_statuses(["5", "6"])
    assert exchange.asked == "refill=5\nrefill=6"


def test_no_more_than_64_kib_of_a_reply_are_kept(upstream: Upstream) -> None:
    _answer, exchange = upstream.client("é" * 70_000).add({})
    assert len(exchange.body.encode()) == 65_536


def test_without_a_key_nothing_is_replaced(upstream: Upstream) -> None:
    upstream.replies = [{"balance": 5}]
    _balance, exchange = Client(Endpoint(upstream.url, "", "")).balance()
    assert exchange.body == '{"balance": 5}'
