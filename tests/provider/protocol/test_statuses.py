"""The words for the state of an order or a refill."""

import pytest

from provider.protocol.statuses import (
    RefillStatus,
    UpstreamStatus,
    read_refill_status,
    read_status,
)

ORDER_WORDS = {
    UpstreamStatus.PENDING: "Pending, Awaiting, New, Queued, In line",
    UpstreamStatus.PROCESSING: "Processing, Accepted",
    UpstreamStatus.IN_PROGRESS: "In progress, Running, Active, in_progress, INPROGRESS",
    UpstreamStatus.PAUSED: "Paused, On pause, on-pause",
    UpstreamStatus.COMPLETED: "Completed, Complete, Finished, Success, Done",
    UpstreamStatus.PARTIAL: "Partial, PARTIAL",
    UpstreamStatus.CANCELED: "Canceled, Cancelled, canelled, Cancel",
    UpstreamStatus.FAILED: "Refunded, Fail, Failed, Error, Rejected",
    UpstreamStatus.EXPIRED: "Expired, Stopped",
}
REFILL_WORDS = {
    RefillStatus.PENDING: "Pending, Awaiting",
    RefillStatus.IN_PROGRESS: "In progress",
    RefillStatus.COMPLETED: "Completed",
    RefillStatus.REJECTED: "Rejected",
    RefillStatus.CANCELED: "Canceled",
    RefillStatus.ERROR: "Error",
    RefillStatus.NOT_FOUND: "Refill not found",
}


@pytest.mark.parametrize(
    ("word", "ours"),
    [(word, ours) for ours, words in ORDER_WORDS.items() for word in words.split(", ")],
)
def test_an_orders_word_is_known(word: str, ours: UpstreamStatus) -> None:
    assert read_status(word) is ours


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        (word, ours)
        for ours, words in REFILL_WORDS.items()
        for word in words.split(", ")
    ],
)
def test_a_refills_word_is_known(word: str, ours: RefillStatus) -> None:
    assert read_refill_status(word) is ours


def test_every_status_of_ours_has_a_word() -> None:
    assert set(ORDER_WORDS) == set(UpstreamStatus)
    assert set(REFILL_WORDS) == set(RefillStatus)


@pytest.mark.parametrize(
    "word", ["Moderation", "", "Completed!", None, 5, True, ["Done"]]
)
def test_any_other_word_is_not_guessed(word: object) -> None:
    assert read_status(word) is None
    assert read_refill_status(word) is None
