"""Calls that we place over a real FreeSWITCH, and who or what answers: greeted at once, or left a message."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from assist.assistant import load
from assist.audio.vad import Vad
from assist.call.answer_words import Kind
from assist.call.call import Call
from assist.call.ear import Ears
from assist.call.engines import Engines
from assist.call.errand import Errand
from assist.call.events import Answered, Ended, Event, Said
from assist.demo.measure import read_stereo, utterances
from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.switch.channel import open_channel
from assist.switch.connection import Connection
from assist.switch.control import Control
from assist.switch.events import Event as SwitchEvent
from assist.switch.media import Media
from assist.switch.server import serve
from assist.tts.pico import Pico
from tests.fakes import FakeBrain, FakeMemory
from tests.live.far import LOOPBACK, Caller, nothing_is_left
from tests.live.house import transcribed
from tests.live.signals import tone
from tests.live.switch import ASSISTANTS
from tests.recordings import recording

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper

Voice = Callable[[str], Awaitable[bytes]]

NUMBER = "34600000001"
"""Answered by the carrier's side, which then does what the test tells it."""
GREETING = "Hola, soy el asistente automático de la clínica dental. Le llamo por su cita de mañana a las diez."
MESSAGE = "Buenos días, llamamos de la clínica dental para confirmar su cita. Gracias."
SOON = 0.5
"""Seconds from the end of a hello to the first sound of the greeting."""
SILENT = bytes(16000)


@dataclass(slots=True)
class Placed:
    """A call that somebody has answered."""

    far: Caller
    kept: Path
    """Both sides, once it is over."""
    events: list[Event] = field(default_factory=list)
    happened: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, event: Event) -> None:
        self.events.append(event)
        self.happened.set()

    async def wait(self, kind: type[Event], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not any(isinstance(event, kind) for event in self.events):
                self.happened.clear()
                await self.happened.wait()

    @property
    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.events if isinstance(event, Answered)]

    @property
    def said(self) -> list[tuple[str, bool]]:
        return [(event.text, event.interrupted) for event in self.events if isinstance(event, Said)]


@asynccontextmanager
async def placed(
    switch: PrivateFreeSwitch, control: Control, directory: Path, whisper: "Whisper", errand: Errand
) -> AsyncIterator[Placed]:
    """Call somebody, and yield the call once he has picked up; at the end nothing is left of it."""
    pico, ears = Pico(), Ears(Vad())
    await pico.load()
    assistant = load(ASSISTANTS / "charla.yaml")
    call = Placed(Caller(control, directory), directory / "kept.wav")

    async def handler(connection: Connection, connect: SwitchEvent) -> None:
        async with open_channel(connection, connect, media) as channel:
            await channel.record(call.kept)
            ear = ears.open()
            engines = Engines(whisper, FakeBrain(["Muy bien."], ["Muy bien."]), pico)
            try:
                await Call(channel, ear, assistant, engines, FakeMemory(), call.note, errand).run()
            finally:
                ear.close()

    async with (
        Media(switch.media_dir) as media,
        serve(handler, "127.0.0.1", switch.ports.worker, limit=1, peers=LOOPBACK),
    ):
        uuid = str(uuid4())
        variables = {"assist_assistant": "charla", "assist_direction": "outbound", "absolute_codec_string": "PCMA"}
        await control.originate(f"sofia/gateway/far/{NUMBER}", NUMBER, uuid=uuid, context="assist", variables=variables)
        try:
            call.far.id = await far_leg(control)
            await call.far.listen()
            yield call
        finally:
            if await control.uuid_exists(uuid):
                await control.hang_up(uuid)
            await call.wait(Ended)
    ears.close()
    await pico.close()
    await nothing_is_left(switch, control)


