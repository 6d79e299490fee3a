"""What the tests of notices share: something to say, and how it is wanted."""

from typing import Any

from accounts.models import User
from notices import actions, queries
from notices.enums import Kind, Mail, Wish
from notices.models import Notice


def tell(customer: User, key: str = "a", kind: Kind = Kind.TICKET, **more: Any) -> None:
    """Tell a customer something."""
    values = {"subject": "Subject", "text": "Text.", **more}
    actions.tell(user_id=customer.pk, kind=kind, key=key, **values)


def want(customer: User, kind: Kind, mail: Mail, *, in_shop: bool = True) -> None:
    """Let a customer choose how they want to be told of one kind."""
    actions.choose(
        user=customer,
        wishes={
            **queries.wishes_of(user=customer),
            kind: Wish(in_shop=in_shop, mail=mail),
        },
        threshold=None,
    )


def told(customer: User) -> list[str]:
    """Return the keys of what a customer finds in the shop, oldest first."""
    found = queries.notices_of(user=customer).order_by("id")
    return list(found.values_list("key", flat=True))


def notice(key: str = "a") -> Notice:
    return Notice.objects.get(key=key)
