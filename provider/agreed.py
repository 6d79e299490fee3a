"""What is agreed with a customer: read in one query, whatever it is about."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from provider.enums import Basis
from shop.statements import prepared_cursor

Customer = User | AnonymousUser | None

# All that is agreed with one customer: about one service, or (NULL) about any.
_AGREED = """
    SELECT terms.discount AS own_discount, terms.consent_margin AS own_margin,
           terms.consent_by_id AS own_by, terms.consent_at AS own_at,
           terms.group_id, pricegroup.discount AS group_discount, pricegroup.markup,
           pricegroup.consent_margin AS group_margin,
           pricegroup.consent_by_id AS group_by, pricegroup.consent_at AS group_at,
           special.price AS special_price, special.customer_id IS NOT NULL AS is_own,
           special.until_date, special.consent_margin AS special_margin,
           special.consent_by_id AS special_by, special.consent_at AS special_at
    FROM (SELECT %(customer)s::bigint AS id) AS customer
    LEFT JOIN provider_customerterms terms ON terms.customer_id = customer.id
    LEFT JOIN provider_pricegroup pricegroup ON pricegroup.id = terms.group_id
    LEFT JOIN LATERAL (
        SELECT * FROM provider_specialprice
        WHERE (provider_specialprice.customer_id = customer.id
               OR provider_specialprice.group_id = terms.group_id)
          AND (service_id = %(service)s::bigint OR %(service)s::bigint IS NULL)
          AND (until_date IS NULL OR until_date >= current_date)
        ORDER BY provider_specialprice.customer_id IS NULL LIMIT 1
    ) AS special ON true
"""


@dataclass(frozen=True)
class Consent:
    """That prices may go down to `margin` percent above the cost, and who said so."""

    margin: Decimal
    by_id: int
    at: datetime


@dataclass(frozen=True)
class Special:
    """A special price that holds now, for the customer or for the group."""

    price: Decimal
    is_own: bool
    until_date: date | None
    consent: Consent | None


@dataclass(frozen=True)
class Agreed:
    """What is agreed with a customer. `special` of a list is any of their special prices."""

    customer_id: int | None = None
    group_id: int | None = None
    basis: Basis = Basis.LIST
    # Of a discount or a group's markup.
    percent: Decimal = Decimal(0)
    consent: Consent | None = None
    special: Special | None = None

    @property
    def is_nothing(self) -> bool:
        return self.basis == Basis.LIST and self.special is None


def agreed_with(*, customer: Customer, service_id: int | None = None) -> Agreed:
    """Return what is agreed with a customer about a service, or in general."""
    if customer is None or not customer.is_authenticated:
        return Agreed()
    with prepared_cursor() as cursor:
        cursor.execute(_AGREED, {"customer": customer.pk, "service": service_id})
        row: dict[str, Any] = cursor.fetchone()
    basis, percent, consent = _agreed_in_general(row)
    return Agreed(
        customer_id=customer.pk,
        group_id=row["group_id"],
        basis=basis,
        percent=percent,
        consent=consent,
        special=None
        if row["special_price"] is None
        else Special(
            price=row["special_price"],
            is_own=row["is_own"],
            until_date=row["until_date"],
            consent=_consent(row, "special"),
        ),
    )


def _agreed_in_general(row: dict[str, Any]) -> tuple[Basis, Decimal, Consent | None]:
    if row["own_discount"] is not None:
        return Basis.OWN_DISCOUNT, row["own_discount"], _consent(row, "own")
    if row["group_discount"] is not None:
        return Basis.GROUP_DISCOUNT, row["group_discount"], _consent(row, "group")
    if row["markup"] is not None:
        return Basis.GROUP_MARKUP, row["markup"], _consent(row, "group")
    return Basis.LIST, Decimal(0), None


def _consent(row: dict[str, Any], whose: str) -> Consent | None:
    margin = row[f"{whose}_margin"]
    if margin is None:
        return None
    return Consent(margin=margin, by_id=row[f"{whose}_by"], at=row[f"{whose}_at"])
