"""`manage.py replay`: a line per difference, a summary per call, and how it ends."""

import pytest

from orders.enums import RequestKind
from provider.models import Reply
from provider.protocol.errors import ErrorClass
from tests.factories import make_provider
from tests.orders.acting import Script
from tests.orders.archiving import accepted, add, answer_request, explain, request
from tests.orders.conftest import script
from tests.shop.commands import run, run_badly

__all__ = ["script"]

pytestmark = pytest.mark.django_db


def test_what_reads_the_same_ends_well(script: Script) -> None:
    order = accepted(script, "901")
    answer_request(request(order, RequestKind.CANCEL), [{"order": 901, "cancel": 1}])
    for _ in range(2):
        Reply.objects.create(
            provider=make_provider(), action="add", failure="dns", duration=1
        )

    assert run("replay") == [
        "add: 1 the same, 0 differently, 2 skipped",
        "  skipped: 2 × no reply: dns",
        "cancel: 1 the same, 0 differently, 0 skipped",
    ]


def test_what_reads_differently_ends_badly_with_a_line_for_each(script: Script) -> None:
    accepted(script, "901")
    attempt = add(script, {"error": "Quota of the link used up"})
    explain("quota of the link", ErrorClass.REFUSED)

    lines, error = run_badly("replay", "--days", "1", "--action", "add")

    assert lines == [
        (
            f"reply {attempt.reply_id} (add), order {attempt.order_id}: held, "
            "but today: refused"
        ),
        "add: 1 the same, 1 differently, 0 skipped",
    ]
    assert error == "1 reading(s) differ from what was recorded."


def test_only_the_replies_of_the_provider_that_is_named_are_read(
    script: Script,
) -> None:
    accepted(script, "901")
    other = make_provider(name="Southwind")

    assert run("replay", "--provider", other.name) == ["No reply is kept of that."]


def test_only_the_newest_are_read_where_there_is_a_limit(script: Script) -> None:
    for number in ("901", "902"):
        accepted(script, number)

    assert run("replay", "--limit", "1") == [
        "add: 1 the same, 0 differently, 0 skipped"
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--provider", "Nobody"), "There is no provider called Nobody."),
        (("--days", "0"), "--days takes a number, from 1 on."),
        (("--days", "999999999"), "--days takes a number, from 1 on."),
        (("--limit", "-5"), "--limit takes a number, from 1 on."),
        (
            ("--action", "steal"),
            (
                "--action is one of add, status, refill, cancel, refill_status, balance, "
                "services."
            ),
        ),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(
    arguments: tuple[str, ...], error: str
) -> None:
    assert run_badly("replay", *arguments) == ([], error)
