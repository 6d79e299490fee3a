"""What the queue may ask of this room."""

from notices import actions
from shop.celery import app
from shop.ticks import take


@app.task(name="notices.send_due")
def send_due() -> None:
    """Send the mail that is due."""
    if take("notices.send_due", every=5):
        actions.send_due()
