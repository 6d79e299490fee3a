import pytest

from sandbox import faults
from sandbox.faults import Call, Faults, Latency, Reply

CALL = Call("balance", {}, "practice")


@pytest.mark.parametrize("spec", ["", "  "])
def test_no_specification_is_a_plan_without_faults(spec: str) -> None:
    plan, reply = faults.parse(spec), Reply(b"{}")

    assert type(plan) is Faults
    assert plan.before(CALL) is None
    assert plan.after(CALL, reply) is reply


def test_latency_waits_as_long_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("sandbox.faults.time.sleep", waits.append)

    assert faults.parse("latency=50").before(CALL) is None
    assert waits == [0.05]


@pytest.mark.parametrize("spec", ["drop=1", "latency=50,drop=1", "latency", "x"])
def test_an_unknown_or_badly_said_fault_is_refused(spec: str) -> None:
    with pytest.raises(faults.FaultSpecError):
        faults.parse(spec)


def test_the_refusal_names_what_is_known() -> None:
    with pytest.raises(faults.FaultSpecError, match="known: latency=MS"):
        faults.parse("drop=0.1")


@pytest.mark.parametrize("amount", ["-5", "", "1.5", "60001", "soon"])
def test_latency_is_a_whole_number_of_milliseconds(amount: str) -> None:
    with pytest.raises(faults.FaultSpecError, match="milliseconds"):
        faults.parse(f"latency={amount}")


def test_latency_is_read_as_seconds() -> None:
    assert faults.parse("latency=60000") == Latency(60.0)
