"""The client of one provider: an action in, a typed answer and the exchange out.

`balance`, `services`, `statuses` and `refill_statuses` only read: they raise CallFailed
where there is no usable answer, and are tried once more where the connection was never
established. `add`, `refill` and `cancel` are sent once, and raise nothing for whatever
the provider does: what is not known to have failed is unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import TypeVar

from django.conf import settings

from provider.failures import (
    CallFailed,
    Exchange,
    error_replied,
    http_failed,
    reply_failed,
)
from provider.protocol.adding import TOO_MANY_REQUESTS, retry_after
from provider.protocol.errors import ErrorClass, Phrase, wait_seconds
from provider.protocol.readers import (
    read_add,
    read_balance,
    read_cancels,
    read_catalogue,
    read_orders,
    read_refill_statuses,
    read_refills,
    read_statuses,
)
from provider.protocol.replies import (
    AddAnswer,
    AddOutcome,
    Balance,
    CancelAnswer,
    Catalogue,
    ErrorReply,
    IdError,
    ListedOrder,
    RefillAnswer,
    RefillStatusRow,
    RequestOutcome,
    StatusRow,
    UnreadableReply,
    digest,
)
from provider.protocol.tracking import CALL_CLASSES
from provider.redaction import (
    ASKED_BYTES,
    asked,
    beginning,
    capped,
    redact,
    redact_bytes,
)
from shop.http import HttpFailure, HttpReply, Reached, post_form

__all__ = ["CallFailed", "Client", "Endpoint", "Exchange"]

MAX_IDS = 100
CATALOGUE_BYTES = 64 * 1024 * 1024
REPLY_BYTES = 2 * 1024 * 1024
# Failures that would be the same a moment later.
_LASTING = frozenset({"address", "protocol"})

Answer = TypeVar("Answer")
RequestAnswer = TypeVar("RequestAnswer", RefillAnswer, CancelAnswer)


@dataclass(frozen=True)
class Endpoint:
    """Where a provider is, and what is special about it."""

    url: str
    key: str
    user_agent: str
    refill_status_one_by_one: bool = False
    phrases: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Client:
    """Speaks the provider protocol with one endpoint. Keeps nothing between calls."""

    endpoint: Endpoint

    def balance(self) -> tuple[Balance, Exchange]:
        """Return what the shop has at the provider. Raises CallFailed."""
        reader = partial(read_balance, phrases=self.endpoint.phrases)
        return self._read("balance", {}, reader)

    def services(self, *, known: str = "") -> tuple[Catalogue | None, Exchange]:
        """Return everything that the provider offers. Raises CallFailed.

        None where the reply is the one whose digest is `known`, which is not read again.
        The whole reply comes along, without the key: it may have to be approved later.
        """

        def reader(body: bytes) -> Catalogue | None:
            kept = redact_bytes(body, key=self.endpoint.key)
            if known and digest(kept) == known:
                return None
            catalogue = read_catalogue(body, phrases=self.endpoint.phrases)
            return replace(catalogue, body=kept)

        return self._read("services", {}, reader, max_bytes=CATALOGUE_BYTES)

    def statuses(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, StatusRow | IdError], Exchange]:
        """Return what the provider says of at most 100 orders. Raises CallFailed.

        Ids about which the reply says nothing are left out.
        """
        reader = partial(read_statuses, ids, phrases=self.endpoint.phrases)
        return self._read("status", _id_fields("order", ids), reader)

    def refill_statuses(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, RefillStatusRow], Exchange, bool]:
        """Return what the provider says of at most 100 refills. Raises CallFailed.

        Where the provider answers a question about many with nothing but an error, each
        is asked about alone; the last value returned says whether that had to be done,
        to be remembered as `refill_status_one_by_one`. Never sends `refill`, which the
        upstream document lists for this: it would create refills.
        """
        if len(ids) == 1 or not self.endpoint.refill_status_one_by_one:
            try:
                rows, exchange = self._refill_statuses(ids)
            except CallFailed as failed:
                if len(ids) == 1 or not _is_unsupported(failed):
                    raise
            else:
                return rows, exchange, False
        rows, exchange = self._refill_statuses_one_by_one(ids)
        return rows, exchange, True

    def orders(self) -> tuple[list[ListedOrder], Exchange]:
        """Return our newest orders, where the provider lists them. Raises CallFailed."""
        reader = partial(read_orders, phrases=self.endpoint.phrases)
        return self._read("orders", {}, reader)

    def add(self, fields: Mapping[str, str]) -> tuple[AddAnswer, Exchange]:
        """Place an order with these fields of the protocol, and say what it came to."""
        outcome, exchange = self._post("add", fields)
        if isinstance(outcome, HttpFailure):
            never = outcome.reached is Reached.NEVER
            result = AddOutcome.NOT_EXECUTED if never else AddOutcome.UNKNOWN
            return AddAnswer(result, error=outcome.reason), exchange
        answer = read_add(
            outcome.status,
            outcome.headers,
            outcome.body,
            phrases=self.endpoint.phrases,
        )
        return replace(answer, error=self._redact(answer.error)), exchange

    def refill(self, ids: Sequence[str]) -> tuple[dict[str, RefillAnswer], Exchange]:
        """Ask for a refill of each order, and say for each what it came to."""
        fields = _id_fields("order", ids)
        return self._request("refill", fields, ids, read_refills, RefillAnswer)

    def cancel(self, ids: Sequence[str]) -> tuple[dict[str, CancelAnswer], Exchange]:
        """Ask for each order to be cancelled, and say for each what it came to."""
        _id_fields("order", ids)
        fields = {"orders": ",".join(ids)}
        return self._request("cancel", fields, ids, read_cancels, CancelAnswer)

    def _request(
        self,
        action: str,
        fields: Mapping[str, str],
        ids: Sequence[str],
        reader: Callable[..., dict[str, RequestAnswer]],
        make: type[RequestAnswer],
    ) -> tuple[dict[str, RequestAnswer], Exchange]:
        outcome, exchange = self._post(action, fields)
        if isinstance(outcome, HttpFailure):
            never = outcome.reached is Reached.NEVER
            result = RequestOutcome.NOT_EXECUTED if never else RequestOutcome.UNKNOWN
            answer = make(outcome=result, error=outcome.reason)
            return dict.fromkeys(ids, answer), exchange
        phrases = self.endpoint.phrases
        answers = reader(ids, outcome.status, outcome.body, phrases=phrases)
        return {
            order_id: replace(answer, error=self._redact(answer.error))
            for order_id, answer in answers.items()
        }, exchange

    def _refill_statuses(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, RefillStatusRow], Exchange]:
        reader = partial(read_refill_statuses, ids, phrases=self.endpoint.phrases)
        return self._read("refill_status", _id_fields("refill", ids), reader)

    def _refill_statuses_one_by_one(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, RefillStatusRow], Exchange]:
        """Ask about each refill alone, for as long as one call may take.

        Those that were not reached are left out, as is what came after a failure.
        """
        rows: dict[str, RefillStatusRow] = {}
        exchanges: list[Exchange] = []
        until = monotonic() + settings.HTTP_DEADLINE
        for refill_id in ids:
            try:
                answer, exchange = self._refill_statuses([refill_id])
            except CallFailed:
                if not rows:
                    raise
                break
            rows |= answer
            exchanges.append(exchange)
            if monotonic() >= until:
                break
        return rows, _joined(exchanges)

    def _read(
        self,
        action: str,
        fields: Mapping[str, str],
        reader: Callable[[bytes], Answer],
        *,
        max_bytes: int = REPLY_BYTES,
    ) -> tuple[Answer, Exchange]:
        outcome, exchange = self._post(action, fields, repeat=True, max_bytes=max_bytes)
        if isinstance(outcome, HttpFailure):
            raise http_failed(outcome, exchange)
        wait = retry_after(outcome.headers)
        try:
            return reader(outcome.body), exchange
        except ErrorReply as error:
            if _is_rate_limit(error, outcome.status):
                wait = wait or wait_seconds(error.text)
                raise reply_failed("rate_limited", exchange, wait) from error
            text = self._redact(error.text)
            raise error_replied(error.error_class, text, exchange) from error
        except UnreadableReply as error:
            limited = outcome.status == TOO_MANY_REQUESTS
            reason = "rate_limited" if limited else error.reason
            raise reply_failed(reason, exchange, wait) from error

    def _post(
        self,
        action: str,
        fields: Mapping[str, str],
        *,
        repeat: bool = False,
        max_bytes: int = REPLY_BYTES,
    ) -> tuple[HttpReply | HttpFailure, Exchange]:
        """Make the call, once more where `repeat` allows it and nothing was reached."""
        question = asked(fields, key=self.endpoint.key)
        try:
            reply = self._post_once(action, fields, max_bytes)
        except HttpFailure as failure:
            again = failure.reached is Reached.NEVER and failure.reason not in _LASTING
            if repeat and again:
                return self._post(action, fields, max_bytes=max_bytes)
            reason, elapsed = failure.reason, failure.elapsed
            return failure, Exchange(action, None, "", reason, elapsed, question)
        body = beginning(reply.body, key=self.endpoint.key)
        return reply, Exchange(action, reply.status, body, "", reply.elapsed, question)

    def _post_once(
        self, action: str, fields: Mapping[str, str], max_bytes: int
    ) -> HttpReply:
        endpoint = self.endpoint
        return post_form(
            endpoint.url,
            {**fields, "key": endpoint.key, "action": action},
            user_agent=endpoint.user_agent,
            connect_timeout=settings.HTTP_CONNECT_TIMEOUT,
            deadline=settings.HTTP_DEADLINE,
            max_bytes=max_bytes,
        )

    def _redact(self, text: str) -> str:
        return redact(text, key=self.endpoint.key)


def _id_fields(name: str, ids: Sequence[str]) -> dict[str, str]:
    """Return the field for one id, or that for several with commas between them."""
    if not 1 <= len(ids) <= MAX_IDS:
        raise ValueError(f"1 to {MAX_IDS} ids a call, not {len(ids)}")
    return {name: ids[0]} if len(ids) == 1 else {f"{name}s": ",".join(ids)}


def _is_rate_limit(error: ErrorReply, http_status: int) -> bool:
    if error.error_class is ErrorClass.UNRECOGNISED:
        return http_status == TOO_MANY_REQUESTS
    return error.error_class is ErrorClass.NOT_EXECUTED


def _is_unsupported(failed: CallFailed) -> bool:
    """Whether the provider may only not understand a question about several refills."""
    call_errors = {f"error:{error_class}" for error_class in CALL_CLASSES}
    return failed.reason.startswith("error:") and failed.reason not in call_errors


def _joined(exchanges: Sequence[Exchange]) -> Exchange:
    """Return several exchanges as one, their replies on lines of their own."""
    body = capped("\n".join(exchange.body for exchange in exchanges))
    questions = "\n".join(exchange.asked for exchange in exchanges)
    elapsed = sum(exchange.elapsed for exchange in exchanges)
    return replace(
        exchanges[-1],
        body=body,
        elapsed=elapsed,
        asked=capped(questions, most=ASKED_BYTES),
    )
