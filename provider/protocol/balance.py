"""Reading the answer to `balance`."""

from collections.abc import Iterable, Mapping

from provider.protocol.errors import Phrase, classify, error_text
from provider.protocol.json_reply import read_json
from provider.protocol.replies import Balance, ErrorReply, UnreadableReply
from provider.protocol.values import read_amount, read_currency


def read_balance(body: bytes, *, phrases: Iterable[Phrase] = ()) -> Balance:
    """Return the balance, given as text, as a number, or inside `data`.

    Raises ErrorReply where the answer is an error, UnreadableReply where it is nothing
    that was asked for.
    """
    value = read_json(body)
    text = error_text(value)
    if text is not None:
        raise ErrorReply(text, classify(text, phrases=phrases))
    levels = _levels(value)
    amounts = (read_amount(level.get("balance")) for level in levels)
    amount = next((amount for amount in amounts if amount is not None), None)
    if amount is None:
        raise UnreadableReply("shape")
    currencies = (read_currency(level.get("currency")) for level in levels)
    return Balance(amount, next((code for code in currencies if code), None))


def _levels(value: object) -> list[Mapping[str, object]]:
    """Return the object that `value` is, and the one inside its `data`."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    inner = value.get("data") if isinstance(value, dict) else None
    return [level for level in (value, inner) if isinstance(level, dict)]
