"""Time that does not count towards a limit."""

import asyncio

import pytest

from assist.call.limit import uncounted
from tests.virtual_time import skip_waits


async def test_what_is_left_of_a_limit_is_left_after_time_that_does_not_count() -> None:
    skip_waits()
    clock = asyncio.get_running_loop().time
    began = clock()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10) as limit:
            await asyncio.sleep(4)
            with uncounted(limit):
                await asyncio.sleep(100)
            await asyncio.sleep(1000)
    assert clock() - began == pytest.approx(110, abs=0.01)


async def test_where_nothing_is_limited_nothing_becomes_so() -> None:
    skip_waits()
    async with asyncio.timeout(None) as limit:
        with uncounted(limit):
            await asyncio.sleep(100)
        assert limit.when() is None
