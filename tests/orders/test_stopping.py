"""Pages whose owners want no deliveries, and texts that the shop refuses."""

from datetime import timedelta
from functools import partial

import pytest
from django.db.models.functions import Now

from accounts.models import User
from ledger.queries import balance
from orders import actions
from orders.enums import RequestKind, Status, Submission
from orders.errors import LinkStoppedError, NotAcceptedError, NotOnSaleError
from orders.models import Order, OrderRequest, StoppedLink
from provider.actions import accept_class, accept_service
from provider.enums import RefusedClass, RefusedKind
from provider.models import RefusedText, Service
from tests.factories import (
    make_admin,
    make_customer,
    make_order,
    make_service,
)
from tests.orders.acting import Script, accepted, again, book, staff_alerts
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "https://www.tiktok.com/@Somebody"
VIDEO = "https://m.tiktok.com/@somebody/video/7?_r=1"


def raw(link: str, **more: str) -> dict[str, str]:
    return {"link": link, "quantity": "1000", **more}


def order_refused(
    error: type[Exception], customer: User, service: Service, **texts: str
) -> str:
    """Order in vain: nothing may have happened. Return what was said."""
    before = book(customer)
    with pytest.raises(error) as refusal:
        make_order(customer=customer, service=service, raw=texts)
    assert book(customer) == before
    assert not Order.objects.filter(customer=customer).exists()
    return str(refusal.value)


def test_no_order_is_taken_for_a_page_that_was_stopped(
    rings: list[tuple[str, dict[str, object]]],
) -> None:
    actions.stop_deliveries(link=PAGE, email="me@example.com", statement="Mine.")
    customer, service = make_customer(credit="10"), make_service()

    for link in (PAGE, "http://tiktok.com/@SOMEBODY/", VIDEO):
        said = order_refused(LinkStoppedError, customer, service, **raw(link))

    assert said == (
        "The owner of this page has asked for no more deliveries to it. "
        "Nothing was charged."
    )
    assert make_order(raw=raw("https://www.tiktok.com/@somebody.else")).pk
    assert ("orders.settle_stops", {}) in rings
    assert staff_alerts() == ["Deliveries to a page were stopped: tiktok.com/@somebody"]


def test_a_stop_covers_nothing_above_or_beside_it() -> None:
    actions.stop_deliveries(link=VIDEO)

    assert make_order(raw=raw(PAGE)).pk
    assert make_order(raw=raw("https://www.tiktok.com/@somebody/video/71")).pk


def test_a_page_is_stopped_once_however_often_and_fast_it_is_asked_for() -> None:
    together(*[partial(actions.stop_deliveries, link=PAGE)] * 3)
    actions.stop_deliveries(link=PAGE + "/?lang=en")

    assert StoppedLink.objects.count() == 1
    assert len(staff_alerts()) == 1


def test_what_is_no_link_stops_nothing() -> None:
    with pytest.raises(ValueError, match="not a link"):
        actions.stop_deliveries(link="somebody")

    assert not StoppedLink.objects.exists()


def test_orders_that_were_not_sent_are_ended_and_refunded() -> None:
    customer = make_customer(credit="10")
    order = make_order(customer=customer, raw=raw(VIDEO))
    other = make_order(raw=raw("https://www.tiktok.com/@other"))
    actions.stop_deliveries(link=PAGE)

    assert actions.settle_stops() == 1

    order = again(order)
    assert (order.status, order.submission) == (Status.CANCELED, Submission.WITHDRAWN)
    assert balance(customer=customer) == 10
    assert order.events.latest("id").reason == "the page's owner stopped deliveries"
    assert again(other).status == Status.PENDING
    assert actions.settle_stops() == 0


def test_of_sent_orders_a_cancel_is_asked_for_where_the_service_allows(
    script: Script,
) -> None:
    sent = accepted(script, make_order(raw=raw(VIDEO)))
    firm = accepted(
        script, make_order(raw=raw(VIDEO), service=make_service(cancel=False))
    )
    actions.stop_deliveries(link=PAGE)

    assert actions.settle_stops() == 1

    request = OrderRequest.objects.get()
    assert (request.order, request.kind, request.by) == (sent, RequestKind.CANCEL, None)
    assert again(firm).status == Status.PENDING
    assert actions.settle_stops() == 0


def test_orders_that_were_on_their_way_are_looked_for_a_while() -> None:
    stop = actions.stop_deliveries(link=PAGE)
    actions.settle_stops()
    stop.refresh_from_db()
    assert stop.settled_at is None

    StoppedLink.objects.update(created_at=Now() - timedelta(minutes=3))
    actions.settle_stops()
    stop.refresh_from_db()
    assert stop.settled_at is not None


def test_staff_lift_a_stop_and_it_stays_as_history() -> None:
    stop, admin = actions.stop_deliveries(link=PAGE), make_admin()

    assert actions.lift_stop(stop=stop, by=admin)
    assert not actions.lift_stop(stop=stop, by=admin)

    assert make_order(raw=raw(PAGE)).pk
    stop.refresh_from_db()
    assert stop.lifted_by == admin
    assert actions.stop_deliveries(link=PAGE).pk != stop.pk


@pytest.mark.parametrize("link", ["https://bad.example/x", "http://www.bad.example"])
def test_an_order_for_a_refused_domain_is_refused(link: str) -> None:
    RefusedText.objects.create(kind=RefusedKind.DOMAIN, text="bad.example")
    customer, service = make_customer(credit="10"), make_service()

    said = order_refused(NotAcceptedError, customer, service, **raw(link))

    assert said == "The shop does not work for this address."
    assert make_order(raw=raw("https://notbad.example")).pk


def test_an_order_whose_texts_have_a_refused_word_is_refused() -> None:
    RefusedText.objects.create(kind=RefusedKind.WORD, text="casino")
    customer, service = (
        make_customer(credit="10"),
        make_service(type="custom_comments", min=1),
    )

    said = order_refused(
        NotAcceptedError, customer, service, link=PAGE, comments="Good\nBest CASINO!"
    )

    assert said == "Your text has a word that the shop does not accept."
    fine = {"link": PAGE, "comments": "Casinos are closed"}
    assert make_order(customer=customer, service=service, raw=fine).pk


def test_a_service_whose_own_name_has_a_refused_word_is_not_sold() -> None:
    RefusedText.objects.create(kind=RefusedKind.WORD, text="casino")

    order_refused(
        NotOnSaleError,
        make_customer(credit="10"),
        make_service(name="Casino"),
        **raw(PAGE),
    )


def test_a_service_that_staff_named_like_a_refused_class_is_not_sold() -> None:
    customer, owner = make_customer(credit="10"), make_admin()
    service = make_service(name="Five reviews", set_by_hand=["name"])
    other = make_service(name="Book reviews", set_by_hand=["name"])
    statement = "Our testers review their own purchases, by contract."

    order_refused(NotOnSaleError, customer, service, **raw(PAGE))

    accept_service(service=service, statement=statement, by=owner)
    Service.objects.update(off_reason="")
    assert make_order(service=service).pk
    order_refused(NotOnSaleError, customer, other, **raw(PAGE))

    accept_class(refused_class=RefusedClass.REVIEWS, statement=statement, by=owner)
    assert make_order(service=other).pk