async def far_leg(control: Control) -> str:
    """Return the id of the channel on which the carrier's side has answered."""
    async with asyncio.timeout(5):
        while True:
            channels = json.loads(await control.connection.api("show channels as json")).get("rows", [])
            for row in channels:
                if row["direction"] == "inbound" and row["dest"] == NUMBER:
                    return str(row["uuid"])
            # The switch writes down its channels a little later.
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("hello", ["¿Hola?", "¿Sí, dígame?", "¿Diga?"])
async def test_a_person_is_spoken_to_within_half_a_second_of_the_hello(
    switch: PrivateFreeSwitch, control: Control, tmp_path: Path, whisper: "Whisper", voice: Voice, hello: str
) -> None:
    async with placed(switch, control, tmp_path, whisper, Errand(GREETING, message=MESSAGE)) as call:
        await asyncio.sleep(0.4)
        await call.far.say(await voice(hello) + SILENT)
        await call.wait(Said)
    both = read_stereo(call.kept)
    spoken = utterances(both.caller, both.rate)[0]
    # A hello in two words is greeted after the first, until the second comes.
    greeted = next(speech for speech in utterances(both.assistant, both.rate, gap=0.15) if speech.start > spoken.end)
    print(f"{hello}: greeted {(greeted.start - spoken.end) * 1000:.0f} ms after it")
    assert greeted.start - spoken.end < SOON
    assert call.said == [(GREETING, False)]
    assert call.kinds == [Kind.HUMAN]


@pytest.mark.parametrize(
    "greeting",
    [
        "Ha llamado al buzón de voz. Deje su mensaje después de la señal.",
        "Hola. En este momento no puedo atenderle. Deje su mensaje después de oír la señal, y le llamaré.",
    ],
)
async def test_a_voicemail_is_left_the_message_after_the_beep(
    switch: PrivateFreeSwitch, control: Control, tmp_path: Path, whisper: "Whisper", voice: Voice, greeting: str
) -> None:
    prompt = await voice(greeting) + bytes(4800) + tone(0.5, 1000.0)
    async with placed(switch, control, tmp_path, whisper, Errand(GREETING, message=MESSAGE)) as call:
        await asyncio.sleep(0.4)
        await call.far.say(prompt + SILENT)
        await call.wait(Ended, 40.0)
        heard = call.far.heard()
    both = read_stereo(call.kept)
    beep_ended = utterances(both.caller, both.rate)[-1].end
    left = utterances(both.assistant, both.rate)[-1]
    assert 0 < left.start - beep_ended < 1.0
    recorded = await transcribed(heard[-round((left.end - left.start + 0.8) * 8000) :].tobytes(), whisper)
    assert all(word in recorded.lower() for word in ("clínica", "confirmar", "cita", "gracias"))
    assert call.kinds[-1] is Kind.VOICEMAIL
    assert call.said[-1] == (MESSAGE, False)
    assert all(interrupted for _, interrupted in call.said[:-1])


@pytest.mark.parametrize(("gap", "hertz", "seconds"), [(0.05, 1000.0, 0.4), (0.3, 1000.0, 1.0), (0.5, 440.0, 0.5)])
async def test_a_voicemail_that_a_person_spoke_is_left_the_message_after_the_beep(
    switch: PrivateFreeSwitch,
    control: Control,
    tmp_path: Path,
    whisper: "Whisper",
    gap: float,
    hertz: float,
    seconds: float,
) -> None:
    prompt = recording("es", "vm-nobodyavail").audio + bytes(round(gap * 8000) * 2) + tone(seconds, hertz)
    async with placed(switch, control, tmp_path, whisper, Errand(GREETING, message=MESSAGE)) as call:
        await asyncio.sleep(0.4)
        await call.far.say(prompt + SILENT)
        await call.wait(Ended, 40.0)
    assert call.kinds[-1] is Kind.VOICEMAIL
    assert call.said[-1] == (MESSAGE, False)
    both = read_stereo(call.kept)
    beep_ended = utterances(both.caller, both.rate)[-1].end
    left = utterances(both.assistant, both.rate)[-1]
    assert 0 < left.start - beep_ended < 1.0


@pytest.mark.parametrize(
    ("announcement", "kind"),
    [
        ("El teléfono al que llama está apagado o fuera de cobertura en este momento.", Kind.UNAVAILABLE),
        ("El número marcado no existe. Por favor, compruebe el número.", Kind.INVALID),
        ("Bienvenido a Seguros del Sur. Para ventas, marque uno. Para siniestros, marque dos.", Kind.IVR),
    ],
)
async def test_other_machines_are_known_by_their_words_and_hung_up_on(
    switch: PrivateFreeSwitch,
    control: Control,
    tmp_path: Path,
    whisper: "Whisper",
    voice: Voice,
    announcement: str,
    kind: Kind,
) -> None:
    async with placed(switch, control, tmp_path, whisper, Errand(GREETING, message=MESSAGE)) as call:
        await call.far.say(await voice(announcement) + SILENT)
        await call.wait(Ended, 30.0)
    assert call.kinds[-1] is kind
    assert all(interrupted for _, interrupted in call.said)
