"""Customers: a browser without scripts that fills in forms, and a program on the API.

Both behave as people's do. Who hears nothing sends the same again, under the same key
or with the same form; a program that has no key does not dare to.
"""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

import requests

from tests.chaos.furnishing import PASSWORD, Customer, Market
from tests.chaos.wishes import Wish

TIMEOUT = (2.0, 6.0)
# How long somebody goes on trying, in seconds, and how long between two tries.
STUBBORN = 120.0
PAUSE = 0.3
# How many customers come back for a refill in the end, at most.
MOST_BACK = 60
BUSY = "Too many requests"
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|token|shown_price)"\s+value="([^"]*)"')
WHY = re.compile(r'class="(?:alert[^"]*|field-error)"[^>]*>([^<]*)<')


Answer = TypeVar("Answer")


class Silence(Exception):
    """No answer that means anything: sent, perhaps received."""


class Browser:
    """One person's browser: cookies, forms, no scripts."""

    def __init__(self, address: str, customer: Customer) -> None:
        """Log in."""
        self.address = address
        self.session = requests.Session()
        page = f"{address}/account/login/"
        hidden = self._hidden(page)
        form = {"login": customer.email, "password": PASSWORD, **hidden}
        reply = self._send("POST", page, form)
        if reply.status_code != 302:
            raise RuntimeError(f"{customer.email} cannot log in: {reply.status_code}")

    def place(self, wish: Wish) -> None:
        """Open the service's page, send the form, again and again if need be."""
        page = f"{self.address}/services/{wish.service}/"
        form = _stubbornly(lambda: self._hidden(page))
        if form is None:
            wish.unanswered += 1
            return
        form |= wish.fields
        _at_once(wish.twins, lambda: self._submit(wish, page, form))

    def act(self, order_id: int, what: str) -> str:
        """Press `cancel` or `refill` on an order's page."""
        page = f"{self.address}/orders/{order_id}/"
        try:
            hidden = self._hidden(page)
            return str(self._send("POST", f"{page}{what}/", hidden).status_code)
        except (Silence, requests.RequestException) as silence:
            return type(silence).__name__

    def _submit(self, wish: Wish, page: str, form: dict[str, str]) -> None:
        reply = _stubbornly(lambda: self._send("POST", page, form))
        with wish.lock:
            if reply is None:
                wish.unanswered += 1
            elif reply.status_code == 302:
                wish.told.add(_order_in(reply.headers["Location"]))
            else:
                why = WHY.search(reply.text)
                wish.refused.append(why[1].strip() if why else str(reply.status_code))

    def _hidden(self, page: str) -> dict[str, str]:
        return dict(HIDDEN.findall(self._send("GET", page).text))

    def _send(
        self, method: str, page: str, form: dict[str, str] | None = None
    ) -> requests.Response:
        # A browser per call that shares the cookies: people double-click.
        reply = requests.request(
            method,
            page,
            data=form,
            cookies=self.session.cookies,
            headers={"Referer": page},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        self.session.cookies.update(reply.cookies)
        if reply.status_code >= 500:
            raise Silence(reply.status_code)
        return reply


class Program:
    """A customer's program on the API."""

    def __init__(self, address: str, customer: Customer) -> None:
        self.address = f"{address}/api/v2"
        self.key = customer.key

    def place(self, wish: Wish) -> None:
        """Send the order: once without a key, until there is an answer with one."""
        body = {"action": "add", "service": str(wish.service), **wish.fields}
        if not wish.keyed:
            self._add(wish, body, wish.told, tries=1)
            return
        _at_once(wish.twins, lambda: self._add(wish, body, wish.told))
        if wish.again:
            self._add(wish, body, wish.told)
        if wish.other and wish.told:
            # Another order under the same key is refused: nothing may come of it.
            other = body | {"link": f"{wish.link}&other"}
            self._add(wish, other, wish.told_other)

    def act(self, order_id: int, what: str) -> str:
        """Ask for a cancel or a refill."""
        try:
            answer = self._call({"action": what, "order": str(order_id)})
        except (Silence, requests.RequestException) as silence:
            return type(silence).__name__
        # Some sentences name a moment.
        return re.sub(r" [0-9T:-]+Z", "", str(answer.get("error") or what))

    def _add(
        self, wish: Wish, body: dict[str, str], told: set[int], tries: int = 0
    ) -> None:
        by_header = wish.number % 2
        name = "Idempotency-Key" if by_header else "idempotency_key"
        more = {name: wish.key} if wish.keyed else {}
        answer = _stubbornly(
            lambda: self._call(
                body | ({} if by_header else more), more if by_header else {}
            ),
            tries=tries,
        )
        with wish.lock:
            if answer is None:
                wish.unanswered += 1
            elif "order" in answer:
                told.add(int(str(answer["order"])))
            else:
                wish.refused.append(str(answer.get("error")))

    def _call(
        self, body: dict[str, str], headers: dict[str, str] | None = None
    ) -> dict[str, object]:
        reply = requests.post(
            self.address,
            data={"key": self.key, **body},
            headers=headers,
            timeout=TIMEOUT,
        )
        if reply.status_code != 200:
            raise Silence(reply.status_code)
        try:
            answer = reply.json()
        except json.JSONDecodeError as error:
            raise Silence(reply.text) from error
        if answer.get("error") == BUSY:
            raise Silence(BUSY)
        return dict(answer)


class Crowd:
    """All customers at work, in several threads; it knows how far they are."""

    def __init__(self, address: str, market: Market, web: list[int], seed: int) -> None:
        self.market = market
        self.browsers = {one: Browser(address, market.customers[one]) for one in web}
        self.programs = [Program(address, one) for one in market.customers]
        self.done = 0
        self.asked: Counter[str] = Counter()
        self.placed: list[Wish] = []
        self._chance = random.Random(f"{seed}:acting")
        self._lock = Lock()

    def place(self, wishes: Iterable[Wish], *, threads: int) -> list[Wish]:
        """Place all `wishes`; return them with what became of each."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self._place, wishes))

    def _place(self, wish: Wish) -> Wish:
        client = (
            self.browsers[wish.customer] if wish.web else self.programs[wish.customer]
        )
        client.place(wish)
        with self._lock:
            self.done += 1
            self.placed.append(wish)
            older = self._chance.choice(self.placed)
            acts, kind = (
                self._chance.random() < 0.2,
                self._chance.choice(("cancel", "refill")),
            )
        if acts:
            self._act(older, kind)
        return wish

    def come_back(self, *, after: float) -> None:
        """Ask for refills of a few orders, once most of them are completed."""
        time.sleep(after)
        count = min(len(self.placed), MOST_BACK)
        for wish in self._chance.sample(self.placed, count):
            self._act(wish, "refill")

    def _act(self, wish: Wish, kind: str) -> None:
        if not wish.told:
            return
        by = self.browsers if wish.web else self.programs
        answer = by[wish.customer].act(min(wish.told), kind)
        with self._lock:
            self.asked[f"{kind}: {answer}"] += 1


def _stubbornly(send: Callable[[], Answer], tries: int = 0) -> Answer | None:
    """Return what `send` brings, trying again while nothing does; None in the end."""
    deadline = time.monotonic() + STUBBORN
    tried = 0
    while time.monotonic() < deadline:
        try:
            return send()
        except (Silence, requests.RequestException):
            tried += 1
            if tried == tries:
                break
            time.sleep(PAUSE)
    return None


def _at_once(count: int, work: Callable[[], None]) -> None:
    if count == 1:
        work()
        return
    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(work) for _ in range(count)]:
            future.result()


def _order_in(address: str) -> int:
    found = re.search(r"/orders/([0-9]+)/", address)
    if found is None:
        raise RuntimeError(f"a form led to {address}")
    return int(found[1])
