"""Faults that refuse: the vendor says no, for a reason of its own, and does nothing."""

import json

from sandbox.faults.door import Call, Reply
from sandbox.faults.fault import EVERY, Fault, Settings, encoded, error

BATCHES = ("status", "refill_status", "refill", "cancel")


def _refusal(
    name: str,
    text: str,
    actions: tuple[str, ...] = ("add",),
    *,
    daily: bool = True,
    lasting: bool = False,
) -> Fault:
    return Fault(
        name,
        f'"{text}"; not done',
        actions,
        before=lambda call, settings: error(text),
        daily=daily,
        lasting=lasting,
    )


def _no_funds(call: Call, settings: Settings) -> Reply | None:
    return error("Not enough funds on balance") if call.action == "add" else None


def _no_balance(call: Call, reply: Reply, settings: Settings) -> Reply:
    data = json.loads(reply.body)
    if call.action != "balance" or "balance" not in data:
        return reply
    return encoded(data | {"balance": "0.00000"})


def _too_many(call: Call, settings: Settings) -> Reply:
    return Reply(b"Too Many Requests\n", 429, "text/plain")


def _too_many_until(call: Call, settings: Settings) -> Reply:
    wait = (("Retry-After", str(settings.retry)),)
    return Reply(b"Too Many Requests\n", 429, "text/plain", wait)


FAULTS = (
    _refusal("bad_key", "Invalid API key", EVERY, daily=False, lasting=True),
    Fault(
        "no_funds",
        '"Not enough funds on balance", and a balance of 0; not done',
        ("add", "balance"),
        before=_no_funds,
        after=_no_balance,
        lasting=True,
    ),
    Fault(
        "rate_429",
        "429 with Retry-After: RETRY; not done",
        before=_too_many_until,
    ),
    Fault("rate_429_bare", "429 without Retry-After; not done", before=_too_many),
    _refusal("rate_200", "Too many requests", EVERY),
    _refusal(
        "link_active",
        "You have active order with this link. "
        "Please wait until order being completed.",
    ),
    _refusal("link_duplicate", "neworder.error.link_duplicate"),
    _refusal("bad_service", "Incorrect service ID"),
    _refusal("new_wording", "Code 7731, see the board", ("add", "refill", "cancel")),
    Fault(
        "batch_error",
        'a call about many ids gets one "Incorrect request"; not done',
        BATCHES,
        before=lambda call, settings: error("Incorrect request"),
        fits=lambda call: "orders" in call.fields or "refills" in call.fields,
    ),
)
