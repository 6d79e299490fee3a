"""The test gateway, switched on."""

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _test_gateway(settings: Settings) -> None:
    """Offer the test gateway, which exists only in the demo."""
    settings.DEMO = True
