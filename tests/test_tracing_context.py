"""Others that are told of a call can go on with its trace."""

import json

from assist.tracing.context import TraceContext, ids
from tests.otlp_collector import collector
from tests.test_tracing import ABOUT, TURN, sent, to


async def test_the_trace_that_others_are_told_of_is_the_one_that_is_sent() -> None:
    with collector() as collected:
        await sent(to(collected.endpoint), TURN)
    (root,) = collected.named("invoke_workflow uno")
    assert TraceContext(traced=True).headers(ABOUT.call) == {"traceparent": f"00-{root.trace}-{root.id}-01"}


def test_nobody_is_told_of_what_is_not_traced() -> None:
    assert TraceContext().headers(ABOUT.call) == {}
    assert TraceContext(traced=True).headers("") == {}


def test_calls_have_traces_of_their_own() -> None:
    assert len({json.dumps(ids(f"call-{number}")) for number in range(1000)}) == 1000
