"""What customers are told, how they choose, and how they stop a mail."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notices import queries, stopping
from notices.enums import DEFAULTS, Kind, Mail, Wish
from notices.models import Choice, Notice
from tests.factories import make_customer
from tests.notices.saying import notice, tell, told
from tests.pages.test_browser import PHONE
from tests.pages.test_browser import _faults as faults_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_rings"),
]
CHOICES = "/account/notifications/"


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def text(client: Client, address: str = "/notices/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def listed(client: Client, address: str = "/notices/") -> list[str]:
    return [found.key for found in client.get(address).context["notices"]]


def as_chosen(**changes: str) -> dict[str, str]:
    """Return what the form sends where nothing but `changes` was touched."""
    sent = {f"{kind}_mail": str(wish.mail) for kind, wish in DEFAULTS.items()}
    sent |= {f"{kind}_shop": "on" for kind, wish in DEFAULTS.items() if wish.in_shop}
    return {**sent, "threshold": "", **changes}


def test_without_notices_the_page_says_what_will_come() -> None:
    assert "No notices yet" in text(signed_in(make_customer()))


def test_visitors_are_asked_to_log_in(client: Client) -> None:
    for address in ("/notices/", CHOICES):
        assert client.get(address).status_code == 302


def test_notices_are_listed_newest_first_and_are_nobody_elses() -> None:
    customer = make_customer()
    tell(customer, "a")
    tell(make_customer(), "b")
    tell(customer, "c")

    assert listed(signed_in(customer)) == ["c", "a"]


def test_older_notices_follow_without_gap_or_repeat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("notices.views.ROWS", 2)
    customer = make_customer()
    for key in "abcde":
        tell(customer, key)
    client = signed_in(customer)

    seen: list[str] = []
    address = "/notices/"
    while address:
        context = client.get(address).context
        seen += [found.key for found in context["notices"]]
        address = context["older"] and f"/notices/?before={context['older']}"

    assert seen == list("edcba")


def test_three_notices_take_as_many_queries_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    customer = make_customer()
    client = signed_in(customer)
    for key in "abc":
        tell(customer, key, url="/orders/1/")
        with django_assert_num_queries(5):
            client.get("/notices/")


def test_opening_a_notice_marks_it_and_leads_to_what_it_is_about() -> None:
    customer = make_customer()
    tell(customer, url="/orders/7/")
    client = signed_in(customer)

    response = client.post(f"/notices/{notice().pk}/read/")

    assert response["Location"] == "/orders/7/"
    assert notice().read_at is not None
    assert 'href="/orders/7/"' in text(client)


def test_a_notice_is_marked_where_it_stands() -> None:
    customer = make_customer()
    tell(customer, url="/orders/7/")

    response = signed_in(customer).post(
        f"/notices/{notice().pk}/read/", {"stay": "1", "before": "99"}
    )

    assert response["Location"] == "/notices/?before=99"
    assert notice().read_at is not None


def test_anothers_notice_does_not_exist() -> None:
    tell(make_customer())

    response = signed_in(make_customer()).post(f"/notices/{notice().pk}/read/")

    assert response.status_code == 404
    assert notice().read_at is None


def test_all_that_was_seen_is_marked_at_once() -> None:
    customer = make_customer()
    tell(customer, "a")
    tell(customer, "b")
    client = signed_in(customer)
    assert "Mark all as read" in text(client)
    tell(customer, "later")

    client.post("/notices/read/", {"newest": notice("b").pk})
    client.post("/notices/read/", {"newest": "x"})

    left = Notice.objects.filter(read_at=None).values_list("key", flat=True)
    assert list(left) == ["later"]


def test_the_number_on_the_bell_is_asked_for_where_it_is_shown(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    customer = make_customer()
    tell(customer)
    with django_assert_num_queries(1):
        assert queries.unread(user=customer) == 1
    assert client.get("/updates/").context["unread_notices"] == 0
    assert signed_in(customer).get("/updates/").context["unread_notices"] == 1


def test_the_form_shows_what_holds_and_keeps_what_is_chosen() -> None:
    customer = make_customer()
    client = signed_in(customer)
    assert "Order finished" in text(client, CHOICES)

    response = client.post(
        CHOICES, as_chosen(order_finished_mail="daily", threshold="2.50")
    )

    assert response["Location"] == CHOICES
    assert queries.wishes_of(user=customer)[Kind.ORDER_FINISHED] == Wish(
        in_shop=False, mail=Mail.DAILY
    )
    assert Choice.objects.count() == 1
    page = text(client, CHOICES)
    assert "Your choices are saved." in page
    assert 'value="2.5"' in page


def test_what_cannot_be_chosen_changes_nothing() -> None:
    client = signed_in(make_customer())

    for wrong in ({"news_mail": "week"}, {"threshold": "-1"}, {"threshold": "x"}):
        page = client.post(CHOICES, as_chosen(order_finished_mail="now", **wrong))
        assert page.status_code == 200

    assert "field-error" in page.content.decode()
    assert not Choice.objects.exists()


def stop(customer: User, kind: Kind = Kind.TICKET) -> str:
    return reverse("stop_mail", args=[stopping.token(user_id=customer.pk, kind=kind)])


def test_a_mails_link_asks_and_its_button_stops() -> None:
    customer = make_customer()
    client = Client(enforce_csrf_checks=True)
    assert "No more mail of this kind" in text(client, stop(customer))
    assert not Choice.objects.exists()

    response = client.post(stop(customer), {"List-Unsubscribe": "One-Click"})

    assert "You get no more mail of this kind: Ticket answered." in (
        response.content.decode()
    )
    assert queries.wishes_of(user=customer)[Kind.TICKET].mail == Mail.NEVER
    tell(customer)
    assert told(customer) == ["a"]
    assert notice().mail_at is None


def test_a_daily_mails_link_stops_daily_mail() -> None:
    customer = make_customer()
    signed_in(customer).post(CHOICES, as_chosen(news_mail="daily"))

    assert "no more daily mail?" in text(Client(), stop(customer, Kind.DIGEST))
    Client().post(stop(customer, Kind.DIGEST))

    assert queries.wishes_of(user=customer)[Kind.NEWS].mail == Mail.NEVER


def test_a_made_up_link_does_not_exist() -> None:
    customer = make_customer()
    for address in (stop(customer)[:-4] + "x/", "/notices/stop/x/"):
        assert Client().post(address).status_code == 404
    address = stop(customer)
    customer.delete()
    assert Client().get(address).status_code == 404
    assert not Choice.objects.exists()


@pytest.mark.browser
@pytest.mark.parametrize(
    "options", [{"viewport": PHONE}, {"java_script_enabled": False}]
)
def test_a_notice_is_opened_and_the_rest_chosen(
    open_page: Callable[..., Page], options: dict[str, object]
) -> None:
    customer = make_customer()
    tell(customer, subject="A look at the updates", url="/updates/")
    page = open_page(customer, **options)
    page.goto("/notices/")
    if options.get("java_script_enabled", True):
        assert faults_of(page) == []

    page.get_by_role("button", name="A look at the updates", exact=True).click()
    expect(page.get_by_role("heading", name="Updates", exact=True)).to_be_visible()
    page.goto("/notices/")
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Ticket answered: By mail").select_option("never")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Your choices are saved.")).to_be_visible()
    assert Choice.objects.get().mail == Mail.NEVER
    if options.get("java_script_enabled", True):
        assert faults_of(page) == []
