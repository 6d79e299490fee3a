"""Single values as providers write them: read exactly, or not at all."""

import json
import re
from decimal import Decimal

_ID = re.compile(r"(?=.*[0-9])[0-9A-Za-z_][0-9A-Za-z_.:=+/~@#|-]{0,63}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}(?:\.0{1,20})?")
_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:E[+-]?[0-9]{1,2})?"
)
_CURRENCY = r"(?:[^\W\d_]{0,4}[^\w\s.,+-]?)"
_AMOUNT = re.compile(rf"(-?)\s*{_CURRENCY}\s*(-?)([0-9][0-9.,]{{0,40}})\s*{_CURRENCY}")
_GREATEST_INTEGER = 2**63 - 1
# The whole part that fits into the columns for money, numeric(20,8).
_GREATEST_AMOUNT = Decimal(10) ** 12
_FLAGS = {
    **dict.fromkeys(("1", "true", "yes"), True),
    **dict.fromkeys(("0", "false", "no"), False),
}


def read_id(value: object) -> str | None:
    """Return an upstream id as text, so that 23501 and "23501" are equal.

    0, "0", "", null, negative numbers, fractions, flags, objects, words without a digit
    and anything longer than 64 characters are no ids.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    if not _ID.fullmatch(text) or not text.strip("0."):
        return None
    return text


def read_integer(value: object) -> int | None:
    """Return a whole number given as number or text; None for all else, 3.5 included."""
    number: int | Decimal | None = None
    if isinstance(value, str):
        text = value.strip()
        number = int(text.partition(".")[0]) if _INTEGER.fullmatch(text) else None
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = value
    if number is None or not _is_finite(number):
        return None
    if not -_GREATEST_INTEGER <= number <= _GREATEST_INTEGER:
        return None
    return int(number) if number == int(number) else None


def read_decimal(value: object) -> Decimal | None:
    """Return a number given as number or text such as "0.27819" or "9.0E-5", else None."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    if isinstance(value, str):
        text = value.strip().upper()
        if not _DECIMAL.fullmatch(text):
            return None
        value = text
    number = Decimal(value)
    return number if _is_finite(number) and abs(number) < _GREATEST_AMOUNT else None


def read_amount(value: object) -> Decimal | None:
    """Return an amount that may be written for people: "1,234.56", "$12.50", "12,50 €".

    None where the writing leaves a choice, as "0,278" does.
    """
    number = read_decimal(value)
    if number is not None or not isinstance(value, str):
        return number
    found = _AMOUNT.fullmatch(value.strip())
    if not found:
        return None
    digits = found[3]
    if re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+|[0-9]+,[0-9]{1,2}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    sign = "-" if found[1] or found[2] else ""
    return read_decimal(sign + digits)


def read_flag(value: object) -> bool | None:
    """Return a flag given as true, 1, "1" or "true" and their opposites, else None."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, int | str):
        return None
    return _FLAGS.get(str(value).strip().lower())


def read_currency(value: object) -> str | None:
    """Return a currency's code in capitals, or None."""
    text = value.strip() if isinstance(value, str) else ""
    return text.upper() if re.fullmatch("[A-Za-z]{3,5}", text) else None


def given(value: object) -> str:
    """Return what was given, for people to look at: at most 200 characters, "" for null."""
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, default=str, ensure_ascii=False)[:200]
    return str(value).strip()[:200]


def _is_finite(value: int | Decimal) -> bool:
    return isinstance(value, int) or value.is_finite()
