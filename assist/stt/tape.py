"""An utterance kept while it is spoken, for as many listeners as need it from its beginning."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from assist.aio import Growing, Stream
from assist.stt import Pause


class Tape:
    """What was said so far, and what is still to come."""

    def __init__(self) -> None:
        self._speech: Growing[bytes | Pause] = Growing()
        self.ended_at: float | None = None
        """When the end was known, by the loop's clock; `None`: it is still being spoken."""

    async def record(self, speech: Stream[bytes | Pause], ended: Callable[[], None]) -> None:
        """Keep all of *speech*, then call *ended*: also if it breaks off, so that nobody waits for more."""
        try:
            async with aclosing(speech):
                async for piece in speech:
                    self._speech.append(piece)
        finally:
            self.ended_at = asyncio.get_running_loop().time()
            self._speech.finish()
            ended()

    async def replay(self) -> Stream[bytes | Pause]:
        """Yield all that was said so far, with the pause it is in, then the rest as it is spoken."""
        told = len(self._speech.items)
        for piece in standing(self._speech.items):
            yield piece
        async with aclosing(self._speech.read(told)) as rest:
            async for piece in rest:
                yield piece


def standing(pieces: Sequence[bytes | Pause]) -> list[bytes | Pause]:
    """Return *pieces* without the pauses that are over: who starts a decode at each would do it in vain."""
    kept: list[bytes | Pause] = []
    paused: int | None = None
    for piece in pieces:
        if piece is Pause.OVER:
            if paused is not None:
                del kept[paused]
            paused = None
            continue
        if piece is Pause.BEGAN:
            paused = len(kept)
        kept.append(piece)
    return kept
