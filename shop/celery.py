"""The queue. A message only says "look now": the rows in the database hold the truth,
and the sweepers find what a lost message should have named."""

import logging
import os
import time
from typing import Any

from celery import Celery
from celery.exceptions import OperationalError
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

logger = logging.getLogger(__name__)

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Seconds between rings. Each periodic task takes its Tick row first (shop.ticks), so a
# second scheduler does no harm.
app.conf.beat_schedule = {
    "sweep orders": {"task": "orders.sweep", "schedule": 1.0},
    "sync catalogues": {"task": "provider.sync_due", "schedule": 10.0},
    "read balances": {"task": "provider.read_balances", "schedule": 60.0},
    "read rates": {"task": "provider.read_rates", "schedule": 60.0},
    "send notices": {"task": "notices.send_due", "schedule": 5.0},
    "send daily mails": {"task": "notices.send_digests", "schedule": 300.0},
    "tell of low balances": {"task": "orders.tell_of_low_balances", "schedule": 60.0},
    "tell of prices": {"task": "provider.tell_of_prices", "schedule": 60.0},
    "sweep payments": {"task": "payments.sweep", "schedule": 30.0},
    "settle stops": {"task": "orders.settle_stops", "schedule": 60.0},
    # Rung for every minute; the Tick row makes HEALTH_INTERVAL of it.
    "measure health": {"task": "orders.measure_health", "schedule": 60.0},
    "reconcile": {"task": "orders.reconcile", "schedule": 600.0},
    # Rung for every hour, as a scheduler that is restarted counts from its start; the
    # Tick row makes one run a day of it.
    "forget forged payments": {"task": "payments.forget_forged", "schedule": 3600.0},
    "forget notices": {"task": "notices.forget", "schedule": 3600.0},
    "forget replies": {"task": "provider.forget_replies", "schedule": 3600.0},
    "forget sessions": {"task": "accounts.forget_sessions", "schedule": 3600.0},
    "forget closed accounts": {"task": "accounts.forget_closed", "schedule": 3600.0},
    "tell news": {"task": "shop.tell_news", "schedule": 60.0},
    "audit": {"task": "shop.audit", "schedule": 600.0},
}

# After a failed publish the broker is left alone for this long, in seconds.
SILENCE = 5.0
_silent_until = 0.0


def ring(task: str, **arguments: Any) -> bool:
    """Publish a message for `task` and return whether it went out.

    Never raises when the broker is away, and does not try again for SILENCE seconds:
    the sweeper finds the row that the message would have named.
    """
    global _silent_until  # noqa: PLW0603
    if time.monotonic() < _silent_until:
        return False
    try:
        app.send_task(task, kwargs=arguments, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        _silent_until = time.monotonic() + SILENCE
        logger.warning("The broker does not answer: %s", type(error).__name__)
        return False
    return True


def assert_deadlines() -> None:
    """Raise ValueError unless call < lease < redelivery, which no timer enforces."""
    if not (
        settings.HTTP_CONNECT_TIMEOUT
        < settings.HTTP_DEADLINE
        < settings.ATTEMPT_LEASE
        < settings.VISIBILITY_TIMEOUT
    ):
        raise ValueError(
            "HTTP_CONNECT_TIMEOUT < HTTP_DEADLINE < ATTEMPT_LEASE < VISIBILITY_TIMEOUT"
        )
