"""Where a caller may ask for faults on its own calls: header, key, and link."""

import re

from sandbox import fate
from sandbox.faults.door import Call

HEADER = "X-Sandbox-Fault"


def grant(call: Call, key: str, header: str | None) -> None:
    """Put what `call` wishes for into it, and take it out of its key.

    The header holds a specification; so does the key after `practice+`, for clients
    that cannot send headers (a plus that was not encoded arrives as a space); and for
    an `add` the fragment of its link, as `#fault=timeout_after`.
    """
    wishes = [header] if header else []
    if call.key != key and re.match(re.escape(key) + "[+ ]", call.key):
        wishes.append(call.key[len(key) + 1 :])
        call.key = key
    link = call.fields.get("link", "") if call.action == "add" else ""
    if "fault=" in link:
        wishes.append(fate.wishes(link).get("fault", ""))
    call.wish = ",".join(wishes)
