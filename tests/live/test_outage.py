"""A hosted engine fails in mid-call, on a real FreeSWITCH: an embedded one answers what was asked."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml

from assist.call.events import Event
from assist.demo.measure import read_stereo, response_times
from assist.llm import Part
from assist.provider import Kind
from assist.provider.member import TookOver
from assist.simulate.caller import ScriptedCaller, Step
from assist.simulate.freeswitch import Installation, private_freeswitch
from assist.stt.whisper import Whisper
from tests.contracts.stt import listening
from tests.live.house import House, events, house, is_silent_for, recorded, transcribed
from tests.live.switch import ASSISTANTS
from tests.providers import Fault, ProviderServer
from tests.providers.everyone import Faculties, service
from tests.providers.speaker import pico_speaking
from tests.recordings import plain_words

Voice: TypeAlias = Callable[[str], Awaitable[bytes]]

OUTAGES = {
    "2000": (Kind.STT, "deepgram", Fault.SILENT, "whisper"),
    "2001": (Kind.LLM, "openai", Fault.STALLED, "flow"),
    "2002": (Kind.TTS, "polly", Fault.CUT, "pico"),
}
"""By the number that is called: what fails, how, and who takes over."""
QUESTION = "¿Cuál es el horario?"
PAUSE = 3.5
"""Seconds of silence after which nothing more is expected: more than there may be before an answer."""
ANSWER = "Abrimos de lunes a viernes, de nueve a dos."


def think(dialog: Sequence[str]) -> Sequence[Part]:
    return [f"{word} " for word in ANSWER.split()]


def write_assistant(directory: Path, kind: Kind, server: ProviderServer) -> None:
    """Write the reception with *server* first in the list of its kind; the embedded one is added to it."""
    assistant = yaml.safe_load((ASSISTANTS / "recepcion.yaml").read_text(encoding="utf-8"))
    assistant["engines"] = {kind.value: [{server.engine: dict(server.options)}]}
    (directory / f"{kind}.yaml").write_text(yaml.safe_dump(assistant, allow_unicode=True), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_an_embedded_engine_answers_when_a_hosted_one_fails(
    freeswitch: Installation, redis_url: str, tmp_path: Path, voice: Voice, whisper: Whisper
) -> None:
    assistants = tmp_path / "written"
    assistants.mkdir()
    environment = {"ASSIST_SPEECH_CACHE_MB": "0"}
    async with AsyncExitStack() as stack:
        faculties = Faculties(listening(whisper), think, await stack.enter_async_context(pico_speaking("es")))
        servers = {}
        for number, (kind, engine, _, _) in OUTAGES.items():
            servers[number] = await stack.enter_async_context(service(kind, engine, faculties))
            environment |= servers[number].environment
            write_assistant(assistants, kind, servers[number])
        dids = {number: kind.value for number, (kind, *_) in OUTAGES.items()}
        switch = await stack.enter_async_context(private_freeswitch(freeswitch, dids))
        home = await stack.enter_async_context(house(switch, redis_url, tmp_path, assistants, **environment))
        for number, server in servers.items():
            kind, engine, fault, embedded = OUTAGES[number]
            heard, happened, waits = await held(home, number, server, fault, voice, whisper)
            print(kind, fault, f"answered after {waits[-1]:.2f} s", heard)
            assert {(event.kind, event.failed, event.by) for event in happened if isinstance(event, TookOver)} == {
                (kind, engine, embedded)
            }
            assert [plain_words(heard).count(word) for word in ("abrimos", "lunes", "viernes")] == [1, 1, 1]
            assert waits[-1] <= 3.0


async def held(
    home: House, number: str, server: ProviderServer, fault: Fault, voice: Voice, whisper: Whisper
) -> tuple[str, list[Event], list[float]]:
    """Ask while all is well, and when *server* fails; return what is heard then, what happened, and the waits."""
    before = home.calls
    async with home.ring(number) as leg:
        await ScriptedCaller(voice, polite_pause=0.7).run(leg, [Step(say=QUESTION)])
        await is_silent_for(leg, PAUSE)
        server.fault = fault
        said = len(leg.recorded)
        await leg.say(await voice(QUESTION))
        await is_silent_for(leg, PAUSE)
        answer = leg.recorded[said:]
        await leg.hang_up()
    (call,) = home.calls - before
    happened = await events(home, call)
    waits = response_times(read_stereo(await recorded(home, call)))
    return await transcribed(answer, whisper), happened, waits
