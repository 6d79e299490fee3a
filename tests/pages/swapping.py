"""What htmx does to a page, done to its text: a fragment takes the place of a region."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.test.html import Element, parse_html

HTMX = {"HX-Request": "true"}
# They are made anew for every page.
DRAWN = {"csrfmiddlewaretoken", "token"}


@dataclass
class Screen:
    """A page as somebody has it before them."""

    client: Client
    root: Element

    @classmethod
    def of(cls, client: Client, response: Any) -> "Screen":
        return cls(client, parse_html(response.content.decode()))

    @classmethod
    def get(cls, client: Client, address: str) -> "Screen":
        return cls.of(client, client.get(address))

    def ask_again(self, region: str) -> int:
        """Let a region ask for itself, as it does every few seconds."""
        address = dict(self.find(region).attributes)["hx-get"]
        return self.swap(region, self.client.get(address, headers=HTMX))

    def swap(self, region: str, response: Any) -> int:
        """Put what has come where it belongs; return the status of the answer."""
        if response.status_code == 204:
            return 204
        told = parse_html(f"<div>{response.content.decode()}</div>")
        for piece in told.children:
            if isinstance(piece, str) or piece.name == "title":
                continue
            name = dict(piece.attributes)["id"]
            out_of_band = "hx-swap-oob" in dict(piece.attributes)
            # All else that comes along would land beside the region.
            assert out_of_band or name == region
            self._replace(name, piece)
        return int(response.status_code)

    def find(self, region: str) -> Element:
        (found,) = [each for each in _all(self.root) if _id(each) == region]
        return found

    def shows(self, region: str) -> str:
        """Return a region's text, without what differs from one loading to the next."""
        return str(_plain(self.find(region)))

    def _replace(self, name: str, piece: Element) -> None:
        places = [
            (parent, index)
            for parent in [self.root, *_all(self.root)]
            for index, child in enumerate(parent.children)
            if not isinstance(child, str) and _id(child) == name
        ]
        ((parent, index),) = places
        parent.children[index] = piece


def _id(element: Element) -> str | None:
    return dict(element.attributes).get("id")


def _all(element: Element) -> Iterator[Element]:
    for child in element.children:
        if not isinstance(child, str):
            yield child
            yield from _all(child)


def _plain(element: Element) -> Element:
    kept = [
        (name, value) for name, value in element.attributes if name != "hx-swap-oob"
    ]
    if dict(kept).get("name") in DRAWN:
        kept = [(name, value) for name, value in kept if name != "value"]
    plain = Element(element.name, kept)
    plain.children = [
        child if isinstance(child, str) else _plain(child)
        for child in element.children
        if isinstance(child, str) or _id(child) != "announcement"
    ]
    return plain
