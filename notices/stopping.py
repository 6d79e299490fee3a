"""The links by which a mail lets its reader have no more of its kind.

Signed instead of stored: whoever has the mail may stop it, logged in or not, and nobody
else's.
"""

from django.core import signing

from notices.enums import Kind

_SALT = "notices.stop"


def token(*, user_id: int, kind: Kind) -> str:
    """Return what names a customer and a kind in a link."""
    return signing.dumps([user_id, str(kind)], salt=_SALT)


def read(text: str) -> tuple[int, Kind] | None:
    """Return the customer and the kind that a link names; None for a made-up one."""
    try:
        user_id, kind = signing.loads(text, salt=_SALT)
        return int(user_id), Kind(kind)
    except (signing.BadSignature, ValueError):
        return None
