"""What time brings about: orders and subscriptions live, end, and move the money."""

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox import dripfeed, fate, intake, progress, subscriptions, twists
from sandbox.catalogue import Catalogue, Service
from sandbox.errors import RefusedError
from sandbox.money import Ledger
from sandbox.origin import Origin
from sandbox.records import Order, Refill, Status, Subscription
from sandbox.terms import Terms
from sandbox.twists import PLAIN, Twist

FIRST_ORDER = 23501


def regrets_at(order: Order) -> float:
    """Return the moment, a life after its end, at which `order` is taken back."""
    return progress.ends_at(order) + order.seconds


class Workshop:
    """Everything that a vendor has accepted, and what becomes of it.

    What time has brought about (ends, credits, a subscription's new orders, the runs
    of a drip-feed) is booked by `catch_up`, in the order in which it fell due.
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
        # Numbers by the words that are given out instead of them.
        self.names: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        # Lines of the book about orders that have ended, until they change again.
        self.lines: dict[int, dict[str, Any]] = {}
        # Why an `add` was not accepted, and how often.
        self.refused: Counter[str] = Counter()
        # Rises with every change, so that a saver knows when there is something new.
        self.changes = 0
        self._due: list[tuple[float, int]] = []
        self.ledger.deposit(self.terms.deposit)

    def standing(self, order: Order, now: float | None = None) -> progress.Standing:
        """Return where `order` stands at `now`, or at this moment."""
        now = self.clock() if now is None else now
        if not order.children:
            return progress.standing(order, now)
        children = (self.orders[number] for number in order.children)
        looks = (progress.standing(child, now) for child in children)
        return dripfeed.standing(order, looks)

    def next_number(self) -> int:
        """Return the number that the next order or subscription gets."""
        return FIRST_ORDER + len(self.orders) + len(self.subscriptions)

    def catch_up(self) -> float:
        """Book everything that has fallen due and return the time it is.

        An order that has ended gets its end written down and what it left undone
        credited; a subscription places its next order, a drip-feed its next run.
        """
        with self.lock:
            now = self.clock()
            while self._due and self._due[0][0] <= now:
                due_at, number = heapq.heappop(self._due)
                if number in self.subscriptions:
                    self._notice_post(self.subscriptions[number], due_at)
                    continue
                order = self.orders[number]
                if order.ended is None:
                    self._advance(order, due_at)
                elif order.regret is not None and regrets_at(order) <= due_at:
                    self._regret(order)
            return now

    def expect_all(self) -> None:
        """Work out anew what will fall due, after the records were loaded."""
        self._due.clear()
        for order in self.orders.values():
            if order.ended is None:
                self._expect(order)
            elif order.regret is not None:
                self._expect_regret(order)
        for subscription in self.subscriptions.values():
            if subscription.ended is None:
                self._expect_post(subscription)

    def _name(self, number: int, *, is_opaque: bool) -> str:
        if not is_opaque:
            return ""
        name = twists.opaque_name(self.terms.seed, number)
        self.names[name] = number
        return name

    def _accept(
        self,
        service: Service,
        demand: intake.Demand,
        fields: Mapping[str, str],
        now: float,
        twist: Twist = PLAIN,
        origin: Origin | None = None,
    ) -> int:
        origin = origin or Origin()
        number = self.next_number()
        cost = origin.prepaid
        if cost is None:
            cost = service.cost(demand.units, twist.price_factor)
            self.ledger.charge(number, cost)
        future = fate.decide(
            fields.get("link", ""),
            units=demand.units,
            chance=fate.draw(self.terms.seed, number=number),
            partial=self.terms.partial,
            # A drip-feed is cancelled as a whole or not at all.
            cancel=0 if origin.parent else self.terms.cancel,
        )
        shows_runs = self.terms.children and demand.runs is not None
        completes = future.outcome is Status.COMPLETED
        extra = max(demand.units // 10, 1) if twist.over_delivers and completes else 0
        order = Order(
            id=number,
            service=service.id,
            fields=origin.fields(fields),
            units=demand.units,
            charge=cost,
            placed_at=now,
            seconds=self.terms.speed * future.slower * (demand.runs or 1),
            outcome=future.outcome,
            will_deliver=future.delivers + extra,
            refillable=service.refill,
            cancelable=service.cancel,
            runs=demand.runs,
            subscription=origin.subscription,
            parent=origin.parent,
            children=[] if shows_runs else None,
            regret=twist.regret if completes else None,
            name=self._name(number, is_opaque=twist.opaque),
        )
        self.orders[number] = order
        self._expect(order)
        self.changes += 1
        return number

    def _expect(self, order: Order) -> None:
        is_feed = order.children is not None
        due_at = dripfeed.due_at(order) if is_feed else progress.ends_at(order)
        heapq.heappush(self._due, (due_at, order.id))

    def _expect_regret(self, order: Order) -> None:
        heapq.heappush(self._due, (regrets_at(order), order.id))

    def _advance(self, order: Order, due_at: float) -> None:
        """Do what has fallen due of an open order: its end, or its next run."""
        if order.children is None or order.outcome in progress.NEVER_STARTED:
            self._finish(order)
        elif order.cancel_at is not None and order.cancel_at <= due_at:
            self._stop_feed(order, order.cancel_at)
        elif dripfeed.runs_left(order) and dripfeed.starts_at(order) <= due_at:
            self._start_run(order, due_at)

    def _finish(self, order: Order) -> None:
        order.ended, order.delivered = progress.end(order)
        final = progress.standing(order, progress.ends_at(order))
        self.ledger.credit(order.id, order.charge - final.charge)
        self.changes += 1
        if order.ended is not Status.COMPLETED:
            order.regret = None
        if order.regret is not None:
            self._expect_regret(order)
        if order.parent is not None:
            self._close_feed(self.orders[order.parent])

    def _regret(self, order: Order) -> None:
        """Take a completed order back: half of it, or all, and credit the rest."""
        self.lines.pop(order.id, None)
        before = self.standing(order).charge
        status, order.regret = order.regret, None
        half = order.units // 2
        keeps_half = status is Status.PARTIAL and half
        order.ended = Status.PARTIAL if keeps_half else Status.CANCELED
        order.delivered = half if keeps_half else 0
        self.ledger.credit(order.id, before - self.standing(order).charge)
        self.changes += 1

    def _start_run(self, parent: Order, now: float) -> None:
        """Place the order for the next run of a drip-feed; it is paid for already."""
        if parent.children is None or parent.runs is None:
            raise ValueError(parent.id)
        done = len(parent.children)
        cost = dripfeed.charge_until(parent, done + 1)
        cost -= dripfeed.charge_until(parent, done)
        try:
            service = self.catalogue.find(parent.service)
        except RefusedError:
            # No longer sold: nothing that has not started ever will.
            self._stop_feed(parent, now)
            return
        number = self._accept(
            service,
            intake.Demand(parent.units // parent.runs),
            parent.fields,
            now,
            self._inherited(parent),
            Origin(parent=parent.id, prepaid=cost),
        )
        parent.children.append(number)
        self._expect(parent)

    def _inherited(self, parent: Order) -> Twist:
        over = parent.will_deliver > parent.units
        return Twist(opaque=bool(parent.name), regret=parent.regret, over_delivers=over)

    def _close_feed(self, parent: Order) -> None:
        """End a drip-feed as Completed when all its runs have ended, however."""
        if parent.ended is not None or dripfeed.runs_left(parent):
            return
        children = [self.orders[number] for number in parent.children or ()]
        if all(child.ended is not None for child in children):
            parent.ended, parent.regret = Status.COMPLETED, None
            parent.delivered = sum(child.delivered for child in children)

    def _stop_feed(self, parent: Order, now: float) -> None:
        """Cancel a drip-feed: the run under way ends, those to come are credited."""
        children = [self.orders[number] for number in parent.children or ()]
        parent.ended, parent.regret = Status.CANCELED, None
        for child in children:
            if child.ended is None:
                child.cancel_at = now
                self._finish(child)
        parent.delivered = sum(child.delivered for child in children)
        if parent.delivered:
            parent.ended = Status.PARTIAL
        started = dripfeed.charge_until(parent, len(children))
        self.ledger.credit(parent.id, parent.charge - started)
        self.changes += 1

    def _expect_post(self, subscription: Subscription) -> None:
        heapq.heappush(self._due, (subscriptions.due_at(subscription), subscription.id))

    def _notice_post(self, subscription: Subscription, now: float) -> None:
        """Place the order for one new post, and end the subscription after the last."""
        self.changes += 1
        subscription.ended = subscriptions.end(subscription, now)
        if subscription.ended is not None:
            return
        chance = fate.draw(f"{self.terms.seed}:post", number=self.next_number())
        demand = subscriptions.demand(subscription, chance)
        try:
            service = self.catalogue.find(subscription.service)
            number = self._accept(
                service,
                demand,
                subscription.fields,
                now,
                replace(PLAIN, opaque=bool(subscription.name)),
                Origin(subscription=subscription.id),
            )
        except RefusedError:
            # Nobody is there to hear the refusal; a person sees Paused.
            subscription.ended = Status.PAUSED
            return
        subscription.orders.append(number)
        subscription.ended = subscriptions.end(subscription, now)
        if subscription.ended is None:
            self._expect_post(subscription)
