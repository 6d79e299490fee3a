"""Calls to a provider as they are kept, and those that brought no usable answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from provider.protocol.errors import ErrorClass
from shop.http import HttpFailure


@dataclass(frozen=True)
class Exchange:
    """What is archived of a call: never the key, and at most 64 KiB of the reply.

    `failure` is "" or the HTTP client's reason; `elapsed` is in seconds. `asked` holds
    the fields that were sent but for the key, as a form, and at most 4 KiB of them;
    where several calls were joined, one call a line.
    """

    action: str
    http_status: int | None
    body: str
    failure: str
    elapsed: float
    asked: str = ""


class CallFailed(Exception):
    """A call that reads brought no usable answer; nothing was changed by it.

    `reason` is for machines: unreachable, interrupted, timeout, redirect, too_large,
    rate_limited, html, empty, not_json, too_deep, shape, or `error:` and the class of
    the provider's error. `message` tells staff what happened and what to do; it may name
    the supplier, so customers never see it. `retry_after` is in seconds. `text` is the
    error as the provider wrote it, where it did.
    """

    def __init__(
        self,
        reason: str,
        message: str | Promise,
        exchange: Exchange,
        retry_after: float | None = None,
        text: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message
        self.exchange = exchange
        self.retry_after = retry_after
        self.text = text


_REASONS: Mapping[str, str] = {
    "deadline": "timeout",
    "redirect": "redirect",
    "too_large": "too_large",
    "reset": "interrupted",
}

_HTTP_MESSAGES = {
    "dns": _("The provider's host name was not found ({detail}). Check its address."),
    "refused": _("The provider cannot be reached ({detail}). Check that it is up."),
    "connect_timeout": _(
        "The provider cannot be reached in time. Check that it is up."
    ),
    "tls": _(
        "No secure connection to the provider ({detail}). Its certificate may be wrong."
    ),
    "address": _(
        "The provider's address is private ({detail}), which this shop does not allow."
    ),
    "deadline": _("The provider did not answer in time. It will be asked again."),
    "redirect": _(
        "The provider sends us on to {detail}. If that is right, change its address."
    ),
    "too_large": _("The provider's answer is too large ({detail}). Check its address."),
    "reset": _("The connection to the provider broke off. It will be asked again."),
    "protocol": _("The provider does not speak HTTP as it should. Check its address."),
}

_REPLY_MESSAGES = {
    "empty": _("The provider sent an empty answer. Check its address."),
    "html": _(
        "The provider sent a web page instead of data. Check its address, and whether it blocks robots."
    ),
    "not_json": _("The provider's answer cannot be read. Check its address."),
    "too_deep": _("The provider's answer is nested too deeply. Check its address."),
    "shape": _(
        "The provider answered something else than what it was asked. Check its address."
    ),
    "rate_limited": _("The provider wants fewer calls. It will be asked again later."),
}

_ERROR_MESSAGES = {
    ErrorClass.PROVIDER_DOWN: _(
        "The provider refuses us: “{text}”. Check the key and the account there."
    ),
    ErrorClass.NO_FUNDS: _(
        "The balance at the provider is used up: “{text}”. Top it up."
    ),
    ErrorClass.NOT_EXECUTED: _REPLY_MESSAGES["rate_limited"],
}
_OTHER_ERROR = _("The provider answered with an error: “{text}”.")


def http_failed(failure: HttpFailure, exchange: Exchange) -> CallFailed:
    """Return the failure of a call that brought no reply."""
    reason = _REASONS.get(failure.reason, "unreachable")
    message = format_lazy(_HTTP_MESSAGES[failure.reason], detail=failure.detail)
    return CallFailed(reason, message, exchange)


def reply_failed(
    reason: str, exchange: Exchange, retry_after: float | None = None
) -> CallFailed:
    """Return the failure of a call whose reply is no answer, for its reader's reason."""
    return CallFailed(reason, _REPLY_MESSAGES[reason], exchange, retry_after)


def error_replied(error_class: ErrorClass, text: str, exchange: Exchange) -> CallFailed:
    """Return the failure of a call that was answered with an error."""
    template = _ERROR_MESSAGES.get(error_class, _OTHER_ERROR)
    message = format_lazy(template, text=text)
    return CallFailed(f"error:{error_class}", message, exchange, text=text)
