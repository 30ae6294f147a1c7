"""What is Google's alone of its speech to text; what every ear shows: test_stt_hosted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.cloud.speech_v2 import ExplicitDecodingConfig, StreamingRecognizeRequest

from assist.aio import Stream
from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, MediaLost, ProviderError
from assist.provider import Kind
from assist.settings import read_settings
from assist.stt import Pause
from tests.contracts import stt
from tests.contracts.stt import Subject, examined
from tests.contracts.talk import Piece, Talk
from tests.line_audio import frames
from tests.providers import Fault
from tests.providers.google import (
    PROJECT,
    Context,
    GoogleServer,
    google_server,
    private_key,
    serialized,
    write_key,
)
from tests.providers.google_stt import AUDIENCE, SERVICE, google_stt_server
from tests.providers.listener import listener
from tests.recordings import recording

if TYPE_CHECKING:
    pass


@pytest.fixture
async def server() -> AsyncIterator[GoogleServer]:
    async with google_stt_server(listener) as running:
        yield running


subject = stt.subject


# What Google is asked


async def asked(server: GoogleServer, monkeypatch: pytest.MonkeyPatch, *languages: str, **options: Any) -> Any:
    """Return the first message of a request that an engine with *options* makes."""
    for variable, value in server.environment.items():
        monkeypatch.setenv(variable, value)
    async with Pool(read_settings()) as pool:
        engine = (await pool.open(Kind.STT, Choice("google", {**server.options, **options}))).engine
        said = recording("es", "vm-nobodyavail")
        async with aclosing(engine.transcribe(Talk(said.audio).speech(), languages)) as heard:
            assert [transcript.text async for transcript in heard][-1] == said.words
    return server.messages[-1]


async def test_it_sends_the_line_as_it_is(server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    opening = await asked(server, monkeypatch, "es")
    assert opening.recognizer == f"projects/{PROJECT}/locations/global/recognizers/_"
    assert opening.streaming_config.streaming_features.interim_results
    config = opening.streaming_config.config
    assert config.explicit_decoding_config.encoding == ExplicitDecodingConfig.AudioEncoding.MULAW
    assert config.explicit_decoding_config.sample_rate_hertz == 8000
    assert (config.model, list(config.language_codes)) == ("telephony", ["es-ES"])
    assert config.features.max_alternatives == 5
    assert not config.adaptation.phrase_sets


async def test_it_hears_every_language_that_may_be_spoken(
    server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = await asked(server, monkeypatch, "en", "es", "xx", regions={"es": "es-MX"})
    assert list(opening.streaming_config.config.language_codes) == ["en-US", "es-MX"]


async def test_an_assistant_chooses_how_it_hears(server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"encoding": "PCMA", "model": "long", "punctuation": False, "alternatives": 2}
    opening = await asked(server, monkeypatch, "es", phrases=["Doctora Ibáñez", "Zufre"], boost=5, **options)
    config = opening.streaming_config.config
    assert config.explicit_decoding_config.encoding == ExplicitDecodingConfig.AudioEncoding.ALAW
    assert (config.model, config.features.enable_automatic_punctuation) == ("long", False)
    hints = config.adaptation.phrase_sets[0].inline_phrase_set
    assert ([phrase.value for phrase in hints.phrases], hints.boost) == (["Doctora Ibáñez", "Zufre"], 5)


async def test_a_language_without_a_region_is_refused(subject: Subject, server: GoogleServer) -> None:
    talk = Talk(recording("es", "vm-nobodyavail").audio)
    with pytest.raises(ProviderError, match="'xx'") as caught:
        async with aclosing(subject.opened.engine.transcribe(talk.speech(), ("xx", "es"))) as heard:
            await anext(heard)
    assert not caught.value.temporary
    assert talk.let_go
    assert server.requests == 0


async def test_without_a_project_it_is_not_opened(
    server: GoogleServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = write_key(tmp_path / "key.json", private_key())
    key.write_text(key.read_text(encoding="utf-8").replace("project_id", "no_project"), encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    async with Pool(read_settings()) as pool:
        with pytest.raises(ConfigurationError, match=r"^GOOGLE_CLOUD_PROJECT: is missing.*: set it"):
            await pool.open(Kind.STT, Choice("google", server.options))


# Pauses


async def test_a_pause_brings_what_is_final_before_the_turn_is_over(subject: Subject, server: GoogleServer) -> None:
    said = recording("es", "vm-nobodyavail")
    confirmed = asyncio.Event()
    talk = Talk(*frames(said.audio, 1600), Pause.BEGAN, bytes(1600), confirmed)
    async with aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
        async for transcript in heard:
            if transcript.text == said.words:
                confirmed.set()
    assert transcript.final
    assert (transcript.text, server.requests) == (said.words, 1)


async def test_a_caller_who_goes_on_is_heard_in_a_request_of_its_own(subject: Subject, server: GoogleServer) -> None:
    first, second = recording("es", "vm-nobodyavail"), recording("es", "vm-passchanged")
    pieces: list[Piece] = [first.audio, Pause.BEGAN, second.audio[:4001], Pause.OVER, second.audio[4001:]]
    heard = await stt.understood(subject, [*pieces, Pause.BEGAN, bytes(1600)])
    assert heard.text == f"{first.words} {second.words}"
    assert server.requests == 2


async def test_nothing_said_is_lost_at_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    async def measure(audio: bytes) -> str:
        return str(len(audio))

    async with google_stt_server(measure) as server, examined(server, monkeypatch) as subject:
        pieces: list[Piece] = [bytes(1601), Pause.BEGAN, bytes(401), Pause.OVER, bytes(798), Pause.BEGAN, bytes(9)]
        assert (await stt.understood(subject, pieces)).text == "1600 1200"


async def test_a_silence_is_not_sent(subject: Subject, server: GoogleServer) -> None:
    await stt.understood(subject, [Pause.BEGAN, bytes(1600)])
    assert server.requests == 0


async def test_long_speech_is_sent_in_messages_that_google_takes(subject: Subject, server: GoogleServer) -> None:
    said = recording("es", "dir-instr")
    assert (await stt.understood(subject, [bytes(320_000) + said.audio], "es")).text == said.words
    assert server.requests == 1


# What goes wrong


async def test_speech_that_breaks_off_is_told_as_what_it_is(subject: Subject, server: GoogleServer) -> None:
    async def speech() -> Stream[bytes | Pause]:
        yield recording("es", "vm-nobodyavail").audio
        await server.asked.wait()
        raise MediaLost("the ear stopped")

    server.fault = Fault.SILENT
    with pytest.raises(MediaLost):
        async with aclosing(subject.opened.engine.transcribe(speech(), ("es",))) as heard:
            await anext(heard)
    await asyncio.wait_for(server.client_left.wait(), stt.PATIENCE)


async def test_a_service_that_stops_listening_in_mid_speech_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ends_at_once(requests: AsyncIterator[StreamingRecognizeRequest], context: Context) -> None:
        await anext(requests)

    handler = grpc.stream_stream_rpc_method_handler(ends_at_once, StreamingRecognizeRequest.deserialize, serialized)
    async with (
        google_server(SERVICE, AUDIENCE, lambda _: {"StreamingRecognize": handler}) as server,
        examined(server, monkeypatch) as subject,
    ):
        never = asyncio.Event()
        error = await stt.failure(subject, [recording("es", "vm-nobodyavail").audio, never], server)
    assert error.temporary


async def test_an_engine_that_is_closed_ends_what_it_hears(
    server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fault = Fault.SILENT
    never: list[Piece] = [recording("es", "vm-nobodyavail").audio, asyncio.Event()]
    async with examined(server, monkeypatch) as subject:
        listening = asyncio.create_task(stt.transcripts(subject, never))
        await server.asked.wait()
    with pytest.raises(ProviderError, match="dropped"):
        await listening
