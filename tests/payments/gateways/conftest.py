"""Fakes that are served for a test, and settings that lead to them."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.payments.fakes.btcpay import BtcpayFake
from tests.payments.fakes.paypal import PaypalFake
from tests.payments.fakes.serving import Fake
from tests.payments.fakes.stripe import StripeFake
from tests.payments.fakes.toss import TossFake

FAKES: list[type[Fake]] = [StripeFake, TossFake, BtcpayFake, PaypalFake]


@pytest.fixture(autouse=True)
def _short(settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    settings.HTTP_CONNECT_TIMEOUT = 1.0
    settings.HTTP_DEADLINE = 5.0


def serve(kind: type[Fake], settings: Settings) -> Iterator[Fake]:
    """Serve a fake, and have the settings name it."""
    with kind.serving() as fake:
        for name, value in {**kind.settings, kind.address: fake.url}.items():
            setattr(settings, name, value)
        yield fake


@pytest.fixture(params=FAKES, ids=lambda kind: kind.name)
def fake(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Fake]:
    """Each fake in turn."""
    yield from serve(request.param, settings)


@pytest.fixture(
    params=[kind for kind in FAKES if kind.signs], ids=lambda kind: kind.name
)
def signing(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Fake]:
    """Each fake that signs what it tells."""
    yield from serve(request.param, settings)


@pytest.fixture
def btcpay(settings: Settings) -> Iterator[Fake]:
    """The fake of BTCPay Server."""
    yield from serve(BtcpayFake, settings)


@pytest.fixture
def paypal(settings: Settings) -> Iterator[Fake]:
    """The fake of PayPal."""
    yield from serve(PaypalFake, settings)


@pytest.fixture
def toss(settings: Settings) -> Iterator[Fake]:
    """The fake of Toss Payments."""
    yield from serve(TossFake, settings)


@pytest.fixture
def stripe(settings: Settings) -> Iterator[Fake]:
    """The fake of Stripe."""
    yield from serve(StripeFake, settings)
