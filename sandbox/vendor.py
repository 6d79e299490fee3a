"""The provider itself: everything it has accepted, and what it does about it."""

import re
from collections.abc import Mapping
from decimal import Decimal

from sandbox import fate, intake, progress
from sandbox.catalogue import Service
from sandbox.errors import RefusedError
from sandbox.records import Order, Refill, Status, Subscription
from sandbox.twists import PLAIN, Naming, Twist
from sandbox.types import Counts
from sandbox.workshop import FIRST_ORDER, Workshop

NUMBER = re.compile(r"[0-9]{1,18}")


class Vendor(Workshop):
    """A provider's state in memory, safe to use from many threads.

    `clock` returns seconds since 1970; a test passes its own and never sleeps. What
    has fallen due is booked at the start of each call.
    """

    def count(self, action: str) -> None:
        """Note that `action` was called."""
        with self.lock:
            self.calls[action] += 1

    def deposit(self, amount: Decimal) -> None:
        """Add `amount` to the reseller's balance."""
        with self.lock:
            self.catch_up()
            self.ledger.deposit(amount)
            self.changes += 1

    def place(self, fields: Mapping[str, str], twist: Twist = PLAIN) -> int:
        """Accept an order or a subscription and return its number.

        In this order: answer a request id seen before, find the service, check the
        fields, charge the balance, fix the fate. Raises RefusedError, with nothing
        changed.
        """
        with self.lock:
            now = self.catch_up()
            request = fields.get("request_id", "") if self.terms.request_ids else ""
            if request in self.requests:
                return self.requests[request]
            service = self.catalogue.find(fields.get("service", ""))
            if service.kind.counts is Counts.POSTS:
                number = self._subscribe(service, fields, now, twist)
            else:
                demand = intake.read_order(service, fields)
                number = self._accept(service, demand, fields, now, twist)
            if request:
                self.requests[request] = number
            self.catch_up()
            return number

    def number(self, text: str) -> int:
        """Return the number of the order with id `text`, which may be its name.

        Whether there is one is another question. RefusedError when it is no id.
        """
        text = text.strip()
        if NUMBER.fullmatch(text):
            return int(text)
        with self.lock:
            if text in self.names:
                return self.names[text]
        raise RefusedError("Incorrect order ID")

    def id_of(self, number: int) -> int | str:
        """Return the id of an accepted order: its name, if it has one."""
        return self._record(number).name or number

    def answer(
        self, number: int, naming: Naming = Naming.ITSELF, *, hidden: bool = False
    ) -> int | str | None:
        """Return the id that the `add` of order `number` is answered with, and note it.

        None is no id at all. A `hidden` answer will not be read by anybody: then none
        is noted.
        """
        with self.lock:
            record = self._record(number)
            told: int | str | None = self.id_of(number)
            if naming is Naming.TEXT:
                told = str(told)
            elif naming is Naming.ZERO:
                told = 0
            elif naming is Naming.MISSING:
                told = None
            elif naming is Naming.DUPLICATE:
                told = self._earlier_id(number)
            record.given = "" if hidden or told is None else str(told)
            record.fault = ""
            self.lines.pop(number, None)
            return told

    def note_fault(self, number: int, fault: str, *, hidden: bool) -> None:
        """Note that `fault` came into the answer to the `add` of order `number`.

        `hidden`: nothing of the answer was sent that could be read.
        """
        with self.lock:
            record = self._record(number)
            record.fault = fault
            if hidden:
                record.given = ""
            self.lines.pop(number, None)
            self.changes += 1

    def note_refusal(self, reason: str) -> None:
        """Note that an `add` was not accepted, for `reason`."""
        with self.lock:
            self.refused[reason] += 1

    def find(self, number: int) -> Order | Subscription:
        """Return order or subscription `number`; RefusedError when there is none."""
        with self.lock:
            self.catch_up()
            record = self.orders.get(number) or self.subscriptions.get(number)
            if record is None:
                raise RefusedError("Incorrect order ID")
            return record

    def refill(self, number: int) -> int:
        """Accept a refill of the completed order `number` and return its own number.

        Raises RefusedError, with nothing changed, when the order is unknown, not
        completed, of a service without refills, or was refilled a moment ago.
        """
        with self.lock:
            order, now = self.find(number), self.clock()
            if isinstance(order, Subscription) or not order.refillable:
                raise RefusedError("Refill is disabled for this service")
            if order.ended is not Status.COMPLETED:
                raise RefusedError("Order is not completed")
            last = self.refills.get(order.last_refill or 0)
            if last and now < last.asked_at + self.terms.refill_cooldown:
                raise RefusedError("Refill is not available yet")
            refill = Refill(
                id=len(self.refills) + 1,
                order=order.id,
                asked_at=now,
                seconds=self.terms.speed,
                rejected="reject" in fate.wishes(order.link),
            )
            self.refills[refill.id] = refill
            order.last_refill = refill.id
            order.refills += 1
            self.lines.pop(order.id, None)
            self.changes += 1
            return refill.id

    def refill_status(self, number: int) -> Status:
        """Return where the refill `number` stands; RefusedError when there is none."""
        with self.lock:
            if number not in self.refills:
                raise RefusedError("Refill not found")
            return progress.refill_status(self.refills[number], self.clock())

    def cancel(self, number: int) -> None:
        """Ask for the order `number` to be cancelled; it happens a moment later.

        Asking again changes nothing. Raises RefusedError when the order is unknown,
        finished, or of a service that cannot be cancelled.
        """
        with self.lock:
            record, now = self.find(number), self.clock()
            if not record.cancelable:
                raise RefusedError("Cancel is disabled for this service")
            if record.ended is not None:
                raise RefusedError("Order is already finished")
            if isinstance(record, Subscription):
                record.ended = Status.CANCELED
            elif record.cancel_at is None:
                record.cancel_at = now + record.seconds * progress.CANCEL_SHARE
                self._expect(record)
            self.changes += 1

    def _earlier_id(self, number: int) -> int | str:
        """Return the id that the latest order before `number` was given, or its own."""
        for earlier in range(number - 1, FIRST_ORDER - 1, -1):
            if self._record(earlier).given == str(self.id_of(earlier)):
                return self.id_of(earlier)
        return self.id_of(number)

    def _record(self, number: int) -> Order | Subscription:
        return self.orders.get(number) or self.subscriptions[number]

    def _subscribe(
        self, service: Service, fields: Mapping[str, str], now: float, twist: Twist
    ) -> int:
        plan = intake.read_subscription(service, fields)
        if service.cost(plan.maximum) > self.ledger.balance:
            raise RefusedError("Not enough funds on balance")
        number = self.next_number()
        subscription = Subscription(
            id=number,
            service=service.id,
            fields=dict(fields),
            placed_at=now,
            seconds=self.terms.speed,
            minimum=plan.minimum,
            maximum=plan.maximum,
            posts=plan.posts,
            expires_at=plan.expires_at,
            cancelable=service.cancel,
            name=self._name(number, is_opaque=twist.opaque),
        )
        self.subscriptions[subscription.id] = subscription
        self._expect_post(subscription)
        self.changes += 1
        return subscription.id
