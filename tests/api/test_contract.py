"""Our own provider client, pointed at our own customer API, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from orders.enums import RefillStatus as OurRefillStatus
from orders.enums import Status
from orders.models import Order, OrderRequest
from provider.client import CallFailed, Client, Endpoint
from provider.models import Service
from provider.protocol.errors import ErrorClass
from provider.protocol.replies import (
    AddAnswer,
    AddOutcome,
    IdError,
    RequestOutcome,
    StatusRow,
)
from provider.protocol.statuses import RefillStatus, UpstreamStatus
from provider.protocol.types import TYPES
from tests.api.callers import URL, Caller, accept
from tests.factories import LINK, make_order, make_service

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reseller(
    transactional_db: None, live_server: LiveServer, settings: Settings, alice: Caller
) -> Client:
    """Alice's shop, which buys from ours."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    return client_with(live_server, alice.key)


def client_with(live_server: LiveServer, key: str) -> Client:
    return Client(Endpoint(f"{live_server.url}{URL}", key, user_agent="reseller"))


def test_balance(reseller: Client) -> None:
    answer, _exchange = reseller.balance()

    assert (answer.amount, answer.currency) == (Decimal(100), "USD")


def test_services(reseller: Client) -> None:
    made = [make_service(type=kind, cancel=False) for kind in TYPES]

    catalogue, _exchange = reseller.services()

    assert catalogue.rejected == ()
    assert [row.upstream_id for row in catalogue.rows] == [
        str(service.pk) for service in made
    ]
    assert [row.type for row in catalogue.rows] == list(TYPES)
    row = catalogue.rows[0]
    assert (row.rate, row.min, row.max) == (Decimal(2), 10, 10_000)
    assert (row.refill, row.cancel, row.dripfeed) == (True, False, False)


def test_add(reseller: Client, service: Service) -> None:
    answer, _exchange = reseller.add(
        {"service": str(service.pk), "link": LINK, "quantity": "1000"}
    )

    order = Order.objects.get()
    assert answer == AddAnswer(AddOutcome.ACCEPTED, str(order.pk))


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"service": "0", "quantity": "1000"}, AddOutcome.REFUSED),
        ({"quantity": "9"}, AddOutcome.REFUSED),
        ({"quantity": "1000", "link": "nowhere"}, AddOutcome.REFUSED),
        ({"quantity": "10000", "runs": "6", "interval": "1"}, AddOutcome.HELD_FUNDS),
        ({"quantity": "1000", "key": "wrong"}, AddOutcome.PROVIDER_DOWN),
    ],
)
def test_a_refused_add(
    reseller: Client,
    live_server: LiveServer,
    fields: dict[str, str],
    outcome: AddOutcome,
) -> None:
    service = make_service(dripfeed=True)
    client = client_with(live_server, fields.pop("key", reseller.endpoint.key))

    answer, _exchange = client.add({"service": str(service.pk), "link": LINK, **fields})

    assert answer.outcome is outcome
    assert Order.objects.count() == 0


def test_statuses(reseller: Client, alice: Caller, service: Service) -> None:
    order = accept(
        make_order(alice.user, service),
        Status.PARTIAL,
        start_count=7,
        remains=500,
        refunded=Decimal(1),
    )

    one, _exchange = reseller.statuses([str(order.pk)])
    many, _exchange = reseller.statuses([str(order.pk), "99999999"])

    row = one[str(order.pk)]
    assert isinstance(row, StatusRow)
    assert (row.status, row.start_count, row.remains, row.charge, row.currency) == (
        UpstreamStatus.PARTIAL,
        7,
        500,
        Decimal(1),
        "USD",
    )
    missing = IdError("Incorrect order ID", ErrorClass.UNKNOWN_ID)
    assert many == {**one, "99999999": missing}
    assert reseller.statuses(["99999999"])[0] == {"99999999": missing}


def test_refills_and_their_statuses(
    reseller: Client, alice: Caller, service: Service
) -> None:
    orders = [
        accept(make_order(alice.user, service), Status.COMPLETED) for _ in range(2)
    ]
    ids = [str(order.pk) for order in orders]

    one, _exchange = reseller.refill(ids[:1])
    many, _exchange = reseller.refill([*ids, "99999999"])

    first, second = OrderRequest.objects.order_by("pk")
    assert one[ids[0]].refill_id == str(first.pk)
    assert many[ids[0]].outcome is RequestOutcome.REFUSED
    assert many[ids[1]].refill_id == str(second.pk)
    assert many["99999999"].error_class is ErrorClass.UNKNOWN_ID

    OrderRequest.objects.filter(pk=second.pk).update(status=OurRefillStatus.REJECTED)
    refills = [str(first.pk), str(second.pk), "99999999"]
    statuses, _exchange, one_by_one = reseller.refill_statuses(refills)
    assert [statuses[refill].status for refill in refills] == [
        RefillStatus.PENDING,
        RefillStatus.REJECTED,
        RefillStatus.NOT_FOUND,
    ]
    assert one_by_one is False
    single, _exchange, _one_by_one = reseller.refill_statuses(refills[:1])
    assert single == {refills[0]: statuses[refills[0]]}


def test_cancels(reseller: Client, alice: Caller, service: Service) -> None:
    order = make_order(alice.user, service)

    answers, _exchange = reseller.cancel([str(order.pk), "99999999"])

    assert answers[str(order.pk)].outcome is RequestOutcome.ACCEPTED
    assert answers["99999999"].outcome is RequestOutcome.REFUSED
    order.refresh_from_db()
    assert order.status == Status.CANCELED


def test_a_wrong_key_is_told_as_such(reseller: Client, live_server: LiveServer) -> None:
    with pytest.raises(CallFailed) as caught:
        client_with(live_server, "wrong").balance()

    assert caught.value.reason == "error:provider_down"


def test_twins_sent_at_once_are_one_order(
    reseller: Client, live_server: LiveServer, alice: Caller
) -> None:
    service = make_service(price=Decimal(100))
    fields = {
        "service": str(service.pk),
        "link": LINK,
        "quantity": "1000",
        "idempotency_key": "one",
    }

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: reseller.add(fields)[0], range(20)))

    order = Order.objects.get()
    assert answers == [AddAnswer(AddOutcome.ACCEPTED, str(order.pk))] * 20
    assert alice("balance")["balance"] == "0"
