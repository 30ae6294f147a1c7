import asyncio

import pytest

from assist.aio import Stream
from assist.errors import ProviderError
from assist.switch.script import AHEAD, Script


class Source:
    """A provider's stream, and how far it was asked."""

    def __init__(self, pieces: list[bytes], *, fails: bool = False) -> None:
        self.given = 0
        self.closed = False
        self._pieces = pieces
        self._fails = fails

    async def stream(self) -> Stream[bytes]:
        try:
            for piece in self._pieces:
                self.given += len(piece) // 2
                yield piece
            if self._fails:
                raise ProviderError("voice", "down", temporary=True)
        finally:
            self.closed = True


async def test_what_comes_can_be_taken_at_once() -> None:
    script, source = Script(), Source([b"\1\0\2\0", b"\3\0"])
    filling = asyncio.create_task(script.fill(source.stream()))
    assert await script.more(after=0)
    assert script.take(0, 2) == b"\1\0\2\0"
    assert await script.more(after=2)
    assert script.take(1, 2) == b"\2\0\3\0"
    await filling
    assert not await script.more(after=3)
    assert script.ended
    assert source.closed


async def test_a_reply_without_audio_ends() -> None:
    script = Script()
    await script.fill(Source([]).stream())
    assert not await script.more(after=0)


async def test_a_provider_is_not_asked_far_ahead_of_what_is_heard() -> None:
    script, source = Script(), Source([b"\0\0" * 8000] * 60)
    filling = asyncio.create_task(script.fill(source.stream()))
    for second in range(60):
        await script.more(after=second * 8000)
        assert source.given <= second * 8000 + AHEAD + 8000
        script.take(second * 8000, 8000)
        script.forget(second * 8000)
    await filling
    assert script.end == 60 * 8000


async def test_a_samples_halves_may_come_apart() -> None:
    script = Script()
    await script.fill(Source([b"\1", b"\0\2", b"\0"]).stream())
    assert script.end == 2
    assert script.take(0, 2) == b"\1\0\2\0"


async def test_forgetting_moves_nothing() -> None:
    script = Script()
    script.add(b"\1\0\2\0\3\0")
    script.forget(2)
    script.forget(1)
    script.forget(-5)
    assert script.end == 3
    assert script.take(2, 1) == b"\3\0"


async def test_a_providers_error_is_the_fillers_and_what_came_stays() -> None:
    script = Script()
    with pytest.raises(ProviderError):
        await script.fill(Source([b"\1\0"], fails=True).stream())
    assert script.ended
    assert await script.more(after=0)


async def test_cancelled_the_stream_is_closed() -> None:
    script, source = Script(), Source([b"\0\0" * 8000] * 60)
    filling = asyncio.create_task(script.fill(source.stream()))
    await script.more(after=0)
    filling.cancel()
    await asyncio.gather(filling, return_exceptions=True)
    assert source.closed
