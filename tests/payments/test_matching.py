"""A bank's statement beside our payments."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from payments.enums import Match
from payments.gateways.protocol import State
from payments.matching import SheetError, match, read
from payments.models import Decision
from tests.factories import make_admin, make_customer
from tests.payments.paying import begin, buckets, tell

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rings"),
]


def matches(*lines: str) -> list[tuple[str, int | None]]:
    found = match(gateway="test", lines=read(lines))
    return [(one.match, one.top_up and one.top_up.pk) for one in found]


def test_lines_are_found_by_number_reference_or_what_somebody_wrote() -> None:
    top_up = begin(amount="10")
    reference = top_up.reference
    grouped = f"{reference[:4]} {reference[4:8]}-{reference[8:]}".lower()

    for line in (
        f"10,,,{top_up.remote_id},",
        f"10.00,USD,{reference.lower()},,",
        f"10,usd,,,Mr Kim / {reference} thanks",
        f'"10.00",USD,,,{grouped}',
        f"10,USD,,,KIM MP{reference[:8]}",
        f"10,USD,,,mp {reference[:4]} {reference[4:8]} kim".lower(),
    ):
        header = "amount,currency,reference,remote_id,text"
        assert matches(header, line) == [(Match.WAITING, top_up.pk)]


def test_each_line_says_what_it_comes_to() -> None:
    waiting, paid, other = (begin(amount="10") for _ in range(3))
    tell(paid, State.PAID)

    assert matches(
        "amount,currency,reference",
        f"10,USD,{waiting.reference}",
        f"10,USD,{waiting.reference}",
        f"10,USD,{paid.reference}",
        f"9.99,USD,{other.reference}",
        "10,USD,AAAAAAAAAAAA",
    ) == [
        (Match.WAITING, waiting.pk),
        (Match.TWICE, waiting.pk),
        (Match.CREDITED, paid.pk),
        (Match.DIFFERS, other.pk),
        (Match.STRANGER, None),
    ]
    assert matches("amount,currency,reference", f"10,KRW,{other.reference}") == [
        (Match.DIFFERS, other.pk)
    ]


def test_a_line_that_names_two_payments_is_of_neither() -> None:
    one, other = begin(), begin()

    assert matches("amount,text", f"10,{one.reference} {other.reference}") == [
        (Match.STRANGER, None)
    ]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], "must name the columns"),
        (["sum", "10"], "must name the columns"),
        (["amount", "10", "ten"], "Row 3: the amount is no number"),
        (["amount", "NaN"], "Row 2: the amount is no number"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(lines: list[str], fault: str) -> None:
    with pytest.raises(SheetError, match=fault):
        read(lines)


def run(file: Path, *options: str) -> tuple[str, str]:
    """Run the command; return what it printed, and why it ended with 1."""
    printed, fault = StringIO(), ""
    try:
        call_command("match_payments", "test", str(file), *options, stdout=printed)
    except CommandError as error:
        fault = str(error)
    return printed.getvalue(), fault


def test_what_has_arrived_is_credited_once_and_much_of_it_by_two(
    tmp_path: Path, settings: Settings
) -> None:
    settings.TOPUP_FOUR_EYES = Decimal(50)
    little, much = begin(amount="10"), begin(amount="50")
    file = tmp_path / "statement.csv"
    file.write_text(
        f"amount,reference\n10,{little.reference}\n50,{much.reference}\n", "utf-8"
    )
    make_admin()

    assert run(file) == (
        "".join(
            f"row {row}: {sum_} USD: payment {top_up.pk}: paid, and not credited\n"
            for row, sum_, top_up in ((2, 10, little), (3, 50, much))
        ),
        "2 of 2 differ.",
    )
    assert buckets(little.customer) == {}

    printed, fault = run(file, "--credit-as", "admin@example.com")
    assert "credited now" in printed
    assert "waits for another" in printed
    assert fault == "1 of 2 differ."
    assert buckets(little.customer) == {"paid": 10}
    assert buckets(much.customer) == {}

    printed, fault = run(file, "--credit-as", "admin@example.com")
    assert "decided about this payment already" in printed
    assert Decision.objects.count() == 2
    tell(much, State.PAID)
    assert run(file) == ("All 2 agree.\n", "")


def test_only_staff_credit(tmp_path: Path) -> None:
    make_customer("somebody@example.com")

    assert run(tmp_path / "none.csv", "--credit-as", "somebody@example.com") == (
        "",
        "somebody@example.com is no member of the staff.",
    )
    assert "No such file" in run(tmp_path / "none.csv")[1]
