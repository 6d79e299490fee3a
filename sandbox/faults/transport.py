"""Faults of the line: what is between the vendor and its caller.

Each comes in the two forms that a caller cannot tell apart: `before`, where the vendor
never sees the call, and `after`, where it has done what it was asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sandbox.faults.door import Call, Manner, Reply
from sandbox.faults.fault import Fault, Settings

HTML = "text/html; charset=utf-8"
BAD_GATEWAY = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
MOMENT = (
    b'<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head>'
    b"<body><h1>Checking your browser before you go on.</h1></body></html>"
)
NOTICE = (
    b"\xef\xbb\xbf<br />\n<b>Notice</b>:  Undefined index: runs in "
    b"<b>/var/www/panel/api.php</b> on line <b>214</b><br />\n"
)


def _silence(settings: Settings) -> Reply:
    return Reply(b"", manner=Manner.SILENT, seconds=settings.hang)


def _reset(settings: Settings) -> Reply:
    return Reply(b"", manner=Manner.RESET)


def _page(body: bytes, status: int, kind: str = HTML) -> Callable[[Settings], Reply]:
    return lambda settings: Reply(body, status, kind)


def _before(name: str, tells: str, made: Callable[[Settings], Reply]) -> Fault:
    return Fault(name, f"{tells}; not done", before=lambda call, given: made(given))


def _after(name: str, tells: str, made: Callable[[Settings], Reply]) -> Fault:
    def change(call: Call, reply: Reply, settings: Settings) -> Reply:
        return made(settings)

    return Fault(name, f"{tells}; done", after=change, tampers=True, hides=True)


def _both(name: str, tells: str, made: Callable[[Settings], Reply]) -> Iterator[Fault]:
    yield _before(f"{name}_before", tells, made)
    yield _after(f"{name}_after", tells, made)


def _cut_off(call: Call, reply: Reply, settings: Settings) -> Reply:
    return replace(reply, manner=Manner.RESET)


def _with_noise(call: Call, reply: Reply, settings: Settings) -> Reply:
    return replace(reply, body=NOTICE + reply.body, content_type=HTML)


def _slowly(call: Call, reply: Reply, settings: Settings) -> Reply:
    return replace(reply, manner=Manner.DRIP, seconds=settings.pace)


def _endlessly(call: Call, reply: Reply, settings: Settings) -> Reply:
    return replace(reply, manner=Manner.ENDLESS)


FAULTS = (
    Fault(
        "noise",
        "a BOM and a PHP notice before the JSON; done, and harmless",
        after=_with_noise,
        tampers=True,
    ),
    *_both("timeout", "no answer for HANG seconds, then the line is closed", _silence),
    _before("reset_before", "the line is reset once the call was read", _reset),
    Fault(
        "reset_after",
        "the line is reset after half of the reply; done",
        after=_cut_off,
        tampers=True,
        hides=True,
    ),
    *_both("http502", "502 with a page of HTML", _page(BAD_GATEWAY, 502)),
    *_both(
        "http500",
        "500 without any JSON",
        _page(b"Internal Server Error", 500, "text/plain"),
    ),
    *_both("html200", 'a "Just a moment" page with 200', _page(MOMENT, 200)),
    _before("html403", 'a "Just a moment" page with 403', _page(MOMENT, 403)),
    _before("html503", 'a "Just a moment" page with 503', _page(MOMENT, 503)),
    *_both("empty", "an empty body", _page(b"", 200)),
    Fault(
        "drip",
        "the reply comes a byte every PACE ms; done",
        after=_slowly,
        tampers=True,
        daily=False,
    ),
    Fault(
        "endless",
        "the reply never ends; done",
        after=_endlessly,
        tampers=True,
        hides=True,
        daily=False,
    ),
)
