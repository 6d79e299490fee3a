"""Why a call is refused, in the protocol's own words: clients compare these texts."""

from collections.abc import Mapping
from enum import StrEnum

from orders.errors import BalanceTooLowError, KeyReusedError, NotOnSaleError

MOST_IDS = 100


class Wording(StrEnum):
    """The texts that clients may rely on. They are never translated, and never change."""

    KEY = "Invalid API key"
    ADDRESS = "This API key is not allowed from your address"
    SERVICE = "Incorrect service ID"
    ORDER = "Incorrect order ID"
    REFILL = "Refill not found"
    FUNDS = "Not enough funds on balance"
    MOST_IDS = f"Maximum {MOST_IDS} IDs"
    TOO_OFTEN = "Too many requests"
    IDEMPOTENCY_KEY = "Incorrect idempotency_key"
    IDEMPOTENCY_KEY_USED = "This idempotency_key was used for a different order"
    KIND = "Incorrect kind"
    BEFORE = "Incorrect before"
    ACTION = "Incorrect request: no such action"
    METHOD = "Incorrect request: use POST or GET"
    CONTENT_TYPE = "Incorrect request: send a form or JSON"
    FORM = "Incorrect request: the form cannot be read"
    JSON = "Incorrect request: the JSON cannot be read"
    OBJECT = "Incorrect request: the JSON is not an object"
    VALUE = "Incorrect request: a parameter is neither text nor a number"
    CHARACTERS = "Incorrect request: a parameter is not valid UTF-8 text"
    TWICE = "Incorrect request: a parameter is given twice"
    TOO_LARGE = "Incorrect request: too large"
    LENGTH = "Incorrect request: send a Content-Length"
    INCOMPLETE = "Incorrect request: incomplete"


# Other refusals of an order say why in a sentence of their own.
ORDER_WORDINGS: Mapping[str, Wording] = {
    NotOnSaleError.code: Wording.SERVICE,
    BalanceTooLowError.code: Wording.FUNDS,
    KeyReusedError.code: Wording.IDEMPOTENCY_KEY_USED,
}


class RefusedError(Exception):
    """A call, or one id of it, that is refused; the text is what the client reads."""
