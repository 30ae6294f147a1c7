import asyncio

import pytest

from assist.aio import Growing, end, race


async def after(event: asyncio.Event, result: str, diary: list[str]) -> str:
    try:
        await event.wait()
    except asyncio.CancelledError:
        diary.append(f"{result} cancelled")
        raise
    return result


async def test_race_returns_the_first_result_and_leaves_nothing_running() -> None:
    diary: list[str] = []
    happened = asyncio.Event()
    happened.set()
    assert await race(after(asyncio.Event(), "never", diary), after(happened, "first", diary)) == "first"
    assert diary == ["never cancelled"]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_race_prefers_the_earlier_argument_on_a_tie() -> None:
    happened = asyncio.Event()
    happened.set()
    assert await race(after(happened, "one", []), after(happened, "two", [])) == "one"


async def test_cancelling_a_race_cancels_its_contenders() -> None:
    diary: list[str] = []
    running = asyncio.create_task(race(after(asyncio.Event(), "a", diary), after(asyncio.Event(), "b", diary)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert diary == ["a cancelled", "b cancelled"]


async def test_a_task_that_overhears_its_cancellation_is_ended_too() -> None:
    overheard = 0

    async def deaf() -> None:
        nonlocal overheard
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                overheard += 1
                if overheard == 3:
                    raise

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(task)
    assert task.cancelled()


async def test_whatever_grows_is_read_from_the_beginning_by_everybody_as_it_comes() -> None:
    growing: Growing[int] = Growing()
    growing.append(1)
    early = growing.read()
    assert await anext(early) == 1
    waiting = asyncio.ensure_future(anext(early))
    late = asyncio.ensure_future(anext(growing.read(1)))
    await asyncio.sleep(0)
    assert not (waiting.done() or late.done())
    growing.append(2)
    assert (await waiting, await late) == (2, 2)
    growing.append(3)
    growing.finish()
    assert [item async for item in early] == [3]
    assert [item async for item in growing.read()] == [1, 2, 3]
