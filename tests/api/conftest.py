"""Two customers who must never meet, and something to buy.

This file is read before Django is set up, so that what needs models is imported late.
"""

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from provider.models import Service
    from tests.api.callers import Caller


def _make_caller(email: str) -> "Caller":
    caller: Caller = import_module("tests.api.callers").make_caller(email, credit="100")
    return caller


@pytest.fixture
def alice(db: None) -> "Caller":
    return _make_caller("alice@example.com")


@pytest.fixture
def bob(db: None) -> "Caller":
    return _make_caller("bob@example.com")


@pytest.fixture
def service(db: None) -> "Service":
    """A service on sale: 10 to 10,000 at 2.00, with refill and cancel."""
    service: Service = import_module("tests.factories").make_service()
    return service
