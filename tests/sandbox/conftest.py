import json
from collections.abc import Iterator

import pytest

from sandbox.catalogue import Catalogue
from sandbox.server import running
from sandbox.terms import Terms
from sandbox.vendor import Vendor
from tests.sandbox.practice import KEY, ROWS, Client, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vendor(clock: Clock) -> Vendor:
    terms = Terms(key=KEY, speed=20, request_ids=True, list_orders=True)
    return Vendor(Catalogue(json.dumps(ROWS)), terms, clock)


@pytest.fixture
def client(vendor: Vendor) -> Client:
    return Client(vendor)


@pytest.fixture
def url(vendor: Vendor) -> Iterator[str]:
    with running(vendor) as address:
        yield address
