"""Telling people: the outbox, its mail, and what they want to be told."""

from notices.actions.bookmarks import read_on
from notices.actions.choosing import choose, stop_mail
from notices.actions.digesting import send_digests
from notices.actions.forgetting import forget_read
from notices.actions.reading import mark_all_read, mark_read
from notices.actions.sending import send_due
from notices.actions.telling import News, tell, tell_all, tell_everybody, tell_staff
from notices.actions.watching import note_balances

__all__ = [
    "News",
    "choose",
    "forget_read",
    "mark_all_read",
    "mark_read",
    "note_balances",
    "read_on",
    "send_digests",
    "send_due",
    "stop_mail",
    "tell",
    "tell_all",
    "tell_everybody",
    "tell_staff",
]
