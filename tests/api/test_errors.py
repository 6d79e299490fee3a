"""Our refusals are read by resellers' shops; one of them might be a shop like this one."""

import pytest

from api.errors import Wording
from provider.protocol.errors import ErrorClass, classify

MEANT = {
    Wording.KEY: ErrorClass.PROVIDER_DOWN,
    Wording.SERVICE: ErrorClass.REFUSED,
    Wording.ORDER: ErrorClass.UNKNOWN_ID,
    Wording.REFILL: ErrorClass.UNKNOWN_ID,
    Wording.FUNDS: ErrorClass.NO_FUNDS,
    Wording.TOO_OFTEN: ErrorClass.NOT_EXECUTED,
}


@pytest.mark.parametrize("wording", Wording)
def test_a_wording_is_read_as_it_is_meant(wording: Wording) -> None:
    # Whatever else goes wrong with a call is for a person to look at.
    assert classify(wording) is MEANT.get(wording, ErrorClass.UNRECOGNISED)


@pytest.mark.parametrize("name", ["link", "quantity", "comments"])
def test_a_field_that_does_not_fit_is_read_as_a_refusal(name: str) -> None:
    assert classify(f"Incorrect {name}. This field is required.") is ErrorClass.REFUSED
