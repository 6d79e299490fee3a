"""What the sandbox sells: rows of JSON, served exactly as the file has them."""

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sandbox import types
from sandbox.errors import RefusedError

DEMO_FILE = Path(__file__).with_name("catalogue.json")
RATE_LIMIT = Decimal(10) ** 9


class CatalogueError(ValueError):
    """A catalogue file cannot be served; the text says why."""


@dataclass(frozen=True, slots=True)
class Service:
    """One row, read tolerantly; a limit that cannot be read is no limit."""

    id: str
    kind: types.ServiceType
    rate: Decimal
    minimum: int | None
    maximum: int | None
    refill: bool
    cancel: bool
    drip_feed: bool

    def cost(self, units: int, factor: Decimal = Decimal(1)) -> Decimal:
        """Return what `units` cost, to five decimals as the protocol's charges have.

        `factor` is what the rate is multiplied by at present.
        """
        amount = self.rate * factor * units
        if not self.kind.per_package:
            amount /= 1000
        return amount.quantize(Decimal("0.00001"))


class Catalogue:
    """All rows: their text as it was given, and each one readable by its id."""

    def __init__(self, text: str) -> None:
        """Read the catalogue from JSON `text`.

        Raises CatalogueError when it is not JSON or holds no list of rows.
        """
        self.text = text
        self._rows = {_id(row): row for row in _rows(text) if _id(row)}

    def __len__(self) -> int:
        """Return how many services have an id of their own."""
        return len(self._rows)

    def text_at(self, factor: Decimal) -> str:
        """Return the rows as they are served with all rates multiplied by `factor`."""
        if factor == 1:
            return self.text
        rows = [_repriced(row, factor) for row in _rows(self.text)]
        return json.dumps(rows, ensure_ascii=False, default=str)

    def find(self, service: str) -> Service:
        """Return the service with id `service`; RefusedError when it is not sold."""
        row = self._rows.get(service.strip())
        if row is None:
            raise RefusedError("Incorrect service ID")
        return _service(row)


def load(path: Path) -> Catalogue:
    """Return the catalogue kept in the file at `path`.

    Raises CatalogueError when the file cannot be read or served.
    """
    try:
        return Catalogue(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise CatalogueError(f"cannot serve {path}: {error}") from error


def demo() -> Catalogue:
    """Return the sandbox's own catalogue."""
    return load(DEMO_FILE)


def _rows(text: str) -> list[dict[str, Any]]:
    """Find the rows: a list, a list under `services` or `data`, or an object by id."""
    try:
        data = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise CatalogueError(f"not JSON ({error})") from error
    if isinstance(data, dict):
        data = data.get("services") or data.get("data") or list(data.values())
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise CatalogueError("not a list of services")
    return data


def _repriced(row: dict[str, Any], factor: Decimal) -> dict[str, Any]:
    name = "rate" if "rate" in row else "price"
    rate = _decimal(row.get(name))
    return row if rate is None else row | {name: f"{rate * factor:f}"}


def _id(row: dict[str, Any]) -> str:
    for name in ("service", "id", "service_id"):
        if row.get(name) is not None:
            return str(row[name]).strip()
    return ""


def _service(row: dict[str, Any]) -> Service:
    rate = _decimal(row.get("rate", row.get("price")))
    if rate is None or not 0 < rate < RATE_LIMIT:
        raise RefusedError("Service is inactive")
    return Service(
        id=_id(row),
        # A practice counter sells what it cannot name as if it were the simplest type.
        kind=types.find(str(row.get("type", ""))) or types.DEFAULT,
        rate=rate,
        minimum=_integer(row.get("min")),
        maximum=_integer(row.get("max")),
        refill=_flag(row.get("refill")),
        cancel=_flag(row.get("cancel")),
        drip_feed=_flag(row.get("dripfeed")),
    )


def _decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _integer(value: object) -> int | None:
    number = _decimal(value)
    if number is None or abs(number) > RATE_LIMIT * 100:
        return None
    return int(number)


def _flag(value: object) -> bool:
    """Read a flag; one that is absent is unknown, and so may be tried."""
    return value is None or str(value).strip().lower() in {"true", "1", "yes"}
