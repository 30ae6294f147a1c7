"""The pages, over HTTP."""

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import assist.monitor.server
from assist.monitor.server import monitoring
from assist.monitor.sight import Look, Sight, gauge, gauges
from tests.rigs import until
from tests.scrapes import fetched, scraped


def finding(*metrics: float, checks: Mapping[str, bool] | None = None) -> Look:
    async def look() -> Sight:
        return Sight([gauge("assist_example", "For the test.", value) for value in metrics], checks or {})

    return look


HERE = ("127.0.0.1", 0)


async def test_what_is_found_is_told_with_the_version() -> None:
    async with monitoring(HERE, [finding(3.0)]) as bound:
        numbers = await scraped(await bound)
    assert numbers("assist_example") == 3
    (build,) = [sample for sample in numbers.samples if sample.name == "assist_build_info"]
    assert build.value == 1
    assert build.labels["version"]


async def test_prometheus_gets_the_form_that_it_asks_for() -> None:
    accept = {"Accept": "application/openmetrics-text;version=1.0.0"}
    async with (
        monitoring(HERE, [finding(3.0)]) as bound,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{await bound}/metrics", headers=accept) as response,
    ):
        text = await response.text()
        assert response.headers["Content-Type"].startswith("application/openmetrics-text")
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    assert "assist_example" in {family.name for family in families}


@pytest.mark.parametrize(("redis", "status"), [(True, 200), (False, 503)])
async def test_it_is_ready_if_everything_is_well_and_says_what_is_not(redis: bool, status: int) -> None:
    looks = [finding(checks={"workers": True}), finding(checks={"redis": redis})]
    async with monitoring(HERE, looks) as bound:
        answer, text = await fetched(await bound, "/health/ready")
        assert (await fetched(await bound, "/health/live"))[0] == 200
    assert (answer, json.loads(text)["checks"]) == (status, {"workers": True, "redis": redis})


async def test_nobody_may_do_anything_else() -> None:
    async with monitoring(HERE, []) as bound, aiohttp.ClientSession() as session:
        assert (await fetched(await bound, "/"))[0] == 404
        async with session.post(f"http://127.0.0.1:{await bound}/metrics") as response:
            assert response.status == 405


async def test_without_an_address_nobody_is_told() -> None:
    async with monitoring(None, [finding(1.0)]) as bound:
        assert not bound.done()


async def test_an_address_that_is_taken_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(assist.monitor.server, "AGAIN", 0.01)
    async with AsyncExitStack() as stack:
        port = await (await stack.enter_async_context(monitoring(HERE, [])))
        async with monitoring(("127.0.0.1", port), [finding(3.0)]) as bound:
            await until(lambda: "nobody can ask how this process is" in caplog.text)
            assert not bound.done()
            await stack.aclose()
            assert (await scraped(await bound))("assist_example") == 3


async def test_a_label_may_hold_any_name() -> None:
    async def look() -> Sight:
        return Sight([gauges("assist_named", "For the test.", "campaign", {'otoño "26"\n': 1.0})])

    async with monitoring(HERE, [look]) as bound:
        numbers = await scraped(await bound)
    assert [sample.labels for sample in numbers.samples if sample.name == "assist_named"] == [
        {"campaign": 'otoño "26"\n'}
    ]
