"""What a form says of the terms, where `content/_terms_of_order.html` has asked."""

import re
from collections.abc import Mapping

# As the checkbox is called.
FIELD = "terms"


def agreed_version(posted: Mapping[str, str]) -> int | None:
    """Return the version of the terms that was agreed to, None where none was."""
    return version_of(posted.get(FIELD, ""))


def version_of(number: str) -> int | None:
    """Return `number` as that of a version, None where it cannot be one."""
    return int(number) if re.fullmatch("[0-9]{1,4}", number) else None
