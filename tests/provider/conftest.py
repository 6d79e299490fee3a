"""A provider whose catalogue a test writes.

This file is read before Django is set up, so that what needs models is imported late.
"""

from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

if TYPE_CHECKING:
    from provider.models import Provider
    from tests.provider.feeds import Feed


@pytest.fixture
def feed(settings: Settings) -> Iterator["Feed"]:
    """The provider's side: what it answers."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with import_module("tests.provider.feeds").serving() as found:
        yield found


@pytest.fixture
def provider(feed: "Feed", transactional_db: None) -> "Provider":
    """Our side: its row, with a markup of 50 percent, its new services on sale."""
    made: Provider = import_module("tests.factories").make_provider(
        url=feed.url, publish=True, markup=Decimal(50)
    )
    return made
