"""What the queue may ask of this room."""

from accounts import actions
from shop.celery import app
from shop.ticks import take


@app.task(name="accounts.forget_closed")
def forget_closed() -> None:
    """Forget who had the accounts that were closed long enough ago."""
    if take("accounts.forget_closed", every=3600):
        actions.forget_closed()
