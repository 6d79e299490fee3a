"""What the queue may ask of this room."""

from django.contrib.sessions.backends.db import SessionStore

from accounts import actions
from shop.celery import app
from shop.ticks import take


@app.task(name="accounts.forget_sessions")
def forget_sessions() -> None:
    """Delete sessions that have expired, and with them where they were."""
    if take("accounts.forget_sessions", every=86400):
        SessionStore.clear_expired()


@app.task(name="accounts.forget_closed")
def forget_closed() -> None:
    """Forget who had the accounts that were closed long enough ago."""
    if take("accounts.forget_closed", every=3600):
        actions.forget_closed()
