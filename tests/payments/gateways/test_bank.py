"""Bank transfer: instructions, codes, and statements."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from payments.gateways.bank import BankGateway
from payments.gateways.bank.codes import code_of, find_codes
from payments.gateways.bank.statements import (
    MOST_BYTES,
    StatementError,
    read_statement,
)
from payments.gateways.protocol import ForgedError, GatewayError, State
from tests.payments.gateways.wishes import wish

gateway = BankGateway()
REFERENCE = "3f9a01bc77d0e8124a6b5c9d"
CODE = "MP3F9A01BC"
ACCOUNTS = {
    "KRW": {"Bank": "Kookmin", "Account": "123-45-678901", "Holder": "Magpie"},
    "USD": {"IBAN": "XX00 1234", "BIC": "MAGPXX00"},
}


@pytest.fixture(autouse=True)
def _accounts(settings: Settings) -> None:
    settings.BANK_ACCOUNTS = ACCOUNTS


# --- The gateway -----------------------------------------------------------------


def test_a_transfer_begins_with_the_account_and_a_code() -> None:
    started = gateway.start(wish("5000", "KRW", reference=REFERENCE))

    assert started.instructions == {
        "Bank": "Kookmin",
        "Account": "123-45-678901",
        "Holder": "Magpie",
        "Amount": "5000 KRW",
        "Message to the recipient": CODE,
    }
    assert (started.remote_id, started.url, started.expires_at) == ("", "", None)
    assert gateway.start(wish("5000", "KRW", reference=REFERENCE)) == started


def test_each_currency_has_its_account() -> None:
    assert gateway.currencies() == ("KRW", "USD")
    started = gateway.start(wish("12.50", "USD", reference=REFERENCE))
    assert started.instructions["IBAN"] == "XX00 1234"
    assert started.instructions["Amount"] == "12.50 USD"

    for amount, currency in (("12.50", "EUR"), ("12.50", "KRW"), ("0", "USD")):
        with pytest.raises(GatewayError) as caught:
            gateway.start(wish(amount, currency, reference=REFERENCE))
        assert not caught.value.unknown


def test_a_bank_never_says_that_money_came() -> None:
    report = gateway.ask(reference=REFERENCE, remote_id="")
    assert (report.state, report.amount) == (State.PENDING, 0)
    assert gateway.confirm({"paid": "yes"}, "") is None
    with pytest.raises(ForgedError):
        gateway.read_notification({}, b"{}")


def test_a_refund_is_for_people() -> None:
    with pytest.raises(GatewayError) as caught:
        gateway.refund(remote_id="", amount=Decimal(1), currency="KRW", key="1")
    assert not caught.value.unknown


def test_without_accounts_it_is_not_offered(settings: Settings) -> None:
    assert gateway.is_configured()
    assert gateway.check() == "Accounts are set for: KRW, USD."
    settings.BANK_ACCOUNTS = {}
    assert not gateway.is_configured()
    with pytest.raises(GatewayError):
        gateway.check()


def test_the_least_is_below_the_most() -> None:
    for currency in gateway.currencies():
        limits = gateway.limits(currency)
        assert 0 < limits.least < limits.most


def test_instructions_are_in_the_language_of_the_moment() -> None:
    with translation.override("en"):
        names = set(gateway.start(wish(reference=REFERENCE)).instructions)
    assert {"Amount", "Message to the recipient"} < names


# --- Codes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (CODE, [CODE]),
        ("mp3f9a01bc", [CODE]),
        ("KIM MP 3F9A 01BC", [CODE]),
        ("MP-3F9A-01BC thank you", [CODE]),
        ("김철수 MP3F9A01BC", [CODE]),
        (f"{CODE} {CODE}", [CODE]),
        (f"{CODE}, MP00000000", [CODE, "MP00000000"]),
        ("MP3F9A01B", []),
        ("MP3F9A01BCD", []),
        ("XMP3F9A01BC", []),
        ("", []),
    ],
)
def test_a_code_is_found_as_people_write_it(text: str, codes: list[str]) -> None:
    assert find_codes(text) == codes


@given(st.binary(min_size=12, max_size=12))
def test_every_code_is_found(number: bytes) -> None:
    code = code_of(number.hex())

    assert len(code) == 10
    assert find_codes(f"transfer of {code} for funds") == [code]


def test_a_reference_without_letters_has_no_code() -> None:
    with pytest.raises(ValueError, match="too short"):
        code_of("a-b-c")


# --- Statements ------------------------------------------------------------------


def test_a_korean_statement_is_read() -> None:
    text = (
        "예금주,매그파이\n"
        "거래일시,적요,보낸분,출금액,입금액,잔액\n"
        f'2026.11.26 10:01,타행이체,{CODE},0,"50,000","150,000"\n'
        "2026.11.26 10:02,타행이체,김철수,0,7000,157000\n"
        '2026.11.26 10:03,출금,월세,"100,000",0,57000\n'
    )
    for encoding in ("utf-8", "utf-8-sig", "cp949"):
        first, second = read_statement(text.encode(encoding))
        assert (first.row, first.amount, first.codes) == (3, Decimal(50000), [CODE])
        assert (first.date, first.currency) == ("2026.11.26 10:01", "")
        assert (second.row, second.amount, second.codes) == (4, Decimal(7000), [])
        assert "김철수" in second.text


def test_a_european_statement_is_read() -> None:
    text = (
        "Booking date;Purpose;Amount;Currency\r\n"
        f'26.11.2026;"Funds; {CODE}";1.234,50;eur\r\n'
        "26.11.2026;Rent;-900,00;EUR\r\n"
        "26.11.2026;Total\r\n"
    )
    [line] = read_statement(text.encode())
    assert (line.amount, line.currency) == (Decimal("1234.50"), "EUR")
    assert line.codes == [CODE]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1234.5", "1234.5"),
        ("1,234.56", "1234.56"),
        ("1,234", "1234"),
        ("$1,234,567.00", "1234567.00"),
        ("12,50", "12.50"),
        ("+5000원", "5000"),
        ("1.234", None),
        ("1,2345", None),
        ("0", None),
        ("-5", None),
        ("5e3", None),
        ("", None),
    ],
)
def test_only_clear_amounts_are_taken(written: str, amount: str | None) -> None:
    text = f'Date\tMessage\tAmount\n1\t{CODE}\t"{written}"\n'

    found = [line.amount for line in read_statement(text.encode())]
    assert found == ([] if amount is None else [Decimal(amount)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a,b\n1,2\n",
        b"Date,Message\n1,2\n",
        b"\x81",
        b"Date,Amount\n" + b"1,1\n" * 20_001,
        b"x" * (MOST_BYTES + 1),
        b'Date,Amount\n"' + b"x" * 200_000,
    ],
)
def test_what_is_no_statement_is_refused(data: bytes) -> None:
    with pytest.raises(StatementError):
        read_statement(data)
