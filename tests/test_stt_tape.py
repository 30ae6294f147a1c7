import asyncio
from contextlib import aclosing

import pytest

from assist.aio import Stream
from assist.stt import Pause
from assist.stt.tape import Tape, standing

A, B, C = b"a\0", b"b\0", b"c\0"


def nobody() -> None:
    """Need not be told."""


async def said(*pieces: bytes | Pause) -> Stream[bytes | Pause]:
    for piece in pieces:
        yield piece


async def listen(tape: Tape) -> list[bytes | Pause]:
    async with aclosing(tape.replay()) as pieces:
        return [piece async for piece in pieces]


async def test_all_listeners_hear_all_of_it_whenever_they_come() -> None:
    told: asyncio.Queue[bytes | Pause | None] = asyncio.Queue()

    async def speech() -> Stream[bytes | Pause]:
        while piece := await told.get():
            yield piece

    tape = Tape()
    ended = asyncio.Event()
    recording = asyncio.create_task(tape.record(speech(), ended.set))
    early = asyncio.create_task(listen(tape))
    async with aclosing(tape.replay()) as pieces:
        told.put_nowait(A)
        assert await anext(pieces) == A
        middle = asyncio.create_task(listen(tape))
        told.put_nowait(Pause.BEGAN)
        assert await anext(pieces) is Pause.BEGAN
    assert tape.ended_at is None
    told.put_nowait(B)
    told.put_nowait(None)
    await ended.wait()
    await recording
    whole = [A, Pause.BEGAN, B]
    assert await early == await middle == await listen(tape) == whole
    assert tape.ended_at is not None


async def test_speech_that_breaks_off_keeps_nobody_waiting() -> None:
    async def broken() -> Stream[bytes | Pause]:
        yield A
        raise OSError

    tape = Tape()
    with pytest.raises(OSError):
        await tape.record(broken(), nobody)
    assert await listen(tape) == [A]


async def test_a_pause_that_is_over_is_heard_only_by_who_was_there() -> None:
    tape = Tape()
    await tape.record(said(A, Pause.BEGAN, B, Pause.OVER, C), nobody)
    assert await listen(tape) == [A, B, C]


@pytest.mark.parametrize(
    ("pieces", "kept"),
    [
        ([], []),
        ([A, Pause.BEGAN], [A, Pause.BEGAN]),
        ([A, Pause.BEGAN, B], [A, Pause.BEGAN, B]),
        ([A, Pause.BEGAN, Pause.OVER, B], [A, B]),
        ([A, Pause.BEGAN, B, Pause.OVER, C, Pause.BEGAN], [A, B, C, Pause.BEGAN]),
        ([Pause.OVER, A], [A]),
    ],
)
def test_only_the_pause_that_still_lasts_is_kept(pieces: list[bytes | Pause], kept: list[bytes | Pause]) -> None:
    assert standing(pieces) == kept
