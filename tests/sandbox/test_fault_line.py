"""Faults of the line, over a real one: what comes, and what the vendor has done."""

from http.client import RemoteDisconnected

import pytest

from sandbox.faults import FAULTS, parse, transport
from sandbox.server import running
from sandbox.vendor import Vendor
from tests.sandbox.practice import LINK, form, receive, send

ADD = form(action="add", service=7, link=LINK, quantity=100)
JSON = b'{"order": 23501}'


def test_a_timeout_before_leaves_the_vendor_out(url: str, vendor: Vendor) -> None:
    with pytest.raises(RemoteDisconnected):
        send(url, body=ADD, fault="timeout_before,hang=0.05")

    assert vendor.orders == {}
    assert vendor.refused == {"fault:timeout_before": 1}


def test_a_timeout_after_has_an_order_and_no_answer(url: str, vendor: Vendor) -> None:
    with pytest.raises(RemoteDisconnected):
        send(url, body=ADD, fault="timeout_after,hang=0.05")

    order = vendor.orders[23501]
    assert (order.given, order.fault) == ("", "timeout_after")


def test_a_timeout_outlasts_its_client(url: str, vendor: Vendor) -> None:
    with pytest.raises(TimeoutError):
        send(url, body=ADD, fault="timeout_after,hang=30", patience=0.2)

    assert list(vendor.orders) == [23501]


def test_a_reset_before_says_nothing_and_does_nothing(vendor: Vendor) -> None:
    with running(vendor, parse("reset_before")) as url:
        received = receive(url, ADD)

    assert received.was_reset
    assert received.whole == b""
    assert vendor.orders == {}


def test_a_reset_after_cuts_the_reply_in_half(vendor: Vendor) -> None:
    with running(vendor, parse("reset_after")) as url:
        received = receive(url, ADD)

    assert received.was_reset
    assert received.whole.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(JSON)}\r\n".encode() in received.whole
    assert received.whole.endswith(b"\r\n\r\n" + JSON[: len(JSON) // 2])
    order = vendor.orders[23501]
    assert (order.given, order.fault) == ("", "reset_after")


@pytest.mark.parametrize(
    ("name", "status", "content_type", "start"),
    [
        ("http502", 502, "text/html; charset=utf-8", b"<html>"),
        ("http500", 500, "text/plain", b"Internal Server Error"),
        ("html200", 200, "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        ("empty", 200, "text/html; charset=utf-8", b""),
    ],
)
def test_a_page_comes_instead_of_json_before_and_after(
    url: str, vendor: Vendor, name: str, status: int, content_type: str, start: bytes
) -> None:
    before = send(url, body=ADD, fault=f"{name}_before")
    assert vendor.orders == {}
    after = send(url, body=ADD, fault=f"{name}_after")

    assert (before.status, before.body) == (after.status, after.body)
    assert before.status == status
    assert before.headers["Content-Type"] == content_type
    assert before.body.startswith(start)
    assert bool(before.body) == bool(start)
    order = vendor.orders[23501]
    assert (order.given, order.fault) == ("", f"{name}_after")


@pytest.mark.parametrize("status", [403, 503])
def test_a_page_comes_with_an_error_and_nothing_is_done(
    url: str, vendor: Vendor, status: int
) -> None:
    answer = send(url, body=ADD, fault=f"html{status}")

    assert answer.status == status
    assert b"Just a moment" in answer.body
    assert vendor.orders == {}


def test_noise_comes_before_a_good_reply(url: str, vendor: Vendor) -> None:
    answer = send(url, body=ADD, fault="noise")

    assert answer.status == 200
    assert answer.body.startswith(b"\xef\xbb\xbf<br />\n<b>Notice</b>: ")
    assert answer.body.endswith(JSON)
    order = vendor.orders[23501]
    assert (order.given, order.fault) == ("23501", "noise")


def test_a_drip_is_a_whole_reply_in_many_pieces(vendor: Vendor) -> None:
    with running(vendor, parse("drip,pace=1")) as url:
        received = receive(url, ADD)

    assert received.whole.endswith(b"\r\n\r\n" + JSON)
    assert len(received.pieces) > 20
    order = vendor.orders[23501]
    assert (order.given, order.fault) == ("23501", "drip")


def test_an_endless_reply_goes_on_until_its_reader_goes(vendor: Vendor) -> None:
    with running(vendor, parse("endless:add")) as url:
        received = receive(url, ADD, most=300_000)
        again = send(url, body=form(action="balance"))

    head, _, body = received.whole.partition(b"\r\n\r\n")
    assert b"Content-Length" not in head
    assert body.rstrip() == JSON[:-1]
    assert len(body) > 200_000
    assert again.status == 200
    order = vendor.orders[23501]
    assert (order.given, order.fault) == ("", "endless")


@pytest.mark.parametrize("name", [fault.name for fault in transport.FAULTS])
def test_every_fault_of_the_line_keeps_its_word_about_what_is_done(
    vendor: Vendor, name: str
) -> None:
    with running(vendor, parse(f"{name}:add,hang=0.01,pace=0")) as url:
        receive(url, ADD, most=100_000)
        plan = send(url, method="GET", path="/_faults").json()

    fault = FAULTS[name]
    assert len(vendor.orders) == (0 if fault.tells.endswith("; not done") else 1)
    assert plan["fired"] == {name: 1}


def test_the_line_stays_open_after_a_fault_that_leaves_it(vendor: Vendor) -> None:
    with running(vendor, parse("http502_before:add")) as url:
        for _ in range(2):
            assert send(url, body=ADD).status == 502
            assert send(url, body=form(action="balance")).status == 200
