"""A worker whose clock is a day off: deadlines are the database's, and nothing happens twice."""

import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from ledger.queries import balance
from orders.enums import Status, Submission
from orders.models import Attempt, Order
from provider.models import Service
from tests.factories import make_customer, make_order
from tests.fixtures import Upstream

pytestmark = pytest.mark.django_db(transaction=True)
PRELOAD = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
LEASE = timedelta(seconds=settings.ATTEMPT_LEASE)
WORK = """
import sys, time, django
django.setup()
from orders import actions
order_id, provider_id = int(sys.argv[1]), int(sys.argv[2])
print(int(time.time()))
actions.sweep()
actions.submit(order_id=order_id)
actions.track(provider_id=provider_id)
actions.sweep()
"""


def work_with_a_clock_off_by(shift: str, *numbers: int) -> int:
    """Sweep, submit and track in a process of its own; return the seconds it was off."""
    if PRELOAD is None:
        if os.environ.get("CI"):
            pytest.fail("No libfaketime: install faketime.")
        pytest.skip("No libfaketime: install faketime.")
    database = connection.settings_dict
    address = f"postgres://postgres@/{database['NAME']}?host={database['HOST']}"
    before = int(subprocess.check_output(["date", "+%s"]))
    process = subprocess.run(
        [sys.executable, "-c", WORK, *map(str, numbers)],
        env={
            **os.environ,
            "LD_PRELOAD": str(PRELOAD),
            "FAKETIME": shift,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DATABASE_URL": address,
            "DB_POOL": "0",
            "ALLOW_PRIVATE_ADDRESSES": "true",
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return int(process.stdout.split()[0]) - before


@pytest.mark.parametrize(("shift", "seconds"), [("+1d", 86_400), ("-1d", -86_400)])
def test_a_clock_that_is_a_day_off_sends_stalls_and_refunds_nothing(
    upstream: Upstream, shift: str, seconds: int
) -> None:
    service = Service.objects.filter(type="default", active=True).order_by("id")[0]
    customer = make_customer(credit="1000")
    raw = {"quantity": str(service.min)}
    sent, queued = (
        make_order(customer, service, {**raw, "link": f"https://example.com/{name}"})
        for name in ("sent", "queued")
    )
    before = balance(customer=customer)
    # One is under way in another worker, well within its lease.
    offer = service.routes.get().offer
    Order.objects.filter(pk=sent.pk).update(
        submission=Submission.SENDING, next_at=Now() + LEASE
    )
    Attempt.objects.create(
        order=sent, no=1, provider=offer.provider, offer=offer, currency="USD",
        expected_cost=Decimal(1), fx_rate=Decimal(1), lease_until=Now() + LEASE,
    )  # fmt: skip

    off = work_with_a_clock_off_by(shift, queued.pk, offer.provider_id)

    assert abs(off - seconds) < 3600
    sent.refresh_from_db()
    queued.refresh_from_db()
    assert (sent.submission, sent.flagged_at) == (Submission.SENDING, None)
    assert (queued.submission, queued.status) == (Submission.ACCEPTED, Status.PENDING)
    assert balance(customer=customer) == before
    assert len(upstream.vendor.orders) == 1
    attempt = queued.attempts.get()
    # The one from the start of the transaction, the other from its statement.
    assert abs(attempt.lease_until - attempt.sent_at - LEASE) < timedelta(seconds=1)
    ((next_at, now),) = Order.objects.filter(pk=queued.pk).values_list("next_at", Now())
    assert 0 < (next_at - now).total_seconds() <= settings.TRACK_INTERVAL
