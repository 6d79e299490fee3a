"""Writing prices."""

from typing import Any

from django.conf import settings
from django.db import connection, transaction

from provider.changes import because
from provider.enums import ChangeReason
from provider.models import MarkupRule
from provider.pricing import HIGHEST_COST, HIGHEST_PRICE, PRICED
from shop.statements import whole_tables

REPRICE = f"""
    WITH written AS (
        UPDATE provider_service
        SET price = priced.price, off_reason = priced.off_reason,
            unit_cost = priced.unit_cost, floor = priced.floor
        FROM ({PRICED}) AS priced
        WHERE provider_service.id = priced.id
          AND (provider_service.price IS DISTINCT FROM priced.price
               OR provider_service.off_reason <> priced.off_reason
               OR provider_service.unit_cost IS DISTINCT FROM priced.unit_cost
               OR provider_service.floor IS DISTINCT FROM priced.floor)
        RETURNING (priced.price, priced.off_reason) IS DISTINCT FROM
                  (priced.price_before, priced.off_reason_before) AS moved
    )
    SELECT count(*) FILTER (WHERE moved) FROM written
"""  # noqa: S608 - both parts are constants of ours


class PricingError(Exception):
    """A rate or rule that was not taken; `message` is fit for staff."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = message


def parameters(*, provider_id: int | None = None) -> dict[str, Any]:
    """Return what the pricing statement asks for: of one provider's services, or of all."""
    return {
        "currency": settings.SHOP_CURRENCY,
        "default_percent": settings.DEFAULT_MARKUP,
        "default_step": settings.PRICE_STEP,
        "highest": HIGHEST_PRICE,
        "highest_cost": HIGHEST_COST,
        "oldest": settings.RATE_PAUSE_HOURS * 3600 or None,
        "provider": provider_id,
    }


def reprice_in_transaction(*, provider_id: int | None = None) -> int:
    """Give each service the price and state that its offer and rule make.

    One statement that writes only differences; of one provider's services, or of all.
    Returns how many have a new price or state. Inside the caller's transaction.
    """
    with whole_tables(), connection.cursor() as cursor:
        cursor.execute(REPRICE, parameters(provider_id=provider_id))
        return int(cursor.fetchone()[0])


@transaction.atomic(durable=True)
def reprice() -> int:
    """Re-price the whole catalogue after a rule or rate changed; return how many moved."""
    return reprice_in_transaction()


@transaction.atomic(durable=True)
def save_rule(*, rule: MarkupRule) -> int:
    """Save a markup rule and re-price what it is about; return how many prices moved."""
    rule.full_clean()
    rule.save()
    because(ChangeReason.RULE)
    return reprice_in_transaction()
