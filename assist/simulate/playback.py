"""``playback``: FreeSWITCH's loop over a file, frame by frame, with its habits.

It reads whenever one frame or less is left of what it has read, and waits there for as long as it takes: meanwhile it
looks neither for a break nor for the hang-up. Of the frame that it plays right after reading it counts half.
"""

from collections.abc import Generator

from assist.simulate.clock import FRAME, FRAME_BYTES
from assist.simulate.messages import parse_messages
from assist.simulate.session import Session, Steps
from assist.simulate.sounds import Sound, open_sound


def playback(session: Session, argument: str) -> Steps:
    """Play what *argument* names."""
    session.media = True
    session.variables["playback_terminator_used"] = ""
    if not session.ready:
        session.variables["current_application_response"] = "PLAYBACK ERROR"
        return
    try:
        sound = open_sound(argument)
    except OSError:
        session.variables["current_application_response"] = "FILE NOT FOUND"
        return
    try:
        while not sound.is_open():
            yield from session.wait()
        yield from _play(session, argument, sound)
    finally:
        sound.close()


def _play(session: Session, name: str, sound: Sound) -> Steps:
    served = "timer_name" in session.variables
    session.served += served
    try:
        session.fire("PLAYBACK_START", {"Playback-File-Path": name})
        reel = Reel(sound)
        status = yield from _frames(session, reel, timed=served)
    finally:
        session.served -= served
    session.variables |= {
        "playback_last_offset_pos": str(reel.counted),
        "playback_samples": str(reel.taken),
        "playback_ms": str(reel.taken * 1000 // 8000),
        "playback_seconds": str(reel.taken // 8000),
        "current_application_response": "FILE PLAYED" if status else "PLAYBACK ERROR",
    }
    session.fire("PLAYBACK_STOP", {"Playback-File-Path": name, "Playback-Status": status or "done"})


def _frames(session: Session, reel: "Reel", *, timed: bool) -> Generator[None, None, str]:
    while True:
        if not session.ready:
            return ""
        if session.take_break():
            return "break"
        yield from parse_messages(session)
        if key := session.dequeue_key():
            terminators = session.variables.get("playback_terminators", "*")
            if terminators == "any" or (terminators != "none" and key in terminators):
                session.variables["playback_terminator_used"] = key
                return "break"
        while (frame := reel.next()) is None:
            yield from session.wait()
        if not frame:
            return "done"
        if timed:
            yield
        else:
            yield from session.read()
        if reel.native:
            session.rtp.write_native(frame)
        else:
            session.rtp.write(frame)


class Reel:
    """What a playback has read of its file and not yet played."""

    def __init__(self, sound: Sound) -> None:
        self.native = sound.native
        self.counted = 0
        """Samples that FreeSWITCH says were played."""
        self.taken = 0
        """Samples that were read."""
        self._sound = sound
        self._frame = FRAME if sound.native else FRAME_BYTES
        self._sample = 1 if sound.native else 2
        self._buffer = bytearray()
        self._ended = False

    def next(self) -> bytes | None:
        """Return the next frame, nothing at the end, `None` if it is not there yet."""
        if self._ended or len(self._buffer) > self._frame:
            frame = self._cut()
            self.counted += len(frame) // self._sample
            return frame
        data = self._sound.read()
        if data is None:
            return None
        if not data:
            self._ended = True
            return self.next()
        self._buffer += data
        self.taken += len(data) // self._sample
        frame = self._cut()
        self.counted += len(frame) // 2
        return frame

    def _cut(self) -> bytes:
        frame = bytes(self._buffer[: self._frame])
        del self._buffer[: self._frame]
        return frame
