"""What a caller says, as the line tells it to an engine that writes down speech."""

import asyncio
from typing import TypeAlias

from assist.aio import Stream
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.stt import Pause
from tests.line_audio import frames
from tests.recordings import Recording

FRAME = LINE_BYTES_PER_SECOND // 10
TAIL = bytes(LINE_BYTES_PER_SECOND * 7 // 20)
"""The silence between the pause and the confirmed end of the turn."""

Piece: TypeAlias = bytes | Pause | asyncio.Event
"""Of an utterance; an event is waited for."""


class Talk:
    """An utterance as the line tells it: audio and pauses, waiting where an event stands among them."""

    def __init__(self, *pieces: Piece) -> None:
        self._pieces = pieces
        self._begun = False
        self._closed = False

    @property
    def let_go(self) -> bool:
        """Whether nobody listens to it any more."""
        return self._closed or not self._begun

    async def speech(self) -> Stream[bytes | Pause]:
        self._begun = True
        try:
            for piece in self._pieces:
                if isinstance(piece, asyncio.Event):
                    await piece.wait()
                else:
                    yield piece
        finally:
            self._closed = True


def spoken(said: Recording) -> list[Piece]:
    """Return *said* as a caller says it: the pause after it turns out to be the end of the turn."""
    return [*frames(said.audio, FRAME), Pause.BEGAN, TAIL]
