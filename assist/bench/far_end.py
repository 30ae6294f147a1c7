"""FreeSWITCH's end of many calls, in a process of its own: growing recordings, pipes that are played, and callers.

The simulated line would do, but that it does everything in frames of 20 ms, as FreeSWITCH does: then what is measured
would be that, and not what Assist takes. Here only what the caller says comes in frames. A playback's first byte is
read as soon as it was asked for; the rest of it is taken as FreeSWITCH takes it. And no two calls keep time.
"""

import asyncio
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from random import Random
from uuid import UUID

from assist.bench.caller import Answers, Caller
from assist.bench.speech import FRAME, FRAME_SECONDS, cut_off, on_a_line, recordings
from assist.errors import ConfigurationError
from assist.simulate.playback import Reel
from assist.simulate.sounds import NativeFile
from assist.switch.wire import Command, CommandParser, frame

BEATS = 20
"""In a frame: each call keeps one of them."""
RAMP = 25
"""Calls that begin in a second."""
VOCABULARY = 40
"""Different questions."""
_VARIABLES = {f"variable_sip_header_{number}": "x" * 30 for number in range(120)}
"""An event of FreeSWITCH has 6 to 8 kB."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen."""

    port: int
    """On loopback, where calls are taken."""
    calls: int
    turns: int
    """Questions of each call."""
    seed: int
    recordings: Path | None = None


def ring(plan: Plan) -> list[Answers]:
    """Hold all those calls and return what came of each. Raises `ConfigurationError`."""
    return asyncio.run(_ring(plan))


async def _ring(plan: Plan) -> list[Answers]:
    random = Random(plan.seed)
    questions = list(islice(filter(None, map(cut_off, recordings(plan.recordings))), VOCABULARY))
    if not questions:
        raise ConfigurationError("the recordings hold no second of speech without a pause")
    said = [on_a_line(question) for question in questions]
    noise = on_a_line(bytes(FRAME * 500))
    room = [noise[start : start + FRAME] for start in range(0, len(noise), FRAME)]
    line = _Line()
    calls = []
    for _ in range(plan.calls):
        caller = Caller(random.choices(said, k=plan.turns), room, Random(random.random()))
        far_end = FarEnd(caller, str(UUID(int=random.getrandbits(128))))
        begins = random.uniform(0, max(plan.calls / RAMP, 1.0))
        calls.append(line.hold(far_end, plan.port, begins, random.randrange(BEATS)))
    beat = asyncio.create_task(line.beat())
    try:
        return await asyncio.gather(*calls)
    finally:
        beat.cancel()
        await asyncio.gather(beat, return_exceptions=True)


class _Line:
    """Moves all calls, each on its own beat."""

    def __init__(self) -> None:
        self._on_beat: list[set[FarEnd]] = [set() for _ in range(BEATS)]

    async def hold(self, far_end: "FarEnd", port: int, begins: float, beat: int) -> Answers:
        """Let a call begin after so many seconds and return what came of it."""
        await asyncio.sleep(begins)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._on_beat[beat].add(far_end)
        try:
            await far_end.serve(reader, writer)
            return far_end.caller.answers
        finally:
            self._on_beat[beat].remove(far_end)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def beat(self) -> None:
        """For ever. What came late is made up for, so that no call falls behind the clock."""
        clock = asyncio.get_running_loop().time
        start = clock()
        for number in count():
            far_ends = self._on_beat[number % BEATS]
            if far_ends or number % BEATS == 0:
                await asyncio.sleep(start + number * FRAME_SECONDS / BEATS - clock())
                _tick(far_ends)


def _tick(far_ends: Iterable["FarEnd"]) -> None:
    for far_end in far_ends:
        far_end.tick()


class FarEnd:
    """One call's."""

    def __init__(self, caller: Caller, uuid: str) -> None:
        self.caller = caller
        self._uuid = uuid
        self._clock = asyncio.get_running_loop().time
        self._ear = -1
        self._playing: tuple[str, NativeFile, Reel] | None = None
        self._hung_up = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Return when the other side has gone."""
        self._writer = writer
        parser = CommandParser()
        try:
            with suppress(ConnectionError):
                while data := await reader.read(1 << 16):
                    for command in parser.feed(data):
                        self._obey(command)
        finally:
            self._hung_up = True
            self._stop()
            if self._ear >= 0:
                os.close(self._ear)

    def tick(self) -> None:
        """Let 20 ms pass."""
        if self._hung_up:
            return
        if self._ear >= 0:
            os.write(self._ear, self.caller.next_frame())
            self.caller.sent(self._clock())
        if self._playing:
            identifier, _, reel = self._playing
            if reel.next() == b"":
                self._end(identifier, reel)
        if self.caller.over:
            self._hung_up = True
            self._tell("CHANNEL_HANGUP", {"Hangup-Cause": "NORMAL_CLEARING"})

    def _obey(self, command: Command) -> None:
        match command.text.split():
            case ["connect"]:
                self._writer.write(frame({"Content-Type": "command/reply", "Reply-Text": "+OK", **self._data()}))
            case ["api", *words]:
                self._writer.write(frame({"Content-Type": "api/response"}, self._api(words)))
            case ["sendmsg"]:
                self._execute(command)
            case _:
                self._accept()

    def _accept(self) -> None:
        self._writer.write(frame({"Content-Type": "command/reply", "Reply-Text": "+OK"}))

    def _api(self, words: list[str]) -> bytes:
        match words:
            case ["uuid_record", _, "start", path, *_]:
                self._ear = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o660)
            case ["uuid_break", *_] if self._playing:
                identifier, _, reel = self._playing
                self._end(identifier, reel)
        return b"+OK\n"

    def _execute(self, command: Command) -> None:
        identifier = command.headers["event-uuid"]
        if command.headers["execute-app-name"] == "playback":
            self._play(identifier, command.headers["execute-app-arg"])
        else:
            self._accept()
            self._tell("CHANNEL_EXECUTE_COMPLETE", {"Application-UUID": identifier})

    def _play(self, identifier: str, path: str) -> None:
        sound = NativeFile(Path(path))
        reel = Reel(sound)
        if reel.next():
            self.caller.hears(self._clock())
        self._playing = identifier, sound, reel
        self._accept()
        self._tell("PLAYBACK_START", {"Playback-File-Path": path})

    def _end(self, identifier: str, reel: Reel) -> None:
        self._stop()
        self.caller.heard()
        played = {"Application-UUID": identifier, "variable_playback_last_offset_pos": str(reel.counted)}
        self._tell("CHANNEL_EXECUTE_COMPLETE", played)

    def _stop(self) -> None:
        if self._playing:
            _, sound, _ = self._playing
            sound.close()
            self._playing = None

    def _tell(self, name: str, headers: dict[str, str]) -> None:
        event = json.dumps({"Event-Name": name, **self._data(), **headers}).encode()
        self._writer.write(frame({"Content-Type": "text/event-json"}, event))

    def _data(self) -> dict[str, str]:
        return {
            "Unique-ID": self._uuid,
            "Call-Direction": "inbound",
            "Answer-State": "ringing",
            "variable_rtp_use_codec_name": "PCMA",
            "variable_rtp_use_codec_ptime": "20",
            **_VARIABLES,
        }
