"""FreeSWITCH's end of one call, as far as a channel needs it: real pipes, real files, and the events in their order."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.wire import Command
from tests.event_socket import FarEnd, connected

CALL = "3b1c2d5e-0f7a-4c1e-9a51-2f6f0c6a9d01"

CONNECT = {
    "Unique-ID": CALL,
    "Answer-State": "ringing",
    "Call-Direction": "inbound",
    "Caller-Caller-ID-Number": "600000001",
    "Caller-Caller-ID-Name": "Ana ${system(true)}",
    "Caller-Destination-Number": "910000001",
    "variable_assist_assistant": "clinica",
    "variable_rtp_use_codec_name": "PCMA",
    "variable_rtp_use_codec_ptime": "20",
}


class ScriptedSwitch:
    """Answers whatever it is asked, and keeps it; plays each pipe to the end at once, and counts as told."""

    def __init__(self, far_end: FarEnd) -> None:
        self.asked: list[str] = []
        self.played: list[bytes] = []
        self.ear: Path | None = None
        self.ears: asyncio.Queue[Path] = asyncio.Queue()
        """As they are begun."""
        self.refuses: dict[str, str] = {}
        """Beginnings of API commands, and the answer they get."""
        self.counts = 0
        """What the next playback that is broken says it has played."""
        self.variables: dict[str, str] = {}
        self.started = asyncio.Event()
        self._far_end = far_end
        self._playing: asyncio.Task[None] | None = None
        self._broken = asyncio.Event()

    async def run(self) -> None:
        while True:
            command = await self._far_end.receive()
            self.asked.append(command.headers.get("execute-app-name", command.text))
            if command.text.startswith("api "):
                self._far_end.print(self._api(command.text.removeprefix("api ")))
            else:
                self._far_end.reply("+OK")
            if command.text == "sendmsg":
                self._execute(command)

    def tell(self, name: str, **headers: str) -> None:
        values = {key.replace("_", "-"): value for key, value in headers.items()}
        self._far_end.tell(json.dumps({"Event-Name": name, "Unique-ID": CALL, **values, **self.variables}))

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        self.tell("CHANNEL_HANGUP", Hangup_Cause=cause)
        self._broken.set()

    def says(self, audio: bytes) -> None:
        """The caller does."""
        assert self.ear is not None
        with self.ear.open("ab") as file:
            file.write(audio)

    def _api(self, command: str) -> str:
        for beginning, answer in self.refuses.items():
            if command.startswith(beginning):
                return answer
        match command.split():
            case ["uuid_record", _, "start", path, *_]:
                self.ear = Path(path)
                self.ear.touch()
                self.ears.put_nowait(self.ear)
            case ["uuid_record", _, "stop", _]:
                self.ear = None
            case ["uuid_buglist", _]:
                return f"<target>{self.ear}</target>"
            case ["uuid_break", *_]:
                self._broken.set()
            case ["uuid_kill", _, cause]:
                self.hang_up(cause)
        return "+OK"

    def _execute(self, command: Command) -> None:
        uuid = command.headers["event-uuid"]
        if command.headers["execute-app-name"] == "playback":
            self._playing = asyncio.create_task(self._play(uuid, command.headers["execute-app-arg"]))
        else:
            self._complete(uuid)

    def _complete(self, uuid: str, response: str = "_none_") -> None:
        self.tell("CHANNEL_EXECUTE_COMPLETE", Application_UUID=uuid, Application_Response=response)

    async def _play(self, uuid: str, path: str) -> None:
        self._broken.clear()
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            self._complete(uuid, "FILE NOT FOUND")
            return
        self.tell("PLAYBACK_START", Playback_File_Path=path)
        self.started.set()
        self.played.append(b"")
        while not self._broken.is_set():
            try:
                data = os.read(descriptor, 32768)
            except BlockingIOError:
                await asyncio.sleep(0.001)
                continue
            if not data:
                break
            self.played[-1] += data
        os.close(descriptor)
        counted = self.counts if self._broken.is_set() else len(self.played[-1])
        self.variables["variable_playback_last_offset_pos"] = str(counted)
        self._complete(uuid, "FILE PLAYED")


@asynccontextmanager
async def scripted() -> AsyncIterator[tuple[Connection, Event, ScriptedSwitch]]:
    """Yield what a server's handler gets, and the switch that is behind it."""
    async with connected() as (connection, far_end):
        switch = ScriptedSwitch(far_end)
        running = asyncio.create_task(switch.run())
        try:
            yield connection, Event(dict(CONNECT)), switch
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
