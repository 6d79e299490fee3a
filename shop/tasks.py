"""What the queue may ask of the storefront itself."""

import logging

from shop.actions import alert_about_audit, tell_news
from shop.celery import app
from shop.ticks import take

logger = logging.getLogger(__name__)


@app.task(name="shop.audit")
def audit() -> None:
    """Check the promises, and alert the staff about each that is broken."""
    if take("shop.audit", every=600):
        alert_about_audit()


@app.task(name="shop.tell_news")
def tell_news_task() -> None:
    """Tell customers of news that came out."""
    if take("shop.tell_news", every=60):
        tell_news()
