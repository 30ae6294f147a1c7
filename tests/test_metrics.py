"""What is counted where it happens."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing, suppress
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from assist.errors import ProviderError, StoreError
from assist.llm import Dialog, Message, Speaker
from assist.llm.failover import Failover
from assist.metrics import cause_label, outcome_of
from assist.provider import Kind
from assist.provider.bill import Bill
from assist.provider.prices import Prices, Speaking, Table
from assist.provider.usage import Amount
from assist.store import open_store
from tests.event_socket import connected
from tests.scrapes import Numbers
from tests.scripted_engines import DOWN, REFUSED, STALL, Brain, Report, Steps, members
from tests.test_journal import RETENTION
from tests.virtual_time import skip_waits

DIALOG = Dialog("es", [Message(Speaker.CALLER, "¿Qué horario tienen?")], {})
ANSWER: Steps = [0.3, "De nueve a seis. "]


class Change:
    """What this process counted since it was made."""

    def __init__(self) -> None:
        self._before = Numbers(REGISTRY.collect())

    def __call__(self, name: str, **labels: str) -> float:
        return Numbers(REGISTRY.collect())(name, **labels) - self._before(name, **labels)

    def outcomes(self, provider: str) -> dict[str, float]:
        """Return how often each became of requests to that one."""
        name = "assist_provider_requests_total"
        found = {sample.labels["outcome"] for sample in Numbers(REGISTRY.collect()).samples if sample.name == name}
        counts = {outcome: self(name, provider=provider, op="llm", outcome=outcome) for outcome in found}
        return {outcome: count for outcome, count in counts.items() if count}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ProviderError("x", "401", temporary=False, refused=True), "refused"),
        (ProviderError("x", "429", temporary=True, retry_after=3.0), "throttled"),
        (ProviderError("x", "500", temporary=True), "error"),
        (ProviderError("x", "400", temporary=False), "rejected"),
    ],
)
def test_a_failure_is_counted_by_its_kind(error: ProviderError, outcome: str) -> None:
    assert outcome_of(error) == outcome


@pytest.mark.parametrize("cause", ["NORMAL_CLEARING", "USER_BUSY", "Q850_16"])
def test_causes_of_freeswitch_are_labels(cause: str) -> None:
    assert cause_label(cause) == cause


@pytest.mark.parametrize("cause", ["", "+34600000001", "Ana dijo que sí", "A" * 49])
def test_nothing_else_becomes_a_label(cause: str) -> None:
    assert cause_label(cause) == "OTHER"


async def replied(*brains: Brain) -> None:
    """Let the first of *brains* that can answer."""
    reply = Failover(members(*brains), Report().append).reply(DIALOG)
    async with aclosing(reply) as parts:
        with suppress(ProviderError):
            async for _ in parts:
                pass


@pytest.mark.parametrize(("steps", "outcome"), [([REFUSED], "refused"), ([DOWN], "error"), ([STALL], "timeout")])
async def test_requests_are_counted_by_what_became_of_them(steps: Steps, outcome: str) -> None:
    skip_waits()
    change = Change()
    await replied(Brain(steps), Brain(ANSWER))
    assert (change.outcomes("a"), change.outcomes("b")) == ({outcome: 1}, {"answered": 1})
    assert change("assist_provider_latency_seconds_sum", provider="b", op="llm") == pytest.approx(0.3)


async def test_an_answer_that_nobody_wants_any_more_is_dropped_and_no_failure() -> None:
    skip_waits()
    change = Change()
    async with asyncio.TaskGroup() as group:
        reply = group.create_task(replied(Brain(["De nueve a", STALL])))
        await asyncio.sleep(0.1)
        reply.cancel()
    assert change.outcomes("a") == {"dropped": 1}


def test_tokens_and_money_are_counted() -> None:
    change, prices = Change(), Table(tts={"polly": {"neural": Speaking(million_characters=Decimal(1000))}})
    bill = Bill(Prices(prices))
    bill.add(Kind.TTS, "polly", "neural", Amount(requests=1, characters=10))
    bill.add(Kind.LLM, "openai", "gpt", Amount(requests=1, input=100, cached=40, output=20))
    assert change("assist_cost_usd_total", kind="tts") == pytest.approx(0.01)
    assert change("assist_cost_usd_total") == pytest.approx(0.01), "what has no price costs nothing"
    tokens = {kind: change("assist_tokens_total", kind=kind) for kind in ("input", "cached", "output")}
    assert tokens == {"input": 100, "cached": 40, "output": 20}


async def test_what_redis_does_not_answer_is_counted(tmp_path: Path) -> None:
    change = Change()
    async with open_store(f"unix://{tmp_path}/nobody.sock", RETENTION) as store:
        with pytest.raises(StoreError):
            await store.ping()
    assert change("assist_redis_errors_total") == 1


async def test_connections_count_while_they_are_open() -> None:
    change = Change()
    async with connected():
        assert change("assist_esl_connections") == 1
    assert change("assist_esl_connections") == 0


def test_no_label_is_made_for_people_or_their_numbers() -> None:
    labels: Iterable[str] = {name for sample in Numbers(REGISTRY.collect()).samples for name in sample.labels}
    known = {
        "direction",
        "trunk",
        "result",
        "hangup_cause",
        "outcome",
        "stage",
        "provider",
        "op",
        "kind",
        "reason",
        "rule",
    }
    assert {name for name in labels if name not in known} <= {
        "le",
        "implementation",
        "major",
        "minor",
        "patchlevel",
        "version",
        "generation",
    }
