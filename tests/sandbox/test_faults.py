"""Plans of faults: how they are said, drawn, wished for, changed and counted."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from http.client import HTTPException, RemoteDisconnected

import pytest

from sandbox import faults
from sandbox.faults import FAULTS, Call, FaultSpecError, Plan, Reply, parse
from sandbox.faults.fault import EVERY
from sandbox.server import running
from sandbox.vendor import Vendor
from tests.sandbox.practice import KEY, LINK, Answer, Clock, form, send

ADD = {"action": "add", "service": 7, "link": LINK, "quantity": 100}
TOO_MANY = {"error": "Too many requests"}


def fired(plan: Plan, action: str = "add", calls: int = 100) -> list[bool]:
    """Which of so many calls the plan keeps from the vendor."""
    return [plan.before(Call(action, {}, KEY)) is not None for _ in range(calls)]


def shown(url: str) -> dict[str, object]:
    answer: dict[str, object] = send(url, method="GET", path="/_faults").json()
    return answer


def change(url: str, spec: str) -> Answer:
    return send(url, path="/_faults", body=spec)


@pytest.mark.parametrize("spec", ["", "  ", ",,"])
def test_no_specification_is_a_plan_without_faults(spec: str) -> None:
    plan, reply, call = parse(spec), Reply(b"{}"), Call("balance", {}, KEY)

    assert plan.before(call) is None
    assert plan.after(call, reply) is reply
    assert plan.shown()["fired"] == {}


def test_latency_waits_as_long_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("sandbox.faults.plan.time.sleep", waits.append)

    assert parse("latency=50").before(Call("balance", {}, KEY)) is None
    assert waits == [0.05]


def test_jitter_comes_on_top_and_is_the_same_in_every_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("sandbox.faults.plan.time.sleep", waits.append)
    for _ in range(2):
        fired(parse("latency=50,jitter=100"), calls=20)

    assert waits[:20] == waits[20:]
    assert len(set(waits)) == 20
    assert all(0.05 <= seconds < 0.15 for seconds in waits)


@pytest.mark.parametrize(
    "spec",
    [
        "drop=1",
        "latency=50,drop=1",
        "latency",
        "x",
        "drop:add",
        "timeout_after:nonsense",
        "id_zero:status",
        "timeout_after=2",
        "timeout_after=-1",
        "timeout_after=",
        "timeout_after=nan",
        "mix",
        "mix=1.5",
        "hang=601",
        "hang=soon",
        "spell=0",
        "jump=0",
        "jump=1e9",
        "retry=1.5",
        "seed=",
        "seed=a b",
        "x" * 5000,
    ],
)
def test_an_unknown_or_badly_said_fault_is_refused(spec: str) -> None:
    with pytest.raises(FaultSpecError):
        parse(spec)


def test_the_refusal_names_what_is_known() -> None:
    with pytest.raises(FaultSpecError, match=r"known: latency=MS, .*, timeout_after, "):
        parse("drop=0.1")


@pytest.mark.parametrize("amount", ["-5", "", "1.5", "60001", "soon"])
def test_latency_is_a_whole_number_of_milliseconds(amount: str) -> None:
    with pytest.raises(FaultSpecError, match="milliseconds"):
        parse(f"latency={amount}")


def test_every_fault_is_described() -> None:
    text = faults.described()

    for fault in FAULTS.values():
        assert f"\n  {fault.name}" in text
        assert set(fault.actions) <= set(EVERY)


def test_a_fault_without_a_share_always_happens() -> None:
    assert fired(parse("rate_200")) == [True] * 100


def test_a_share_of_nothing_never_happens() -> None:
    assert fired(parse("rate_200=0")) == [False] * 100


def test_a_share_is_the_chance_of_each_call() -> None:
    assert 250 <= sum(fired(parse("rate_200=0.3"), calls=1000)) <= 350


def test_chances_are_the_same_in_every_run_and_others_with_another_seed() -> None:
    spec = "rate_200=0.3"

    assert fired(parse(spec)) == fired(parse(spec))
    assert fired(parse(spec)) != fired(parse(f"{spec},seed=2"))


def test_chances_of_one_action_do_not_depend_on_calls_of_others() -> None:
    plan, other = parse("rate_200=0.3"), parse("rate_200=0.3")
    fired(other, "status", calls=7)

    assert fired(plan) == fired(other)


def test_a_fault_can_be_limited_to_an_action() -> None:
    plan = parse("rate_200:status")

    assert fired(plan, "status", 3) == [True] * 3
    assert fired(plan, "add", 3) == [False] * 3


def test_the_last_word_on_an_action_counts() -> None:
    plan = parse("rate_200=1, rate_200:add=0")

    assert fired(plan, "status", 3) == [True] * 3
    assert fired(plan, "add", 3) == [False] * 3


def test_a_lasting_fault_holds_for_a_spell_of_calls() -> None:
    seen = fired(parse("no_funds=0.5,spell=10"), calls=200)

    runs = [len([*group]) for _, group in itertools.groupby(seen)]
    assert all(length % 10 == 0 for length in runs)
    assert {True, False} == set(seen)


def test_the_mix_meets_its_share_of_calls_with_all_daily_faults(
    vendor: Vendor,
) -> None:
    plan, reply = parse("mix=0.5"), Reply(b'{"order": 1}')
    for _ in range(4000):
        call = Call("add", ADD | {"orders": "1"}, KEY)
        if plan.before(call) is None:
            call.order = 1
            plan.after(call, reply)

    daily = {
        fault.name
        for fault in FAULTS.values()
        if fault.daily and "add" in fault.actions
    }
    counts = plan.shown()["fired"]
    named = {"id_text", "id_zero", "id_duplicate", "id_missing", "id_opaque"}
    assert set(counts) == daily
    assert named < daily
    assert 1800 <= sum(counts.values()) <= 2200


def test_thirty_two_clients_meet_as_many_faults_as_one(vendor: Vendor) -> None:
    with (
        running(vendor, parse("rate_200=0.25,seed=5")) as url,
        ThreadPoolExecutor(32) as pool,
    ):
        answers = pool.map(lambda _: send(url, body=form(**ADD)).json(), range(320))
        refused = [answer for answer in answers if answer == TOO_MANY]
        counts = shown(url)

    assert len(refused) == sum(fired(parse("rate_200=0.25,seed=5"), calls=320))
    assert counts["fired"] == {"rate_200": len(refused)}
    assert counts["calls"] == {"add": 320}
    assert len(vendor.orders) == 320 - len(refused)
    assert vendor.refused == {"fault:rate_200": len(refused)}


def test_the_plan_in_force_is_shown(vendor: Vendor) -> None:
    with running(vendor, parse(" rate_200:add , hang=2")) as url:
        send(url, body=form(**ADD))
        send(url, body=form(action="balance"))

        assert shown(url) == {
            "spec": "rate_200:add , hang=2",
            "calls": {"add": 1, "balance": 1},
            "fired": {"rate_200": 1},
        }


def test_a_plan_is_replaced_while_the_sandbox_runs_and_its_counts_stay(
    url: str, vendor: Vendor
) -> None:
    assert change(url, "rate_200:add").json()["spec"] == "rate_200:add"
    assert send(url, body=form(**ADD)).json() == TOO_MANY
    change(url, "")
    assert send(url, body=form(**ADD)).json() == {"order": 23501}
    assert shown(url) == {"spec": "", "calls": {}, "fired": {"rate_200": 1}}
    assert vendor.calls == {"add": 2}


def test_a_bad_plan_is_refused_and_the_old_one_stays(url: str) -> None:
    change(url, "rate_200")

    answer = change(url, "nonsense=1")

    assert answer.status == 400
    assert answer.json()["error"].startswith("unknown fault 'nonsense'; known: ")
    assert shown(url)["spec"] == "rate_200"


def test_a_header_asks_for_a_fault_on_one_call(url: str, vendor: Vendor) -> None:
    assert send(url, body=form(**ADD), fault="rate_200").json() == TOO_MANY
    assert send(url, body=form(**ADD)).json() == {"order": 23501}
    assert shown(url)["fired"] == {"rate_200": 1}


@pytest.mark.parametrize("key", ["practice+rate_200", "practice rate_200:add=1,seed=3"])
def test_a_key_asks_for_a_fault_on_all_calls_made_with_it(
    url: str, vendor: Vendor, key: str
) -> None:
    for _ in range(2):
        assert send(url, body=form(**ADD | {"key": key})).json() == TOO_MANY
    assert send(url, body=form(**ADD)).json() == {"order": 23501}
    assert len(vendor.orders) == 1


@pytest.mark.parametrize("key", ["practice-rate_200", "practic+rate_200", "+rate_200"])
def test_a_key_that_does_not_begin_with_the_right_one_is_invalid(
    url: str, key: str
) -> None:
    answer = send(url, body=form(action="balance", key=key))

    assert answer.json() == {"error": "Invalid API key"}


def test_two_keys_have_faults_of_their_own(url: str, vendor: Vendor) -> None:
    first, second = "practice+id_text", "practice+id_missing"

    assert send(url, body=form(**ADD, key=first)).json() == {"order": "23501"}
    assert send(url, body=form(**ADD, key=second)).json() == {"status": "success"}


def test_a_link_asks_for_a_fault_on_its_own_add(url: str, vendor: Vendor) -> None:
    wished = ADD | {"link": f"{LINK}#slow&fault=id_zero"}

    assert send(url, body=form(**wished)).json() == {"order": 0}
    assert send(url, body=form(**ADD)).json() == {"order": 23502}
    assert vendor.orders[23501].seconds == 200


@pytest.mark.parametrize("place", ["header", "key", "link"])
def test_a_wish_that_is_not_known_is_refused_and_nothing_happens(
    url: str, vendor: Vendor, place: str
) -> None:
    fields, header = dict(ADD), ""
    if place == "header":
        header = "nonsense"
    elif place == "key":
        fields["key"] = "practice+nonsense"
    else:
        fields["link"] = f"{LINK}#fault=nonsense"

    answer = send(url, body=form(**fields), fault=header)

    assert answer.json()["error"].startswith("Bad fault: unknown fault 'nonsense'")
    assert vendor.orders == {}
    assert vendor.refused == {"Bad fault": 1}


def test_a_wish_comes_on_top_of_the_plan_and_uses_its_parameters(
    vendor: Vendor,
) -> None:
    with running(vendor, parse("id_opaque,hang=0.01")) as url:
        with pytest.raises(RemoteDisconnected):
            send(url, body=form(**ADD), fault="timeout_after")
        counts = shown(url)["fired"]

    order = vendor.orders[23501]
    assert order.name.startswith("ord_")
    assert (order.given, order.fault) == ("", "timeout_after")
    assert counts == {"id_opaque": 1, "timeout_after": 1}


def test_a_plan_replaces_one_that_was_made_by_hand(vendor: Vendor) -> None:
    with running(vendor, faults.Faults()) as url:
        assert shown(url) == {"spec": "Faults", "fired": {}}
        assert change(url, "rate_200").json()["spec"] == "rate_200"
        assert send(url, body=form(action="balance")).json() == TOO_MANY


def test_faults_leave_what_is_no_call_of_the_protocol_alone(
    url: str, clock: Clock
) -> None:
    change(url, "rate_200")

    assert "orders" in send(url, method="GET", path="/_book").json()
    answer = send(url, body=form(action="nonsense"))
    assert json.loads(answer.body) == {"error": "Incorrect request"}


def test_after_a_storm_the_book_accounts_for_every_call(vendor: Vendor) -> None:
    """What 32 clients were told of 640 orders, and what the sandbox says it told."""

    def order(step: int) -> str:
        with suppress(ConnectionError, HTTPException):
            send(url, body=form(action="cancel", orders=23501 + step))
        try:
            answer = send(url, body=form(**ADD | {"link": f"{LINK}/{step}"}))
            reply = json.loads(answer.body.rpartition(b"\n")[2])
        except (ValueError, ConnectionError, HTTPException):
            return ""
        return str(reply.get("order", ""))

    with (
        running(vendor, parse("mix=0.4,hang=0.02")) as url,
        ThreadPoolExecutor(32) as pool,
    ):
        told = [*pool.map(order, range(640))]
        change(url, "")
        whole = send(url, method="GET", path="/_book").json()
        fired = shown(url)["fired"]

    rows = whole["orders"]
    assert isinstance(fired, dict)
    assert whole["calls"]["add"] == 640 == len(rows) + sum(whole["refused"].values())
    assert {name for name in whole["refused"] if not name.startswith("fault:")} == set()
    assert sum(fired.values()) > 300
    given = {row["link"]: row["given"] for row in rows}
    assert len(given) == len(rows)
    assert told == [given.get(f"{LINK}/{step}", "") for step in range(640)]
    untouched = [row for row in rows if not row["fault"]]
    assert {row["given"] for row in untouched} == {str(row["id"]) for row in untouched}
    costs = sum(Decimal(row["charge"]) for row in rows)
    assert Decimal(whole["balance"]) + costs == 10_000
