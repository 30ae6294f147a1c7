"""One channel of the simulated switch.

In FreeSWITCH a thread runs the call: its dialplan, and the applications in it. Here a generator does, and each
``yield`` is where the thread would wait for the next frame of audio. What does not wait for the thread there does not
here either: API commands, the hang-up, and with ``timer_name`` the reading of what the caller sends.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeAlias
from uuid import uuid4

from assist.audio.formats import Encoding
from assist.simulate.causes import q850
from assist.simulate.handset import Handset, Packet
from assist.simulate.profile import Profile, Times
from assist.simulate.rtp import Rtp
from assist.simulate.switchboard import Switchboard
from assist.switch.wire import Command

Steps: TypeAlias = Generator[None, None, None]
"""Each step is the wait for the next frame."""


class Listener(Protocol):
    """A connection that serves a call."""

    def notice_end(self) -> None:
        """The call was hung up."""
        ...


class Session:
    """A call's channel. Public for its applications: nobody else sets anything."""

    def __init__(
        self, board: Switchboard, uuid: str, profile: Profile, codec: Encoding, variables: Mapping[str, str]
    ) -> None:
        self.uuid = uuid
        self.board = board
        self.profile = profile
        self.rtp = Rtp(codec)
        self._name = profile.channel_name
        self.handset = Handset()
        self.variables = self._first_variables(codec) | dict(variables)
        self.answered = False
        self.media = False
        """Audio flows: answered, or early."""
        self.cause = ""
        """Of the hang-up, once it is over."""
        self.resetting = False
        """The socket is gone, and whatever runs must end so that the dialplan goes on."""
        self.transferred = False
        """Another part of the dialplan takes over."""
        self.controlled = False
        self.served = 0
        """How many playbacks have another thread read what the caller sends."""
        self.private: deque[Command] = deque()
        """Messages that wait for the thread."""
        self.locks = 0
        """Messages in progress that no other may interrupt."""
        self.broken = False
        """Whatever runs shall end: taken by those applications that look."""
        self.broadcast = False
        """An application runs that a message asked for."""
        self.stop_broadcast = False
        """It was broken."""
        self.sockets: list[Listener] = []
        """Connections that serve it, or did."""
        self.keys: deque[str] = deque()
        """Keys that were heard and have not been told."""
        self.announced = asyncio.Event()
        self.picked_up = asyncio.Event()
        self.blocked = False
        """The thread waits for something else than the next frame: what the far end signals has to wait too."""
        self._signals: deque[Callable[[], None]] = deque()
        self.frames = 0
        """Since the call began."""
        self._times = Times()
        self._in_flight = Packet(b"")
        self._read_codec = codec

    def _first_variables(self, codec: Encoding) -> dict[str, str]:
        return {
            "direction": self.profile.direction,
            "uuid": self.uuid,
            "call_uuid": self.uuid,
            "channel_name": self._name,
            "read_codec": codec,
            "read_rate": "8000",
            "write_codec": codec,
            "write_rate": "8000",
            "rtp_use_codec_name": codec,
            "rtp_use_codec_rate": "8000",
            "rtp_use_codec_ptime": "20",
        }

    @property
    def _answer_state(self) -> str:
        if self.cause:
            return "hangup"
        return "answered" if self.answered else "early" if self.announced.is_set() else "ringing"

    @property
    def _call_state(self) -> str:
        if self.cause:
            return "HANGUP"
        if self.rtp.held:
            return "HELD"
        return "ACTIVE" if self.answered else "RINGING"

    @property
    def ready(self) -> bool:
        """Whether applications may go on."""
        return not (self.cause or self.resetting or self.transferred)

    # Time

    def tick(self, thread: Steps) -> bool:
        """Let one frame pass; return whether *thread*, which runs the call, goes on."""
        self.frames += 1
        if self.media and not self.cause:
            self.rtp.arrive(self._in_flight)
            self._in_flight = self.handset.send() if not self.rtp.held else Packet(b"")
            if self.served:
                self.listen()
        while self._signals and not self.blocked:
            self._signals.popleft()()
        try:
            next(thread)
        except StopIteration:
            return False
        finally:
            if self.answered and not self.cause:
                self.handset.hear(self.rtp.depart())
        return True

    def listen(self) -> Packet:
        """Read what the caller sends."""
        packet = self.rtp.read()
        self.keys += packet.key
        return packet

    def read(self) -> Generator[None, None, Packet]:
        """Wait for a frame and read it, unless somebody else does."""
        yield
        return Packet(b"") if self.served or not self.media else self.listen()

    def wait(self) -> Steps:
        """Wait, not for a frame but for something that may never come."""
        self.blocked = True
        yield
        self.blocked = False

    # What happens to it

    def signal(self, act: Callable[[], None]) -> None:
        """Let the thread *act* on what the far end did, as soon as it looks."""
        self._signals.append(act)

    def fire(self, event: str, headers: Mapping[str, str] | None = None) -> None:
        """Tell everybody of an event of this channel."""
        self.board.publish(event, self.data() | dict(headers or {}))

    def data(self) -> dict[str, str]:
        """Return what every event says of this channel."""
        return {
            "Channel-State": "CS_HANGUP" if self.cause else "CS_EXECUTE",
            "Channel-Call-State": self._call_state,
            "Channel-Name": self._name,
            "Unique-ID": self.uuid,
            "Call-Direction": self.profile.direction,
            "Channel-Call-UUID": self.uuid,
            "Answer-State": self._answer_state,
            **({"Hangup-Cause": self.cause} if self.cause else {}),
            "Channel-Read-Codec-Name": self._read_codec,
            "Channel-Read-Codec-Rate": "8000",
            "Channel-Write-Codec-Name": self.rtp.codec,
            "Channel-Write-Codec-Rate": "8000",
            **self.profile_data("Caller"),
            **{f"variable_{name}": value for name, value in self.variables.items()},
        }

    def profile_data(self, prefix: str) -> dict[str, str]:
        """Return who calls whom, in headers that begin with *prefix*."""
        return {
            **self.profile.headers(prefix),
            f"{prefix}-Unique-ID": self.uuid,
            f"{prefix}-Context": "assist",
            f"{prefix}-Channel-Name": self._name,
            **self._times.headers(prefix),
        }

    def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable; without a *value* there is none."""
        self.variables[name] = value
        if not value:
            del self.variables[name]

    def create(self) -> None:
        """Somebody is about to be called."""
        self.variables["sip_call_id"] = str(uuid4())
        self.fire("CHANNEL_CREATE")
        self.fire("CHANNEL_ORIGINATE")

    def ring(self) -> None:
        """Whoever is called hears it ring."""
        if not self.cause:
            self._times.mark("Progress")
            self.fire("CHANNEL_PROGRESS")

    def announce(self) -> None:
        """Whoever is called has not answered, and something is heard."""
        if not (self.media or self.cause):
            self.media = True
            self.variables["endpoint_disposition"] = "EARLY MEDIA"
            self._times.mark("Progress-Media")
            self.fire("CHANNEL_PROGRESS_MEDIA")
            self.announced.set()

    def answer(self) -> None:
        """Pick up."""
        if not self.answered and self.ready:
            self.answered = self.media = True
            self.variables["endpoint_disposition"] = "ANSWER"
            self._times.mark("Answered")
            self.fire("CHANNEL_ANSWER")
            self.picked_up.set()

    def route(self, extension: str) -> None:
        """Whoever was called is in the dialplan now, as if he had dialled *extension*."""
        self.profile = replace(self.profile, called_number=extension)

    def hang_up(self, cause: str) -> None:
        """End the call. What runs learns it when it looks."""
        if not self.cause:
            self.cause = cause
            self._times.mark("Hangup")
            self.variables |= {"hangup_cause": cause, "hangup_cause_q850": str(q850(cause))}
            if last := self.rtp.flush():
                self.handset.hear(last)
            self.handset.hang_up(cause)
            self.fire("CHANNEL_HANGUP")

    def hold(self, held: bool) -> None:
        """The far end puts the call on hold, or takes it back."""
        if held is not self.rtp.held and not self.cause:
            self.rtp.held = held
            self.fire("CHANNEL_HOLD" if held else "CHANNEL_UNHOLD")

    def change_codec(self, codec: Encoding) -> None:
        """The far end changes the codec: only the event of the write codec tells, then the variable of the next."""
        self.rtp.codec = codec
        self.fire("CODEC")
        self.variables |= {"rtp_use_codec_name": codec, "write_codec": codec}

    def interrupt(self, everything: bool) -> None:
        """Break whatever is running: nothing, if it has not begun."""
        if everything:
            self.private.clear()
        self.stop_broadcast = self.broadcast
        self.broken = True

    # What runs on it

    def take_break(self) -> bool:
        """Return whether the application that asks shall end."""
        broken, self.broken = self.broken, False
        return broken

    def dequeue_key(self) -> str:
        """Return the next key, of which everybody is told now, or nothing."""
        if not self.keys:
            return ""
        key = self.keys.popleft()
        self.fire("DTMF", {"DTMF-Digit": key, "DTMF-Duration": "800", "DTMF-Source": "RTP"})
        return key

    # Recordings

    def record(self, path: Path, variables: Mapping[str, str]) -> None:
        """Begin to record. Raises `OSError`, also if there is no audio yet."""
        if not self.media or self.cause:
            raise OSError("no media")
        self.rtp.record(path, dict(self.variables) | dict(variables))
        self.fire("RECORD_START", {"Record-File-Path": str(path)})

    def stop_recording(self, path: Path) -> None:
        """End that recording. Raises `KeyError` if there is none."""
        self.rtp.recorders.pop(path).close()
        self.fire("RECORD_STOP", {"Record-File-Path": str(path)})
