"""What a worker measures of itself."""

import asyncio
import time

from assist.errors import ProviderError
from assist.metrics import CALLS_CAPACITY, LOOP_LAG, PROVIDER_CIRCUIT
from assist.monitor.pulse import EVERY, pulse, taking_calls
from assist.provider import Kind
from assist.provider.circuit import SHORTEST, Circuit
from tests.rigs import until
from tests.scrapes import Numbers
from tests.virtual_time import skip_waits


def state(provider: str) -> float:
    return Numbers(PROVIDER_CIRCUIT.collect())("assist_provider_circuit_state", provider=provider, op="stt")


async def test_engines_are_told_as_they_are_and_by_the_worst_of_their_name() -> None:
    skip_waits()
    now = asyncio.get_running_loop().time
    well, ill = Circuit(), Circuit()
    ill.begin(now()).failed(now(), ProviderError("ill", "busy", temporary=True, retry_after=SHORTEST))
    engines = [(Kind.STT, "well", well), (Kind.STT, "ill", ill), (Kind.STT, "ill", well)]
    beating = asyncio.create_task(pulse(lambda: engines))
    await asyncio.sleep(EVERY * 1.5)
    assert (state("well"), state("ill")) == (0, 2)
    await asyncio.sleep(SHORTEST)
    assert state("ill") == 1, "it may be tried again"
    ill.begin(now()).succeeded()
    await asyncio.sleep(EVERY)
    assert state("ill") == 0
    beating.cancel()


async def test_a_loop_that_is_kept_comes_round_late() -> None:
    def late() -> float:
        numbers = Numbers(LOOP_LAG.collect())
        name = "assist_event_loop_lag_seconds"
        return numbers(f"{name}_count") - numbers(f"{name}_bucket", le="0.25")

    before = late()
    beating = asyncio.create_task(pulse(list))
    await asyncio.sleep(0)
    time.sleep(EVERY + 0.3)  # noqa: ASYNC251 -- that is what is measured
    await until(lambda: late() == before + 1)
    beating.cancel()


def test_a_worker_tells_how_many_calls_it_takes_while_it_takes_any() -> None:
    with taking_calls(50):
        assert Numbers(CALLS_CAPACITY.collect())("assist_calls_capacity") == 50
    assert Numbers(CALLS_CAPACITY.collect())("assist_calls_capacity") == 0
