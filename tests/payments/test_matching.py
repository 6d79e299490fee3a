"""A bank's statement beside our payments."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from payments.enums import Match
from payments.gateways.bank.codes import code_of
from payments.gateways.protocol import State
from payments.matching import SheetError, match, read, read_sheet
from payments.models import Decision
from tests.factories import make_admin, make_customer
from tests.payments.paying import begin, begin_transfer, buckets, tell

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
        (["amount", "1e99999"], "Row 2: the amount is no number"),
        (["amount", "9" * 200_000], "no table"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(lines: list[str], fault: str) -> None:
    with pytest.raises(SheetError, match=fault):
        read(lines)


# --- Statements of banks ---------------------------------------------------------


@pytest.fixture
def bank(settings: Settings) -> None:
    settings.BANK_ACCOUNTS = {"USD": {"Account": "123-45"}}


def statement(*rows: str) -> bytes:
    """Return a statement as a Korean bank gives it; the first row is the third."""
    text = "\n".join(["예금주,매그파이", "거래일시,적요,출금액,입금액", *rows])
    return text.encode("cp949")


def statement_matches(data: bytes) -> list[tuple[int, str, int | None]]:
    lines = read_sheet(gateway="bank", data=data)
    return [
        (one.line.number, one.match, one.top_up and one.top_up.pk)
        for one in match(gateway="bank", lines=lines)
    ]


@pytest.mark.usefixtures("bank")
def test_a_banks_statement_is_read_as_the_bank_gives_it() -> None:
    waiting, other = begin_transfer(amount="10"), begin_transfer(amount="20")
    elsewhere = begin(amount="10")
    code = code_of(waiting.reference)

    assert statement_matches(
        statement(
            f"2026.11.26,김철수 {code},0,10",
            "2026.11.26,월세,100,0",
            f"2026.11.26,{code[:2]} {code[2:6]}-{code[6:]},0,10",
            f"2026.11.26,{code_of(other.reference).lower()},0,10",
            f"2026.11.26,{code_of(elsewhere.reference)},0,10",
            "2026.11.26,김철수,0,10",
        )
    ) == [
        (3, Match.WAITING, waiting.pk),
        (5, Match.TWICE, waiting.pk),
        (6, Match.DIFFERS, other.pk),
        (7, Match.STRANGER, None),
        (8, Match.STRANGER, None),
    ]


@pytest.mark.usefixtures("bank")
def test_a_code_is_found_behind_a_word_that_ends_like_one() -> None:
    top_up = begin_transfer(amount="10")
    code = code_of(top_up.reference)

    assert statement_matches(
        statement(f"2026.11.26,CAMP {code[:2]} {code[2:6]} {code[6:]},0,10")
    ) == [(3, Match.WAITING, top_up.pk)]


@pytest.mark.usefixtures("bank")
def test_a_statement_in_another_currency_differs() -> None:
    top_up = begin_transfer(amount="10")
    row = f"1,10,{{}},{code_of(top_up.reference)}"

    for currency, expected in (("KRW", Match.DIFFERS), ("usd", Match.WAITING)):
        data = f"Date,Amount,Currency,Text\n{row.format(currency)}\n".encode()
        assert statement_matches(data) == [(2, expected, top_up.pk)]


@pytest.mark.parametrize(
    ("gateway", "data", "fault"),
    [
        ("bank", b"amount,reference\n10,A\n", "No heading names a date"),
        ("bank", b"\x81", "neither in UTF-8 nor in CP949"),
        ("test", b"\x81", "not in UTF-8"),
        ("test", b"a" * (5 * 1024 * 1024 + 1), "too large"),
        ("test", "거래일시,입금액\n1,10\n".encode(), "must name the columns"),
    ],
)
def test_each_gateway_has_a_format_of_its_own(
    gateway: str, data: bytes, fault: str
) -> None:
    with pytest.raises(SheetError, match=fault):
        read_sheet(gateway=gateway, data=data)


@pytest.mark.usefixtures("bank")
def test_transfers_of_a_statement_are_credited_once(tmp_path: Path) -> None:
    top_up = begin_transfer(amount="10")
    file = tmp_path / "statement.csv"
    file.write_bytes(statement(f"2026.11.26,{code_of(top_up.reference)},0,10"))
    make_admin()

    printed, fault = run(file, "--credit-as", "admin@example.com", gateway="bank")
    assert (printed.endswith("credited now\nAll 1 agree.\n"), fault) == (True, "")
    assert run(file, gateway="bank") == ("All 1 agree.\n", "")
    assert buckets(top_up.customer) == {"paid": 10}
    assert Decision.objects.count() == 1


# --- The command -----------------------------------------------------------------


def run(file: Path, *options: str, gateway: str = "test") -> tuple[str, str]:
    """Run the command; return what it printed, and why it ended with 1."""
    printed, fault = StringIO(), ""
    try:
        call_command("match_payments", gateway, str(file), *options, stdout=printed)
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
