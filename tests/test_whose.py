"""Calls that are found by the number of whoever is on the line."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from assist.call.channel import Direction, Line
from assist.store import open_store
from assist.whose import findable, number_of, spelled
from tests.redis_process import redis_process

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)
ANA, OURS = "612345678", "+34910000001"


def line(direction: Direction = Direction.INBOUND, caller: str = ANA, called: str = OURS) -> Line:
    return Line(str(uuid4()), direction, caller, "Ana", called, "uno")


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("612345678", "ES", "+34612345678"),
        ("+34612345678", "US", "+34612345678"),
        ("34612345678", "ES", "+34612345678"),
        ("34612345678", "US", "+34612345678"),
        ("0034612345678", "ES", "+34612345678"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("02079460018", "GB", "+442079460018"),
        ("1000", "ES", "1000"),
        ("anonymous", "ES", ""),
        ("", "ES", ""),
    ],
)
def test_however_a_carrier_writes_a_number_it_is_the_same(written: str, country: str, number: str) -> None:
    assert spelled(written, country) == number


def test_the_person_is_who_calls_or_who_is_called() -> None:
    assert number_of(line(), "ES") == "+34612345678"
    assert number_of(line(Direction.OUTBOUND, caller=OURS, called=ANA), "ES") == "+34612345678"


async def test_a_call_is_found_by_the_number_while_it_lasts_and_after_it(redis_url: str) -> None:
    call = line(caller=f"+346{uuid4().int % 10**8:08}")
    async with open_store(redis_url, YEAR) as store, asyncio.timeout(10):
        async with findable(store.callers, call, "ES", NOW, YEAR):
            while await store.callers.calls(call.caller_number) != [call.id]:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
        assert await store.callers.calls(call.caller_number) == [call.id]


async def test_a_number_that_is_withheld_is_nobodys(redis_url: str) -> None:
    async with open_store(redis_url, YEAR) as store:
        async with findable(store.callers, line(caller="anonymous"), "ES", NOW, YEAR):
            pass
        assert await store.callers.calls("") == []


async def test_without_redis_the_call_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with (
        asyncio.timeout(10),
        open_store(f"unix://{tmp_path}/nobody.sock", YEAR) as store,
        findable(store.callers, line(), "ES", NOW, YEAR),
    ):
        pass
    assert "will not be found by its number" in caplog.text
    assert ANA not in caplog.text


async def test_a_redis_that_is_back_at_the_end_of_the_call_knows_it(tmp_path: Path) -> None:
    call = line()
    async with open_store(f"unix://{tmp_path}/redis.sock", YEAR) as store, asyncio.timeout(20):
        async with findable(store.callers, call, "ES", NOW, YEAR):
            (adding,) = (task for task in asyncio.all_tasks() if task.get_name() == "whose call")
            await asyncio.wait([adding])
            redis = redis_process(tmp_path)
            redis.__enter__()
        try:
            assert await store.callers.calls("+34612345678") == [call.id]
        finally:
            redis.__exit__(None, None, None)
