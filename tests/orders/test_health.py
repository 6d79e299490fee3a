"""How services do: measured from orders, told to customers in calm words."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from orders import actions
from orders.enums import RefillStatus, RequestKind, RequestState, Status, Submission
from orders.health import Told, duration, starts_within, told
from orders.models import Order, OrderEvent, OrderRequest, ServiceHealth
from provider.models import Listing, Provider, Service
from tests.factories import make_customer, make_order, make_provider, make_service

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


@pytest.fixture
def customer() -> User:
    return make_customer(credit="1000")


def finish(
    order: Order,
    provider: Provider,
    status: Status = Status.COMPLETED,
    *,
    minutes: int = 0,
    hours: int = 0,
    ago: int = 1,
) -> Order:
    """Let an order of `ago` days ago have started after `minutes`, and ended later."""
    ended = status != Status.IN_PROGRESS
    Order.objects.filter(pk=order.pk).update(
        status=status,
        submission=Submission.ACCEPTED,
        provider=provider,
        upstream_id=str(order.pk),
        refunded=F("charge") if status in {Status.CANCELED, Status.FAILED} else 0,
        created_at=Now() - timedelta(days=ago),
        finished_at=Now() - timedelta(days=ago) + timedelta(hours=hours)
        if ended
        else None,
    )
    event = OrderEvent.objects.create(
        order=order,
        old_status=Status.PENDING,
        new_status=status
        if status in {Status.CANCELED, Status.FAILED}
        else "in_progress",
        new_submission=Submission.ACCEPTED,
        reason="told",
    )
    OrderEvent.objects.filter(pk=event.pk).update(
        created_at=Now() - timedelta(days=ago) + timedelta(minutes=minutes)
    )
    return order


def numbers(service: Service) -> dict[str, object]:
    """Return what was measured of a service, without the time of measuring."""
    (row,) = ServiceHealth.objects.filter(pk=service.pk).values()
    return {
        name: row[name] for name in row if name not in {"service_id", "measured_at"}
    }


def test_times_and_rates_are_measured_with_the_orders_behind_them(
    customer: User,
) -> None:
    service, provider = make_service(), make_provider()
    for minutes in (10, 20, 30):
        finish(make_order(customer, service), provider, minutes=minutes, hours=minutes)
    finish(make_order(customer, service), provider, Status.PARTIAL, minutes=20, hours=9)
    finish(make_order(customer, service), provider, Status.FAILED, minutes=1, hours=1)
    make_order(customer, service)
    finish(make_order(customer, service), provider, minutes=9999, ago=31)

    actions.measure_health()

    assert numbers(service) == {
        "orders": 6,
        "started": 4,
        "start_median": 1200,
        "start_most": 1710,
        "completed": 3,
        "finish_median": 72_000,
        "finish_most": 104_400,
        "ended": 5,
        "partial": 1,
        "canceled": 1,
        "refills": 0,
        "refilled": 0,
    }


def test_what_a_customer_cancels_says_nothing_of_the_service(customer: User) -> None:
    service, provider = make_service(), make_provider()
    actions.cancel_order(order=make_order(customer, service), by=customer)
    asked = finish(make_order(customer, service), provider, Status.CANCELED, hours=2)
    OrderRequest.objects.create(order=asked, kind=RequestKind.CANCEL, next_at=Now())

    actions.measure_health()

    found = ServiceHealth.objects.get()
    assert (found.orders, found.ended, found.canceled, found.started) == (2, 0, 0, 0)


def test_refills_count_once_they_have_ended(customer: User) -> None:
    service, provider = make_service(), make_provider()
    order = finish(make_order(customer, service), provider, hours=1)
    for status, state, closed in (
        (RefillStatus.COMPLETED, RequestState.ACCEPTED, Now()),
        (RefillStatus.REJECTED, RequestState.ACCEPTED, Now()),
        (RefillStatus.IN_PROGRESS, RequestState.ACCEPTED, None),
    ):
        OrderRequest.objects.create(
            order=order, kind=RequestKind.REFILL, status=status, state=state,
            closed_at=closed, next_at=None if closed else Now(),
        )  # fmt: skip

    actions.measure_health()

    found = ServiceHealth.objects.get()
    assert (found.refills, found.refilled) == (2, 1)


def test_what_is_no_longer_ordered_is_forgotten(customer: User) -> None:
    service, provider = make_service(), make_provider()
    order = finish(make_order(customer, service), provider, minutes=5, hours=1)
    actions.measure_health()
    assert ServiceHealth.objects.count() == 1

    Order.objects.filter(pk=order.pk).update(created_at=Now() - timedelta(days=40))
    actions.measure_health()

    assert ServiceHealth.objects.count() == 0


def test_a_speed_to_sort_by_needs_enough_orders(
    customer: User, settings: Settings
) -> None:
    settings.HEALTH_ORDERS = 2
    known, unknown, provider = make_service(), make_service(), make_provider()
    for service, times in ((known, 2), (unknown, 1)):
        for _ in range(times):
            finish(make_order(customer, service), provider, minutes=7, hours=1)

    actions.measure_health()

    speeds = dict(Listing.objects.values_list("pk", "speed"))
    assert speeds == {known.pk: 420, unknown.pk: None}


def test_measuring_takes_as_many_statements_for_many_services(customer: User) -> None:
    provider = make_provider()
    counts = []
    for _ in range(2):
        for _ in range(3):
            finish(make_order(customer, make_service(provider)), provider, hours=1)
        with CaptureQueriesContext(connection) as captured:
            actions.measure_health()
        sent = [query["sql"] for query in captured]
        counts.append(sum("provider_" in sql or "orders_" in sql for sql in sent))

    assert counts == [3, 3]
    assert ServiceHealth.objects.count() == 6


def health(**numbers: int) -> ServiceHealth:
    none = dict.fromkeys(
        ["orders", "started", "completed", "ended", "partial", "canceled", "refills",
         "refilled"], 0,
    )  # fmt: skip
    return ServiceHealth(**{**none, **numbers})


def test_customers_read_calm_words_with_the_number_of_orders(
    settings: Settings,
) -> None:
    settings.HEALTH_ORDERS = 10
    known = health(
        started=84, start_median=700, start_most=3700, completed=9, finish_median=5,
        finish_most=6, ended=200, partial=1, canceled=0, refills=10, refilled=10,
    )  # fmt: skip

    assert starts_within(known) == "12 minutes"
    assert told(known) == [
        Told(
            "Usually starts", "within 12 minutes, nearly always within 62 minutes", 84
        ),
        Told("Delivered in full", "99 %", 200),
        Told("Refills carried out", "100 %", 10),
    ]


def test_too_few_orders_say_nothing(settings: Settings) -> None:
    settings.HEALTH_ORDERS = 85
    few = health(started=84, start_median=700, start_most=3700, ended=84)

    assert (starts_within(few), told(few)) == ("", [])
    assert (starts_within(None), told(None)) == ("", [])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 minute"),
        (61, "2 minutes"),
        (6000, "100 minutes"),
        (6001, "2 hours"),
        (172_800, "48 hours"),
        (172_801, "3 days"),
    ],
)
def test_times_are_rounded_up(seconds: int, words: str) -> None:
    assert duration(seconds) == words
