"""What each line of a list would order and cost, or what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from orders.acceptable import refusals
from orders.digests import digest
from orders.enums import OPEN
from orders.errors import NotOnSaleError, OrderError
from orders.forms import WORDINGS
from orders.intake import FieldErrors, Intake, read, read_reference
from orders.lines import Line
from orders.models import Order
from provider.models import Service
from provider.prices import prices_of
from provider.translations import localise
from shop.money import charge

# What a line can say; services that need more are ordered by their own form.
_SAID = frozenset({"link", "quantity"})


@dataclass(frozen=True)
class Checked:
    """One line, looked at: with its price and charge, or with its fault.

    `order` is what was ordered by it already, `twin` an order under way for the same page,
    `repeats` the number of an earlier line for the same. `own_form` says that the
    service takes more than a line can say.
    """

    line: Line
    key: str
    service: Service | None = None
    intake: Intake | None = None
    price: Decimal | None = None
    charge: Decimal | None = None
    fault: str = ""
    own_form: bool = False
    order: Order | None = None
    twin: int | None = None
    repeats: int | None = None

    @property
    def is_good(self) -> bool:
        """Whether it can be ordered now."""
        return not self.fault and self.order is None

    @property
    def warning(self) -> str:
        """What the customer should know before ordering it; it is no mistake."""
        if not self.is_good:
            return ""
        if self.repeats:
            return _("The same as line %(number)d.") % {"number": self.repeats}
        if self.twin:
            return _("Order %(number)d for the same page is still under way.") % {
                "number": self.twin
            }
        return ""

    def charge_at(self, price: Decimal) -> Decimal | None:
        """Return what it costs at a price that was shown for its service."""
        if self.intake is None or self.service is None:
            return None
        per_package = self.service.rule.per_package
        return charge(price, self.intake.units, per_package=per_package)


def check(lines: Sequence[Line], *, customer: User, token: str) -> list[Checked]:
    """Return what comes of each line, in their order. Reads only.

    A constant number of queries, however many lines there are: the services and their
    names, the prices, what the shop does not take, what is under way, and what `token`
    has ordered already.
    """
    ids = {line.service_id for line in lines if line.service_id is not None}
    services = Service.objects.select_related("category").in_bulk(list(ids))
    checked = [
        _read(line, services.get(line.service_id or 0), key_of(line, token=token))
        for line in lines
    ]
    checked = _refused(checked)
    on_sale = [service for service in services.values() if service.on_sale]
    prices = prices_of(services=on_sale, customer=customer)
    checked = [_priced(one, prices) for one in checked]
    checked = _with_orders(checked, customer)
    localise(services=list(services.values()))
    return _with_twins(checked, customer)


def key_of(line: Line, *, token: str) -> str:
    """Return the key under which a line is one order, however often it is sent."""
    return f"mass:{token}:{digest([line.service_id, line.raw, line.copy])}"


def is_token(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{32}", text) is not None


def _read(line: Line, service: Service | None, key: str) -> Checked:
    found = Checked(line, key, service)
    if line.service_id is None:
        return replace(found, fault=_("Not read: service | link | quantity."))
    if service is None or not service.on_sale:
        return replace(found, service=None, fault=NotOnSaleError().message)
    if not _SAID.issuperset(service.rule.required) or service.rule.required_when:
        fault = _("This service needs more than fits here.")
        return replace(found, own_form=True, fault=fault)
    try:
        read_reference(line.reference)
        return replace(found, intake=read(service=service, raw=line.raw))
    except FieldErrors as error:
        return replace(found, fault=_sentences(error))


def _sentences(error: FieldErrors) -> str:
    labels = {name: str(wording.label) for name, wording in WORDINGS.items()}
    labels["reference"] = _("Reference")
    return " ".join(
        f"{labels.get(name, name)}: {sentence}"
        for name, sentences in error.errors.items()
        for sentence in sentences
    )


def _refused(checked: Sequence[Checked]) -> list[Checked]:
    """Say of each order that the shop does not take why not."""
    wanted = [
        (one.service, one.intake) for one in checked if one.service and one.intake
    ]
    found = iter(refusals(wanted=wanted) if wanted else [])
    told: list[Checked] = []
    for one in checked:
        refusal: OrderError | None = next(found) if one.intake else None
        told.append(replace(one, fault=refusal.message) if refusal else one)
    return told


def _priced(one: Checked, prices: Mapping[int, Decimal]) -> Checked:
    if one.service is None or one.intake is None:
        return one
    price = prices.get(one.service.pk)
    if price is None:
        return replace(one, fault=NotOnSaleError().message)
    return replace(one, price=price, charge=one.charge_at(price))


def _with_orders(checked: Sequence[Checked], customer: User) -> list[Checked]:
    """Name what was ordered already by the same lines of the same list."""
    keys = [one.key for one in checked]
    placed = Order.objects.filter(customer=customer, idempotency_key__in=keys)
    orders = {order.idempotency_key: order for order in placed}
    return [replace(one, order=orders.get(one.key)) for one in checked]


def _with_twins(checked: Sequence[Checked], customer: User) -> list[Checked]:
    """Name earlier lines and orders under way for the same service and page."""
    pages = {one.intake.link_key for one in checked if one.intake} - {""}
    under_way = Order.objects.filter(
        customer=customer, link_key__in=pages, status__in=OPEN
    )
    newest: dict[tuple[int | None, str], int] = {
        (service_id, link_key): pk
        for pk, service_id, link_key in under_way.order_by("pk").values_list(
            "pk", "service_id", "link_key"
        )
    }
    first: dict[tuple[int | None, str], int] = {}
    told = []
    for one in checked:
        if one.intake is None or not one.intake.link_key:
            told.append(one)
            continue
        page = (one.line.service_id, one.intake.link_key)
        told.append(replace(one, twin=newest.get(page), repeats=first.get(page)))
        first.setdefault(page, one.line.number)
    return told
