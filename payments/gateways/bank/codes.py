"""The code that a customer writes into a transfer: short, as banks cut what is long.

Korean banks show ten characters or fewer of a transfer's message.
"""

import re

LENGTH = 8
_MARK = "MP"
# People put spaces and dashes between, and banks leave the case to chance.
_CODE = re.compile(
    rf"(?<![A-Z0-9]){_MARK}[ -]?((?:[A-Z0-9][ -]?){{{LENGTH}}})(?![A-Z0-9])"
)


def code_of(reference: str) -> str:
    """Return the code of a top-up, from the beginning of its random reference."""
    letters = re.sub("[^A-Z0-9]", "", reference.upper())
    if len(letters) < LENGTH:
        raise ValueError(f"{reference} is too short for a code")
    return _MARK + letters[:LENGTH]


def find_codes(text: str) -> list[str]:
    """Return the codes in a transfer's message, each once and in their order."""
    found = (_MARK + re.sub("[ -]", "", each) for each in _CODE.findall(text.upper()))
    return list(dict.fromkeys(found))
