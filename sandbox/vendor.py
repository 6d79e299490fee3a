"""The provider itself: everything it has accepted, and what it does about it."""

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal

from sandbox import fate, intake, progress, subscriptions
from sandbox.catalogue import Catalogue, Service
from sandbox.errors import RefusedError
from sandbox.money import Ledger
from sandbox.records import Order, Refill, Status, Subscription
from sandbox.terms import Terms
from sandbox.types import Counts

FIRST_ORDER = 23501


class Vendor:
    """A provider's state in memory, safe to use from many threads.

    `clock` returns seconds since 1970; a test passes its own and never sleeps. What
    time has brought about (ends, credits, a subscription's new orders) is booked at
    the start of each call, in the order in which it fell due.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        terms: Terms | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open for business with an empty book and the deposit of `terms`."""
        self.catalogue = catalogue
        self.terms = terms or Terms()
        self.clock = clock
        self.lock = threading.RLock()
        self.ledger = Ledger()
        self.orders: dict[int, Order] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.refills: dict[int, Refill] = {}
        self.requests: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        # Rises with every change, so that a saver knows when there is something new.
        self.changes = 0
        self._due: list[tuple[float, int]] = []
        self.ledger.deposit(self.terms.deposit)

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

    def place(self, fields: Mapping[str, str]) -> int:
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
                number = self._subscribe(service, fields, now)
            else:
                demand = intake.read_order(service, fields)
                number = self._accept(service, demand, fields, now)
            if request:
                self.requests[request] = number
            self.catch_up()
            return number

    def find(self, number: int) -> Order | Subscription:
        """Return order or subscription `number`; RefusedError when there is none."""
        with self.lock:
            self.catch_up()
            record = self.orders.get(number) or self.subscriptions.get(number)
            if record is None:
                raise RefusedError("Incorrect order ID")
            return record

    def standing(self, order: Order) -> progress.Standing:
        """Return where `order` stands now."""
        return progress.standing(order, self.clock())

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

    def catch_up(self) -> float:
        """Book everything that has fallen due and return the time it is.

        An order that has ended gets its end written down and what it left undone
        credited; a subscription places its next order.
        """
        with self.lock:
            now = self.clock()
            while self._due and self._due[0][0] <= now:
                due_at, number = heapq.heappop(self._due)
                if number in self.subscriptions:
                    self._notice_post(self.subscriptions[number], due_at)
                elif self.orders[number].ended is None:
                    self._finish(self.orders[number])
            return now

    def expect_all(self) -> None:
        """Work out anew what will fall due, after the records were loaded."""
        self._due.clear()
        for order in self.orders.values():
            if order.ended is None:
                self._expect(order)
        for subscription in self.subscriptions.values():
            if subscription.ended is None:
                self._expect_post(subscription)

    def _number(self) -> int:
        return FIRST_ORDER + len(self.orders) + len(self.subscriptions)

    def _accept(
        self,
        service: Service,
        demand: intake.Demand,
        fields: Mapping[str, str],
        now: float,
        subscription: int | None = None,
    ) -> int:
        number, cost = self._number(), service.cost(demand.units)
        self.ledger.charge(number, cost)
        future = fate.decide(
            fields.get("link", ""),
            units=demand.units,
            chance=fate.draw(self.terms.seed, number=number),
            partial=self.terms.partial,
            cancel=self.terms.cancel,
        )
        order = Order(
            id=number,
            service=service.id,
            fields=dict(fields),
            units=demand.units,
            charge=cost,
            placed_at=now,
            seconds=self.terms.speed * future.slower * (demand.runs or 1),
            outcome=future.outcome,
            will_deliver=future.delivers,
            refillable=service.refill,
            cancelable=service.cancel,
            runs=demand.runs,
            subscription=subscription,
        )
        self.orders[number] = order
        self._expect(order)
        self.changes += 1
        return number

    def _expect(self, order: Order) -> None:
        heapq.heappush(self._due, (progress.ends_at(order), order.id))

    def _finish(self, order: Order) -> None:
        order.ended, order.delivered = progress.end(order)
        final = progress.standing(order, progress.ends_at(order))
        self.ledger.credit(order.id, order.charge - final.charge)
        self.changes += 1

    def _subscribe(
        self, service: Service, fields: Mapping[str, str], now: float
    ) -> int:
        plan = intake.read_subscription(service, fields)
        if service.cost(plan.maximum) > self.ledger.balance:
            raise RefusedError("Not enough funds on balance")
        subscription = Subscription(
            id=self._number(),
            service=service.id,
            fields=dict(fields),
            placed_at=now,
            seconds=self.terms.speed,
            minimum=plan.minimum,
            maximum=plan.maximum,
            posts=plan.posts,
            expires_at=plan.expires_at,
            cancelable=service.cancel,
        )
        self.subscriptions[subscription.id] = subscription
        self._expect_post(subscription)
        self.changes += 1
        return subscription.id

    def _expect_post(self, subscription: Subscription) -> None:
        heapq.heappush(self._due, (subscriptions.due_at(subscription), subscription.id))

    def _notice_post(self, subscription: Subscription, now: float) -> None:
        """Place the order for one new post, and end the subscription after the last."""
        self.changes += 1
        subscription.ended = subscriptions.end(subscription, now)
        if subscription.ended is not None:
            return
        chance = fate.draw(f"{self.terms.seed}:post", number=self._number())
        demand = subscriptions.demand(subscription, chance)
        try:
            service = self.catalogue.find(subscription.service)
            number = self._accept(
                service, demand, subscription.fields, now, subscription.id
            )
        except RefusedError:
            # Nobody is there to hear the refusal; a person sees Paused.
            subscription.ended = Status.PAUSED
            return
        subscription.orders.append(number)
        subscription.ended = subscriptions.end(subscription, now)
        if subscription.ended is None:
            self._expect_post(subscription)
