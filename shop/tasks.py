"""What the queue may ask of the storefront itself."""

import logging

from shop.actions import alert_about_audit
from shop.celery import app
from shop.ticks import take

logger = logging.getLogger(__name__)


@app.task(name="shop.audit")
def audit() -> None:
    """Check the promises, and alert the staff about each that is broken."""
    if take("shop.audit", every=600):
        alert_about_audit()
