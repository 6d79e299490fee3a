"""What the storefront does by itself."""

import logging

from django.db import transaction

from notices import actions as notices
from shop.auditing import broken

logger = logging.getLogger(__name__)


@transaction.atomic(durable=True)
def alert_about_audit() -> int:
    """Check every promise, tell the staff about those that are broken; how many."""
    findings = list(broken())
    for finding in findings:
        logger.error("Audit: %s", finding)
        notices.tell_staff(key=f"audit:{finding}"[:200], subject=f"Audit: {finding}")
    return len(findings)
