"""The shop's pages as its frame lists them: sidebar, header, dock and menu.

An entry whose page the shop does not have is left out, so that rooms come and go without
the frame being told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Entry:
    """One page: the name of its address, its words and its icon.

    `query` narrows the page; `also` are names of addresses that belong to the entry
    though they do not lie below its own.
    """

    name: str
    label: Text
    icon: str
    query: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """An entry as a page shows it. `current` is "page", "true" (a page below) or empty."""

    name: str
    address: str
    label: Text
    icon: str
    current: str


@dataclass(frozen=True)
class Section:
    """Some links beneath a title, which may be empty."""

    title: Text
    links: Sequence[Link]


NEW_ORDER = Entry(
    "choose_service", _("New order"), "plus", also=("home", "new_order", "price")
)
SERVICES = Entry("services", _("Services"), "grid")
ORDERS = Entry("orders", _("Orders"), "list")
FUNDS = Entry("funds", _("Add funds"), "wallet")
STATEMENT = Entry("statement", _("Statement"), "receipt")
TICKETS = Entry("tickets", _("Tickets"), "chat")
UPDATES = Entry("updates", _("Updates"), "clock")
NEWS = Entry("news", _("News"), "news")
QUESTIONS = Entry("faq", _("Questions and answers"), "help")
API = Entry("api_docs", _("API"), "code")
NOTICES = Entry("notices", _("Notices"), "bell")
ACCOUNT = Entry("account", _("Account"), "person")

CUSTOMERS: Sequence[tuple[Text, Sequence[Entry]]] = [
    (
        "",
        [
            NEW_ORDER,
            SERVICES,
            Entry("services", _("Favourites"), "star", query="favourites=1"),
            Entry("mass_order", _("Mass order"), "layers"),
        ],
    ),
    (
        _("My orders"),
        [
            ORDERS,
            Entry("drip_feeds", _("Drip-feed"), "drip"),
            Entry("subscriptions", _("Subscriptions"), "repeat"),
            Entry("refills", _("Refills"), "refill"),
            Entry("refunds", _("Refunds"), "undo"),
        ],
    ),
    (_("Balance"), [FUNDS, STATEMENT]),
    (_("Help and news"), [TICKETS, UPDATES, NEWS, QUESTIONS, API]),
]
VISITORS: Sequence[tuple[Text, Sequence[Entry]]] = [
    ("", [SERVICES, UPDATES, QUESTIONS, NEWS, API]),
]
# What is a thumb away; the first few of these that the shop has.
DOCK = [SERVICES, ORDERS, NEW_ORDER, FUNDS, TICKETS, STATEMENT]
TABS = [NEW_ORDER, SERVICES, ORDERS, FUNDS, TICKETS, STATEMENT]
PERSONAL = [ACCOUNT, NOTICES]
FEW = 5


class Navigation:
    """The links of one page; a part that a template does not show is not made.

    `without` names pages that are left out, as nothing stands there yet.
    """

    def __init__(self, request: HttpRequest, *, without: Collection[str] = ()) -> None:
        user = getattr(request, "user", None)
        self._sections = CUSTOMERS if user and user.is_authenticated else VISITORS
        self._request = request
        self._without = without

    @cached_property
    def sections(self) -> list[Section]:
        """Everything there is, in sections; those without a page are left out."""
        made = (Section(title, self._links(list_)) for title, list_ in self._sections)
        return [section for section in made if section.links]

    @cached_property
    def tabs(self) -> list[Link]:
        """The few pages that a header has room for."""
        entries = TABS if self._sections is CUSTOMERS else VISITORS[0][1]
        return self._links(entries)[:FEW]

    @cached_property
    def dock(self) -> list[Link]:
        """The few pages at the lower edge of a phone."""
        return self._links(DOCK)[:FEW]

    @cached_property
    def public(self) -> list[Link]:
        """The pages that everybody may read."""
        return self._links(VISITORS[0][1])

    @cached_property
    def personal(self) -> list[Link]:
        """The pages about the person."""
        return self._links(PERSONAL)

    @cached_property
    def notices(self) -> Link | None:
        """The page behind the bell."""
        return next(iter(self._links([NOTICES])), None)

    def _links(self, entries: Iterable[Entry]) -> list[Link]:
        return [
            Link(
                entry.name,
                f"{address}?{entry.query}" if entry.query else address,
                entry.label,
                entry.icon,
                self._current.get((entry.name, entry.query), ""),
            )
            for entry in entries
            if entry.name not in self._without and (address := _address(entry.name))
        ]

    @cached_property
    def _current(self) -> Mapping[tuple[str, str], str]:
        """Return which entry this page is, or lies below: the one that fits closest."""
        listed = [entry for _title, entries in self._sections for entry in entries]
        fitting = [
            (fit, entry)
            for entry in [*listed, *PERSONAL]
            if (fit := self._fit(entry)) is not None
        ]
        if not fitting:
            return {}
        (_length, exactly), entry = max(fitting, key=lambda found: found[0])
        return {(entry.name, entry.query): "page" if exactly else "true"}

    def _fit(self, entry: Entry) -> tuple[int, bool] | None:
        """Return how closely an entry fits this page, and whether it is the page."""
        path = self._request.path
        match = self._request.resolver_match
        address = _address(entry.name)
        if match is not None and address and match.url_name in entry.also:
            return len(path) + 1, False
        if not address or not path.startswith(address):
            return None
        for name, value in parse_qsl(entry.query):
            if self._request.GET.get(name) != value:
                return None
        return len(address) + len(entry.query), path == address


@cache
def _address(name: str) -> str:
    """Return the address of a page, or nothing where the shop does not have it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
