"""Who is seen where: written down when somebody logs in, and every few minutes then."""

from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest

from accounts import actions, queries
from accounts.models import User
from accounts.two_steps import STEPS, second_steps
from shop.requests import client_address

# Seconds for which a session is not written down again.
PAUSE = 300


def note(request: HttpRequest, user: User) -> None:
    """Write down that the user's session was seen, unless it was within PAUSE.

    The cache remembers, so that reading a page costs no statement. Without the cache,
    every page does.
    """
    key = request.session.session_key
    if key and cache.add(f"log-in:{queries.digest(key)}", 1, timeout=PAUSE):
        actions.note_log_in(
            user_id=user.pk,
            session_key=key,
            address=client_address(request),
            browser=request.headers.get("User-Agent", ""),
        )


def note_at_log_in(*, request: HttpRequest, user: User, **_given: Any) -> None:
    """Receive Django's word that somebody has logged in."""
    note(request, user)


def end_others_at_first_step(
    *, request: HttpRequest, user: User, authenticator: Authenticator, **_given: Any
) -> None:
    """Receive the log-in library's word that somebody has another second step.

    With the first one, every other log-in ends: each of them had the password alone, and
    whoever else knew it would stay in.
    """
    if authenticator.type in STEPS and second_steps(user).count() == 1:
        key = request.session.session_key
        end = partial(actions.end_other_log_ins, user=user, session_key=key)
        transaction.on_commit(end)
