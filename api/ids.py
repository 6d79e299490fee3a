"""The ids that a call is about: one under `order`, several under `orders`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from api.errors import MOST_IDS, RefusedError, Wording


@dataclass(frozen=True)
class Ids:
    """The ids as they were written, each one once, and the numbers they stand for.

    `many` says whether several were asked about, be it that only one was named: the
    form of the answer depends on the question.
    """

    numbers: Mapping[str, int]
    many: bool

    @property
    def only(self) -> str:
        """The one id asked about where there are not many."""
        return next(iter(self.numbers))


def read_ids(fields: Mapping[str, str], name: str) -> Ids:
    """Return the ids under `name` or its plural; RefusedError for none or for both.

    The singular may hold several with commas between them, too.
    """
    one, several = (fields.get(key, "").strip() for key in (name, f"{name}s"))
    texts = [text.strip() for text in (one or several).split(",") if text.strip()]
    if (one and several) or not texts:
        raise RefusedError(f"Incorrect request: give either {name} or {name}s")
    if len(texts) > MOST_IDS:
        raise RefusedError(Wording.MOST_IDS)
    numbers = {text: read_number(text) for text in texts}
    return Ids(numbers, many=bool(several) or len(texts) > 1)


def read_number(text: str) -> int:
    """Return the number of a row, or 0, which no row has, where `text` is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0
