"""Short names for what was said or shown, to tell whether it is still the same."""

import hashlib
import json


def digest(value: object) -> str:
    """Return 32 letters that stand for `value`, which JSON can write."""
    text = json.dumps(value, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
