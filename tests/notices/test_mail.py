"""What a mail says: what happened, where to look, why it came, and how to stop it."""

import re

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from pytest_django import Settings

from notices import actions, stopping
from notices.enums import Kind
from tests.factories import make_admin, make_customer
from tests.notices.saying import tell

pytestmark = pytest.mark.django_db


def sent() -> EmailMessage:
    assert actions.send_due() == 1
    (message,) = mail.outbox
    return message


def test_a_mail_leads_to_what_it_is_about(settings: Settings) -> None:
    settings.SITE_URL = "https://shop.example.com"
    tell(make_customer(), url="/orders/7/", subject="<Order>", text='It\'s "done".')

    message = sent()

    assert message.subject == "Magpie: <Order>"
    assert message.body.startswith(
        'It\'s "done".\n\nhttps://shop.example.com/orders/7/\n\n-- \nMagpie · '
    )
    assert "told by mail: Ticket answered." in message.body
    assert "https://shop.example.com/account/notifications/" in message.body


def test_a_mail_without_a_page_names_none() -> None:
    tell(make_customer())

    assert sent().body.startswith("Text.\n\n-- \n")


def test_mail_programs_can_stop_a_kind_by_one_click() -> None:
    customer = make_customer()
    tell(customer)

    message = sent()

    headers = message.extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<http.*/notices/stop/(.+)/>", headers["List-Unsubscribe"])
    assert found
    assert stopping.read(found[1]) == (customer.pk, Kind.TICKET)
    assert f"/notices/stop/{found[1]}/" in message.body


def test_an_alert_of_the_staff_is_what_it_was() -> None:
    make_admin()
    actions.tell_staff(key="a", subject="Look", text="There.")

    message = sent()

    assert (message.subject, message.body) == ("Magpie: Look", "There.")
    assert message.extra_headers == {}


def test_mail_about_the_account_cannot_be_stopped() -> None:
    actions.tell(user_id=make_customer().pk, key="a", subject="Closed", text="Text.")

    message = sent()

    assert message.extra_headers == {}
    assert "/notices/stop/" not in message.body
    assert message.body.startswith("Text.\n\n-- \nMagpie · ")
