"""What the queue may ask of this room."""

from notices import actions
from shop.celery import app
from shop.ticks import take


@app.task(name="notices.send_due")
def send_due() -> None:
    """Send the mail that is due."""
    if take("notices.send_due", every=5):
        actions.send_due()


@app.task(name="notices.send_digests")
def send_digests() -> None:
    """Make the daily mails of those for whom it is morning."""
    if take("notices.send_digests", every=300):
        actions.send_digests()


@app.task(name="notices.forget")
def forget() -> None:
    """Let go of old notices, once a day."""
    if take("notices.forget", every=86_400):
        actions.forget_read()
