"""Telling customers that services they put a star on cost something else now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from notices import actions as notices
from notices.actions import News
from notices.enums import Kind
from provider.enums import ChangeKind
from provider.models import (
    CustomerTerms,
    Favourite,
    Service,
    ServiceChange,
    SpecialPrice,
    Translation,
)
from provider.queries import services_on_sale
from shop.money import show

# Longer than a catalogue takes to be applied.
SETTLED = timedelta(minutes=5)
# More are only counted.
MOST = 20
# So many customers are told in one statement.
SET = 500


@dataclass(frozen=True)
class Price:
    """What a service cost for everybody, and what it costs now; its name by language."""

    old: Decimal
    new: Decimal
    names: Mapping[str, str]


@transaction.atomic(durable=True)
def tell_of_prices() -> int:
    """Tell customers which of their favourites changed the price; return how many.

    One notice for each customer and run. With whom something is agreed about prices is
    told which ones, without the amounts, which are not theirs.
    """
    changes = notices.read_on(
        name="provider.prices", rows=ServiceChange.objects.all(), settled=SETTLED
    )
    changed = changes.filter(
        kind__in=(ChangeKind.PRICE_UP, ChangeKind.PRICE_DOWN), public=True
    )
    last, prices = _prices(changed.order_by("id"))
    favourites = _favourites(prices)
    agreed = _with_agreements(favourites)
    news = [
        News(
            user_id=customer_id,
            kind=Kind.PRICES,
            key=f"prices:{customer_id}:{last}",
            write=partial(
                _changed,
                [prices[service_id] for service_id in services],
                amounts=customer_id not in agreed,
            ),
            url=reverse("services", query={"favourites": 1}),
        )
        for customer_id, services in favourites.items()
    ]
    for start in range(0, len(news), SET):
        notices.tell_all(news[start : start + SET])
    return len(news)


def _prices(changes: Iterable[ServiceChange]) -> tuple[int, dict[int, Price]]:
    """Return the last change's number, and services whose price is not what it was."""
    first: dict[int, Decimal] = {}
    newest: dict[int, Decimal] = {}
    last = 0
    for change in changes:
        if change.old_price is None or change.new_price is None:
            continue
        first.setdefault(change.service_id, change.old_price)
        newest[change.service_id] = change.new_price
        last = change.pk
    moved = [pk for pk, price in newest.items() if price != first[pk]]
    services = services_on_sale().filter(pk__in=moved).only("name")
    names = _names(services)
    return last, {pk: Price(first[pk], newest[pk], names[pk]) for pk in names}


def _names(services: Iterable[Service]) -> dict[int, dict[str, str]]:
    names = {service.pk: {"": service.name} for service in services}
    written = Translation.objects.filter(service__in=names, field="name")
    for pk, language, text in written.values_list("service_id", "language", "text"):
        names[pk][language] = text
    return names


def _favourites(service_ids: Collection[int]) -> dict[int, list[int]]:
    """Return which of these services each customer has put a star on."""
    found: dict[int, list[int]] = defaultdict(list)
    stars = Favourite.objects.filter(service__in=service_ids).order_by("service_id")
    for customer_id, service_id in stars.values_list("customer_id", "service_id"):
        found[customer_id].append(service_id)
    return found


def _with_agreements(customer_ids: Collection[int]) -> set[int]:
    """Return those of the customers who may pay something else than everybody."""
    found: set[int] = set()
    for rows in (CustomerTerms.objects, SpecialPrice.objects):
        own = rows.filter(customer__in=customer_ids)
        found.update(own.values_list("customer_id", flat=True))
    return found


def _changed(prices: list[Price], *, amounts: bool) -> tuple[str, str]:
    count = len(prices)
    subject = ngettext(
        "%(count)d of your favourites has a new price",
        "%(count)d of your favourites have new prices",
        count,
    )
    lines = [_line(price, amounts=amounts) for price in prices[:MOST]]
    if count > MOST:
        lines.append(_("And %(count)d more.") % {"count": count - MOST})
    return subject % {"count": count}, "\n".join(lines)


def _line(price: Price, *, amounts: bool) -> str:
    name = price.names.get(get_language() or "", price.names[""])
    if not amounts:
        return name
    return f"{name}: {show(price.old)} → {show(price.new)}"
